"""What failed, ready to be read: what was promised, what was measured on how many, which ones, and where to look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from reports.evidence import BUSINESS, Job, Landed, RunDirectory, Write
from reports.judge import Promise, Status, Verdict
from reports.judge.case import Case
from reports.judge.promise import plural
from reports.judge.sums import sums
from reports.judge.timeline import Experiment
from reports.judge.writes import BREAKS
from reports.render.promised import promised
from reports.render.wording import DASH, title

EXAMPLES = 5
OF_WRITES = (*BREAKS, "landed_within_freshness")
OF_REQUESTS = ("recovered_within_rto", "availability_within_budget", "latency_back_in_band")
OF_JOBS = ("jobs_drained", "no_job_orphaned", "no_job_run_twice")


@dataclass(frozen=True)
class Table:
    """Examples: one row a write, a job or a sort of bad request."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Finding:
    """One promise that did not hold."""

    promise: Promise
    title: str
    where: str
    promised: str
    table: Table | None
    look: tuple[str, ...]  # files of the run directory, with what to look for


def findings(run: RunDirectory, case: Case, verdict: Verdict) -> tuple[list[Finding], list[Finding]]:
    """Return what failed, and what is not known, each in the order of the verdict."""
    found = [_finding(run, case, one) for one in verdict.promises if one.status is not Status.PASS]
    failed = [one for one in found if one.promise.status is Status.FAIL]
    return failed, [one for one in found if one.promise.status is Status.UNKNOWN]


def _finding(run: RunDirectory, case: Case, promise: Promise) -> Finding:
    table, look = None, list[str]()
    if promise.status is Status.FAIL:
        keys = [str(key) for key in promise.numbers.get("examples") or []][:EXAMPLES]
        experiment = next((one for one in case.experiments if one.name == promise.experiment), None)
        if promise.name in OF_WRITES and keys:
            table, look = _writes(case, keys, promise), _ledger_lines(run, case, keys, promise.sink)
        elif promise.name in OF_JOBS and keys:
            table, look = _jobs(case, keys), [f"jobs.parquet: the rows of these {len(keys)} job ids"]
        elif promise.name in OF_REQUESTS and experiment is not None:
            table, look = _requests(run, case, experiment), _request_files(run, experiment)
        elif promise.experiment:
            look = [f"events/, experiment {promise.experiment}: capacity and steady_state"]
    where = ", ".join(part for part in (promise.experiment, promise.sink) if part) or "whole run"
    return Finding(promise, title(promise.name), where, promised(promise), table, tuple(look))


def _writes(case: Case, keys: Sequence[str], promise: Promise) -> Table:
    """Keys as they were acknowledged and as each sink has them; a sum of stock as units."""
    known = {write.key: write for write in case.writes}
    sinks = [sink for sink, rows in case.landed.items() if rows is not None]
    there = {sink: {row.key: row for row in case.landed.get(sink) or []} for sink in sinks}
    stock = {sink: sums(case.writes, sink) for sink in sinks}
    rows = []
    for key in keys:
        write, total = known.get(key), stock.get(promise.sink or "primary", {}).get(key)
        if write is None and total is not None:
            said = f"{total.acknowledged} units acknowledged" + (f", {total.unknown} unknown" if total.unknown else "")
            units = [_units(there[sink].get(key)) if key in stock[sink] else DASH for sink in sinks]
            rows.append((key, "stock", said, _nearest(case, key), *units))
        else:
            kind = write.kind.replace("_", " ") if write else "nobody wrote it"
            rows.append((key, kind, *_answer(case, write), *(_count(there[sink].get(key)) for sink in sinks)))
    return Table(("Key", "Kind", "Answer", "When", *(f"On {sink}" for sink in sinks)), tuple(rows))


def _nearest(case: Case, sum_key: str) -> str:
    """Which write of a sum is missing cannot be told; the one that was acknowledged nearest to a fault is a clue."""
    calls = [(one.called_us, one.name) for one in case.experiments if one.called_us is not None]
    writes = [w for w in case.writes if w.sum_key == sum_key and w.acknowledged_us is not None]
    pairs = [(abs(w.acknowledged_us - at_us), w) for at_us, _ in calls for w in writes if w.acknowledged_us is not None]
    if not pairs:
        return DASH
    write = min(pairs, key=lambda pair: pair[0])[1]
    at_us = write.acknowledged_us or write.at_us
    return f"nearest to a fault: {write.key}, {_clock(at_us)}{_since_fault(case, at_us)}"


def _units(row: Landed | None) -> str:
    return f"{row.units or 0 if row else 0} units"


def _count(row: Landed | None) -> str:
    if row is None or not row.count:
        return "not there"
    return "there once" if row.count == 1 else f"there {row.count} times"


def _answer(case: Case, write: Write | None) -> tuple[str, str]:
    """What the client was told, and when: the time of day, and the nearest fault before it."""
    if write is None:
        return DASH, DASH
    at_us = write.acknowledged_us or write.at_us
    return write.outcome, f"{_clock(at_us)}{_since_fault(case, at_us)}"


def _since_fault(case: Case, at_us: int) -> str:
    """Seconds to the fault of the experiment in whose time it was."""
    for one in case.experiments:
        if one.called_us is not None and one.span and one.span[0] <= at_us <= one.span[1]:
            seconds = (at_us - one.called_us) / 1e6
            return f", {abs(seconds):.1f} s {'after' if seconds >= 0 else 'before'} the fault of {one.name}"
    return ""


def _ledger_lines(run: RunDirectory, case: Case, keys: Sequence[str], sink: str | None) -> list[str]:
    """The lines of the ledgers that say what happened to the keys, and the file with what was read back."""
    known, found = {write.key for write in case.writes}, []
    single = [key for key in keys if key in known]
    for path in sorted((run.path / "ledger").glob("*.ndjson")):
        lines = [n for n, line in enumerate(_lines(path), 1) if any(f'"{key}"' in line for key in single)]
        if lines:
            shown = ", ".join(map(str, lines[:9])) + (f" and {len(lines) - 9} more" if len(lines) > 9 else "")
            found.append(f"ledger/{path.name}: line {shown}")
    summed = sum(write.sum_key in keys for write in case.writes)
    if summed:
        found.append(f"ledger/: the {plural(summed, 'write')} with such a sum_key")
    return [*found, *([f"landed/{sink}.parquet: what the {sink} held at the end"] if sink else [])]


def _jobs(case: Case, ids: Sequence[str]) -> Table:
    jobs = {job.job_id: job for job in case.jobs or [] if job.when == "after"}
    rows = tuple(_job(one, jobs.get(one)) for one in ids)
    return Table(("Job", "Service", "Status", "Due", "Began", "Owner", "Result"), rows)


def _job(job_id: str, job: Job | None) -> tuple[str, ...]:
    if job is None:
        return (job_id, *[DASH] * 6)
    times = (_clock(job.run_time_us), _clock(job.start_us))
    return (
        job_id,
        job.service_name or job.job_name or DASH,
        (job.status_id or DASH).removeprefix("SERVICE_").lower(),
        *times,
        job.run_by_instance_id or DASH,
        (job.job_result or DASH)[:80],
    )


def _requests(run: RunDirectory, case: Case, experiment: Experiment) -> Table | None:
    """The bad requests after the fault's first call, by endpoint, error and server."""
    if experiment.window is None:
        return None
    samples, late_us = run.read_samples(), int(case.objectives.value("late_s") * 1e6)
    from_us, to_us = experiment.called_us or experiment.window[0], experiment.window[1]
    due = samples["sched_us"]
    bad = samples.filter(
        pc.and_(pc.and_(pc.greater_equal(due, from_us), pc.less(due, to_us)), pc.invert(_good(samples, late_us)))
    )
    if not bad.num_rows:
        return None
    named = bad.set_column(
        bad.schema.get_field_index("error"), "error", pc.coalesce(bad["error"], bad["outcome"], pa.scalar(DASH))
    )
    groups = named.group_by(["endpoint", "error"]).aggregate([("sched_us", "count"), ("sched_us", "min_max")])
    ordered = sorted(groups.to_pylist(), key=lambda one: (-one["sched_us_count"], str(one["endpoint"])))
    rows = tuple(
        (
            str(one["endpoint"]),
            str(one["error"]),
            f"{one['sched_us_count']:,}",
            _clock(one["sched_us_min_max"]["min"]),
            _clock(one["sched_us_min_max"]["max"]),
        )
        for one in ordered[:EXAMPLES]
    )
    return Table(("Endpoint", "Error", "Bad", "First", "Last"), rows)


def _good(samples: pa.Table, late_us: int) -> pa.ChunkedArray:
    """As ``reports.judge.requests``: sent in time, and answered as it should be."""
    business = pc.starts_with(pc.fill_null(samples["error"], ""), pattern=BUSINESS)
    outcome = pc.fill_null(samples["outcome"], "unknown")
    answered = pc.or_(pc.equal(outcome, "ok"), pc.and_(pc.equal(outcome, "refused"), business))
    in_time = pc.fill_null(pc.less_equal(pc.subtract(samples["start_us"], samples["sched_us"]), late_us), False)
    return pc.and_(pc.and_(answered, in_time), pc.is_valid(samples["end_us"]))


def _request_files(run: RunDirectory, experiment: Experiment) -> list[str]:
    if experiment.window is None:
        return []
    from_us, to_us = experiment.called_us or experiment.window[0], experiment.window[1]
    files = sorted(path.name for path in (run.path / "samples").glob("*"))
    return [f"samples/{name}: sched_us from {from_us} to {to_us}, outcome not ok" for name in files[:3]]


def _lines(path: Path) -> Iterator[str]:
    with path.open(errors="replace") as lines:
        yield from lines


def _clock(at_us: int | None) -> str:
    """Return a time of day: "09:18:19.252"."""
    if at_us is None:
        return DASH
    return datetime.fromtimestamp(at_us / 1e6, tz=UTC).strftime("%H:%M:%S.%f")[:-3]
