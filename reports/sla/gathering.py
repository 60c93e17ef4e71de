"""From the paths that were given to what they hold: every run checked, its requests of the period taken in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reports.judge import verdict_of
from reports.judge.case import Case, read_case
from reports.sla.errors import SlaError
from reports.sla.period import Period
from reports.sources.requests import Requests
from reports.sources.runs import FaultWindow, Recorded, fault_windows, recorded


@dataclass(frozen=True)
class Run:
    """One run of the report."""

    recorded: Recorded
    case: Case
    verdict: str  # the judge's word for it
    ended: bool  # False: it was killed, or is still running
    faults: tuple[FaultWindow, ...]

    @property
    def name(self) -> str:
        """The run's own name."""
        return self.recorded.name


@dataclass(frozen=True)
class Gathered:
    """All runs by time, and their requests of the period."""

    runs: tuple[Run, ...]
    requests: Requests
    target: str

    def started_in(self, period: Period) -> list[Run]:
        """Return the runs whose writes belong to a period: a run over its edge has them in one period, not in two."""
        return [run for run in self.runs if period.from_us <= run.recorded.started_us < period.to_us]


def gather(paths: Sequence[Path], period: Period) -> Gathered:
    """Read the runs. Raises SlaError, or NotARunDirectoryError (SealBrokenError for a run that was altered)."""
    if not paths:
        raise SlaError("expected at least one run directory after --from, found none")
    sources = sorted((_checked(path, period) for path in paths), key=lambda one: (one.started_us, one.name))
    _refuse_twice(sources)
    targets = sorted({one.target for one in sources})
    if len(targets) > 1:
        raise SlaError(f"expected runs of one target, found {' and '.join(targets)}: a report is about one system")
    requests, runs = Requests(), tuple(_run(source) for source in sources)
    # All runs are of one target: a load test while a game day's fault is on feels that fault, too.
    faults = [fault for run in runs for fault in run.faults]
    for n, run in enumerate(runs):
        requests.add(n, run.recorded.run, run.case, faults, from_us=period.from_us, to_us=period.to_us)
    return Gathered(runs, requests, targets[0])


def _checked(path: Path, period: Period) -> Recorded:
    found = recorded(path)
    from_us = found.started_us if found.from_us is None else min(found.started_us, found.from_us)
    to_us = found.started_us if found.to_us is None else found.to_us
    if to_us < period.from_us or from_us >= period.to_us:
        when = f"{day(from_us)}" if day(from_us) == day(to_us) else f"{day(from_us)} to {day(to_us)}"
        raise SlaError(f"{path}: expected a run in {period.name}, found one of {when}: leave it out")
    return found


def _refuse_twice(sources: Sequence[Recorded]) -> None:
    """The same run may come by two paths, or as a copy: its name and start are its own."""
    seen: dict[tuple[str, int], Recorded] = {}
    for one in sources:
        other = seen.setdefault((one.name, one.started_us), one)
        if other is not one:
            raise SlaError(f"{one.run.path}: expected each run once, found {one.name} twice: also {other.run.path}")


def _run(source: Recorded) -> Run:
    case = read_case(source.run)
    end_us = max(case.end_us, source.to_us or 0) + 1
    faults = tuple(fault_windows(case, end_us=end_us))
    word = _written(source) or str(verdict_of(case).verdict)
    return Run(source, case, word, source.run.sealed or case.has_ended, faults)


def _written(source: Recorded) -> str | None:
    """The verdict that the run ended with; None when it ended without one."""
    path = source.run.path / "verdict.json"
    try:
        return str(json.loads(path.read_text())["verdict"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def day(at_us: int) -> str:
    """Return a time as "2026-11-18"."""
    return datetime.fromtimestamp(at_us / 1e6, tz=UTC).date().isoformat()
