"""Where baselines live: a name, the recorded runs that it stands for, who promoted them, and why.

One small JSON file each, in ``reports/baselines`` or where ``SUITE_BASELINES`` says; the runs stay where they are.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from loadtests.options import UsageError
from reports.evidence import RUNS, NotARunDirectoryError, RunDirectory
from reports.judge.baseline import differs

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


class Baseline(BaseModel):
    """What a name stands for. ``runs`` are absolute paths."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    runs: tuple[str, ...]
    profile: str
    target: str
    promoted_by: str
    promoted_us: int
    because: str


def folder() -> Path:
    """Return where baselines live."""
    given = os.environ.get("SUITE_BASELINES")
    return Path(given) if given else RUNS.parent / "baselines"


def file_of(name: str) -> Path:
    """Return where the baseline of that name is, or would be. Raises UsageError for what is no name."""
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r}: expected the name of a baseline in small letters, digits, - _ and .")
    return folder() / f"{name}.json"


def load(name: str) -> Baseline:
    """Return a baseline by its name. Raises UsageError."""
    path = file_of(name)
    try:
        return Baseline.model_validate_json(path.read_text())
    except FileNotFoundError as error:
        names = ", ".join(one.name for one in every()) or "none yet"
        raise UsageError(f"baseline {name!r}: expected one of those in {folder()}: {names}") from error
    except (OSError, ValidationError) as error:
        said = str(error).splitlines()[0]
        raise UsageError(f"{path}: expected what `loadgate baseline set` writes: {said}") from error


def every() -> list[Baseline]:
    """Return all baselines, by name."""
    return [load(path.stem) for path in sorted(folder().glob("*.json"))]


def save(baseline: Baseline) -> Path:
    """Write a baseline, over the one of that name if there is one; return where."""
    path = file_of(baseline.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(baseline.model_dump_json(indent=1) + "\n")
    part.replace(path)
    return path


def find_runs(given: str) -> tuple[RunDirectory, ...]:
    """Return the runs of ``RUN[,RUN...]``: each a run directory, latest, or the name of a baseline.

    Raises UsageError for what is no run of a load, and for one that is named twice.
    """
    paths = [path for part in given.split(",") for path in _paths(part.strip())]
    runs = tuple(_open(path) for path in paths)
    if len({run.path for run in runs}) < len(runs):
        raise UsageError(f"--baseline {given}: expected each run once: twice the same says no more")
    return runs


def _paths(part: str) -> Sequence[Path]:
    if part == "latest":
        return [RUNS / "latest"]
    if NAME.fullmatch(part) and file_of(part).is_file():
        return [Path(path) for path in load(part).runs]
    return [Path(part)]


def _open(path: Path) -> RunDirectory:
    try:
        run = RunDirectory.open(path)
    except NotARunDirectoryError as error:
        raise UsageError(f"--baseline {error}") from error
    if run.facts.get("kind") != "load":
        raise UsageError(f"--baseline {path}: expected the run of a load, found one of kind {run.facts.get('kind')!r}")
    return run


def require_alike(like: Mapping[str, Any], runs: Sequence[RunDirectory]) -> None:
    """Raise UsageError for the first run that is no baseline for a run with facts like these."""
    like = json.loads(json.dumps(like, default=str))  # as run.json has it: a tuple is a list there
    for run in runs:
        why = differs(like, run.facts)
        if why:
            raise UsageError(f"--baseline {run.path}: expected a run of the same load at the same target: {why}")
