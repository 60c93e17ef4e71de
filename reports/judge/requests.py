"""The requests of a run as columns, ready for arithmetic. Pure.

A request is *good* when it was sent in time and answered as it should be; a business refusal is an answer. What was
due and never sent, or sent much too late because the user before was still waiting, is as bad as a failure: a
plan of arrivals does not wait for the system, so a system that answers nothing gets no credit for being asked less.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reports.evidence import BUSINESS, GENERATOR

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

# The requests that write: endpoint, the journey that writes by it (None: any), the kind that it is in the ledger.
# Packing is the write of who ships from store; a store associate's is handing over (BOPIS).
WRITES = (
    ("POST /api/uploadAndImportfile", None, "order"),
    ("POST /api/service/updateInventoryByIdentification", None, "stock_delta"),
    ("POST /api/quickShipEntireShipGroup", "fulfillment", "shipment"),
    ("POST /api/updateShipment", None, "shipment"),
)


@dataclass(frozen=True)
class Requests:
    """Columns of one length, by the time when each request was due."""

    due_us: Ints
    in_time: Bools  # sent, and not later than late_s after it was due
    good: Bools  # in time, and answered as it should be
    latency_s: Floats  # from when it was due to the end of the answer; inf when bad: slower than any

    def __len__(self) -> int:
        return len(self.due_us)

    def between(self, from_us: int, to_us: int) -> "Requests":
        """Return those due in ``[from_us, to_us)``."""
        low, high = np.searchsorted(self.due_us, [from_us, to_us])
        part = slice(int(low), int(high))
        return Requests(self.due_us[part], self.in_time[part], self.good[part], self.latency_s[part])

    def outside(self, stretches: Iterable[tuple[int, int]]) -> "Requests":
        """Return those due in none of the stretches ``(from, to]``."""
        left = np.ones(len(self), dtype=bool)
        for from_us, to_us in stretches:
            left &= (self.due_us <= from_us) | (self.due_us > to_us)
        return Requests(self.due_us[left], self.in_time[left], self.good[left], self.latency_s[left])

    @property
    def bad(self) -> int:
        """How many were not good."""
        return int(len(self) - self.good.sum())


def from_samples(samples: pa.Table, *, late_s: float) -> Requests:
    """Return the requests of a table of ``schema.SAMPLES``, by due time; a row without one is not ours."""
    samples = samples.filter(pc.is_valid(samples["sched_us"])).sort_by("sched_us")
    due = _ints(samples["sched_us"])
    start, end = _ints(samples["start_us"]), _ints(samples["end_us"])
    sent = np.asarray(pc.is_valid(samples["start_us"]))
    ended = np.asarray(pc.is_valid(samples["end_us"]))
    error = pc.fill_null(samples["error"], "")
    outcome = pc.fill_null(samples["outcome"], "unknown")
    answered = pc.or_(
        pc.equal(outcome, "ok"), pc.and_(pc.equal(outcome, "refused"), pc.starts_with(error, pattern=BUSINESS))
    )
    in_time = sent & (start - due <= late_s * 1e6)
    good = in_time & np.asarray(answered) & ended
    latency = np.where(good, (end - due) / 1e6, np.inf)
    return Requests(due, in_time, good, latency)


def write_starts(samples: pa.Table) -> dict[tuple[str, str], Ints]:
    """Return when each request that writes began, ascending, by worker and kind of write."""
    found: dict[tuple[str, str], list[Ints]] = defaultdict(list)
    began = samples.filter(pc.and_(pc.is_valid(samples["start_us"]), pc.is_valid(samples["worker"])))
    for endpoint, journey, kind in WRITES:
        rows = began.filter(pc.equal(began["endpoint"], endpoint))
        if journey is not None:
            rows = rows.filter(pc.equal(rows["journey"], journey))
        for worker in pc.unique(rows["worker"]).to_pylist():
            starts = rows.filter(pc.equal(rows["worker"], worker))["start_us"]
            found[worker, kind].append(np.asarray(starts, dtype=np.int64))
    return {where: np.sort(np.concatenate(starts)) for where, starts in found.items()}


def own_faults(samples: pa.Table) -> tuple[tuple[int, str], ...]:
    """Return when each request was due that failed in the generator itself, and in what, by time."""
    found = samples.filter(pc.starts_with(pc.fill_null(samples["error"], ""), pattern=GENERATOR)).sort_by("sched_us")
    return tuple(zip(found["sched_us"].to_pylist(), found["error"].to_pylist(), strict=True))


def _ints(column: pa.ChunkedArray) -> Ints:
    return np.asarray(pc.fill_null(column, 0), dtype=np.int64)
