"""The arrivals of all journeys together, in the order of time, each with a number that is its id. Pure.

A plan is a description: nothing is drawn before it is asked for, and then batch by batch, so that its length costs no
memory. Every process that has the description draws the same arrivals.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loadtests.arrivals.intensity import Int64s
from loadtests.arrivals.journey import JourneyPlan
from loadtests.arrivals.share import Share

UInt8s = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Arrivals that follow each other; three arrays of one length.

    ``ids`` int64, ascending; ``due_ns`` int64, nanoseconds after the start, ascending; ``journeys`` uint8, the place of
    each one's journey in ``Plan.journeys``.
    """

    ids: Int64s
    due_ns: Int64s
    journeys: UInt8s

    def __len__(self) -> int:
        return len(self.ids)

    def of(self, share: Share) -> "Batch":
        """Return those that a worker sends."""
        return self.only(share.owns(self.ids))

    def only(self, which: npt.NDArray[np.bool_]) -> "Batch":
        """Return some of them."""
        return Batch(self.ids[which], self.due_ns[which], self.journeys[which])


@dataclass(frozen=True, slots=True)
class Plan:
    """The plans of several journeys (at most 256) of one length and seed. At one moment they go in their order here."""

    journeys: tuple[JourneyPlan, ...]

    def __post_init__(self) -> None:
        if len({(plan.end_ns, plan.seed) for plan in self.journeys}) != 1:
            raise ValueError(f"expected journeys of one length and seed, found {self.journeys}")
        if len({plan.name for plan in self.journeys}) != len(self.journeys):
            raise ValueError("expected each journey once: two of one name would have the same arrivals")

    @property
    def end_ns(self) -> int:
        """When the plan ends; nothing is due at it or later."""
        return self.journeys[0].end_ns

    def batches(self, share: Share | None = None, from_ns: int = 0) -> Iterator[Batch]:
        """Yield what is due from a time on: all of it, or one worker's share. No batch is empty.

        The id of an arrival is its number in the whole plan, so it is the same in every share and from every time on.
        """
        id_from = self.planned(0, from_ns)
        for due_ns, journeys in _merged(self.journeys, from_ns):
            batch = Batch(np.arange(id_from, id_from + len(due_ns)), due_ns, journeys)
            id_from += len(batch)
            mine = batch if share is None else batch.of(share)
            if len(mine):
                yield mine

    def planned(self, from_ns: int, to_ns: int) -> int:
        """Return how many arrivals are due in [from, to), without drawing them all."""
        return sum(plan.planned(to_ns) - plan.planned(from_ns) for plan in self.journeys)

    def expected(self, from_ns: int, to_ns: int) -> float:
        """Return how many arrivals are expected in [from, to), whatever the seed."""
        return sum(plan.expected(from_ns, to_ns) for plan in self.journeys)

    def rate(self, at_ns: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the expected rate at each time, arrivals a second."""
        return np.sum([plan.intensity.rate(at_ns) for plan in self.journeys], axis=0)

    def counts(self, edges_ns: Int64s, share: Share | None = None) -> Int64s:
        """Return how many arrivals of each journey are due in [edge, next edge): int64 (journeys, edges - 1).

        With a share these are one worker's, so also what is missing when it is lost. Draws all from the first edge on.
        """
        found = np.zeros((len(self.journeys), len(edges_ns) - 1), dtype=np.int64)
        for batch in self.batches(share, int(edges_ns[0])):
            place = np.searchsorted(edges_ns, batch.due_ns, side="right") - 1
            inside = place < len(edges_ns) - 1
            np.add.at(found, (batch.journeys[inside], place[inside]), 1)
            if not inside[-1]:
                break
        return found


class _Ahead:
    """What is drawn of one journey and not yet taken."""

    def __init__(self, plan: JourneyPlan, from_ns: int) -> None:
        self._parts = plan.parts(from_ns)
        self._due_ns = np.empty(0, dtype=np.int64)
        self.complete_ns = from_ns
        self._end_ns = plan.end_ns

    def draw(self) -> None:
        """Draw one part more, if there is one."""
        part, self.complete_ns = next(self._parts, (self._due_ns[:0], self._end_ns))
        self._due_ns = np.concatenate((self._due_ns, part))

    def take(self, before_ns: int) -> Int64s:
        cut = np.searchsorted(self._due_ns, before_ns)
        taken, self._due_ns = self._due_ns[:cut], self._due_ns[cut:]
        return taken


def _merged(plans: tuple[JourneyPlan, ...], from_ns: int) -> Iterator[tuple[Int64s, UInt8s]]:
    """Yield all arrivals in the order of time, each part with the places of their journeys."""
    ahead = [_Ahead(plan, from_ns) for plan in plans]
    complete_ns = from_ns
    while complete_ns < plans[0].end_ns:
        for each in ahead:
            if each.complete_ns == complete_ns:
                each.draw()
        complete_ns = min(each.complete_ns for each in ahead)
        taken = [each.take(complete_ns) for each in ahead]
        due_ns = np.concatenate(taken)
        journeys = np.repeat(np.arange(len(plans), dtype=np.uint8), [len(part) for part in taken])
        order = np.argsort(due_ns, kind="stable")
        yield due_ns[order], journeys[order]
