"""One user's timetable in use: what has become due, what was taken to be sent, what was never sent."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Due:
    """One request of the timetable: the n-th of its user (from 0), due at ``sched_us``."""

    n: int
    sched_us: int


class Timetable:
    """Hands out what is due, oldest first, however late; nothing is ever dropped."""

    def __init__(self, offsets_us: Iterator[int], start_us: int) -> None:
        self._offsets_us = offsets_us
        self._start_us = start_us
        self._waiting: deque[Due] = deque()
        self.planned = 0  # how many have become due
        self.next_us = start_us + next(offsets_us)  # when the first that is not yet due will be

    def advance(self, now_us: int) -> None:
        """Note everything that is due by now."""
        while self.next_us <= now_us:
            self._waiting.append(Due(self.planned, self.next_us))
            self.planned += 1
            self.next_us = self._start_us + next(self._offsets_us)

    def take(self, now_us: int) -> Due | None:
        """Return the oldest due request, None when nothing is due yet (``next_us`` says until when)."""
        self.advance(now_us)
        return self._waiting.popleft() if self._waiting else None

    def close(self, stop_us: int) -> list[Due]:
        """End the timetable at the stop; return what was due by then and never taken."""
        self.advance(stop_us)
        self.next_us = NEVER
        left = list(self._waiting)
        self._waiting.clear()
        return left
