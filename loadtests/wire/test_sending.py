"""Requests that do not leave at once, or not whole."""

import os
import select
from _socket import socket as RawSocket
from typing import Any

import gevent
import pytest

from loadtests.wire.connection import Connection
from loadtests.wire.peers import LATE, SHORT_S, Client, Server, ask, wait_until
from loadtests.wire.scripted import OK, Do, Scripted


class TakesLittle(RawSocket):
    """The kernel has room for a part, and then for another."""

    def send(self, data: Any, *args: Any) -> int:
        return super().send(data[:50_000], *args)


def test_a_large_request_is_sent_whole_in_many_parts(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large the buffers of this machine are."""
    monkeypatch.setattr("loadtests.wire.connecting.RawSocket", TakesLittle)
    body = os.urandom(300_000)
    with server([0.2, Do.READ, OK], receive_buffer=8192) as peer:
        said, exchange = ask(client(peer), "POST", body)
    assert (said.status, exchange.wire_attempts) == (200, 1)
    assert peer.requests[0].endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize("then", [Do.HOLD, Do.CLOSE], ids=["holds", "closes"])
def test_an_answer_before_the_request_was_read_counts(then: Do, server: Server, client: Client) -> None:
    """413, and the rest of the body is never taken for the next request."""
    early = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
    with server([0.1, early, 0.2, then], receive_buffer=8192) as peer:
        pool = client(peer)
        said, _ = ask(pool, "POST", b"x" * 8_000_000)
        assert said.status == 413
        assert ask(pool)[0].status == 200
    assert peer.connections == 2


def test_an_answer_is_read_to_its_end_though_no_more_can_be_sent(
    server: Server, client: Client, opened_connections: list[Connection]
) -> None:
    """The peer answered at length, and hung up without having read the request; both are there when we look."""
    early = b"HTTP/1.1 413 Too Large\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
    with server([0.3, early, Do.CUT], receive_buffer=8192) as peer:
        pool = client(peer)
        user = gevent.spawn(ask, pool, "POST", b"x" * 8_000_000)
        wait_until("a part is sent", lambda: any(connection._unsent for connection in opened_connections))
        assert peer.played.wait(60)  # the event loop stands still meanwhile
        said, _ = user.get(timeout=60)
    assert (said.status, len(said.body)) == (413, 100_000)


def test_a_peer_that_reads_no_more_is_over_at_the_deadline(server: Server, client: Client) -> None:
    """A part of the request has left, so it may matter."""
    with server([5.0], receive_buffer=8192) as peer:
        said, exchange = ask(client(peer, SHORT_S), "POST", b"x" * 8_000_000)
    assert (said.trouble, said.sent, exchange.wire_attempts) == (LATE, True, 1)


def test_a_send_that_the_kernel_refuses_proves_that_no_byte_left(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reset is there and nobody has looked: not a byte of the request is taken."""
    monkeypatch.setattr("loadtests.wire.connection.PAUSE_S", 60.0)
    with server([Do.READ, OK, Do.RESET]) as peer:
        pool = client(peer)
        ask(pool)
        poll = select.poll()
        poll.register(pool._idle[0]._sock.fileno(), select.POLLERR)
        assert poll.poll(60_000), "no reset came"
        said, exchange = ask(pool, "POST", b"b")
        assert (said.status, said.sent, exchange.wire_attempts) == (None, False, 0)
        assert said.trouble in ("cut: ECONNRESET", "cut: EPIPE")
        assert ask(pool)[0].status == 200


class TakesNothing(RawSocket):
    """The kernel has no room for a single byte."""

    def send(self, *args: Any) -> int:
        raise BlockingIOError


def test_a_request_that_waits_for_room_has_not_left(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its deadline it is proven that it cannot have happened."""
    monkeypatch.setattr("loadtests.wire.connecting.RawSocket", TakesNothing)
    with Scripted([[Do.HOLD]]) as peer:
        said, exchange = ask(client(peer, SHORT_S), "POST", b"b")
    assert (said.trouble, said.sent, exchange.wire_attempts) == (LATE, False, 0)
