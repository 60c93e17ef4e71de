"""The report for programs: ``report.json`` and one CSV file a table. Times are UTC, microseconds and ISO 8601."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from reports.judge import EXIT_CODES
from reports.sla.report import Report
from reports.sla.statement import Statement

SCHEMA = 1


def facts(report: Report) -> dict[str, Any]:
    """Return what ``report.json`` holds."""
    period = report.period
    return {
        "schema": SCHEMA,
        "kind": "sla",
        "service": report.promised.service,
        "target": report.gathered.target,
        "period": {"name": period.name, "from_us": period.from_us, "to_us": period.to_us, "minutes": period.minutes},
        "verdict": str(report.verdict),
        "exit_code": EXIT_CODES[report.verdict],
        "seconds_measured": report.seconds,
        "coverage": report.coverage,
        "minimum_coverage": report.promised.minimum_coverage,
        "commitments": [_commitment(one) for one in report.statements],
        "writes": [{**asdict(one), "examples": one.examples[:10]} for one in report.sinks],
        "incidents": _records(incident_table(report)),
        "runs": _records(run_table(report)),
        "not_measured_requests": not_measured(report),
    }


def write(directory: Path, report: Report, said: dict[str, Any], html: str) -> None:
    """Write all files into a directory, made when missing; each whole or not at all."""
    directory.mkdir(parents=True, exist_ok=True)
    texts = {
        "report.html": html,
        "report.json": json.dumps(said, indent=1) + "\n",
        "commitments.csv": commitment_table(report).to_csv(index=False),
        "budget.csv": budget_table(report).to_csv(index=False),
        "incidents.csv": incident_table(report).to_csv(index=False),
        "writes.csv": write_table(report).to_csv(index=False),
        "minutes.csv": minute_table(report).to_csv(index=False),
        "runs.csv": run_table(report).to_csv(index=False),
    }
    for name, text in texts.items():
        part = directory / f".{name}.part"
        part.write_text(text)
        part.replace(directory / name)


def commitment_table(report: Report) -> pd.DataFrame:
    """One row a commitment."""
    rows = [_commitment(one) for one in report.statements]
    return pd.DataFrame([{k: v for k, v in row.items() if not isinstance(v, list)} for row in rows])


def budget_table(report: Report) -> pd.DataFrame:
    """One row a commitment and cause: requests, spent."""
    rows = [
        {"commitment": one.commitment.name, "cause": each.name, "experiment": each.experiment,
         "requests": each.requests, "spent": each.spent}
        for one in report.ratios
        for each in one.causes
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["commitment", "cause", "experiment", "requests", "spent"])


def incident_table(report: Report) -> pd.DataFrame:
    """One row an incident."""
    found = report.incidents
    times = {f"{name}_utc": [iso(at) for at in found[f"{name}_us"]] for name in ("from", "to")}
    return found.assign(**times)


def write_table(report: Report) -> pd.DataFrame:
    """One row a sink."""
    columns = ["sink", "acknowledged", "landed", "lost", "duplicated", "strange", "unknown", "unread"]
    return pd.DataFrame([asdict(one) for one in report.sinks], columns=columns)


def minute_table(report: Report) -> pd.DataFrame:
    """One row a measured minute: requests and the good ones, game days apart."""
    found = report.gathered.requests.ask(
        "SELECT due_us // 60000000 * 60000000 AS minute_us, experiment, count(*) AS requests,"
        " count(*) FILTER (WHERE good) AS good FROM requests WHERE measured GROUP BY ALL ORDER BY ALL"
    )
    return found.assign(minute_utc=[iso(at) for at in found["minute_us"]])


def run_table(report: Report) -> pd.DataFrame:
    """One row a run; ``requests`` are those that count in the period, ``from_us`` and ``to_us`` the run's own ends."""
    counted = requests_by_run(report)
    rows = [
        {
            "run": run.name,
            "kind": run.recorded.kind,
            "verdict": run.verdict,
            "ended": run.ended,
            "requests": counted[n],
            "from_us": run.recorded.from_us,
            "to_us": run.recorded.to_us,
            "faults": ", ".join(dict.fromkeys(one.experiment for one in run.faults)),
        }
        for n, run in enumerate(report.gathered.runs)
    ]
    return pd.DataFrame(rows).astype({"from_us": "Int64", "to_us": "Int64"})


def requests_by_run(report: Report) -> list[int]:
    """Return how many requests of each run count in the period, in the order of the runs."""
    found = report.gathered.requests.ask("SELECT run, count(*) AS n FROM requests WHERE measured GROUP BY 1")
    counted = {int(run): int(n) for run, n in zip(found["run"], found["n"], strict=True)}
    return [counted.get(n, 0) for n in range(len(report.gathered.runs))]


def not_measured(report: Report) -> int:
    """How many requests say nothing, since the generator itself was late."""
    return int(report.gathered.requests.ask("SELECT count(*) AS n FROM requests WHERE NOT measured")["n"].item())


def iso(at_us: int) -> str:
    """Return a time as "2026-11-18T09:14:03.120Z"."""
    return datetime.fromtimestamp(at_us / 1e6, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _commitment(one: Any) -> dict[str, Any]:
    base = {
        "name": one.commitment.name,
        "kind": one.commitment.kind,
        "says": one.commitment.says,
        "origin": one.commitment.origin,
        "standing": str(one.standing),
        "because": one.because,
    }
    return base | _numbers(one) if isinstance(one, Statement) else base


def _numbers(one: Statement) -> dict[str, Any]:
    low, high = one.interval or (None, None)
    minute_low, minute_high = one.minute_interval or (None, None)
    return {
        "objective": one.commitment.objective,
        "n": one.n,
        "good": one.good,
        "measured": one.ratio,
        "wilson_low": low,
        "wilson_high": high,
        "by_minute_low": minute_low,
        "by_minute_high": minute_high,
        "minutes": one.minutes,
        "seconds": one.seconds,
        "coverage": one.coverage,
        "allowed_measured": one.allowed_measured,
        "allowed_period": one.allowed_period,
        "spent": one.spent,
        "not_sent_in_time": one.unsent,
        "left_measured": one.allowed_measured - one.spent,
        "left_period": None if one.allowed_period is None else one.allowed_period - one.spent,
        "causes": [{"name": each.name, **asdict(each)} for each in one.causes],
        "not_called": list(one.not_called),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """As plain JSON values: no NaN, no numpy numbers."""
    found: list[dict[str, Any]] = json.loads(table.to_json(orient="records"))
    return found
