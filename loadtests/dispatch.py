"""Hands each arrival, the moment it is due, to a user of its journey that is free; when none is, it waits in line.

Nothing is dropped and nothing is moved: who waits in line keeps the moment at which it was due, and is charged for the
wait. The line is as long as the plan at most. Users are greenlets; the dispatcher switches straight into them from the
event loop, so that an arrival costs no greenlet and no event.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import gevent
import numpy as np

from loadtests.alarm import Alarm
from loadtests.arrivals import Batch, Plan, Share
from reports.evidence import now_us

AT_ONCE = 32  # arrivals, before the event loop may look at answers again
NEVER_US = 1 << 62

# A worker's share of each journey, None when it has no part in it; a journey that is not there is wholly its own.
Shares = Mapping[str, Share | None]
FREE_AGAIN_US = 250_000  # how soon somebody looks again whether a worker whose lease is over may go on


@dataclass(slots=True)
class Line:
    """One journey: its users that are free, the longest first, and when the arrivals were due that found none."""

    free: deque[Any] = field(default_factory=deque)
    waiting: deque[int] = field(default_factory=deque)


class Dispatcher:
    """Plays one worker's share of a plan that started at one time (microseconds), from another on."""

    def __init__(
        self, plan: Plan, start_us: int, shares: Shares, from_us: int | None = None, *, lease_us: int = NEVER_US
    ) -> None:
        self.lines = {each.name: Line() for each in plan.journeys}
        self._plan = plan
        self._start_us = start_us
        self._lease_us = lease_us  # nothing that is due later is handed out
        self._batches = _drawn(plan, shares, 0 if from_us is None else (from_us - start_us) * 1000)
        self._due: list[int] = []  # of the batch at hand, microseconds since the epoch
        self._line: list[Line] = []  # whose each of them is
        self._at = 0  # the next of them
        self._before = 0  # how many were in the batches before
        self._hub: Any = gevent.get_hub()
        self._alarm = Alarm(self._ring)
        self._set()

    def take(self, journey: str) -> int:
        """Wait for this user's next arrival; return when it was due. Runs in the user's greenlet."""
        line = self.lines[journey]
        if line.waiting:
            return line.waiting.popleft()
        me = gevent.getcurrent()
        line.free.append(me)
        try:
            due_us: int = self._hub.switch()
        except BaseException:
            if me in line.free:
                line.free.remove(me)
            raise
        return due_us

    def planned(self, until_us: int) -> int:
        """Return how many arrivals have become due by then, handed out or not; after a lease's end none is ours."""
        if self._at == len(self._due):
            self._load()
        return self._before + bisect_right(self._due, min(until_us, self._lease_us))

    def renew(self, lease_us: int) -> None:
        """What is due until then may be handed out; it may have waited for that."""
        self._lease_us = lease_us
        self._set()

    def share_anew(self, shares: Shares, from_us: int) -> int:
        """Divide what is due from then on in another way; return from when on that is so.

        What was handed out stays so: told too late, the new shares begin where the old ones have come to.
        """
        if self._at:
            from_us = max(from_us, self._due[self._at - 1] + 1)
        from_ns = (from_us - self._start_us) * 1000
        kept = bisect_left(self._due, from_us)
        del self._due[kept:], self._line[kept:]
        self._batches = _then(self._batches, from_ns, _drawn(self._plan, shares, from_ns))
        self._set()
        return from_us

    def close(self, stop_us: int) -> dict[str, list[int]]:
        """Hand out nothing more; return what was due by then and nobody took, by journey."""
        self._alarm.close()
        left = {journey: list(line.waiting) for journey, line in self.lines.items()}
        of = {id(line): journey for journey, line in self.lines.items()}
        while self._has_one(min(stop_us, self._lease_us)):
            left[of[id(self._line[self._at])]].append(self._due[self._at])
            self._at += 1
        for line in self.lines.values():
            line.waiting.clear()
        return left

    def _ring(self) -> None:
        """Runs in the hub."""
        now = min(now_us(), self._lease_us)
        for _ in range(AT_ONCE):
            if not self._has_one(now):
                break
            due_us, line = self._due[self._at], self._line[self._at]
            self._at += 1
            if line.free:
                line.free.popleft().switch(due_us)
            else:
                line.waiting.append(due_us)
        self._set()

    def _has_one(self, until_us: int) -> bool:
        """Whether an arrival is due by then that was not handed out."""
        if self._at == len(self._due) and not self._load():
            return False
        return self._due[self._at] <= until_us

    def _set(self) -> None:
        if self._at == len(self._due) and not self._load():
            return
        due_us = self._due[self._at]
        self._alarm.set(due_us - now_us() if due_us <= self._lease_us else FREE_AGAIN_US)

    def _load(self) -> bool:
        """Go on to the next batch; return whether there is one."""
        batch = next(self._batches, None)
        if batch is None:
            return False
        self._before += len(self._due)
        lines = [self.lines[each.name] for each in self._plan.journeys]
        self._due = (batch.due_ns // 1000 + self._start_us).tolist()
        self._line = [lines[journey] for journey in batch.journeys.tolist()]
        self._at = 0
        return True


def _drawn(plan: Plan, shares: Shares, from_ns: int) -> Iterator[Batch]:
    """Yield what is this worker's from a time on."""
    for batch in plan.batches(from_ns=from_ns):
        mine = np.ones(len(batch), dtype=np.bool_)
        for number, each in enumerate(plan.journeys):
            if each.name in shares:
                share, of_it = shares[each.name], batch.journeys == number
                mine[of_it] = False if share is None else share.owns(batch.ids[of_it])
        if mine.any():
            yield batch.only(mine)


def _then(before: Iterator[Batch], at_ns: int, after: Iterator[Batch]) -> Iterator[Batch]:
    """Yield what one has before a time, then the other."""
    for batch in before:
        early = batch.due_ns < at_ns
        if early.any():
            yield batch.only(early)
        if not early.all():
            break
    yield from after
