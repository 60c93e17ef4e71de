"""What the load generator says while it runs, read from the run directory: nothing is asked of it directly."""

import time
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from reports.evidence.clock import now_us
from reports.evidence.rundirectory import RunDirectory
from reports.evidence.schema import BUSINESS, Delivery

FRESH_S = 4.0  # a generator writes one line a second; one that was silent for so long does not beat
ENOUGH = 20  # requests in a window before it says anything


@dataclass(frozen=True)
class Rate:
    """The last whole seconds: requests completed and bad ones, each per second."""

    requests_per_s: float
    errors_per_s: float


class Traffic:
    """Reads samples and delivery of a run under way; the samples at most once a second."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._table: pa.Table | None = None
        self._read_at = 0.0
        self._read_us = 0  # what a stretch of the last seconds is counted back from

    def beats(self) -> bool:
        """Whether each worker wrote a second lately in which it completed something."""
        newest: dict[str, Delivery] = {}
        for second in self._run.read_delivery():
            newest[second.worker] = second
        since_us = now_us() - int(FRESH_S * 1e6)
        return bool(newest) and all(one.at_us >= since_us and one.completed > 0 for one in newest.values())

    def rate(self, *, over_s: float = 3.0) -> Rate:
        """Completed and bad requests per second over the last few seconds."""
        ended = self._since(over_s)
        return Rate(ended.num_rows / over_s, _bad(ended) / over_s)

    def calm_for(self, seconds: float) -> bool:
        """Whether that long a time has gone by with enough requests and hardly a bad one (1 %)."""
        ended = self._since(seconds)
        return ended.num_rows >= ENOUGH and _bad(ended) <= 0.01 * ended.num_rows

    def answered(self, *, since_us: int = 0) -> set[str]:
        """The instances that gave a good answer to a request sent since then."""
        table = self._samples()
        ok = table.filter(pc.and_(pc.equal(table["outcome"], "ok"), pc.greater_equal(table["start_us"], since_us)))
        return {server for server in pc.unique(ok["server"]).to_pylist() if server}

    def _since(self, seconds: float) -> pa.Table:
        table = self._samples()
        return table.filter(pc.greater_equal(pc.fill_null(table["end_us"], 0), self._read_us - int(seconds * 1e6)))

    def _samples(self) -> pa.Table:
        if self._table is None or time.monotonic() - self._read_at >= 1.0:
            self._table = self._run.read_samples()
            self._read_at, self._read_us = time.monotonic(), now_us()
        return self._table


def _bad(table: pa.Table) -> int:
    """How many are neither good nor a business refusal, which is an answer."""
    error = pc.fill_null(table["error"], "")
    good = pc.or_(pc.equal(table["outcome"], "ok"), pc.starts_with(error, BUSINESS))
    return int(table.num_rows - (pc.sum(good).as_py() or 0))
