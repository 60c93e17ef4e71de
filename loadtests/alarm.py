"""A call at a moment, to some ten microseconds where the kernel has a timer to watch (Linux, Python 3.13).

gevent's own timers are rounded up to a millisecond, as ``epoll_wait`` is; they are what is used elsewhere.
"""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import gevent

READ = 1  # libev's


class Alarm:
    """Calls ``ring`` in the hub, once for each ``set``; nothing may be raised there, and nothing may wait."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        loop: Any = gevent.get_hub().loop
        self._timer: Any = None
        self._watcher: Any = None
        self._fd = -1
        self._is_set = False
        if sys.platform == "linux" and sys.version_info >= (3, 13):
            self._fd = os.timerfd_create(time.CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)
            self._watcher = loop.io(self._fd, READ)
            self._watcher.start(self._heard)
        else:
            self._loop = loop

    def set(self, in_us: int) -> None:
        """Ring in so many microseconds, at once when that is none; an alarm that was set before is forgotten."""
        if sys.platform == "linux" and sys.version_info >= (3, 13):
            os.timerfd_settime_ns(self._fd, initial=max(in_us * 1000, 1))
            self._is_set = True
            return
        if self._timer is not None:
            self._timer.close()
        self._timer = self._loop.timer(max(in_us, 0) / 1e6)
        self._timer.start(self._ring)

    def close(self) -> None:
        """Ring no more; safe to call twice."""
        if self._fd >= 0:
            self._watcher.stop()
            self._watcher.close()
            os.close(self._fd)
            self._fd = -1
        if self._timer is not None:
            self._timer.close()
            self._timer = None

    def _heard(self) -> None:
        self._is_set = False
        self._ring()
        if not self._is_set and self._fd >= 0:
            with suppress(BlockingIOError):
                os.read(self._fd, 8)  # or it would be heard for ever; to set it anew silences it, too
