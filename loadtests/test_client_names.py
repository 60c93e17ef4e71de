"""Where the client's requests go: what DNS says, and never anywhere else."""

import time
from types import SimpleNamespace

import pytest

from loadtests.client import TruthfulPool
from loadtests.frontdoors import NAME, Doors, get, pool_at
from loadtests.loopback import NameServer
from loadtests.resolver import ForbiddenAddressError, NameLookupError, Resolver


def test_the_request_after_a_failed_connect_tries_the_next_address(
    doors: Doors, names: NameServer, resolver: Resolver
) -> None:
    """A dead load balancer node costs one request a user, and that one is on record."""
    names.addresses = ["127.0.0.1", "127.0.0.3"]
    pool = pool_at(doors[0], resolver, ordinal=1)
    assert get(pool)[0].trouble == "connect: ECONNREFUSED"
    assert get(pool)[1].peer == "127.0.0.1"


def test_users_take_the_addresses_in_turn(doors: Doors, names: NameServer, resolver: Resolver) -> None:
    """Both nodes of the load balancer get half of the users."""
    names.addresses = ["127.0.0.2", "127.0.0.1"]
    peers = [get(pool_at(doors[0], resolver, ordinal))[1].peer for ordinal in range(6)]
    assert peers == ["127.0.0.1", "127.0.0.2"] * 3
    assert names.asked == 1


def test_traffic_follows_dns_while_the_old_address_still_answers(
    doors: Doors, names: NameServer, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before the TTL is over, and without a request lost."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("loadtests.resolver.time", SimpleNamespace(monotonic=lambda: clock.now))
    names.ttl_s = 30
    pool = pool_at(doors[0], resolver)
    assert get(pool)[1].peer == "127.0.0.1"
    names.addresses = ["127.0.0.2"]
    assert get(pool)[1].peer == "127.0.0.1"
    clock.now += 30
    deadline = time.monotonic() + 60
    while get(pool)[1].peer != "127.0.0.2":
        assert time.monotonic() < deadline, "traffic stayed on the old address"
        time.sleep(0.05)
    assert len(doors[0].seen) >= 2, "the old address answered all the time"


def test_a_name_server_that_is_silent_fails_new_connections_only(
    doors: Doors, names: NameServer, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A live connection is used on; without one the request fails, provably unsent."""
    names.ttl_s = 0
    pool = pool_at(doors[0], resolver)
    get(pool)
    monkeypatch.setattr("loadtests.resolver.LOOKUP_S", 0.2)
    names.silent = True
    assert get(pool)[0].status == 200
    pool.close()
    said, _ = get(pool, "POST")
    assert (said.status, said.sent) == (None, False)
    assert said.trouble is not None
    assert said.trouble.startswith("dns: ")


def test_whoever_has_a_connection_does_not_wait_for_dns(
    doors: Doors, names: NameServer, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
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


def test_load_never_goes_to_another_name(doors: Doors, resolver: Resolver) -> None:
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
