"""landed_within_freshness: how long after its acknowledgement a write was there. Pure.

Polls bound the moment from both sides: it was not there when the last poll without it began, and it was there when the
first poll with it ended. Only a lower bound over the objective breaks the promise; an objective between the bounds of
some write is UNKNOWN. What is not there by its deadline is late without end.
"""

import math
from dataclasses import dataclass

import numpy as np

from reports.evidence import KEYED, Landed, Write
from reports.judge import ledgers
from reports.judge.case import Case
from reports.judge.promise import Promise, Status, numbers, plural, some
from reports.judge.writes import why_unread

NAME = "landed_within_freshness"


@dataclass(frozen=True, slots=True)
class Delay:
    """Seconds from the acknowledgement of a write until it was there: at least, at most (inf: never seen)."""

    key: str
    at_least_s: float
    at_most_s: float


def delay(write: Write, row: Landed | None, read_us: int) -> Delay | None:
    """Return the bounds of one acknowledged write at a sink that was last read at ``read_us``."""
    acknowledged = write.acknowledged_us
    if acknowledged is None:
        return None
    if row is None or row.count == 0:
        return Delay(write.key, max(0.0, (read_us - acknowledged) / 1e6), math.inf)
    absent = row.last_absent_us if row.last_absent_us is not None else acknowledged
    seen = row.first_seen_us if row.first_seen_us is not None else read_us
    return Delay(write.key, max(0.0, (absent - acknowledged) / 1e6), max(0.0, (seen - acknowledged) / 1e6))


def landed_within_freshness(case: Case, sink: str) -> Promise | None:
    """Judge a sink; None when no write with a key declares it: of one without, nobody knows when it was there."""
    keyed = [write for write in case.writes if write.kind in KEYED and sink in write.sinks]
    if not keyed:
        return None
    objective = case.objectives.find("freshness_s")
    landed, primary = case.landed.get(sink), case.landed.get("primary")
    if landed is None or primary is None:
        return Promise(NAME, Status.UNKNOWN, why_unread(case, sink), None, sink)
    rows = {row.key: row for row in landed if row.kind in KEYED}
    made = {row.key for row in primary if row.count}
    judged = [write for write in keyed if sink == "primary" or write.key in made]
    delays = [
        found for write in judged if (found := delay(write, rows.get(write.key), read_us(case, sink))) is not None
    ]
    if not delays:
        return Promise(NAME, Status.UNKNOWN, f"no acknowledged write to time at {sink}", None, sink)
    return _judge(case, sink, delays, objective.value)


def read_us(case: Case, sink: str) -> int:
    """Return until when the last read of a sink is known to be complete, in microseconds."""
    complete = [
        event.data.get("complete_to_us") or event.at_us
        for event in case.of_kind("barrier")
        if event.data.get("sink") == sink
    ]
    reads = [event.at_us for event in case.of_kind("phase.started") if event.subject == "read-back"]
    return int(max([*complete, *reads], default=case.end_us))


def _judge(case: Case, sink: str, delays: list[Delay], limit_s: float) -> Promise:
    objective = case.objectives.find("freshness_s")
    late = [one for one in delays if one.at_least_s > limit_s]
    unsure = [one for one in delays if one.at_least_s <= limit_s < one.at_most_s]
    upper = np.array([one.at_most_s for one in delays])
    seen = upper[np.isfinite(upper)]
    worst = float(upper.max())
    counted = numbers(
        worst if math.isfinite(worst) else None,
        "s",
        base=len(delays),
        objective=objective,
        late=len(late),
        examples=[one.key for one in late][:10],
        unsure=len(unsure),
        never_seen=int(len(upper) - len(seen)),
        p50=_quantile(seen, 0.5),
        p95=_quantile(seen, 0.95),
        p99=_quantile(seen, 0.99),
        resolution_s=round(
            float(np.median([d.at_most_s - d.at_least_s for d in delays if math.isfinite(d.at_most_s)] or [0])), 3
        ),
    )
    base = plural(len(delays), "acknowledged write")
    if late:
        said = f"{len(late):,} of {base} later than {limit_s:g} s, or not there: {some([one.key for one in late])}"
        return Promise(NAME, Status.FAIL, said, None, sink, counted)
    if unsure:
        said = f"{len(unsure):,} of {base} may be later than {limit_s:g} s: the polls cannot tell"
        return Promise(NAME, Status.UNKNOWN, said, None, sink, counted)
    hole = ledgers.hole(case)
    if hole:
        return Promise(NAME, Status.UNKNOWN, hole, None, sink, counted)
    said = f"slowest of {base} there after {worst:.1f} s at most, p95 {counted['p95']:.1f} s; objective {limit_s:g} s"
    return Promise(NAME, Status.PASS, said, None, sink, counted)


def _quantile(values: np.ndarray, q: float) -> float | None:
    return round(float(np.quantile(values, q)), 2) if len(values) else None
