"""A connection and the one request that may be on it.

One watcher stays on the socket for its whole life. Its callback receives, stamps and parses in the hub, and switches to
the greenlet that waits only when the answer is whole. An idle connection that becomes readable is over: the peer has
closed it, or says something that nobody asked for. So the kernel is asked only after a pause, in which the event loop
itself may have stood still, and the number of the file descriptor does not matter (``select`` stops at 1,023).

A close that arrives with the last answer, or after the next request has left, is seen too late: that request is cut.
"""

import time
from _socket import socket as RawSocket
from typing import Any

import gevent

from loadtests.wire.exchange import Exchange
from loadtests.wire.parsing import AnswerParser, BadAnswerError, Reply
from loadtests.wire.tls import Cipher
from reports.evidence import now_us

READ, WRITE = 1, 2  # libev's
RECEIVE_BYTES = 65_536
PAUSE_S = 0.1  # far shorter than any server's keep-alive; busy connections pay nothing


class Connection:
    """Open until ``is_open`` says otherwise; whatever goes wrong with a request closes it."""

    __slots__ = (
        "_answered_at", "_broken", "_cipher", "_exchange", "_hub", "_parser", "_reader", "_sock", "_unsent", "_waiter",
        "_writer", "address", "is_open",
    )  # fmt: skip

    def __init__(self, sock: RawSocket, address: str, cipher: Cipher | None) -> None:
        self.address = address
        self.is_open = True
        self._sock = sock
        self._cipher = cipher
        self._parser = AnswerParser()
        self._exchange: Exchange | None = None  # None: idle
        self._answered_at = time.monotonic()
        self._waiter: Any = None
        self._unsent = b""
        self._broken: OSError | None = None  # why no more can be sent, while an answer may still come
        self._hub: Any = gevent.get_hub()
        self._reader = self._hub.loop.io(sock.fileno(), READ)
        self._writer: Any = None
        self._reader.start(self._on_readable)

    def ask(self, request: bytes, exchange: Exchange, *, head_only: bool) -> Reply:
        """Send a request and wait for its answer. ``head_only``: the answer has no body (HEAD).

        Raises OSError or BadAnswerError; ``exchange.wire_attempts`` is 0 as long as no byte of it has left.
        """
        assert self._exchange is None, "a connection answers one request at a time"
        try:
            if exchange.on_first_byte is not None:
                exchange.on_first_byte()
            self._parser.begin(head_only=head_only)
            self._exchange = exchange
            exchange.phase = "cut"
            self._send(request if self._cipher is None else self._cipher.encrypt(request))
            self._waiter = gevent.getcurrent()
            came: Reply | Exception = self._hub.switch()
            if not came or isinstance(came, Exception):
                raise came or RuntimeError("expected an answer, woken up without one")
        except BaseException:
            self._waiter = None
            self.close()
            raise
        return came

    def is_quiet(self) -> bool:
        """Whether it may be asked: open, and the peer has neither closed nor spoken since its last answer.

        After a frozen host or a busy loop, whoever was to send next runs before the event loop looks at connections.
        """
        if self.is_open and time.monotonic() - self._answered_at > PAUSE_S:
            self._on_readable()
        return self.is_open

    def close(self) -> None:
        """Close; safe to call again."""
        if not self.is_open:
            return
        self.is_open = False
        for watcher in (self._reader, self._writer):
            if watcher is not None:
                watcher.stop()
                watcher.close()
        self._parser.close()
        self._sock.close()

    def _on_readable(self) -> None:
        """Runs in the hub: nothing may be raised here, and nothing may wait."""
        try:
            data = self._sock.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._give_up(error)
            return
        ended = not data
        if self._cipher is not None:
            data, ended = self._decrypt(data)
        exchange = self._exchange
        if exchange is not None:
            self._hear(data, ended, exchange)
        elif data or ended or self._unsent:
            self.close()

    def _hear(self, data: bytes, ended: bool, exchange: Exchange) -> None:
        if data and exchange.first_byte_us is None:
            exchange.first_byte_us = now_us()
        try:
            whole = bool(data) and self._parser.feed(data)
            if ended and not whole:
                whole = self._end()
        except (BadAnswerError, OSError) as error:
            self._give_up(error)
            return
        if whole:
            self._answer(ended)

    def _end(self) -> bool:
        """Whoever says farewell may so end the body; whoever just goes may not."""
        trouble = self._broken or (None if self._cipher is None else self._cipher.trouble)
        if trouble is not None:
            raise trouble
        self._parser.end()
        return True

    def _answer(self, ended: bool) -> None:
        reply = self._parser.take()
        waiter, self._waiter, self._exchange = self._waiter, None, None
        self._answered_at = time.monotonic()
        # After an answer that came before the whole request was sent, the rest of the request would be the next one.
        if ended or not self._parser.keeps_open or self._unsent or self._broken:
            self.close()
        waiter.switch(reply)

    def _give_up(self, trouble: Exception) -> None:
        waiter, self._waiter = self._waiter, None
        self.close()
        if waiter is not None:
            waiter.switch(trouble)

    def _decrypt(self, received: bytes) -> tuple[bytes, bool]:
        assert self._cipher is not None
        self._cipher.take(received)
        data = self._cipher.decrypt()
        reaction = self._cipher.to_send()
        if reaction:
            self._unsent += reaction
            self._on_writable()
        return data, self._cipher.ended

    def _send(self, data: bytes) -> None:
        """Send what the kernel takes at once; the rest follows as it takes more. Raises OSError: nothing was sent."""
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        self._note(sent)
        if sent < len(data):
            self._unsent = data[sent:]
            self._watch_writable()

    def _on_writable(self) -> None:
        """Runs in the hub. The peer may have answered before it hung up: what there is to read decides."""
        try:
            sent = self._sock.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._broken, self._unsent, sent = error, b"", 0
        self._note(sent)
        self._unsent = self._unsent[sent:]
        if self._unsent:
            self._watch_writable()
        elif self._writer is not None:
            self._writer.stop()

    def _watch_writable(self) -> None:
        if self._writer is None:
            self._writer = self._hub.loop.io(self._sock.fileno(), WRITE)
        if not self._writer.active:
            self._writer.start(self._on_writable)

    def _note(self, sent: int) -> None:
        if sent and self._exchange is not None:
            self._exchange.wire_attempts = 1
