"""What the client makes of whatever a peer may do, byte for byte, plain and over TLS."""

import contextlib
import errno
import fcntl
import os
import resource
import select
import socket
import ssl
import tempfile
import time
from _socket import socket as RawSocket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import gevent
import pytest
import trustme

from fixtures.target import Web
from loadtests.api.answers import Answer
from loadtests.client import Exchange, TruthfulPool, tls_of
from loadtests.loopback import show
from loadtests.resolver import Resolver
from loadtests.wire.connecting import connect
from loadtests.wire.connection import Connection
from loadtests.wire.scripted import OK, SERVE, Do, Script, Scripted

AUTHORITY = trustme.CA()
DEADLINE_S = 5.0
SHORT_S = 0.3
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\n"


@cache
def _authority_file() -> str:
    file = Path(tempfile.mkdtemp()) / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    return str(file)


@cache
def _shown() -> ssl.SSLContext:
    return show(AUTHORITY, "127.0.0.1")


Server = Callable[..., Scripted]


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest) -> Server:
    """Make a scripted server, plain or over TLS."""
    return lambda *scripts, **more: Scripted(list(scripts), _shown() if request.param == "https" else None, **more)


@pytest.fixture
def opened() -> Iterator[list[TruthfulPool]]:
    """Clients that are closed after the test."""
    pools: list[TruthfulPool] = []
    yield pools
    for pool in pools:
        pool.close()


@pytest.fixture
def client(opened: list[TruthfulPool]) -> Callable[..., TruthfulPool]:
    def at(server: Scripted, deadline_s: float = DEADLINE_S, scheme: str | None = None) -> TruthfulPool:
        known = {"name": "127.0.0.1", "port": server.port, "username": "u", "password": "p"}
        known["scheme"] = scheme or ("http" if server.tls is None else "https")
        web = Web.model_validate({**known, "ca_file": _authority_file()})
        pool = TruthfulPool(web.base_url, Resolver(web.name, None), 0, tls_of(web), deadline_s=deadline_s)
        opened.append(pool)
        return pool

    return at


@pytest.fixture
def opened_connections(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """Every connection that was opened, also one that is in use."""
    connections: list[Connection] = []

    def connect_and_tell(*args: Any, **options: Any) -> Connection:
        connections.append(connect(*args, **options))
        return connections[-1]

    monkeypatch.setattr("loadtests.client.connect", connect_and_tell)
    return connections


def ask(pool: TruthfulPool, method: str = "GET", body: bytes = b"") -> tuple[Answer, Exchange]:
    return pool.fetch(method, "/x", body, {}, None)


def wait_until(what: str, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not ready():
        assert time.monotonic() < deadline, f"not in time: {what}"
        gevent.sleep(0.005)


@dataclass(frozen=True)
class Case:
    """A script, and what one request to it comes to. ``kept``: the next one goes over the same connection."""

    script: Script
    status: int | None = 200
    body: bytes = b"ok"
    trouble: str | None = None
    kept: bool = True
    method: str = "GET"
    deadline_s: float = DEADLINE_S


def cut(trouble: str, *script: bytes | float | Do, **more: float) -> Case:
    """A case in which no whole answer comes."""
    return Case([Do.READ, *script], None, b"", trouble, kept=False, **more)  # type: ignore[arg-type]


def slowly(data: bytes) -> Script:
    """The same again and again, for much longer than the short deadline."""
    return [data, 0.02] * 250


LATE = f"no answer within {SHORT_S:g} s"
CASES = {
    "an answer": Case([Do.READ, OK, *SERVE]),
    "in single bytes": Case([Do.READ, *(bytes([byte]) for byte in OK), *SERVE]),
    "with a pause in it": Case([Do.READ, OK[:10], 0.05, OK[10:30], 0.05, OK[30:], *SERVE]),
    "100 before it": Case([Do.READ, b"HTTP/1.1 100 Continue\r\n\r\n", 0.05, OK, *SERVE]),
    "103 with it": Case([Do.READ, b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, *SERVE]),
    "204": Case([Do.READ, b"HTTP/1.1 204 No\r\n\r\n", *SERVE], status=204, body=b""),
    "304 with a length": Case([Do.READ, b"HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n", *SERVE], status=304, body=b""),
    "HEAD": Case([Do.READ, LENGTH, *SERVE], body=b"", method="HEAD"),
    "HEAD, chunked": Case([Do.READ, CHUNKED, *SERVE], body=b"", method="HEAD"),
    "chunks and trailers": Case([Do.READ, CHUNKED + b"1\r\no\r\n", 0.05, b"1\r\nk\r\n0\r\nX: y\r\n\r\n", *SERVE]),
    "a large body": Case(
        [Do.READ, b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000, *SERVE], body=b"x" * 300_000
    ),
    "500": Case([Do.READ, OK.replace(b"200 OK", b"500 No"), *SERVE], status=500),
    "Connection: close": Case([Do.READ, OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1), Do.HOLD], kept=False),
    "HTTP/1.0": Case([Do.READ, OK.replace(b"1.1", b"1.0"), Do.HOLD], kept=False),
    "ended by close": Case([Do.READ, UNTIL_CLOSE + b"o", 0.05, b"k", Do.CLOSE], kept=False),
    "closed while idle": Case([Do.READ, OK, Do.CLOSE], kept=False),
    "cut while idle": Case([Do.READ, OK, Do.CUT], kept=False),
    "reset while idle": Case([Do.READ, OK, Do.RESET], kept=False),
    "half closed while idle": Case([Do.READ, OK, Do.HALF, Do.HOLD], kept=False),
    "talks while idle": Case([Do.READ, OK, 0.05, OK, Do.HOLD], kept=False),
    "nothing, then close": cut("cut: closed without an answer", Do.CLOSE),
    "nothing, then cut": cut("cut: closed without an answer", Do.CUT),
    "nothing, then half closed": cut("cut: closed without an answer", Do.HALF, Do.HOLD),
    "interim, then close": cut("cut: closed without an answer", b"HTTP/1.1 100 C\r\n\r\n", 0.05, Do.CLOSE),
    "reset before the headers": cut("cut: ECONNRESET", Do.RESET),
    "reset after the headers": cut("cut: ECONNRESET", LENGTH, 0.05, Do.RESET),
    "head cut short": cut("cut: answer cut short", LENGTH[:20], Do.CLOSE),
    "body cut short": cut("cut: answer cut short", LENGTH + b"half", Do.CLOSE),
    "chunk cut short": cut("cut: answer cut short", CHUNKED + b"5\r\nhe", Do.CLOSE),
    "last chunk missing": cut("cut: answer cut short", CHUNKED + b"2\r\nok\r\n", Do.CLOSE),
    "not HTTP": cut("cut: not HTTP", b"220 smtp ready\r\n", Do.HOLD),
    "two answers": cut("cut: more than one answer", OK + OK, Do.HOLD),
    "garbage after it": cut("cut: more than one answer", OK + b"garbage", Do.HOLD),
    "another protocol": cut("cut: another protocol", b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    "endless headers": cut("cut: headers over 65536 bytes", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, Do.HOLD),
    "silence": cut(LATE, Do.HOLD, deadline_s=SHORT_S),
    "answer begun": cut(LATE, LENGTH + b"x", Do.HOLD, deadline_s=SHORT_S),
    "a drip": cut(LATE, LENGTH, *slowly(b"x"), deadline_s=SHORT_S),
    "interim for ever": cut(LATE, *slowly(b"HTTP/1.1 100 C\r\n\r\n"), deadline_s=SHORT_S),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_one_request_comes_to(case: Case, server: Server, client: Callable[..., TruthfulPool]) -> None:
    """It is on the wire once, whatever happens; and the next request is not disturbed by it."""
    announced: list[str] = []
    with server(case.script) as peer:
        pool = client(peer, case.deadline_s)
        body = b"" if case.method == "HEAD" else b"b"
        method = case.method if case.method == "HEAD" else "POST"
        said, exchange = pool.fetch(method, "/x", body, {}, lambda: announced.append("sent"))
        assert (said.status, said.body, said.trouble) == (case.status, case.body, case.trouble)
        assert (said.sent, exchange.wire_attempts, announced) == (True, 1, ["sent"])
        if not case.kept:
            wait_until("closed", lambda: not any(connection.is_open for connection in pool._idle))
        assert (len(peer.requests), peer.connections) == (1, 1)
        again, second = ask(pool)
        assert (again.status, again.body) == (200, b"ok")
        assert (peer.connections, second.connect_us is None) == ((1, True) if case.kept else (2, False))


def test_a_body_that_just_stops_over_tls_is_not_whole(client: Callable[..., TruthfulPool]) -> None:
    """Without a farewell anybody on the way may have cut it; plain TCP cannot tell."""
    with Scripted([[Do.READ, UNTIL_CLOSE + b"half", Do.CUT]], _shown()) as peer:
        assert ask(client(peer))[0].trouble == "cut: answer cut short"
    with Scripted([[Do.READ, UNTIL_CLOSE + b"half", Do.CUT]]) as peer:
        assert ask(client(peer))[0].body == b"half"


class TakesLittle(RawSocket):
    """The kernel has room for a part, and then for another."""

    def send(self, data: Any, *args: Any) -> int:
        return super().send(data[:50_000], *args)


def test_a_large_request_is_sent_whole_in_many_parts(
    server: Server, client: Callable[..., TruthfulPool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large the buffers of this machine are."""
    monkeypatch.setattr("loadtests.wire.connecting.RawSocket", TakesLittle)
    body = os.urandom(300_000)
    with server([0.2, Do.READ, OK], receive_buffer=8192) as peer:
        said, exchange = ask(client(peer), "POST", body)
    assert (said.status, exchange.wire_attempts) == (200, 1)
    assert peer.requests[0].endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize("then", [Do.HOLD, Do.CLOSE], ids=["holds", "closes"])
def test_an_answer_before_the_request_was_read_counts(
    then: Do, server: Server, client: Callable[..., TruthfulPool]
) -> None:
    """413, and the rest of the body is never taken for the next request."""
    early = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
    with server([0.1, early, 0.2, then], receive_buffer=8192) as peer:
        pool = client(peer)
        said, _ = ask(pool, "POST", b"x" * 8_000_000)
        assert said.status == 413
        assert ask(pool)[0].status == 200
    assert peer.connections == 2


def test_an_answer_is_read_to_its_end_though_no_more_can_be_sent(
    server: Server, client: Callable[..., TruthfulPool], opened_connections: list[Connection]
) -> None:
    """The peer answered at length, and hung up without having read the request; both are there when we look."""
    early = b"HTTP/1.1 413 Too Large\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
    with server([0.3, early, Do.CUT], receive_buffer=8192) as peer:
        pool = client(peer)
        user = gevent.spawn(ask, pool, "POST", b"x" * 8_000_000)
        wait_until("a part is sent", lambda: any(connection._unsent for connection in opened_connections))
        assert peer.played.wait(10)  # the event loop stands still meanwhile
        said, _ = user.get(timeout=10)
    assert (said.status, len(said.body)) == (413, 100_000)


def test_a_peer_that_reads_no_more_is_over_at_the_deadline(server: Server, client: Callable[..., TruthfulPool]) -> None:
    """A part of the request has left, so it may matter."""
    with server([5.0], receive_buffer=8192) as peer:
        said, exchange = ask(client(peer, SHORT_S), "POST", b"x" * 8_000_000)
    assert (said.trouble, said.sent, exchange.wire_attempts) == (LATE, True, 1)


def test_a_send_that_the_kernel_refuses_proves_that_no_byte_left(
    server: Server, client: Callable[..., TruthfulPool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reset is there and nobody has looked: not a byte of the request is taken."""
    monkeypatch.setattr("loadtests.wire.connection.PAUSE_S", 60.0)
    with server([Do.READ, OK, Do.RESET]) as peer:
        pool = client(peer)
        ask(pool)
        poll = select.poll()
        poll.register(pool._idle[0]._sock.fileno(), select.POLLERR)
        assert poll.poll(5000), "no reset came"
        said, exchange = ask(pool, "POST", b"b")
        assert (said.status, said.sent, exchange.wire_attempts) == (None, False, 0)
        assert said.trouble in ("cut: ECONNRESET", "cut: EPIPE")
        assert ask(pool)[0].status == 200


def test_connections_live_above_file_descriptor_1023(server: Server, client: Callable[..., TruthfulPool]) -> None:
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
def test_a_handshake_that_fails_proves_that_no_byte_left(
    script: Script, trouble: str, client: Callable[..., TruthfulPool]
) -> None:
    """A connection alone is nothing: the request never left, and the next one begins anew."""
    announced: list[str] = []
    with Scripted([script]) as peer:
        pool = client(peer, SHORT_S, scheme="https")
        said, exchange = pool.fetch("POST", "/x", b"b", {}, lambda: announced.append("sent"))
    assert (said.status, said.sent, said.trouble) == (None, False, trouble)
    assert (exchange.peer, exchange.wire_attempts, exchange.tls_us, announced) == ("127.0.0.1", 0, None, [])


@pytest.mark.parametrize("code", [errno.EMFILE, errno.EADDRNOTAVAIL], ids=errno.errorcode.get)
def test_a_limit_of_this_machine_is_not_laid_at_the_peers_door(
    code: int, client: Callable[..., TruthfulPool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file descriptor or no port is left: that says nothing of the system."""

    def none_left(*_: object) -> RawSocket:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("loadtests.wire.connecting.RawSocket", none_left)
    with Scripted([]) as peer:
        said, _ = ask(client(peer))
    assert (said.sent, said.trouble) == (False, f"generator: {errno.errorcode[code]}")


class TakesNothing(RawSocket):
    """The kernel has no room for a single byte."""

    def send(self, *args: Any) -> int:
        raise BlockingIOError


def test_a_request_that_waits_for_room_has_not_left(
    client: Callable[..., TruthfulPool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its deadline it is proven that it cannot have happened."""
    monkeypatch.setattr("loadtests.wire.connecting.RawSocket", TakesNothing)
    with Scripted([[Do.HOLD]]) as peer:
        said, exchange = ask(client(peer, SHORT_S), "POST", b"b")
    assert (said.trouble, said.sent, exchange.wire_attempts) == (LATE, False, 0)


class MeetsItself(RawSocket):
    """The kernel picked, for this end, the port that we want to reach."""

    def connect_ex(self, address: Any) -> int:
        self.bind(address)
        return super().connect_ex(address)


def test_a_port_that_nobody_listens_on_is_not_taken_for_a_peer(
    client: Callable[..., TruthfulPool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux connects a socket to itself now and then, where a restarting server's port is in the range of clients."""
    with Scripted([]) as peer:
        pool = client(peer)
    monkeypatch.setattr("loadtests.wire.connecting.RawSocket", MeetsItself)
    said, _ = ask(pool)
    assert (said.trouble, said.sent) == ("connect: ECONNREFUSED", False)


def test_a_user_that_is_killed_leaves_nothing_behind(server: Server, client: Callable[..., TruthfulPool]) -> None:
    """Its connection is closed: the answer that is still to come belongs to nobody."""
    with server([Do.READ, Do.HOLD]) as peer:
        pool = client(peer)
        user = gevent.spawn(ask, pool)
        wait_until("a request", lambda: len(peer.requests) == 1)
        user.kill()
        assert (pool._idle, len(pool._deadlines)) == ([], 0)
        assert peer.played.wait(10), "the connection is still open"
        assert ask(pool)[0].status == 200
    assert peer.connections == 2
