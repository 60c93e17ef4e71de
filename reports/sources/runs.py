"""Run directories as a source: which there are, what traffic they hold, when a fault was on."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from reports.evidence import NotARunDirectoryError, RunDirectory
from reports.judge.case import Case

KINDS = ("gameday", "load")


@dataclass(frozen=True)
class Recorded:
    """One run; ``from_us`` and ``to_us`` are when its first and its last request were due, None without any."""

    run: RunDirectory
    requests: int
    from_us: int | None
    to_us: int | None

    @property
    def name(self) -> str:
        """The run's own name, also of a copy that is called otherwise."""
        return str(self.run.facts.get("run") or self.run.path.name)

    @property
    def kind(self) -> str:
        """gameday or load."""
        return str(self.run.facts.get("kind"))

    @property
    def target(self) -> str:
        """The name of the system that was under test."""
        target = self.run.facts.get("target")
        return str(target.get("name") if isinstance(target, dict) else target)

    @property
    def started_us(self) -> int:
        """When the run began; of one that does not say so, when its first request was due."""
        return int(self.run.facts.get("started_us") or self.from_us or 0)


@dataclass(frozen=True, slots=True)
class FaultWindow:
    """When an experiment's harm is charged to the game day: from its first API call to the end of its recovery."""

    experiment: str
    from_us: int
    to_us: int


def recorded(path: Path | str) -> Recorded:
    """Open a run directory, sealed or not. Raises NotARunDirectoryError, SealBrokenError for an altered one."""
    run = RunDirectory.open(path)
    if run.facts.get("kind") not in KINDS:
        raise NotARunDirectoryError(
            f"{path}: expected a run of kind {' or '.join(KINDS)}, found {run.facts.get('kind')}"
        )
    return of(run, run.read_samples())


def of(run: RunDirectory, samples: pa.Table) -> Recorded:
    """Return what is known of a run from its samples."""
    due = pc.min_max(samples["sched_us"]).as_py()
    count = samples.num_rows - samples["sched_us"].null_count
    return Recorded(run, count, due["min"], due["max"])


def find(root: Path) -> tuple[list[Recorded], list[str]]:
    """Return every run directly under a folder by time, and a line for each that cannot be read."""
    found, unreadable = [], []
    for path in sorted(root.iterdir()) if root.is_dir() else []:
        if path.is_symlink() or not (path / "run.json").is_file():
            continue
        try:
            found.append(recorded(path))
        except NotARunDirectoryError as error:
            unreadable.append(str(error))
    return sorted(found, key=lambda one: one.started_us), unreadable


def fault_windows(case: Case, *, end_us: int) -> list[FaultWindow]:
    """Return when the run's faults were on.

    One that was never ended lasts until ``end_us``, the end of the run; one that was cut short, which has no recovery,
    until its experiment ended, with everything undone.
    """
    found = []
    for one in case.experiments:
        if one.called_us is not None:
            if one.result is None or not one.window or not one.span:
                to_us = end_us
            else:
                to_us = one.window[1] if one.result == "completed" else max(one.window[1], one.span[1])
            found.append(FaultWindow(one.name, one.called_us, max(to_us, one.called_us)))
    return found
