"""The report as a story: read the runs, measure, judge, write the page and the files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from reports.commitments import Commitments, Writes, load_commitments
from reports.evidence import RUNS
from reports.judge import EXIT_CODES, Word, workers
from reports.judge.words import worst
from reports.sla import files
from reports.sla.errors import SlaError
from reports.sla.gathering import Gathered, gather
from reports.sla.incidents import incidents
from reports.sla.measuring import measure, missing_endpoints, seconds
from reports.sla.page import page
from reports.sla.period import Period, parse_period
from reports.sla.report import Report
from reports.sla.statement import Standing, Statement, state
from reports.sla.writes import WritesStatement, state_writes, totals

WORDS = {Standing.MET: Word.PASS, Standing.FAIL: Word.FAIL, Standing.UNMEASURED: Word.UNKNOWN}


@dataclass(frozen=True)
class Built:
    """A report that was made."""

    report: Report
    out: Path
    facts: dict[str, Any]  # what report.json holds

    @property
    def exit_code(self) -> int:
        """PASS 0, FAIL 1, UNKNOWN 2."""
        return EXIT_CODES[self.report.verdict]


def build(period: str, paths: Sequence[Path], *, commitments: Path | None = None, out: Path | None = None) -> Built:
    """Make the report of a period from run directories.

    Raises SlaError, CommitmentsError and NotARunDirectoryError, each with one clear line, before anything is written.
    """
    when, promised = parse_period(period), load_commitments(commitments)
    directory = _directory(out or RUNS / f"sla-{when.name}")
    report = make(when, promised, gather(paths, when))
    facts = files.facts(report)
    files.write(directory, report, facts, page(report))
    return Built(report, directory, facts)


def make(period: Period, promised: Commitments, gathered: Gathered) -> Report:
    """Hold what was gathered against what was promised. Writes nothing."""
    sinks = totals([(run.name, run.case) for run in gathered.started_in(period)])
    measured_s = seconds(gathered.requests)
    coverage = measured_s / period.seconds
    least = promised.minimum_coverage
    lacking = "; ".join(f"{run.name}: {said}" for run in gathered.runs if (said := workers.lacking(run.case)))
    statements: list[Statement | WritesStatement] = []
    for one in promised.commitment:
        if isinstance(one, Writes):
            statements.append(state_writes(one, sinks, coverage=coverage, minimum_coverage=least))
        else:
            skipped = missing_endpoints(gathered.requests, one)
            measured = measure(gathered.requests, one)
            statements.append(state(one, measured, period, minimum_coverage=least, not_called=skipped, lacking=lacking))
    return Report(
        period=period,
        promised=promised,
        gathered=gathered,
        verdict=worst(WORDS[one.standing] for one in statements),
        statements=tuple(statements),
        sinks=sinks,
        incidents=_named(incidents(gathered.requests, promised.incidents), gathered),
        coverage=coverage,
        seconds=measured_s,
    )


def _named(found: pd.DataFrame, gathered: Gathered) -> pd.DataFrame:
    """Put the run's name in the place of its number."""
    return found.assign(run=[gathered.runs[int(n)].name for n in found["run"]])


def _directory(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        raise SlaError(f"--out {path}: expected a directory, found a file")
    if (path / "run.json").exists():
        raise SlaError(f"--out {path}: expected a directory for the report, found a run directory: choose another")
    return path
