"""The client against real sockets: one request is one attempt, and what is known of it is true."""

import json
import random
import threading
from collections import Counter

import gevent
import pytest

from loadtests.api.answers import Answer
from loadtests.client import Exchange
from loadtests.frontdoors import NAME, Doors, get, good, pool_at, wait_until_closed
from loadtests.loopback import answer
from loadtests.resolver import Resolver
from reports.evidence import now_us


def test_a_good_answer_and_what_the_wire_did(doors: Doors, resolver: Resolver) -> None:
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


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_goes_over_the_wire_once_also_when_the_peer_hangs_up(
    method: str, doors: Doors, resolver: Resolver
) -> None:
    """The stock client sends a GET again, up to eleven times, and a fault is reported as success."""
    doors[0].handler = lambda line, body: None
    said, exchange = get(pool_at(doors[0], resolver), method)
    assert len(doors[0].seen) == 1
    assert (said.status, said.sent, exchange.wire_attempts) == (None, True, 1)
    assert said.trouble == "cut: closed without an answer"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_kept_connection_that_dies_under_a_request_is_not_tried_again(
    method: str, doors: Doors, resolver: Resolver
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
    doors: Doors, resolver: Resolver
) -> None:
    """No request is lost on a connection that is known to be dead."""
    pool = pool_at(doors[0], resolver)
    get(pool)
    doors[0].cut()
    wait_until_closed(pool)
    said, exchange = get(pool)
    assert said.status == 200
    assert exchange.connect_us is not None


@pytest.mark.parametrize(
    "drip",
    [
        pytest.param(b"", id="silent"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", id="answer begun"),
    ],
)
def test_a_request_has_one_deadline(drip: bytes, doors: Doors, resolver: Resolver) -> None:
    """It may have been carried out, so it is cut and known to have been sent; the next one is not disturbed."""
    stalled = [False]

    def handler(line: str, body: bytes) -> bytes | None:
        return drip if stalled[0] else good(line, body)

    doors[0].handler = handler
    pool = pool_at(doors[0], resolver, deadline_s=1.0)
    assert get(pool)[0].status == 200
    stalled[0] = True
    said, exchange = get(pool, "POST")
    assert (said.status, said.sent, said.trouble) == (None, True, "no answer within 1 s")
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
def test_half_an_answer_is_no_answer(half: bytes, trouble: str, doors: Doors, resolver: Resolver) -> None:
    """A truncated 200 acknowledges nothing."""

    def handler(line: str, body: bytes) -> bytes:
        threading.Timer(0.2, doors[0].cut).start()
        return half

    doors[0].handler = handler
    said, _ = get(pool_at(doors[0], resolver), "POST")
    assert (said.status, said.sent) == (None, True)
    assert said.trouble == f"cut: {trouble}"


def test_an_error_answer_is_read_whole(doors: Doors, resolver: Resolver) -> None:
    """A 500 with a body that is no text is an answer like any other."""
    doors[0].handler = lambda line, body: b"HTTP/1.1 500 X\r\nServer: awselb/2.0\r\nContent-Length: 2\r\n\r\n\xff\xfe"
    said, _ = get(pool_at(doors[0], resolver))
    assert (said.status, said.body, said.server) == (500, b"\xff\xfe", "awselb/2.0")


def test_the_end_is_when_the_answer_was_there(doors: Doors, resolver: Resolver) -> None:
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


def test_the_first_byte_is_announced_before_it_leaves(doors: Doors, resolver: Resolver) -> None:
    """The ledger's ``sent`` line is on disk before the server can know of the request."""
    order: list[str] = []

    def handler(line: str, body: bytes) -> bytes:
        order.append("received")
        return good(line, body)

    doors[0].handler = handler
    pool_at(doors[0], resolver).fetch("POST", "/x", b"b", (), lambda: order.append("announced"))
    assert order == ["announced", "received"]


def test_of_many_users_at_once_each_gets_his_own_answer(doors: Doors, resolver: Resolver) -> None:
    """Under faults, too; and what was on the wire is what is reported."""
    rng = random.Random(4)

    def handler(line: str, body: bytes) -> bytes | None:
        whole = answer({"you": line.split()[1]})
        return rng.choice([whole, whole, whole, whole[:-3] + b"no}", None])

    def user(ordinal: int) -> list[tuple[str, Answer, Exchange]]:
        pool = pool_at(doors[0], resolver, ordinal, deadline_s=30.0)
        try:
            return [(path, *pool.fetch("GET", path, b"", (), None)) for path in (f"/{ordinal}/{n}" for n in range(8))]
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
