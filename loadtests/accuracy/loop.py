"""A small event loop for the faulty server, whose moments are kept to the microsecond.

An epoll wait is rounded to milliseconds, which is what is to be measured here. ``select`` waits by the microsecond, and
it need not look at more than one file for that: the epoll's own.
"""

import heapq
import itertools
import select
import time
from collections.abc import Callable

READ = select.EPOLLIN

Handler = Callable[[int], None]


class Loop:
    """Calls handlers when their file is ready, and others at their time (``time.monotonic_ns``)."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {}
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()  # of timers of one moment
        self._running = True

    def watch(self, fd: int, handler: Handler, events: int = READ) -> None:
        """Call ``handler(events)`` whenever the file is ready for reading, or for what ``events`` says."""
        self._handlers[fd] = handler
        self._epoll.register(fd, events)

    def modify(self, fd: int, events: int) -> None:
        """Wait for other events of a watched file."""
        self._epoll.modify(fd, events)

    def forget(self, fd: int) -> None:
        """Watch a file no longer; call it before it is closed."""
        del self._handlers[fd]
        self._epoll.unregister(fd)

    def call_at(self, at_ns: int, action: Callable[[], None]) -> None:
        """Call ``action`` at a time, or soon when it is past; in order for one time."""
        heapq.heappush(self._timers, (at_ns, next(self._order), action))

    def run(self) -> None:
        """Run until ``stop``."""
        while self._running:
            select.select([self._epoll.fileno()], [], [], self._wait_s())
            for fd, events in self._epoll.poll(0):
                handler = self._handlers.get(fd)
                if handler is not None:  # one before it may have closed it
                    handler(events)
            while self._timers and self._timers[0][0] <= time.monotonic_ns():
                heapq.heappop(self._timers)[2]()
        self._epoll.close()

    def stop(self) -> None:
        """End ``run`` after what is being handled."""
        self._running = False

    def _wait_s(self) -> float | None:
        if not self._timers:
            return None
        return max(0, self._timers[0][0] - time.monotonic_ns()) / 1e9
