"""Which worker sends which arrival: a hash of its id decides, so nobody has to ask. Pure.

Rendezvous hashing (Thaler and Ravishankar, IEEE/ACM Transactions on Networking 6(1), 1998): an arrival belongs to the
worker with the highest hash of both. Without a worker, its arrivals are spread over the others, and no other moves. A
share of a Poisson process is a Poisson process; with fixed spacing only all shares together are evenly spaced.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loadtests.arrivals.intensity import Int64s

UInt64s = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Share:
    """The arrivals of one worker among ``workers`` (numbers, each once, in any order)."""

    worker: int
    workers: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.worker not in self.workers or len(set(self.workers)) != len(self.workers):
            raise ValueError(f"expected a worker of {self.workers}, each there once, found {self.worker}")

    def owns(self, ids: Int64s) -> npt.NDArray[np.bool_]:
        """Return for each arrival whether this worker sends it."""
        mine: npt.NDArray[np.bool_] = owners(ids, self.workers) == self.worker
        return mine

    def without(self, lost: int) -> "Share":
        """Return this worker's share when another is gone: all that it had, and its part of what the other had."""
        return Share(self.worker, tuple(worker for worker in self.workers if worker != lost))


def share(worker: int, of: int) -> Share:
    """Return the share of worker 0, 1, ... ``of`` - 1."""
    return Share(worker, tuple(range(of)))


def owners(ids: Int64s, workers: tuple[int, ...]) -> Int64s:
    """Return the worker that each arrival belongs to: int64, shaped as ``ids``."""
    keys = _mixed(ids.astype(np.uint64))
    weights = [_mixed(keys ^ _mixed(np.array([worker], dtype=np.uint64))) for worker in workers]
    return np.array(workers, dtype=np.int64)[np.argmax(weights, axis=0)]


def _mixed(words: UInt64s) -> UInt64s:
    """The output function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    mixed = words + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
