"""A raw server for tests that plays a script, byte for byte: nothing of HTTP is in it but where a request ends."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Self

PATIENCE_S = 10.0  # of the server with a client that says nothing


class Do(Enum):
    """What a server does that is not sending bytes."""

    READ = auto()  # one whole request
    HOLD = auto()  # nothing, until the client hangs up
    CLOSE = auto()  # a polite close: over TLS with a farewell
    CUT = auto()  # close without a farewell, which over TLS is no end of anything
    HALF = auto()  # send no more, and go on receiving
    RESET = auto()


Script = Sequence[bytes | float | Do]  # bytes to send, seconds to wait, things to do

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SERVE: Script = [Do.READ, OK] * 5


@dataclass
class Scripted:
    """Plays the next script to each connection, and ``SERVE`` to those after; use it as a context."""

    scripts: list[Script]
    tls: ssl.SSLContext | None = None
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    receive_buffer: int | None = None  # bytes
    played: threading.Event = field(default_factory=threading.Event)  # a script is at its end

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        if self.receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            script = self.scripts[self.connections] if self.connections < len(self.scripts) else SERVE
            self.connections += 1
            threading.Thread(target=self._play, args=(connection, script), daemon=True).start()

    def _play(self, connection: socket.socket, script: Script) -> None:
        connection.settimeout(PATIENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError), _over(connection, self.tls) as stream:
            for step in script:
                if isinstance(step, bytes):
                    stream.sendall(step)
                elif isinstance(step, float):
                    time.sleep(step)
                else:
                    self._do(step, stream)
        self.played.set()

    def _do(self, step: Do, stream: socket.socket) -> None:
        if step is Do.READ:
            self.requests.append(_request(stream))
        elif step is Do.HOLD:
            while stream.recv(65_536):
                """Wait for the end."""
        elif step is Do.CLOSE and isinstance(stream, ssl.SSLSocket):
            stream.unwrap()
        elif step is Do.HALF:
            socket.socket.shutdown(stream, socket.SHUT_WR)
        elif step is Do.RESET:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if step in (Do.CLOSE, Do.CUT, Do.RESET):
            stream.close()


@contextmanager
def _over(connection: socket.socket, tls: ssl.SSLContext | None) -> Iterator[socket.socket]:
    with connection if tls is None else tls.wrap_socket(connection, server_side=True) as stream:
        yield stream


def _request(stream: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += _some(stream)
    head, _, _ = got.partition(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"content-length: ")
    whole = len(head) + 4 + int(length.split(b"\r\n")[0] or 0)
    while len(got) < whole:
        got += _some(stream)
    return got


def _some(stream: socket.socket) -> bytes:
    got = stream.recv(65_536)
    if not got:
        raise ConnectionError("the client hung up")
    return got
