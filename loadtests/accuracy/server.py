"""The faulty server: plays a fault script, and logs every request at its receipt.

It never sleeps and never queues: whatever the script says, it goes on receiving, so the log knows when a request came
in also where a real server would be frozen. Before it resets a connection it reads what has arrived.
"""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from loadtests.accuracy.faults import DRAIN_NS, Script, fate
from loadtests.accuracy.loop import Loop
from loadtests.accuracy.session import Receipt, Session
from loadtests.accuracy.sockets import listen


class Server:
    """Listens on one port for the address that the name has at first, and on another for where a flip takes it."""

    def __init__(self, loop: Loop, script: Script, on_start: Callable[[int], None] = lambda at_ns: None) -> None:
        self.loop = loop
        self.script = script
        self.started_ns: int | None = None  # the first request: the script's zero
        self.receipts: list[Receipt] = []
        self.sessions: set[Session] = set()
        self._on_start = on_start
        self._listeners = [listen("127.0.0.1", 0), listen("127.0.0.1", 0)]
        for listener, is_first in zip(self._listeners, (True, False), strict=True):
            loop.watch(listener.fileno(), partial(self._accept, listener, is_first))

    @property
    def ports(self) -> tuple[int, int]:
        """The ports for the first address and for the second."""
        first, second = (listener.getsockname()[1] for listener in self._listeners)
        return first, second

    @property
    def says_close(self) -> bool:
        """Whether connections end with their answer now, so that whoever comes next has to be accepted."""
        if self.script.kind != "slow_accept" or self.started_ns is None:
            return False
        return self.script.from_ns - DRAIN_NS <= time.monotonic_ns() - self.started_ns < self.script.to_ns

    def start_script(self, at_ns: int) -> None:
        """The first request came in."""
        self.started_ns = at_ns
        if self.script.kind == "slow_accept":
            self.loop.call_at(at_ns + self.script.from_ns - DRAIN_NS, self._drain)
        self._on_start(at_ns)

    def decide(self, session: Session, received_ns: int) -> tuple[Receipt, bool]:
        """Log a request and say what becomes of it, and whether its answer drips."""
        if self.started_ns is None:
            self.start_script(received_ns)
        assert self.started_ns is not None
        stale = session.is_first_address
        if self.script.kind == "half_open":
            stale = session.opened_ns < self.started_ns + self.script.from_ns
        what = fate(self.script, received_ns - self.started_ns, stale=stale)
        due_ns = None if what.at_ns is None else self.started_ns + what.at_ns
        self.receipts.append(Receipt(session.port, session.count, received_ns, stale, what.ending, due_ns))
        return self.receipts[-1], what.drips

    def gone(self, session: Session) -> None:
        """The connection is closed."""
        self.sessions.discard(session)

    def _accept(self, listener: socket.socket, is_first: bool, events: int) -> None:
        with suppress(BlockingIOError):
            while True:
                sock, _ = listener.accept()
                self.sessions.add(Session(self, sock, is_first))

    def _drain(self) -> None:
        """Close what is idle, one by one: all at once would keep everybody busy with that and nothing else."""
        now_ns, sessions = time.monotonic_ns(), list(self.sessions)
        for n, session in enumerate(sessions):
            self.loop.call_at(now_ns + n * DRAIN_NS // len(sessions), session.close_if_idle)
