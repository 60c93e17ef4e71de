"""What tests of the wire have in common: peers with a script, plain and over TLS, and a client of them."""

import ssl
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import gevent
import trustme

from loadtests.api.answers import Answer
from loadtests.client import Exchange, TruthfulPool
from loadtests.loopback import show
from loadtests.wire.scripted import Scripted

AUTHORITY = trustme.CA()
DEADLINE_S = 30.0
SHORT_S = 0.6
LATE = f"no answer within {SHORT_S:g} s"
Server = Callable[..., Scripted]
Client = Callable[..., TruthfulPool]


@cache
def authority_file() -> str:
    file = Path(tempfile.mkdtemp()) / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    return str(file)


@cache
def shown() -> ssl.SSLContext:
    return show(AUTHORITY, "127.0.0.1")


def ask(pool: TruthfulPool, method: str = "GET", body: bytes = b"") -> tuple[Answer, Exchange]:
    return pool.fetch(method, "/x", body, (), None)


def wait_until(what: str, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline, f"not in time: {what}"
        gevent.sleep(0.005)
