"""A connection that is used again answers the request that is on it and no other."""

import gevent
import pytest

from loadtests.client import TruthfulPool
from loadtests.resolver import Resolver
from loadtests.wire.scripted import OK, SERVE, Do, Script, Scripted


def at(server: Scripted) -> TruthfulPool:
    return TruthfulPool(f"http://127.0.0.1:{server.port}", Resolver("127.0.0.1", None), 0, deadline_s=5.0)


def ask(pool: TruthfulPool, path: str = "/x") -> bytes:
    """Return the body of the answer, or what went wrong."""
    said, _ = pool.fetch("GET", path, b"", {}, None)
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
        assert [request.split()[1] for request in peer.requests] == [b"/x", b"/1", b"/2"]
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
        while not peer.requests:
            gevent.sleep(0.01)
        gevent.get_hub().loop.run_callback(user.switch)
        with pytest.raises(TypeError):
            user.get(timeout=20)
        assert peer.played.wait(10), "the connection is still open"
        assert ask(pool) == b"ok"
        pool.close()
