"""Peers that are not reached, and limits of this machine."""

import contextlib
import errno
import fcntl
import os
import resource
import socket
from _socket import socket as RawSocket
from typing import Any

import pytest

from loadtests.client import TruthfulPool
from loadtests.resolver import Resolver
from loadtests.wire.peers import DEADLINE_S, LATE, SHORT_S, Client, Server, ask
from loadtests.wire.scripted import SERVE, Do, Script, Scripted


def test_connections_live_above_file_descriptor_1023(server: Server, client: Client) -> None:
    """Where ``select`` stops."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    taken = [os.open("/dev/null", os.O_RDONLY)]
    try:
        while taken[-1] < 1100:
            taken.append(fcntl.fcntl(taken[0], fcntl.F_DUPFD, 0))
        with server(SERVE) as peer:
            pool = client(peer)
            assert [ask(pool)[0].status for _ in range(3)] == [200] * 3
            assert pool._idle[0]._sock.fileno() > 1023
        assert peer.connections == 1
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    ("connect_s", "deadline_s", "trouble"),
    [(0.2, DEADLINE_S, "connect: timed out"), (DEADLINE_S, SHORT_S, LATE)],
    ids=["time-out of connecting", "deadline of the request"],
)
def test_a_peer_that_does_not_accept_holds_nobody_up(
    connect_s: float, deadline_s: float, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its queue is full, so the kernel ignores whoever comes; provably nothing was sent."""
    monkeypatch.setattr("loadtests.client.CONNECT_S", connect_s)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as others:
        for _ in range(3):
            other = others.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        pool = TruthfulPool(
            f"http://127.0.0.1:{full.getsockname()[1]}", Resolver("127.0.0.1", None), 0, deadline_s=deadline_s
        )
        said, exchange = ask(pool, "POST", b"b")
    assert (said.status, said.sent, said.trouble, exchange.peer) == (None, False, trouble, None)


@pytest.mark.parametrize(
    ("script", "trouble"),
    [
        pytest.param([Do.HALF, Do.HOLD], "tls: closed without an answer", id="close"),
        pytest.param([0.05, Do.RESET], "tls: ECONNRESET", id="reset"),
        pytest.param([b"HTTP/1.1 400 No TLS here\r\n\r\n", Do.HOLD], "tls: WRONG_VERSION_NUMBER", id="no TLS"),
        pytest.param([b"\x16\x03\x03", Do.HOLD], LATE, id="a beginning"),
    ],
)
def test_a_handshake_that_fails_proves_that_no_byte_left(script: Script, trouble: str, client: Client) -> None:
    """A connection alone is nothing: the request never left, and the next one begins anew."""
    announced: list[str] = []
    with Scripted([script]) as peer:
        pool = client(peer, SHORT_S, scheme="https")
        said, exchange = pool.fetch("POST", "/x", b"b", (), lambda: announced.append("sent"))
    assert (said.status, said.sent, said.trouble) == (None, False, trouble)
    assert (exchange.peer, exchange.wire_attempts, exchange.tls_us, announced) == ("127.0.0.1", 0, None, [])


@pytest.mark.parametrize("code", [errno.EMFILE, errno.EADDRNOTAVAIL], ids=errno.errorcode.get)
def test_a_limit_of_this_machine_is_not_laid_at_the_peers_door(
    code: int, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file descriptor or no port is left: that says nothing of the system."""

    def none_left(*_: object) -> RawSocket:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("loadtests.wire.connecting.RawSocket", none_left)
    with Scripted([]) as peer:
        said, _ = ask(client(peer))
    assert (said.sent, said.trouble) == (False, f"generator: {errno.errorcode[code]}")


class MeetsItself(RawSocket):
    """The kernel picked, for this end, the port that we want to reach."""

    def connect_ex(self, address: Any) -> int:
        self.bind(address)
        return super().connect_ex(address)


def test_a_port_that_nobody_listens_on_is_not_taken_for_a_peer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux connects a socket to itself now and then, where a restarting server's port is in the range of clients."""
    with Scripted([]) as peer:
        pool = client(peer)
    monkeypatch.setattr("loadtests.wire.connecting.RawSocket", MeetsItself)
    said, _ = ask(pool)
    assert (said.trouble, said.sent) == ("connect: ECONNREFUSED", False)
