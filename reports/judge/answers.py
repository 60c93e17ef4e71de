"""The requests of a load run, as the rules of a gate count them. Pure.

Every request that was due counts, by when it was due. One that was still without an answer when the load ended is
*open*: it took at least so long, and nobody knows how long at most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reports.evidence import BUSINESS
from reports.judge.requests import Bools, Floats, Ints
from reports.judge.rules import Who
from reports.judge.workers import Late

Names = NDArray[np.object_]


@dataclass(frozen=True)
class Answers:
    """Columns of one length, by the time when each request was due."""

    due_us: Ints
    endpoint: Names
    journey: Names
    took_s: Floats  # from when it was due to its end; of one that is open, at least
    end_us: Ints  # 0: open
    good: Bools  # answered as it should be; a business refusal is an answer
    worker: Names
    error: Names  # in a few words; empty where nothing went wrong

    def __len__(self) -> int:
        return len(self.due_us)

    @property
    def open(self) -> Bools:
        """Which had no end when the load ended."""
        return self.end_us == 0

    @property
    def bad(self) -> Bools:
        """Which ended, and not as they should."""
        return ~self.good & ~self.open

    def where(self, chosen: Bools) -> "Answers":
        """Return those that are chosen."""
        return Answers(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def due_between(self, from_us: int, to_us: int) -> "Answers":
        """Return those due in ``[from_us, to_us)``."""
        low, high = np.searchsorted(self.due_us, [from_us, to_us])
        return Answers(*(getattr(self, name)[low:high] for name in self.__dataclass_fields__))

    def outside(self, late: Sequence[Late]) -> "Answers":
        """Return those that were not due while their worker was late itself."""
        inside = np.zeros(len(self), dtype=bool)
        for worker, from_us, to_us in late:
            inside |= (self.worker == worker) & (self.due_us > from_us) & (self.due_us <= to_us)
        return self.where(~inside)

    def sooner(self, late: Sequence[Late], by_s: float) -> "Answers":
        """Return them as they may have been, had their worker not been late when it read an answer."""
        inside = np.zeros(len(self), dtype=bool)
        for worker, from_us, to_us in late:
            inside |= (self.worker == worker) & (self.end_us > from_us) & (self.end_us <= to_us)
        return replace(self, took_s=np.where(inside, np.maximum(self.took_s - by_s, 0), self.took_s))

    def of(self, who: Who) -> "Answers":
        """Return those of one journey or of the endpoint of exactly that name; everybody's are all."""
        if who.kind == "everybody":
            return self
        column = self.journey if who.kind == "journey" else self.endpoint
        return self.where(np.asarray(column == who.name, dtype=bool))

    def endpoints(self) -> list[str]:
        """Return the names of all endpoints that were asked."""
        return sorted({str(name) for name in self.endpoint})

    def journeys(self) -> list[str]:
        """Return the names of all journeys that were made."""
        return sorted({str(name) for name in self.journey})


def of_samples(samples: pa.Table, ended_us: Mapping[str, int]) -> Answers:
    """Return the requests of a table of ``schema.SAMPLES``. ``ended_us``: when each worker wrote that it stopped.

    What is in flight then has had no answer until then; what was never sent had none until the last request of its
    worker was due, since after that nothing was sent for reasons of the load's own.
    """
    samples = samples.filter(pc.is_valid(samples["sched_us"])).sort_by("sched_us")
    due, end = _ints(samples["sched_us"]), _ints(samples["end_us"])
    worker = _names(samples["worker"])
    last_due = {name: int(due[worker == name].max()) for name in set(worker)}
    known_us = np.array(
        [
            max(ended_us.get(name, 0), last_due[name]) if sent else last_due[name]
            for name, sent in zip(worker, np.asarray(pc.is_valid(samples["start_us"])), strict=True)
        ],
        dtype=np.int64,
    )
    outcome, error = pc.fill_null(samples["outcome"], "unknown"), pc.fill_null(samples["error"], "")
    business = pc.and_(pc.equal(outcome, "refused"), pc.starts_with(error, pattern=BUSINESS))
    good = np.asarray(pc.or_(pc.equal(outcome, "ok"), business)) & (end > 0)
    took = (np.where(end > 0, end, known_us) - due) / 1e6
    endpoint, journey = _names(samples["endpoint"]), _names(samples["journey"])
    return Answers(due, endpoint, journey, took, end, good, worker, _names(samples["error"]))


def _ints(column: pa.ChunkedArray) -> Ints:
    return np.asarray(pc.fill_null(column, 0), dtype=np.int64)


def _names(column: pa.ChunkedArray) -> Any:
    return pc.fill_null(column, "").to_numpy(zero_copy_only=False).astype(object)
