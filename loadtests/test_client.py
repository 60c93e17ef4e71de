"""The client against real sockets: one request is one attempt, and what is known of it is true."""

import json
import random
import socket
import ssl
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import gevent
import pytest
import trustme

from fixtures.target import Web
from loadtests.api.answers import Answer
from loadtests.client import Exchange, TruthfulPool, tls_of
from loadtests.loopback import FrontDoor, NameServer, answer, show
from loadtests.resolver import ForbiddenAddressError, NameLookupError, Resolver
from reports.evidence import now_us

NAME = "www.oms.test"
AUTHORITY = trustme.CA()
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@cache
def _authority_file() -> str:
    file = Path(tempfile.mkdtemp()) / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    return str(file)


def good(line: str, body: bytes) -> bytes:
    return answer({"ok": line})


@pytest.fixture(params=["http", "https"])
def doors(request: pytest.FixtureRequest) -> Iterator[tuple[FrontDoor, FrontDoor]]:
    """What the client promises holds over TLS, too."""
    tls = show(AUTHORITY, NAME) if request.param == "https" else None
    with FrontDoor("127.0.0.1", 0, good, tls) as a, FrontDoor("127.0.0.2", a.port, good, tls) as b:
        yield a, b


@pytest.fixture
def names() -> Iterator[NameServer]:
    with NameServer(["127.0.0.1"]) as server:
        yield server


@pytest.fixture
def resolver(names: NameServer) -> Resolver:
    return Resolver(NAME, ("127.0.0.1", names.port))


def pool_at(door: FrontDoor, resolver: Resolver, ordinal: int = 0, deadline_s: float = 5.0) -> TruthfulPool:
    known = {"name": NAME, "port": door.port, "username": "u", "password": "p", "ca_file": _authority_file()}
    web = Web.model_validate({**known, "scheme": "http" if door.tls is None else "https"})
    return TruthfulPool(web.base_url, resolver, ordinal, tls_of(web), deadline_s=deadline_s)


def get(pool: TruthfulPool, method: str = "GET") -> tuple[Answer, Exchange]:
    return pool.fetch(method, "/x", b"body" if method == "POST" else b"", {}, None)


def test_a_good_answer_and_what_the_wire_did(doors: tuple[FrontDoor, FrontDoor], resolver: Resolver) -> None:
    """The first request asks DNS and connects, the second does neither; the Host header names the customer's name."""
    pool = pool_at(doors[0], resolver)
    (said, first), (_, second) = get(pool), get(pool)
    assert (said.status, said.instance, said.sent) == (200, "i-1", True)
    assert (first.peer, first.wire_attempts) == ("127.0.0.1", 1)
    assert None not in (first.dns_us, first.connect_us, first.first_byte_us)
    assert (second.dns_us, second.connect_us, second.tls_us) == (None, None, None)
    assert (first.tls_us is None) == (doors[0].tls is None)
    assert doors[0].seen[0].headers["host"] == f"{NAME}:{doors[0].port}"
    assert doors[0].connections == 1


@pytest.mark.parametrize(
    "tls",
    [
        pytest.param(show(trustme.CA(), NAME), id="another authority"),
        pytest.param(show(AUTHORITY, "www.other.test"), id="another name"),
        pytest.param(show(AUTHORITY, NAME, until=YESTERDAY), id="expired"),
    ],
)
def test_a_wrong_certificate_proves_that_no_byte_of_the_request_left(tls: ssl.SSLContext, resolver: Resolver) -> None:
    """So a write is refused, not unknown; and the ledger never says that it was sent."""
    announced: list[str] = []
    with FrontDoor("127.0.0.1", 0, good, tls) as door:
        said, exchange = pool_at(door, resolver).fetch("POST", "/x", b"b", {}, lambda: announced.append("sent"))
    assert (said.status, said.sent, said.trouble) == (None, False, "tls: CERTIFICATE_VERIFY_FAILED")
    assert (exchange.wire_attempts, exchange.first_byte_us, exchange.tls_us) == (0, None, None)
    assert (door.seen, announced) == ([], [])


@pytest.mark.parametrize(
    ("connect_s", "trouble"),
    [
        pytest.param(0.2, "tls: timed out", id="time-out of connecting"),
        pytest.param(3.0, "no answer within 0.4 s", id="deadline of the request"),
    ],
)
def test_a_peer_that_is_silent_in_the_handshake_holds_nobody_up(
    connect_s: float, trouble: str, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It accepts and says nothing; the request is over in time, provably unsent, and its connection closed."""
    monkeypatch.setattr("loadtests.client.CONNECT_S", connect_s)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        door = FrontDoor("127.0.0.1", silent.getsockname()[1], good, show(AUTHORITY, NAME))
        said, exchange = get(pool_at(door, resolver, deadline_s=0.4), "POST")
        accepted, _ = silent.accept()
        with accepted:
            accepted.settimeout(5)
            while accepted.recv(4096):
                """The client's first words, then the end."""
    assert (said.status, said.sent, said.trouble) == (None, False, trouble)
    assert (exchange.peer, exchange.wire_attempts) == ("127.0.0.1", 0)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_goes_over_the_wire_once_also_when_the_peer_hangs_up(
    method: str, doors: tuple[FrontDoor, FrontDoor], resolver: Resolver
) -> None:
    """The stock client sends a GET again, up to eleven times, and a fault is reported as success."""
    doors[0].handler = lambda line, body: None
    said, exchange = get(pool_at(doors[0], resolver), method)
    assert len(doors[0].seen) == 1
    assert (said.status, said.sent, exchange.wire_attempts) == (None, True, 1)
    assert said.trouble == "cut: closed without an answer"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_kept_connection_that_dies_under_a_request_is_not_tried_again(
    method: str, doors: tuple[FrontDoor, FrontDoor], resolver: Resolver
) -> None:
    """Also on a reused connection, where every other client sends again."""
    pool = pool_at(doors[0], resolver)
    get(pool)
    doors[0].handler = lambda line, body: None
    said, exchange = get(pool, method)
    assert len(doors[0].seen) == 2
    assert (said.sent, exchange.wire_attempts) == (True, 1)
    doors[0].handler = good
    assert get(pool)[0].status == 200


def test_a_connection_that_was_closed_while_idle_is_replaced_before_anything_is_sent(
    doors: tuple[FrontDoor, FrontDoor], resolver: Resolver
) -> None:
    """No request is lost on a connection that is known to be dead."""
    pool = pool_at(doors[0], resolver)
    get(pool)
    doors[0].cut()
    _wait_until_closed(pool)
    said, exchange = get(pool)
    assert said.status == 200
    assert exchange.connect_us is not None


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X": "\u20ac"}, {"Content-Length": "9"}], ids=str)
def test_what_cannot_be_a_request_is_one_that_was_never_sent(
    headers: dict[str, str], doors: tuple[FrontDoor, FrontDoor], resolver: Resolver
) -> None:
    """An exception would leave it in flight for ever; the row says what is wrong."""
    pool = pool_at(doors[0], resolver)
    said, exchange = pool.fetch("POST", "/x", b"b", headers, None)
    assert (said.status, said.sent, exchange.wire_attempts, doors[0].connections) == (None, False, 0, 0)
    assert said.trouble is not None
    assert said.trouble.startswith("no request: ")


def test_a_refused_connection_proves_that_no_byte_left(resolver: Resolver) -> None:
    """So a write is refused, not unknown."""
    with FrontDoor("127.0.0.1", 0, good) as door:
        pass
    said, exchange = get(pool_at(door, resolver), "POST")
    assert (said.status, said.sent, said.trouble) == (None, False, "connect: ECONNREFUSED")
    assert (exchange.wire_attempts, exchange.address, exchange.peer) == (0, "127.0.0.1", None)


def test_the_request_after_a_failed_connect_tries_the_next_address(
    doors: tuple[FrontDoor, FrontDoor], names: NameServer, resolver: Resolver
) -> None:
    """A dead load balancer node costs one request a user, and that one is on record."""
    names.addresses = ["127.0.0.1", "127.0.0.3"]
    pool = pool_at(doors[0], resolver, ordinal=1)
    assert get(pool)[0].trouble == "connect: ECONNREFUSED"
    assert get(pool)[1].peer == "127.0.0.1"


@pytest.mark.parametrize(
    "drip",
    [
        pytest.param(b"", id="silent"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", id="answer begun"),
    ],
)
def test_a_request_has_one_deadline(drip: bytes, doors: tuple[FrontDoor, FrontDoor], resolver: Resolver) -> None:
    """It may have been carried out, so it is cut and known to have been sent; the next one is not disturbed."""
    stalled = [False]

    def handler(line: str, body: bytes) -> bytes | None:
        return drip if stalled[0] else good(line, body)

    doors[0].handler = handler
    pool = pool_at(doors[0], resolver, deadline_s=0.5)
    assert get(pool)[0].status == 200
    stalled[0] = True
    said, exchange = get(pool, "POST")
    assert (said.status, said.sent, said.trouble) == (None, True, "no answer within 0.5 s")
    assert (exchange.first_byte_us is not None) == bool(drip)
    stalled[0] = False
    assert get(pool)[0].status == 200


@pytest.mark.parametrize(
    ("half", "trouble"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "answer cut short", id="body cut"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-", "answer cut short", id="head cut"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", "answer cut short", id="chunk cut"
        ),
        pytest.param(b"what?\r\n\r\n", "not HTTP", id="not HTTP"),
    ],
)
def test_half_an_answer_is_no_answer(
    half: bytes, trouble: str, doors: tuple[FrontDoor, FrontDoor], resolver: Resolver
) -> None:
    """A truncated 200 acknowledges nothing."""

    def handler(line: str, body: bytes) -> bytes:
        threading.Timer(0.2, doors[0].cut).start()
        return half

    doors[0].handler = handler
    said, _ = get(pool_at(doors[0], resolver), "POST")
    assert (said.status, said.sent) == (None, True)
    assert said.trouble == f"cut: {trouble}"


def test_an_error_answer_is_read_whole(doors: tuple[FrontDoor, FrontDoor], resolver: Resolver) -> None:
    """A 500 with a body that is no text is an answer like any other."""
    doors[0].handler = lambda line, body: b"HTTP/1.1 500 X\r\nServer: awselb/2.0\r\nContent-Length: 2\r\n\r\n\xff\xfe"
    said, _ = get(pool_at(doors[0], resolver))
    assert (said.status, said.body, said.server) == (500, b"\xff\xfe", "awselb/2.0")


def test_users_take_the_addresses_in_turn(
    doors: tuple[FrontDoor, FrontDoor], names: NameServer, resolver: Resolver
) -> None:
    """Both nodes of the load balancer get half of the users."""
    names.addresses = ["127.0.0.2", "127.0.0.1"]
    peers = [get(pool_at(doors[0], resolver, ordinal))[1].peer for ordinal in range(6)]
    assert peers == ["127.0.0.1", "127.0.0.2"] * 3
    assert names.asked == 1


def test_traffic_follows_dns_while_the_old_address_still_answers(
    doors: tuple[FrontDoor, FrontDoor], names: NameServer, resolver: Resolver
) -> None:
    """Not before the TTL is over, and without a request lost."""
    names.ttl_s = 1
    pool = pool_at(doors[0], resolver)
    assert get(pool)[1].peer == "127.0.0.1"
    names.addresses = ["127.0.0.2"]
    assert get(pool)[1].peer == "127.0.0.1"
    deadline = time.monotonic() + 5
    while get(pool)[1].peer != "127.0.0.2":
        assert time.monotonic() < deadline, "traffic stayed on the old address"
        time.sleep(0.05)
    assert len(doors[0].seen) >= 2, "the old address answered all the time"


def test_a_name_server_that_is_silent_fails_new_connections_only(
    doors: tuple[FrontDoor, FrontDoor], names: NameServer, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A live connection is used on; without one the request fails, provably unsent."""
    monkeypatch.setattr("loadtests.resolver.LOOKUP_S", 0.2)
    names.ttl_s = 0
    pool = pool_at(doors[0], resolver)
    get(pool)
    names.silent = True
    assert get(pool)[0].status == 200
    pool.close()
    said, _ = get(pool, "POST")
    assert (said.status, said.sent) == (None, False)
    assert said.trouble is not None
    assert said.trouble.startswith("dns: ")


def test_whoever_has_a_connection_does_not_wait_for_dns(
    doors: tuple[FrontDoor, FrontDoor], names: NameServer, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that takes its time is no part of the system's response time."""
    names.ttl_s = 0
    pool = pool_at(doors[0], resolver)
    get(pool)
    monkeypatch.setattr(resolver, "resolve", lambda: pytest.fail("waited for DNS"))
    monkeypatch.setattr(resolver, "_renew", lambda: None)
    said, exchange = get(pool)
    assert (said.status, exchange.dns_us) == (200, None)


def test_load_never_leaves_this_machine(names: NameServer, resolver: Resolver) -> None:
    """Whatever DNS says."""
    names.addresses = ["127.0.0.1", "192.0.2.1"]
    with pytest.raises(ForbiddenAddressError):
        resolver.resolve()
    with pytest.raises(ForbiddenAddressError):
        Resolver("192.0.2.1", None)


def test_load_never_goes_to_another_name(doors: tuple[FrontDoor, FrontDoor], resolver: Resolver) -> None:
    """A journey that asks for another host, or without TLS, fails before anything is sent."""
    other = "https" if doors[0].tls is None else "http"
    for url in ("http://example.com/", f"{other}://{NAME}:{doors[0].port}/"):
        with pytest.raises(AssertionError):
            pool_at(doors[0], resolver).path_of(url)


def test_a_default_port_need_not_be_named(resolver: Resolver) -> None:
    """Redirects often leave it out, or write the name another way."""
    pool = TruthfulPool("http://www.oms.test:80", resolver, 0)
    assert pool.path_of("http://WWW.oms.test/a?b=c#d") == "/a?b=c"
    for url in ("http://www.oms.test:81/", "https://www.oms.test:80/", "http://oms.test/"):
        with pytest.raises(AssertionError):
            pool.path_of(url)


def test_a_dead_name_server_is_not_asked_by_everybody_at_once(
    names: NameServer, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users do not queue up behind its time-out."""
    monkeypatch.setattr("loadtests.resolver.LOOKUP_S", 0.2)
    names.silent = True
    for _ in range(3):
        with pytest.raises(NameLookupError):
            resolver.resolve()
    assert names.asked == 1


def test_the_end_is_when_the_answer_was_there(doors: tuple[FrontDoor, FrontDoor], resolver: Resolver) -> None:
    """Not when somebody had decoded it and written it down: that is our time, not the system's."""
    pool = pool_at(doors[0], resolver)
    before_us = now_us()
    _, exchange = get(pool)
    after_us = now_us()
    assert exchange.first_byte_us is not None
    assert exchange.end_us is not None
    assert before_us <= exchange.first_byte_us <= exchange.end_us <= after_us
    doors[0].handler = lambda line, body: None
    _, exchange = get(pool)
    assert exchange.end_us is not None
    assert after_us <= exchange.end_us


def test_the_first_byte_is_announced_before_it_leaves(doors: tuple[FrontDoor, FrontDoor], resolver: Resolver) -> None:
    """The ledger's ``sent`` line is on disk before the server can know of the request."""
    order: list[str] = []

    def handler(line: str, body: bytes) -> bytes:
        order.append("received")
        return good(line, body)

    doors[0].handler = handler
    pool_at(doors[0], resolver).fetch("POST", "/x", b"b", {}, lambda: order.append("announced"))
    assert order == ["announced", "received"]


def test_of_many_users_at_once_each_gets_his_own_answer(doors: tuple[FrontDoor, FrontDoor], resolver: Resolver) -> None:
    """Under faults, too; and what was on the wire is what is reported."""
    rng = random.Random(4)

    def handler(line: str, body: bytes) -> bytes | None:
        whole = answer({"you": line.split()[1]})
        return rng.choice([whole, whole, whole, whole[:-3] + b"no}", None])

    def user(ordinal: int) -> list[tuple[str, Answer, Exchange]]:
        pool = pool_at(doors[0], resolver, ordinal, deadline_s=30.0)
        try:
            return [(path, *pool.fetch("GET", path, b"", {}, None)) for path in (f"/{ordinal}/{n}" for n in range(8))]
        finally:
            pool.close()

    doors[0].handler = handler
    users = [gevent.spawn(user, ordinal) for ordinal in range(25)]
    gevent.joinall(users, timeout=60, raise_error=True)
    asked = [one for greenlet in users for one in greenlet.get()]
    good = [path for path, said, _ in asked if said.body == json.dumps({"you": path}).encode()]
    assert Counter(seen.line.split()[1] for seen in doors[0].seen) == Counter(path for path, _, _ in asked)
    assert sum(exchange.wire_attempts for _, _, exchange in asked) == len(asked) == 200
    assert len(good) > 60
    assert {path for path, said, _ in asked if said.status == 200 and b"no}" not in said.body} == set(good)


def _wait_until_closed(pool: TruthfulPool) -> None:
    """The event loop runs, nothing is asked of the connection."""
    deadline = time.monotonic() + 5
    while any(connection.is_open for connection in pool._idle):
        assert time.monotonic() < deadline, "the client did not notice that the peer hung up"
        gevent.sleep(0.01)
