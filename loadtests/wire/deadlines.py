"""When what is under way has to be over: one ordered dict for each limit, and a look at its oldest entries.

A timer for each request costs 4 to 7 microseconds; where all have the same limit, the oldest entry of a dict is the
first to be due. So a deadline is kept to 10 ms, never early. What is in the dict is what is in flight.
"""

from functools import cache
from time import monotonic_ns
from typing import Any

from gevent import getcurrent
from gevent.hub import Hub

SWEEP_S = 0.01


class OverdueError(BaseException):
    """The deadline has passed. Not an Exception, so that nothing on the way takes it for trouble of its own."""


class Deadlines:
    """Everything that has to be over within ``limit_s`` of its beginning; one for all users of an event loop."""

    def __init__(self, hub: Hub, limit_s: float) -> None:
        self._limit_ns = int(limit_s * 1e9)
        self._under_way: dict[object, tuple[int, Any]] = {}  # the oldest first
        self._timer = hub.loop.timer(SWEEP_S, SWEEP_S, ref=False)
        self._swept = False

    def begin(self, what: object) -> None:
        """This greenlet has begun something; it gets an OverdueError if ``end`` is not called in time."""
        self._under_way[what] = (monotonic_ns(), getcurrent())
        if not self._swept:
            self._swept = True
            self._timer.start(self._sweep)

    def end(self, what: object) -> None:
        """It is over, or was never begun."""
        self._under_way.pop(what, None)

    def __len__(self) -> int:
        return len(self._under_way)

    def _sweep(self) -> None:
        """Runs in the hub, as the time-outs of gevent do."""
        if not self._under_way:
            self._timer.stop()
            self._swept = False
            return
        latest_ns = monotonic_ns() - self._limit_ns
        while self._under_way:
            what, (begun_ns, greenlet) = next(iter(self._under_way.items()))
            if begun_ns > latest_ns:
                return
            del self._under_way[what]
            greenlet.throw(OverdueError())


@cache
def deadlines_of(hub: Hub, limit_s: float) -> Deadlines:
    """Return the deadlines with that limit that everybody on this event loop shares."""
    return Deadlines(hub, limit_s)
