"""From an address to a connection that is ready for requests, TLS verified. Each step is timed; no request is sent."""

import errno
import os
import socket
import ssl
from _socket import socket as RawSocket
from contextlib import suppress

from gevent.socket import wait_read, wait_write

from loadtests.wire.connection import RECEIVE_BYTES, Connection
from loadtests.wire.exchange import Exchange
from loadtests.wire.parsing import BadAnswerError
from loadtests.wire.tls import Cipher, Tls
from reports.evidence import now_us


def connect(address: str, port: int, tls: Tls | None, exchange: Exchange, *, within_s: float) -> Connection:
    """Open a connection, over TLS if there is one to verify.

    Raises OSError (ssl.SSLError, TimeoutError and others), BadAnswerError for a peer that does not wait to be asked.
    ``within_s`` is for connecting and for each wait of the handshake.
    """
    sock = RawSocket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        _connect(sock, address, port, exchange, within_s)
        return Connection(sock, address, None if tls is None else _shake(sock, Cipher(tls), exchange, within_s))
    except BaseException:
        sock.close()
        raise


def _connect(sock: RawSocket, address: str, port: int, exchange: Exchange, within_s: float) -> None:
    exchange.phase = "connect"
    started_us = now_us()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    code = sock.connect_ex((address, port))
    if code == errno.EINPROGRESS:
        wait_write(sock.fileno(), timeout=within_s)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code == 0 and sock.getsockname() == sock.getpeername():
        code = errno.ECONNREFUSED  # Linux: a port of our own range that nobody listens on may meet itself
    if code:
        raise OSError(code, os.strerror(code))
    exchange.connect_us = now_us() - started_us
    exchange.peer = address


def _shake(sock: RawSocket, cipher: Cipher, exchange: Exchange, within_s: float) -> Cipher:
    exchange.phase = "tls"
    started_us = now_us()
    done = False
    while not done:
        try:
            done = cipher.shake()
        except ssl.SSLError:
            with suppress(OSError):
                sock.send(cipher.to_send())  # tells the peer why we do not trust it
            raise
        _send_all(sock, cipher.to_send(), within_s)
        if not done:
            wait_read(sock.fileno(), timeout=within_s)
            cipher.take(sock.recv(RECEIVE_BYTES))
    exchange.tls_us = now_us() - started_us
    if cipher.decrypt() or cipher.ended:
        # It came with the end of the handshake, so the socket would not wake us up for it.
        raise BadAnswerError("spoke before it was asked")
    return cipher


def _send_all(sock: RawSocket, data: bytes, within_s: float) -> None:
    while data:
        try:
            data = data[sock.send(data) :]
        except BlockingIOError:
            wait_write(sock.fileno(), timeout=within_s)
