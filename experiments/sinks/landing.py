"""When each write lands where: every sink is asked about once a second, from the first write to the final read.

What is kept for each key is an interval: the last look that *began* without it and the first look that *ended* with it.
A sink that does not answer is not looked at; that widens the interval and proves nothing.
"""

import json
import threading
from collections.abc import Collection
from functools import partial
from pathlib import Path

from experiments.probes.watching import wait_until
from experiments.sinks.read import Sink, SinkName, SinkUnreadableError, open_sink
from experiments.sinks.rows import kind_of
from fixtures.target import Target
from reports.evidence import KEYED, Landed, RunDirectory, now_us

FINAL_READ_LIMIT_S = 15.0

_NAMES: tuple[SinkName, ...] = ("primary", "replica", "warehouse")


class LandingPoller:
    """Looks in threads of its own, one a sink, from ``start`` to ``stop``; then ``write`` reads everything again."""

    def __init__(self, target: Target, run: RunDirectory, prefix: str, *, every_s: float = 1.0) -> None:
        self._run = run
        self._looks = [_Look(open_sink(target, name), run.path / "ledger", prefix) for name in _NAMES]
        self._every_s = every_s
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to look."""
        self._threads = [
            threading.Thread(target=self._keep_looking, args=(look,), name=f"landing-{look.sink.name}", daemon=True)
            for look in self._looks
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop looking; safe to call twice."""
        self._ending.set()
        for thread in self._threads:
            thread.join(FINAL_READ_LIMIT_S)
        self._threads = []

    def write(self) -> list[SinkName]:
        """Read each sink a last time and write ``landed/``; return the sinks that gave no answer, which have no file.

        Downstream sinks are read first: what is in one of them must be on the primary, read later.
        """
        unread = [look.sink.name for look in reversed(self._looks) if not self._is_read(look)]
        for look in self._looks:
            look.sink.close()
        return unread

    def _is_read(self, look: "_Look") -> bool:
        return wait_until(partial(self._final, look), within_s=FINAL_READ_LIMIT_S, every_s=0.5)

    def _final(self, look: "_Look") -> bool:
        rows = look.final()
        self._run.write_landed(look.sink.name, rows)
        return True

    def _keep_looking(self, look: "_Look") -> None:
        while not self._ending.wait(self._every_s):
            try:
                look.again()
            except SinkUnreadableError:
                continue


class _Look:
    """What is known about one sink: which keys are awaited there, and when each was first seen and last missed."""

    def __init__(self, sink: Sink, ledger: Path, prefix: str) -> None:
        self.sink = sink
        self._prefix = prefix
        self._intents = _Intents(ledger, sink.name)
        self._awaited: set[str] = set()
        self._first_seen_us: dict[str, int] = {}
        self._last_absent_us: dict[str, int] = {}

    def again(self) -> None:
        """Ask for the keys that were not seen yet. Raises SinkUnreadableError."""
        self._awaited |= self._intents.new()
        began_us = now_us()
        present = self.sink.present(self._awaited) if self._awaited else set()
        self._note(present, began_us=began_us, ended_us=now_us())

    def final(self) -> list[Landed]:
        """Read everything that begins with the prefix. Raises SinkUnreadableError."""
        self._awaited |= self._intents.new()
        began_us = now_us()
        keyed = self.sink.keyed(self._prefix)
        stock = self.sink.stock(self._prefix)
        there = {row.key for row in keyed}
        self._awaited |= there - self._first_seen_us.keys()
        self._note(there, began_us=began_us, ended_us=now_us())
        gone = [Landed(key, kind_of(key), 0, None, None, *self._seen(key), None) for key in self._known() - there]
        found = [
            Landed(row.key, row.kind, row.count, row.digest, row.amount_minor, *self._seen(row.key), row.stamp_us)
            for row in keyed
        ]
        sums = [Landed(row.key, "stock_delta", row.count, sink_stamp=row.stamp_us, units=row.units) for row in stock]
        return [*found, *gone, *sums]

    def _note(self, present: Collection[str], *, began_us: int, ended_us: int) -> None:
        for key in self._awaited:
            if key in present:
                self._first_seen_us[key] = ended_us
            else:
                self._last_absent_us[key] = began_us
        self._awaited -= set(present)

    def _known(self) -> set[str]:
        return self._awaited | self._first_seen_us.keys()

    def _seen(self, key: str) -> tuple[int | None, int | None]:
        return self._first_seen_us.get(key), self._last_absent_us.get(key)


class _Intents:
    """The keys of intents for one sink (stock has none), as the ledgers grow: each byte is read once."""

    def __init__(self, ledger: Path, sink: str) -> None:
        self._ledger, self._sink = ledger, sink
        self._read_to: dict[Path, int] = {}

    def new(self) -> set[str]:
        """The keys that were written down since the last call."""
        return {key for path in sorted(self._ledger.glob("*.ndjson")) for key in self._keys(path)}

    def _keys(self, path: Path) -> list[str]:
        begin = self._read_to.get(path, 0)
        with path.open("rb") as file:
            file.seek(begin)
            more = file.read()
        whole, newline, _ = more.rpartition(b"\n")  # the last line may be half-written
        self._read_to[path] = begin + len(whole) + len(newline)
        return [key for line in whole.splitlines() if (key := self._key(line))]

    def _key(self, line: bytes) -> str | None:
        try:
            record = json.loads(line)
        except ValueError:
            return None
        if record.get("t") != "intent" or record.get("kind") not in KEYED or self._sink not in record.get("sinks", ()):
            return None
        return str(record["key"])
