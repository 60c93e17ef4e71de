"""A connection is one that waits to be asked."""

import socket
import ssl
import threading

import pytest
import trustme

from loadtests.loopback import show
from loadtests.wire.connecting import connect
from loadtests.wire.exchange import Exchange
from loadtests.wire.parsing import BadAnswerError
from loadtests.wire.scripted import OK
from loadtests.wire.tls import Tls

AUTHORITY = trustme.CA()


def speak_with_the_handshake(listener: socket.socket, shown: ssl.SSLContext) -> None:
    """Send the end of the handshake and an answer in one segment."""
    heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = shown.wrap_bio(heard, said, server_side=True)
    connection, _ = listener.accept()
    with connection:
        done = False
        while not done:
            heard.write(connection.recv(65_536))
            try:
                tls.do_handshake()
                done = bool(tls.write(OK))
            except ssl.SSLWantReadError:
                pass
            connection.sendall(said.read())
        connection.recv(1)


def test_an_answer_that_comes_with_the_handshake_is_to_nobody() -> None:
    """In TLS 1.2 the server has the last word. Left in memory, it would be there when the next bytes come, or never."""
    shown = show(AUTHORITY, "127.0.0.1")
    shown.maximum_version = ssl.TLSVersion.TLSv1_2
    trusted, exchange = ssl.create_default_context(), Exchange()
    AUTHORITY.configure_trust(trusted)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=speak_with_the_handshake, args=(listener, shown), daemon=True).start()
        with pytest.raises(BadAnswerError, match="before it was asked"):
            connect("127.0.0.1", listener.getsockname()[1], Tls(trusted, "127.0.0.1"), exchange, within_s=10.0)
    assert (exchange.phase, exchange.wire_attempts) == ("tls", 0)
