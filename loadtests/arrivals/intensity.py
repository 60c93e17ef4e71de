"""How many arrivals a second are expected, over time: pieces of straight lines, as integral and as its inverse. Pure.

A constant, a ramp, steps, a spike and a recorded curve are all such pieces; when they are over, the last rate goes on.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

NS = 1_000_000_000
NEVER_NS = 1 << 62
LEAST = 1e-100  # keeps 0 / 0 at the foot of a ramp 0, and never from a rate of 0

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time in which the rate goes in a straight line from one value to another.

    ``for_ns`` over 0; rates in arrivals a second, 0 or more.
    """

    for_ns: int
    from_rate: float
    to_rate: float

    def __post_init__(self) -> None:
        if self.for_ns <= 0 or self.from_rate < 0 or self.to_rate < 0:
            raise ValueError(f"expected a piece with a length over 0 and no negative rate, found {self}")


@dataclass(frozen=True)
class Intensity:
    """The rate of a Poisson process that changes with time, times in nanoseconds after the start.

    Before each inner edge the rate is that of the piece that ends there, at it that of the piece that begins.
    """

    pieces: tuple[Piece, ...]

    @classmethod
    def constant(cls, rate: float) -> Self:
        """The same rate for ever, arrivals a second."""
        return cls((Piece(NS, rate, rate),))

    @classmethod
    def curve(cls, points: Sequence[tuple[int, float]]) -> Self:
        """Straight lines between points (time in ns, from 0, ascending; rate): at least two of them."""
        between = itertools.pairwise(points)
        return cls(tuple(Piece(to_ns - from_ns, low, high) for (from_ns, low), (to_ns, high) in between))

    def scaled(self, by: float) -> "Intensity":
        """The same over time, each rate times ``by``."""
        return Intensity(tuple(Piece(p.for_ns, p.from_rate * by, p.to_rate * by) for p in self.pieces))

    @property
    def length_ns(self) -> int:
        """When the last piece is over; what comes then is its last rate."""
        return sum(piece.for_ns for piece in self.pieces)

    def rate(self, at_ns: npt.ArrayLike) -> Floats:
        """Return the rate at each time, arrivals a second."""
        at = np.asarray(at_ns, dtype=np.int64)
        n, after_s = self._place(at)
        return self._rates[n] + self._slopes[n] * after_s

    def expected(self, until_ns: npt.ArrayLike) -> Floats:
        """Return how many arrivals are expected from the start until each time: the integral of the rate."""
        n, after_s = self._place(np.asarray(until_ns, dtype=np.int64))
        return self._sums[n] + (self._rates[n] + self._slopes[n] * after_s / 2) * after_s

    def due_ns(self, expected: npt.ArrayLike) -> Int64s:
        """Return the time at which so many arrivals are expected: the inverse of the integral, to the nanosecond.

        NEVER_NS where the rate is 0 for ever before. In a piece: the root of rate t + slope t² / 2 = d in the form that
        loses no digits when the slope is small or falling (Press et al., Numerical Recipes, 3rd edition, 5.6).
        """
        wanted = np.asarray(expected, dtype=np.float64)
        n = np.searchsorted(self._sums, wanted, side="right") - 1
        more = wanted - self._sums[n]
        root = np.sqrt(np.maximum(self._rates[n] ** 2 + 2 * self._slopes[n] * more, 0))
        after_s = 2 * more / np.maximum(self._rates[n] + root, LEAST)
        after_ns = np.minimum(after_s, self._longest_s[n]) * NS
        return np.minimum(self._starts_ns[n] + after_ns.astype(np.int64), NEVER_NS)

    def peak(self, until_ns: int) -> tuple[float, int]:
        """Return the highest rate before ``until_ns`` and when it is first reached: (arrivals a second, ns)."""
        found = [(0.0, 0)]
        start_ns = 0
        for piece in self.pieces:
            end_ns = min(start_ns + piece.for_ns, until_ns)
            if start_ns < until_ns:
                share = (end_ns - start_ns) / piece.for_ns
                found += [
                    (piece.from_rate, start_ns),
                    (piece.from_rate + (piece.to_rate - piece.from_rate) * share, end_ns),
                ]
            start_ns += piece.for_ns
        return max(found, key=lambda one: (one[0], -one[1]))

    def _place(self, at_ns: Int64s) -> tuple[npt.NDArray[np.intp], Floats]:
        """Return in which piece each time lies, and how many seconds after its beginning."""
        n = np.maximum(np.searchsorted(self._starts_ns, at_ns, side="right") - 1, 0)
        return n, (at_ns - self._starts_ns[n]) / NS

    # One entry a piece, and one more for the last rate, which goes on.

    @cached_property
    def _starts_ns(self) -> Int64s:
        return np.cumsum([0] + [piece.for_ns for piece in self.pieces], dtype=np.int64)

    @cached_property
    def _longest_s(self) -> Floats:
        return np.append(np.diff(self._starts_ns), NEVER_NS - self._starts_ns[-1]) / NS

    @cached_property
    def _rates(self) -> Floats:
        return np.array([piece.from_rate for piece in self.pieces] + [self.pieces[-1].to_rate])

    @cached_property
    def _slopes(self) -> Floats:
        return np.array([(piece.to_rate - piece.from_rate) / piece.for_ns * NS for piece in self.pieces] + [0.0])

    @cached_property
    def _sums(self) -> Floats:
        areas = [(piece.from_rate + piece.to_rate) / 2 * piece.for_ns / NS for piece in self.pieces]
        return np.cumsum([0.0, *areas])
