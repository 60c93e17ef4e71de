"""What happens when a person or a system asks the game day to stop.

SIGINT, SIGTERM and SIGHUP are only noted, except while the story waits for something (``interruptible``): there the
first of them raises StopRequestedError. So no record is ever cut in half by a signal, and a second Ctrl-C cannot break
the undo, which never runs inside ``interruptible``.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from reports.evidence import now_us

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequestedError(Exception):
    """Somebody asked to stop; the message says how."""


class Stop:
    """Remembers the first request to stop and raises it where that is safe."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self.received: list[tuple[str, int]] = []  # name and time, microseconds
        self._open = False
        self._closed = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take over the signals of this process while the block runs. Main thread only."""
        before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def ask(self, reason: str) -> None:
        """Ask to stop from within; raised at the next point where it is safe."""
        self.reason = self.reason or reason

    def check(self) -> None:
        """Raise StopRequestedError if somebody asked and the clean-up has not begun."""
        if self.reason and not self._closed:
            raise StopRequestedError(self.reason)

    def clean_up_begins(self) -> None:
        """From here on nothing is interrupted any more: what is under way is the way back."""
        self._closed = True

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Around a wait: a signal ends it at once."""
        self.check()
        self._open = True
        try:
            yield
        finally:
            self._open = False

    def sleep(self, seconds: float) -> None:
        with self.interruptible():
            time.sleep(max(0.0, seconds))

    def wait(self, until: Callable[[], bool], *, within_s: float, every_s: float = 0.2) -> bool:
        """Wait for a condition; False when the deadline passed first."""
        deadline = time.monotonic() + within_s
        while not until():
            if time.monotonic() >= deadline:
                return False
            self.sleep(every_s)
        return True

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        self.received.append((name, now_us()))
        self.ask(f"{name} received")
        if self._open and not self._closed:
            self._open = False
            raise StopRequestedError(self.reason)
