"""The byte-level proxy before the faulty server: what was on the wire, by a parser that knows nothing of any client.

A request counts from its first byte. Bytes, farewells and resets are handed on as they come. Who is not accepted by the
server is not accepted here, so refusing and slow accepting are done at this end.
"""

import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import httptools

from loadtests.accuracy.loop import READ, Loop
from loadtests.accuracy.sockets import BACKLOG, bound, listen, receive, reset, stamp_receipts


@dataclass(slots=True)
class Passed:
    """One request on the wire, times in ns (monotonic).

    ``port`` and ``n`` as the server knows it; ``begun_ns``: its first byte came, by the kernel's own note, but not
    before its connection was accepted; ``written_ns``: the last byte so far of its answer was handed to the kernel.
    """

    port: int
    n: int
    begun_ns: int
    written_ns: int | None = None


class Proxy:
    """Listens on one port of each address, and hands connections on to the server port of that address."""

    def __init__(self, loop: Loop, addresses: Sequence[str], backends: Sequence[int]) -> None:
        self.loop = loop
        self.passed: list[Passed] = []
        self.connections = 0
        self.garbled = 0  # bytes that are no request
        self.apart_ns = time.time_ns() - time.monotonic_ns()  # the kernel's notes are of the wall clock
        self.accept_after_ns: Callable[[int], int] = lambda now_ns: 0
        self.pairs: set[Pair] = set()
        self._listeners: list[socket.socket] = []
        self._places = list(zip(addresses, backends, strict=True))
        self.port = 0
        self.allow()

    def allow(self) -> None:
        """Accept connections."""
        if self._listeners:
            for sock in self._listeners:
                sock.listen(BACKLOG)
        else:
            for address, _ in self._places:
                self._listeners.append(listen(address, self.port))
                self.port = self._listeners[0].getsockname()[1]
        for sock, (_, backend) in zip(self._listeners, self._places, strict=True):
            self.loop.watch(sock.fileno(), partial(self._accept, sock, backend))

    def refuse(self) -> None:
        """Reset every connection and refuse new ones; the port stays ours. What has arrived by now counts."""
        for sock, (_, backend) in zip(self._listeners, self._places, strict=True):
            self.loop.forget(sock.fileno())
            self._accept(sock, backend, READ)
            sock.close()
        self._listeners = [bound(address, self.port) for address, _ in self._places]
        for pair in list(self.pairs):
            pair.reset()

    def _accept(self, listener: socket.socket, backend: int, events: int) -> None:
        with suppress(BlockingIOError):
            while True:
                sock, _ = listener.accept()
                self.connections += 1
                now_ns = time.monotonic_ns()
                wait_ns = self.accept_after_ns(now_ns)
                pair = Pair(self, sock, backend, now_ns + wait_ns if wait_ns else 0)
                self.pairs.add(pair)
                if wait_ns:
                    self.loop.call_at(now_ns + wait_ns, pair.start)
                else:
                    pair.start()


class Pair:
    """A client's connection and ours to the server."""

    def __init__(self, proxy: Proxy, client: socket.socket, backend: int, accepted_ns: int) -> None:
        self._proxy = proxy
        self._accepted_ns = accepted_ns  # 0: before anything came
        self._client = _prepared(client)
        stamp_receipts(self._client)
        # The server listens on this machine and never refuses: connecting takes no time to speak of.
        self._server = _prepared(socket.create_connection(("127.0.0.1", backend)))
        self._port = self._server.getsockname()[1]
        self._parser = httptools.HttpRequestParser(self)
        self._count = 0
        self._last: Passed | None = None
        self._at_ns = 0  # of what was received last
        self._one_ended = False
        self._is_open = True
        self._started = False

    def start(self) -> None:
        """Accept, as far as the client can see."""
        if self._is_open:
            self._started = True
            self._proxy.loop.watch(self._client.fileno(), partial(self._carry, self._client, self._server))
            self._proxy.loop.watch(self._server.fileno(), partial(self._carry, self._server, self._client))

    def on_message_begin(self) -> None:
        """The first byte of a request (the parser calls it)."""
        self._last = Passed(self._port, self._count, self._at_ns)
        self._count += 1
        self._proxy.passed.append(self._last)

    def reset(self) -> None:
        """Reset both connections; what the client had sent by now still counts."""
        if self._leave():
            left = reset(self._client)
            reset(self._server)
            self._note(left, time.monotonic_ns())

    def _carry(self, source: socket.socket, sink: socket.socket, events: int) -> None:
        try:
            data, at_ns = receive(source)
        except BlockingIOError:
            return
        except OSError:
            self.reset()
            return
        if not data:
            self._end(source, sink)
            return
        if source is self._client:
            self._note(data, time.monotonic_ns() if at_ns is None else at_ns - self._proxy.apart_ns)
        self._send(sink, data)

    def _note(self, data: bytes, at_ns: int) -> None:
        self._at_ns = max(at_ns, self._accepted_ns)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._proxy.garbled += 1

    def _send(self, sink: socket.socket, data: bytes) -> None:
        """Hand bytes on. Requests and answers are small: one that the kernel does not take at once is no request."""
        try:
            whole = sink.send(data) == len(data)
        except BlockingIOError:
            whole = False
        except OSError:
            self.reset()
            return
        if not whole:
            self._proxy.garbled += 1
            self.reset()
        elif sink is self._client and self._last is not None:
            self._last.written_ns = time.monotonic_ns()

    def _end(self, source: socket.socket, sink: socket.socket) -> None:
        """Hand a farewell on; the second one ends the pair."""
        if self._one_ended:
            self._close()
            return
        self._one_ended = True
        self._proxy.loop.modify(source.fileno(), 0)
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            self.reset()

    def _close(self) -> None:
        if self._leave():
            self._client.close()
            self._server.close()

    def _leave(self) -> bool:
        """Watch neither side any longer, before it is closed. False when that was done already."""
        was_open, self._is_open = self._is_open, False
        if was_open:
            self._proxy.pairs.discard(self)
            if self._started:
                self._proxy.loop.forget(self._client.fileno())
                self._proxy.loop.forget(self._server.fileno())
        return was_open


def _prepared(sock: socket.socket) -> socket.socket:
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
