"""What tests of the client have in common: the nodes of a load balancer, plain and over TLS, and a client of them."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import gevent
import trustme

from fixtures.target import Web
from loadtests.api.answers import Answer
from loadtests.client import Exchange, TruthfulPool, tls_of
from loadtests.loopback import FrontDoor, answer, show
from loadtests.resolver import Resolver

NAME = "www.oms.test"
AUTHORITY = trustme.CA()
Doors = tuple[FrontDoor, FrontDoor]


@cache
def authority_file() -> str:
    file = Path(tempfile.mkdtemp()) / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    return str(file)


def good(line: str, body: bytes) -> bytes:
    return answer({"ok": line})


@contextmanager
def two_doors(scheme: str) -> Iterator[Doors]:
    """Two nodes of a load balancer, of one port; ``scheme`` is http or https."""
    tls = show(AUTHORITY, NAME) if scheme == "https" else None
    with FrontDoor("127.0.0.1", 0, good, tls) as a, FrontDoor("127.0.0.2", a.port, good, tls) as b:
        yield a, b


def pool_at(door: FrontDoor, resolver: Resolver, ordinal: int = 0, deadline_s: float = 30.0) -> TruthfulPool:
    known = {"name": NAME, "port": door.port, "username": "u", "password": "p", "ca_file": authority_file()}
    web = Web.model_validate({**known, "scheme": "http" if door.tls is None else "https"})
    return TruthfulPool(web.base_url, resolver, ordinal, tls_of(web), deadline_s=deadline_s)


def get(pool: TruthfulPool, method: str = "GET") -> tuple[Answer, Exchange]:
    return pool.fetch(method, "/x", b"body" if method == "POST" else b"", (), None)


def wait_until_closed(pool: TruthfulPool) -> None:
    """The event loop runs, nothing is asked of the connection."""
    deadline = time.monotonic() + 60
    while any(connection.is_open for connection in pool._idle):
        assert time.monotonic() < deadline, "the client did not notice that the peer hung up"
        gevent.sleep(0.01)
