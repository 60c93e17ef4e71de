"""Fixtures of this folder's tests: peers with a script, and clients that are closed after the test."""

from collections.abc import Iterator
from typing import Any

import pytest

from fixtures.target import Web
from loadtests.client import TruthfulPool, tls_of
from loadtests.resolver import Resolver
from loadtests.wire.connecting import connect
from loadtests.wire.connection import Connection
from loadtests.wire.peers import DEADLINE_S, Client, Server, authority_file, shown
from loadtests.wire.scripted import Scripted


@pytest.fixture(params=["http", "https"])
def server(request: pytest.FixtureRequest) -> Server:
    """Make a scripted server, plain or over TLS."""
    return lambda *scripts, **more: Scripted(list(scripts), shown() if request.param == "https" else None, **more)


@pytest.fixture
def opened() -> Iterator[list[TruthfulPool]]:
    """Clients that are closed after the test."""
    pools: list[TruthfulPool] = []
    yield pools
    for pool in pools:
        pool.close()


@pytest.fixture
def client(opened: list[TruthfulPool]) -> Client:
    def at(server: Scripted, deadline_s: float = DEADLINE_S, scheme: str | None = None) -> TruthfulPool:
        known = {"name": "127.0.0.1", "port": server.port, "username": "u", "password": "p"}
        known["scheme"] = scheme or ("http" if server.tls is None else "https")
        web = Web.model_validate({**known, "ca_file": authority_file()})
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
