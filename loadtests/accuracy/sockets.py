"""What the faulty server and the proxy do with sockets."""

import socket
import struct
from contextlib import suppress

RECEIVE_BYTES = 65_536
BACKLOG = 4096
SO_TIMESTAMPNS = 35  # <asm-generic/socket.h>; Python has no name for it
TIMESPEC = struct.Struct("ll")
RESET = struct.pack("ii", 1, 0)  # struct linger: on, 0 s


def bound(address: str, port: int) -> socket.socket:
    """Return a socket that has a port and does not listen: who connects is refused. Port 0: a free one."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    sock.setblocking(False)
    return sock


def listen(address: str, port: int) -> socket.socket:
    """Return a socket that listens."""
    sock = bound(address, port)
    sock.listen(BACKLOG)
    return sock


def stamp_receipts(sock: socket.socket) -> None:
    """Let the kernel note when data arrive; ``receive`` says it."""
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)


def receive(sock: socket.socket) -> tuple[bytes, int | None]:
    """Return what has arrived, and when the last of it did by the kernel's note: epoch ns, None without a note.

    However late it is read, it is known when it was there. Raises OSError (BlockingIOError when nothing has arrived).
    """
    data, notes, _, _ = sock.recvmsg(RECEIVE_BYTES, socket.CMSG_SPACE(TIMESPEC.size))
    for level, kind, note in notes:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, ns = TIMESPEC.unpack(note)
            return data, seconds * 1_000_000_000 + ns
    return data, None


def reset(sock: socket.socket) -> bytes:
    """Close with a reset instead of a farewell, and return what had arrived and was not read.

    What arrives between the last look and the reset is lost without a trace, so nothing else is done in between.
    """
    parts = []
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        while data := sock.recv(RECEIVE_BYTES):
            parts.append(data)
    sock.close()
    return b"".join(parts)
