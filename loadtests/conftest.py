"""Fixtures of this folder's tests: small real servers for the client, and for whole load runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.frontdoors import NAME, Doors, two_doors
from loadtests.loopback import NameServer
from loadtests.rehearsal import System, rehearsing
from loadtests.resolver import Resolver


@pytest.fixture(params=["http", "https"])
def doors(request: pytest.FixtureRequest) -> Iterator[Doors]:
    """What the client promises holds over TLS, too."""
    with two_doors(request.param) as doors:
        yield doors


@pytest.fixture
def names() -> Iterator[NameServer]:
    with NameServer(["127.0.0.1"]) as server:
        yield server


@pytest.fixture
def resolver(names: NameServer) -> Resolver:
    return Resolver(NAME, ("127.0.0.1", names.port))


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    with rehearsing(tmp_path) as system:
        yield system
