"""How far the percentile of a run may be off, by drawing its long blocks again. Pure.

The block bootstrap: E. Carlstein, Annals of Statistics 14 (1986) 1171-1179; H. R. Kuensch, ibid. 17 (1989) 1217-1241.
With few blocks it is too sure of itself; its variance is therefore taken times n / (n - 1).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.judge.percentiles import rank
from reports.judge.requests import Floats, Ints

DRAWS = 400
_EVENLY, _AROUND = 500, 1000  # values among which a draw finds its percentile: over all, and around it
NO_ANSWER = math.log(1e6)  # of seconds: so that what has no answer has a number at all


@dataclass(frozen=True)
class Estimate:
    """The log of a percentile of some blocks, and the variance of that."""

    log: float
    variance: float
    blocks: int


def estimate(blocks: Sequence[Floats], quantile: float, seed: int) -> Estimate:
    """Return the log percentile of all requests of the blocks (sorted latencies in seconds each; inf: no answer)."""
    grid = _grid(np.sort(np.concatenate(blocks)), quantile)
    within = np.array([np.searchsorted(block, grid, side="right") for block in blocks], dtype=float)
    sizes = np.array([len(block) for block in blocks], dtype=float)
    count = len(blocks)
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), DRAWS).astype(float)
    times[0] = 1  # the blocks as they were
    found = grid[_first(times, within, np.ceil(quantile * (times @ sizes) - 1e-6))]
    logs = np.minimum(np.log(np.maximum(found, 1e-6)), NO_ANSWER)
    return Estimate(float(logs[0]), float(logs[1:].var(ddof=1)) * count / (count - 1), count)


def _first(times: Floats, within: Floats, needed: Floats) -> Ints:
    """Return for each draw the first point of the grid with as many requests within it as are needed."""
    low, high = np.zeros(len(times), dtype=np.int64), np.full(len(times), within.shape[1] - 1)
    while (low < high).any():
        middle = (low + high) // 2
        enough = (times * within[:, middle].T).sum(1) >= needed
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
    return low


def _grid(ordered: Floats, quantile: float) -> Floats:
    """Return some of the values: evenly, and more densely as far around the percentile as its nearer end."""
    last, width = len(ordered) - 1, min(quantile, 1 - quantile)
    low, high = rank(max(0.0, quantile - width), last + 1), min(last, rank(quantile + width, last + 1))
    chosen = np.r_[np.linspace(0, last, _EVENLY), np.linspace(low, high, _AROUND), rank(quantile, last + 1)]
    return np.asarray(ordered[np.unique(chosen.round().astype(int))])
