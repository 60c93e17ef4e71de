"""A made-up run as a SIGKILL of everything leaves it: each file ends in the middle, nothing was read back."""

import json
import shutil
from pathlib import Path

from reports.evidence import RunDirectory

END_OF_STREAM = 8  # bytes that only a writer that closes its stream leaves
TORN = b"\xff\xff\xff\xff\x40"  # the beginning of a message that never came


def kill(run: RunDirectory, at_us: int) -> None:
    """Take away everything that a run wrote after that moment, and tear the last record of each sample stream."""
    for path in sorted(run.path.rglob("*.ndjson")):
        _cut(path, at_us)
    for path in (run.path / "samples").glob("*.arrows"):
        path.write_bytes(path.read_bytes()[:-END_OF_STREAM] + TORN)
    shutil.rmtree(run.path / "landed")
    (run.path / "jobs.parquet").unlink()


def _cut(path: Path, at_us: int) -> None:
    """A writer's own order is by time, so what was written later comes after the first line that is later."""
    kept = []
    for line in path.read_text().splitlines(keepends=True):
        if json.loads(line)["at_us"] > at_us:
            break
        kept.append(line)
    path.write_text("".join(kept))
