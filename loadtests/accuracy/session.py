"""One connection of the faulty server: does to its requests what the server decides."""

import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import httptools

from loadtests.accuracy.faults import CUT_NS, DRIP_BYTES, DRIP_NS, DRIP_STEP_NS, Ending
from loadtests.accuracy.loop import Loop
from loadtests.accuracy.sockets import RECEIVE_BYTES, reset

BODY = b'{"count": 1, "docs": [{}]}'.ljust(40)
HEAD = b"HTTP/1.1 %b\r\nServer: faulty\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%b\r\n"
STATUS: dict[Ending, bytes] = {"unavailable": b"503 Service Unavailable"}
OK = b"200 OK"
CLOSE = b"Connection: close\r\n"


@dataclass(slots=True)
class Receipt:
    """One request at its receipt, times in ns (monotonic).

    ``port`` and ``n`` say which it is: the peer's port, and its number on that connection. ``due_ns`` is what the
    script says; ``done_ns`` is None when nothing was done: it says never, or the peer had gone.
    """

    port: int
    n: int
    received_ns: int
    stale: bool
    ending: Ending
    due_ns: int | None
    done_ns: int | None = None


class Host(Protocol):
    """What a session needs of its server."""

    loop: Loop

    @property
    def says_close(self) -> bool:
        """Whether connections end with their answer now."""

    def decide(self, session: "Session", received_ns: int) -> tuple[Receipt, bool]:
        """Log a request and say what becomes of it, and whether its answer drips."""

    def gone(self, session: "Session") -> None:
        """The connection is closed."""


class Session:
    """One connection, and the request that may be on it."""

    def __init__(self, host: Host, sock: socket.socket, is_first_address: bool) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.opened_ns = time.monotonic_ns()
        self.is_first_address = is_first_address
        self.port = int(sock.getpeername()[1])
        self.count = 0  # of requests
        self._host = host
        self._sock = sock
        self._parser = httptools.HttpRequestParser(self)
        self._busy = False
        self._is_open = True
        self._can_send = True
        self._at_ns = 0  # of what was received last
        host.loop.watch(sock.fileno(), self._on_readable)

    def on_message_complete(self) -> None:
        """A whole request is there (the parser calls it)."""
        receipt, drips = self._host.decide(self, self._at_ns)
        self.count += 1
        self._busy = True
        if receipt.due_ns is not None:
            self._plan(receipt, receipt.due_ns, drips=drips)

    def close_if_idle(self) -> None:
        """Say farewell when no request is under way; what still comes is logged, and not answered."""
        if not self._busy:
            self._busy = True
            self._can_send = False
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_WR)

    def _plan(self, receipt: Receipt, due_ns: int, *, drips: bool) -> None:
        call_at = self._host.loop.call_at
        if receipt.ending == "reset":
            call_at(due_ns, partial(self._reset, receipt))
        elif receipt.ending == "cut":
            call_at(due_ns - CUT_NS, partial(self._send, len(BODY) // 2, receipt))
            call_at(due_ns, partial(self._reset, receipt))
        elif drips:
            call_at(due_ns - DRIP_NS, partial(self._send, len(BODY) - DRIP_BYTES, receipt))
            for n in range(DRIP_BYTES):
                left = DRIP_BYTES - n - 1
                call_at(due_ns - left * DRIP_STEP_NS, partial(self._drip, receipt, left))
        else:
            call_at(due_ns, partial(self._send, len(BODY), receipt))

    def _send(self, body_bytes: int, receipt: Receipt) -> None:
        """Send the head and so much of the body; all of it ends the request."""
        says_close = self._host.says_close
        head = HEAD % (STATUS.get(receipt.ending, OK), len(BODY), CLOSE if says_close else b"")
        self._write(head + BODY[:body_bytes])
        if body_bytes == len(BODY):
            self._end(receipt)
            if says_close and self._is_open:
                self.close_if_idle()

    def _drip(self, receipt: Receipt, left: int) -> None:
        self._write(BODY[-left - 1 : -left or None])
        if not left:
            self._end(receipt)

    def _write(self, data: bytes) -> None:
        """Answers are small and follow each other slowly: they fit into the kernel's buffer."""
        if self._is_open:
            try:
                self._sock.send(data)
            except OSError:
                self._can_send = False

    def _end(self, receipt: Receipt) -> None:
        self._busy = False
        if self._is_open and self._can_send:
            receipt.done_ns = time.monotonic_ns()

    def _reset(self, receipt: Receipt) -> None:
        if self._is_open:
            receipt.done_ns = time.monotonic_ns()
            self._busy = True
            self._leave()
            self._feed(reset(self._sock))

    def _on_readable(self, events: int) -> None:
        try:
            data = self._sock.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._feed(data)
        elif self._is_open:
            self._leave()
            self._sock.close()

    def _feed(self, data: bytes) -> None:
        self._at_ns = time.monotonic_ns()
        if data:
            with suppress(httptools.HttpParserError):
                self._parser.feed_data(data)

    def _leave(self) -> None:
        """Watch it no longer, before it is closed."""
        self._is_open = False
        self._host.gone(self)
        self._host.loop.forget(self._sock.fileno())
