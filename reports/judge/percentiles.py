"""From requests to what is compared: a percentile of a run, or the latencies of its long blocks. Pure.

As in a rule of the gate: a request that failed never got its answer, so it is slower than any; one that is open at the
end took at least so long. A percentile therefore has a lower and an upper value, which mostly are the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.judge.answers import Answers
from reports.judge.requests import Floats


@dataclass(frozen=True)
class Latencies:
    """The latencies of some requests, each series sorted for itself, in seconds; inf: no answer."""

    low: Floats  # an open request took at least so long
    high: Floats  # nobody knows how long at most

    def __len__(self) -> int:
        return len(self.low)


@dataclass(frozen=True)
class Value:
    """A percentile in seconds: at least ``low``, at most ``high``; of ``base`` requests."""

    low: float
    high: float
    base: int


def latencies(due: Answers) -> Latencies:
    """Return the latencies of requests, sorted."""
    return Latencies(np.sort(np.where(due.bad, np.inf, due.took_s)), np.sort(np.where(due.good, due.took_s, np.inf)))


def rank(quantile: float, count: int) -> int:
    """Return which of ``count`` sorted values is the quantile, from 0: the nearest rank."""
    return max(0, math.ceil(round(quantile * count, 6)) - 1)


def value(found: Latencies, quantile: float) -> Value:
    """Return a percentile. Raise ValueError when there is no request at all."""
    if not len(found):
        raise ValueError("no request, so no percentile")
    at = rank(quantile, len(found))
    return Value(float(found.low[at]), float(found.high[at]), len(found))


def blocks(due: Answers, from_us: int, to_us: int, block_s: float) -> Sequence[Latencies]:
    """Return the latencies of each whole block of ``[from_us, to_us)``, by when requests were due; no empty one."""
    block_us = round(block_s * 1e6)
    starts = range(from_us, to_us - block_us + 1, block_us)
    found = (latencies(due.due_between(start, start + block_us)) for start in starts)
    return [block for block in found if len(block)]
