"""Values over time, into ``signals.ndjson``: each change once, and not one more line."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from experiments.probes.fleet import NotFoundError
from experiments.sinks.read import SinkUnreadableError
from reports.evidence import NdjsonWriter, now_us

UNREADABLE = (BotoCoreError, ClientError, SinkUnreadableError, NotFoundError)
LOOK_EVERY_S = 0.2


class Watch:
    """Remembers the last value of each name and writes down changes of one subject."""

    def __init__(self, out: NdjsonWriter, *, subject: str | None, experiment: str | None = None) -> None:
        self._out, self._subject, self._experiment = out, subject, experiment
        self._last: dict[str, Any] = {}

    def see(self, name: str, read: Callable[[], Any]) -> None:
        """Read a value; write it down when it differs from the last one. Without an answer the value is None."""
        self.see_all((name,), lambda: {name: read()})

    def see_all(self, names: Sequence[str], read: Callable[[], Mapping[str, Any]]) -> None:
        """The same for several values of one call, by name."""
        try:
            values = read()
        except UNREADABLE:
            values = {}
        for name in names:
            self._note(name, values.get(name))

    def _note(self, name: str, value: Any) -> None:
        if name in self._last and self._last[name] == value:
            return
        self._last[name] = value
        self._out.write(
            {
                "at_us": now_us(),
                "name": name,
                "value": value,
                "subject": self._subject,
                "experiment": self._experiment,
            }
        )


def wait_until(ready: Callable[[], bool], *, within_s: float, every_s: float = LOOK_EVERY_S) -> bool:
    """Look until it is so or the time is up; no answer means not yet. Returns whether it became so."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            if ready():
                return True
        except UNREADABLE:
            pass
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
