"""A connection that is used again answers the request that is on it and no other."""

import errno
import socket
import time
from _socket import socket as RawSocket
from typing import Any

import gevent
import pytest

from loadtests.client import TruthfulPool
from loadtests.resolver import Resolver
from loadtests.wire.connection import Connection
from loadtests.wire.exchange import Exchange
from loadtests.wire.peers import wait_until
from loadtests.wire.scripted import OK, SERVE, Do, Script, Scripted


def at(server: Scripted) -> TruthfulPool:
    return TruthfulPool(f"http://127.0.0.1:{server.port}", Resolver("127.0.0.1", None), 0, deadline_s=5.0)


def ask(pool: TruthfulPool, path: str = "/x") -> bytes:
    """Return the body of the answer, or what went wrong."""
    said, _ = pool.fetch("GET", path, b"", (), None)
    return said.body if said.status == 200 else str(said.trouble or said.status).encode()


def says(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def test_what_a_user_asks_for_at_once_goes_over_connections_of_its_own() -> None:
    """Journeys may spawn greenlets: on one connection, one would get the other's answer. Both are kept for later."""
    first: Script = [Do.READ, OK, Do.READ, 0.1, says(b"of the first"), Do.HOLD]
    second: Script = [Do.READ, says(b"of the second"), Do.HOLD]
    with Scripted([first, second]) as peer:
        pool = at(peer)
        ask(pool)
        users = [gevent.spawn(ask, pool, path) for path in ("/1", "/2")]
        gevent.joinall(users, timeout=20)
        assert [user.value for user in users] == [b"of the first", b"of the second"]
        assert sorted(request.split()[1] for request in peer.requests) == [b"/1", b"/2", b"/x"]
        assert (len(pool._idle), len(pool._deadlines)) == (2, 0)
        pool.close()


def test_each_of_what_is_asked_at_once_has_a_deadline_of_its_own() -> None:
    """The end of one is not the end of the other's."""
    with Scripted([[Do.READ, OK, Do.HOLD], [Do.READ, Do.HOLD]]) as peer:
        pool = TruthfulPool(f"http://127.0.0.1:{peer.port}", Resolver("127.0.0.1", None), 0, deadline_s=0.3)
        quick = gevent.spawn(ask, pool)
        assert quick.get(timeout=20) == b"ok"
        users = [gevent.spawn(ask, pool) for _ in range(2)]
        gevent.joinall(users, timeout=20)
        assert [user.value for user in users] == [b"no answer within 0.3 s"] * 2
        pool.close()


def test_a_connection_whose_request_was_not_answered_is_never_used_again() -> None:
    """Whatever woke the one that waited: here somebody who had no business to."""
    with Scripted([[Do.READ, Do.HOLD], SERVE]) as peer:
        pool = at(peer)
        user = gevent.spawn(ask, pool)
        wait_until("the request is there", lambda: bool(peer.requests))
        gevent.get_hub().loop.run_callback(user.switch)
        with pytest.raises(RuntimeError, match="woken up"):
            user.get(timeout=20)
        assert peer.played.wait(10), "the connection is still open"
        assert ask(pool) == b"ok"
        pool.close()


def test_what_cannot_be_announced_is_not_sent_and_leaves_nothing_behind() -> None:
    """The disk of the ledger is full: that is no trouble of the peer's."""

    def full() -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with Scripted([[Do.HOLD], SERVE]) as peer:
        pool = at(peer)
        said, exchange = pool.fetch("POST", "/x", b"b", (), full)
        assert (said.trouble, said.sent, exchange.wire_attempts) == ("generator: ENOSPC", False, 0)
        assert peer.played.wait(10), "the connection is still open"
        assert ask(pool) == b"ok"
        assert len(peer.requests) == 1
        pool.close()


UNASKED = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "meanwhile", [[Do.CLOSE], [Do.RESET], [UNASKED, Do.CLOSE], [says(b"to nobody"), Do.HOLD]], ids=str
)
def test_what_a_peer_does_while_the_event_loop_stands_still_is_seen_before_the_next_request(
    meanwhile: Script,
) -> None:
    """A frozen host: the close and the moment to send are both there when it goes on. No request is lost by that."""
    with Scripted([[Do.READ, OK, 0.01, *meanwhile]]) as peer:
        pool = at(peer)

        def user() -> bytes:
            assert ask(pool) == b"ok"
            gevent.sleep(0.05)
            return ask(pool)

        def freeze() -> None:
            wait_until("the first answer", lambda: bool(pool._idle))
            time.sleep(0.3)

        users = [gevent.spawn(user), gevent.spawn(freeze)]
        gevent.joinall(users, timeout=20)
        assert (users[0].value, len(peer.requests), peer.connections) == (b"ok", 2, 2)
        pool.close()


def test_the_first_byte_of_an_answer_is_the_first_of_many() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    exchange = Exchange()
    with theirs:
        connection = Connection(RawSocket(fileno=ours.detach()), "127.0.0.1", None)
        user = gevent.spawn(connection.ask, b"request", exchange, head_only=False)
        wait_until("the request has left", lambda: exchange.wire_attempts == 1)
        theirs.send(OK[:20])
        wait_until("the first byte", lambda: exchange.first_byte_us is not None)
        first_us = exchange.first_byte_us
        theirs.send(OK[20:])
        assert user.get(timeout=20)[2] == b"ok"
        assert exchange.first_byte_us == first_us
        connection.close()


class BreaksLater(RawSocket):
    """The kernel takes a byte, and then the peer is gone."""

    taken = False

    def send(self, data: Any, *args: Any) -> int:
        if self.taken:
            raise BrokenPipeError(errno.EPIPE, "gone")
        self.taken = True
        return super().send(data[:1], *args)


def test_where_the_close_is_the_end_of_a_body_a_broken_connection_is_none() -> None:
    """The error of sending is told once; what is read after it looks like a polite close."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    exchange = Exchange()
    with theirs:
        theirs.send(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        theirs.shutdown(socket.SHUT_WR)
        connection = Connection(BreaksLater(fileno=ours.detach()), "127.0.0.1", None)
        with pytest.raises(BrokenPipeError):
            connection.ask(b"request", exchange, head_only=False)
    assert (connection.is_open, exchange.wire_attempts) == (False, 1)


class TakesNothing(RawSocket):
    """The kernel has no room for a single byte."""

    def send(self, *args: Any) -> int:
        raise BlockingIOError


class Reacts:
    """TLS that wants to answer whatever comes, as it does when the peer renews its keys."""

    ended, trouble = False, None

    def take(self, received: bytes) -> None:
        """It has nothing for us."""

    def decrypt(self) -> bytes:
        return b""

    def to_send(self) -> bytes:
        return b"new keys"


def test_a_connection_that_still_has_to_say_something_is_not_used_again() -> None:
    """The next request would overtake it, and encrypted records have an order."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        connection = Connection(TakesNothing(fileno=ours.detach()), "127.0.0.1", Reacts())  # type: ignore[arg-type]
        theirs.send(b"renew")
        wait_until("the connection is closed", lambda: not connection.is_open)
