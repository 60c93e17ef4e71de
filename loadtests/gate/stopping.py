"""What happens when a person or a pipeline asks the gate to stop: the request is noted, and raised where it is safe.

No record is cut in half by a signal, and a second Ctrl-C breaks nothing.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_S = 0.1


class StopRequestedError(Exception):
    """Somebody asked to stop; the message says how."""


class Stop:
    """Remembers the first request to stop."""

    def __init__(self) -> None:
        self.reason: str | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take over the signals of this process while the block runs. Main thread only."""
        before = {number: signal.signal(number, self._note) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def check(self) -> None:
        """Raise StopRequestedError if somebody asked."""
        if self.reason is not None:
            raise StopRequestedError(self.reason)

    def wait(self, until: Callable[[], bool], *, within_s: float) -> bool:
        """Wait for a condition; False when the time passed first. Raises StopRequestedError when asked meanwhile."""
        deadline = time.monotonic() + within_s
        while not until():
            self.check()
            if time.monotonic() >= deadline:
                return False
            time.sleep(LOOK_S)
        return True

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.reason = self.reason or f"{signal.Signals(number).name} received"
