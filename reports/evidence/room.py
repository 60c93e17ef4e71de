"""Whether there is room for a run directory, asked before anything is started."""

import shutil
from pathlib import Path

from reports.evidence.rundirectory import RUNS, NotARunDirectoryError

FREE_MB_MIN = 500


def check_room(out: Path | None) -> None:
    """Raise NotARunDirectoryError when the directory is taken or the disk is nearly full; None is ``reports/runs``."""
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise NotARunDirectoryError(f"{out}: expected a new or empty directory, found files: choose another --out")
    place = out or RUNS
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        raise NotARunDirectoryError(
            f"{out}: expected a place for a directory, found that {place} is a file: choose another --out"
        )
    free_mb = shutil.disk_usage(place).free // 2**20
    if free_mb < FREE_MB_MIN:
        raise NotARunDirectoryError(
            f"{place}: expected {FREE_MB_MIN} MB free for evidence, found {free_mb} MB: make room"
        )
