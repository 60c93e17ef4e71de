"""What proves that not a byte of a request left, so that a write is refused and not unknown."""

import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from loadtests.frontdoors import AUTHORITY, NAME, Doors, get, good, pool_at
from loadtests.loopback import FrontDoor, show
from loadtests.resolver import Resolver

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


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
        said, exchange = pool_at(door, resolver).fetch("POST", "/x", b"b", (), lambda: announced.append("sent"))
    assert (said.status, said.sent, said.trouble) == (None, False, "tls: CERTIFICATE_VERIFY_FAILED")
    assert (exchange.wire_attempts, exchange.first_byte_us, exchange.tls_us) == (0, None, None)
    assert (door.seen, announced) == ([], [])


@pytest.mark.parametrize(
    ("connect_s", "deadline_s", "trouble"),
    [
        pytest.param(0.2, 30.0, "tls: timed out", id="time-out of connecting"),
        pytest.param(30.0, 0.4, "no answer within 0.4 s", id="deadline of the request"),
    ],
)
def test_a_peer_that_is_silent_in_the_handshake_holds_nobody_up(
    connect_s: float, deadline_s: float, trouble: str, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It accepts and says nothing; the request is over in time, provably unsent, and its connection closed."""
    monkeypatch.setattr("loadtests.client.CONNECT_S", connect_s)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        door = FrontDoor("127.0.0.1", silent.getsockname()[1], good, show(AUTHORITY, NAME))
        said, exchange = get(pool_at(door, resolver, deadline_s=deadline_s), "POST")
        accepted, _ = silent.accept()
        with accepted:
            accepted.settimeout(60)
            while accepted.recv(4096):
                """The client's first words, then the end."""
    assert (said.status, said.sent, said.trouble) == (None, False, trouble)
    assert (exchange.peer, exchange.wire_attempts) == ("127.0.0.1", 0)


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X": "\u20ac"}, {"Content-Length": "9"}], ids=str)
def test_what_cannot_be_a_request_is_one_that_was_never_sent(
    headers: dict[str, str], doors: Doors, resolver: Resolver
) -> None:
    """An exception would leave it in flight for ever; the row says what is wrong."""
    pool = pool_at(doors[0], resolver)
    said, exchange = pool.fetch("POST", "/x", b"b", tuple(headers.items()), None)
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
