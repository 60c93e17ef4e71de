"""When each arrival of one journey is due: the whole plan of it, drawn in parts. Pure: seed, name and rate decide.

Time-rescaling: arrivals of rate one, taken through the inverse of the expected count, are arrivals of the wanted rate
(Çinlar, Introduction to Stochastic Processes, 1975, 4.7), exactly and without thinning.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from loadtests.arrivals.intensity import Int64s, Intensity
from loadtests.arrivals.spacing import CELL, Spacing, counts, places


@dataclass(frozen=True)
class JourneyPlan:
    """The arrivals of one journey in [0, ``end_ns``): the same for the same seed and name, whoever sends them.

    ``requests`` is how many requests an arrival makes on average: over 1 for a session with several and think times
    between them, of which only the beginning is planned.
    """

    name: str
    intensity: Intensity
    seed: int
    end_ns: int
    spacing: Spacing = "poisson"
    requests: float = 1.0

    def parts(self, from_ns: int = 0) -> Iterator[tuple[Int64s, int]]:
        """Yield what is due from a time on, int64 ns ascending, each part with the time before which it is complete."""
        for cell in range(self._cell_at(min(from_ns, self.end_ns)), self._cells):
            complete_ns = min(int(self._edges_ns[cell + 1]), self.end_ns)
            due_ns = self._due_ns(cell)
            yield due_ns[(due_ns >= from_ns) & (due_ns < self.end_ns)], complete_ns
            if complete_ns == self.end_ns:
                return

    def planned(self, until_ns: int) -> int:
        """Return how many arrivals are due before a time (at most the end): draws one cell, however long the plan."""
        until_ns = min(until_ns, self.end_ns)
        cell = self._cell_at(until_ns)
        return int(self._before[cell] + np.searchsorted(self._due_ns(cell), until_ns))

    def expected(self, from_ns: int, to_ns: int) -> float:
        """Return how many arrivals are expected in [from, to), whatever the seed."""
        from_ns, to_ns = min(from_ns, self.end_ns), min(to_ns, self.end_ns)
        return float(self.intensity.expected(to_ns) - self.intensity.expected(from_ns))

    def _due_ns(self, cell: int) -> Int64s:
        count = int(self._counts[cell])
        units = cell * CELL + places(self.spacing, seed=self.seed, stream=self.name, cell=cell, count=count)
        # Rounding must neither disturb the order nor move an arrival into another cell.
        due_ns = np.clip(self.intensity.due_ns(units), self._edges_ns[cell], self._edges_ns[cell + 1])
        return np.maximum.accumulate(due_ns)

    def _cell_at(self, at_ns: int) -> int:
        """Return the last cell that begins before a time: those before it are over, those after it not begun."""
        return max(int(np.searchsorted(self._edges_ns, at_ns)) - 1, 0)

    @cached_property
    def _cells(self) -> int:
        """How many cells reach over the end. One more than needed: rounding may end one a nanosecond too early."""
        return int(self.intensity.expected(self.end_ns)) // CELL + 2

    @cached_property
    def _edges_ns(self) -> Int64s:
        return self.intensity.due_ns(np.arange(self._cells + 1) * CELL)

    @cached_property
    def _counts(self) -> Int64s:
        return counts(self.spacing, seed=self.seed, stream=self.name, cells=self._cells)

    @cached_property
    def _before(self) -> Int64s:
        return np.cumsum(np.append(0, self._counts))
