"""What the client makes of whatever a peer may do, byte for byte, plain and over TLS."""

from dataclasses import dataclass

import gevent
import pytest

from loadtests.wire.peers import DEADLINE_S, LATE, SHORT_S, Client, Server, ask, shown, wait_until
from loadtests.wire.scripted import OK, SERVE, Do, Script, Scripted

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\n"


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
def test_what_one_request_comes_to(case: Case, server: Server, client: Client) -> None:
    """It is on the wire once, whatever happens; and the next request is not disturbed by it."""
    announced: list[str] = []
    with server(case.script) as peer:
        pool = client(peer, case.deadline_s)
        body = b"" if case.method == "HEAD" else b"b"
        method = case.method if case.method == "HEAD" else "POST"
        said, exchange = pool.fetch(method, "/x", body, (), lambda: announced.append("sent"))
        assert (said.status, said.body, said.trouble) == (case.status, case.body, case.trouble)
        assert (said.sent, exchange.wire_attempts, announced) == (True, 1, ["sent"])
        if not case.kept:
            wait_until("closed", lambda: not any(connection.is_open for connection in pool._idle))
        assert (len(peer.requests), peer.connections) == (1, 1)
        again, second = ask(pool)
        assert (again.status, again.body) == (200, b"ok")
        assert (peer.connections, second.connect_us is None) == ((1, True) if case.kept else (2, False))


def test_a_body_that_just_stops_over_tls_is_not_whole(client: Client) -> None:
    """Without a farewell anybody on the way may have cut it; plain TCP cannot tell."""
    with Scripted([[Do.READ, UNTIL_CLOSE + b"half", Do.CUT]], shown()) as peer:
        assert ask(client(peer))[0].trouble == "cut: answer cut short"
    with Scripted([[Do.READ, UNTIL_CLOSE + b"half", Do.CUT]]) as peer:
        assert ask(client(peer))[0].body == b"half"


def test_a_user_that_is_killed_leaves_nothing_behind(server: Server, client: Client) -> None:
    """Its connection is closed: the answer that is still to come belongs to nobody."""
    with server([Do.READ, Do.HOLD]) as peer:
        pool = client(peer)
        user = gevent.spawn(ask, pool)
        wait_until("a request", lambda: len(peer.requests) == 1)
        user.kill()
        assert (pool._idle, len(pool._deadlines)) == ([], 0)
        assert peer.played.wait(60), "the connection is still open"
        assert ask(pool)[0].status == 200
    assert peer.connections == 2
