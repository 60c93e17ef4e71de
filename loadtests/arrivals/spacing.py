"""How arrivals follow each other where one is expected in each unit: by chance, evenly, or one in each slot. Pure.

The line of expected arrivals (0, 1, 2, ...) is cut into cells of ``CELL`` units. Each cell is drawn by itself, from the
seed, the stream and its number: so any part of a plan can be drawn without what comes before it.
"""

import hashlib
from typing import Literal, get_args

import numpy as np

from loadtests.arrivals.intensity import Floats, Int64s

Spacing = Literal["poisson", "fixed", "slots"]
SPACINGS: tuple[Spacing, ...] = get_args(Spacing)

CELL = 4096  # expected arrivals: a batch of some tenths of a millisecond to draw


def counts(spacing: Spacing, *, seed: int, stream: str, cells: int) -> Int64s:
    """Return how many arrivals each of the first ``cells`` cells has: int64 (cells,)."""
    if spacing == "poisson":
        return _random(seed, stream, 0).poisson(CELL, size=cells).astype(np.int64)
    return np.full(cells, CELL, dtype=np.int64)


def places(spacing: Spacing, *, seed: int, stream: str, cell: int, count: int) -> Floats:
    """Return where in one cell its arrivals lie, ascending: float64 (count,), from 0 to CELL.

    poisson: given their number they are uniform order statistics, made of exponential gaps without sorting (Devroye,
    Non-Uniform Random Variate Generation, 1986, chapters V and VI). fixed: one a unit, at a moment in it that the seed
    chooses, so that two journeys of one rate do not go in step. slots: one a unit, anywhere in it.
    """
    if spacing == "poisson":
        passed: Floats = _random(seed, stream, 1 + cell).standard_exponential(count + 1).cumsum()
        passed *= CELL / float(passed[-1])
        return passed[:-1]
    units = np.arange(count, dtype=np.float64)
    units += _random(seed, stream, 0).random() if spacing == "fixed" else _random(seed, stream, 1 + cell).random(count)
    return units


def _random(seed: int, stream: str, number: int) -> np.random.Generator:
    digest = hashlib.blake2b(stream.encode(), digest_size=8).digest()
    key = (int.from_bytes(digest[:4]), int.from_bytes(digest[4:]), number)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))
