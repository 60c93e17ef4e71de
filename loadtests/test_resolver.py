"""How long an address is good, and what is remembered of the name server."""

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import gevent
import pytest

from loadtests.loopback import NameServer
from loadtests.namejournal import NameJournal
from loadtests.profiles import Profile, ProfileError, load_profile
from loadtests.resolver import (
    FAILED_S,
    ForbiddenAddressError,
    Freshness,
    Lookup,
    NameLookupError,
    Resolver,
)
from reports.evidence import RunDirectory

NAME = "www.oms.test"


@pytest.fixture
def names() -> Iterator[NameServer]:
    with NameServer(["127.0.0.2", "127.0.0.1"], ttl_s=30) as server:
        yield server


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The resolver's clock; it stands at ``now`` seconds."""
    time = SimpleNamespace(now=1000.0)
    time.monotonic = lambda: time.now
    monkeypatch.setattr("loadtests.resolver.time", time)
    return time


def resolver(names: NameServer, keep: Freshness = "ttl", heard: list[Lookup] | None = None) -> Resolver:
    said = [] if heard is None else heard
    return Resolver(NAME, ("127.0.0.1", names.port), keep=keep, on_lookup=said.append)


@pytest.mark.parametrize(
    ("keep", "after_s", "asked"),
    [("ttl", 29.9, 1), ("ttl", 30.0, 2), ("pin", 1e9, 1), (5.0, 4.9, 1), (5.0, 5.0, 2), (60.0, 59.0, 1)],
)
def test_an_answer_is_good_for_as_long_as_was_said(
    keep: Freshness, after_s: float, asked: int, names: NameServer, clock: SimpleNamespace
) -> None:
    """The TTL is what is right; the others are what some clients do."""
    asking = resolver(names, keep)
    asking.resolve()
    clock.now += after_s
    assert asking.resolve()[0] == ("127.0.0.1", "127.0.0.2")
    assert names.asked == asked


def test_the_latest_answer_is_there_at_once_and_renewed_meanwhile(names: NameServer, clock: SimpleNamespace) -> None:
    """Whoever has a connection does not wait for a name server; nobody asks twice at once."""
    asking = resolver(names)
    assert asking.latest() is None
    asking.resolve()
    names.addresses = ["127.0.0.3"]
    clock.now += 26.9
    assert asking.latest() == ("127.0.0.1", "127.0.0.2")
    gevent.sleep(0)
    assert names.asked == 1
    clock.now += 1.2  # 2 s, LOOKUP_S, are left of 30: less than a tenth
    for _ in range(3):
        assert asking.latest() == ("127.0.0.1", "127.0.0.2")
        gevent.sleep(0)
    assert names.asked == 2
    clock.now += 1.8
    assert asking.latest() == ("127.0.0.1", "127.0.0.2"), "it holds for its TTL, as with every client"
    clock.now += 0.1
    assert asking.latest() == ("127.0.0.3",), "and not a moment longer"
    assert asking.resolve() == (("127.0.0.3",), None)
    clock.now += 25.2  # so long after the second answer as the first was good for when that came
    assert asking.latest() == ("127.0.0.3",)
    gevent.sleep(0)
    assert names.asked == 2
    clock.now += 1
    asking.latest()
    gevent.sleep(0)
    assert names.asked == 3, "the TTL of an answer counts from when it came"


def test_an_answer_is_renewed_in_time_also_when_nobody_asks_just_then(names: NameServer) -> None:
    """So that who comes with an old connection after the TTL is not sent to the old address."""
    names.ttl_s, heard = 1, list[Lookup]()
    asking = resolver(names, heard=heard)
    asking.resolve()
    names.addresses = ["127.0.0.3"]
    with gevent.Timeout(30):
        while len(heard) < 3:
            gevent.sleep(0.01)
    assert asking.latest() == ("127.0.0.3",)


def test_a_resolver_that_nobody_has_any_more_asks_nothing(names: NameServer) -> None:
    names.ttl_s = 1
    asking = resolver(names)
    asking.resolve()
    gone = weakref.ref(asking)
    del asking
    gc.collect()
    assert gone() is None


def test_a_resolver_that_is_closed_asks_nothing_ahead(names: NameServer, clock: SimpleNamespace) -> None:
    asking = resolver(names)
    asking.resolve()
    asking.close()
    clock.now += 28.1
    assert asking.latest() == ("127.0.0.1", "127.0.0.2")
    gevent.sleep(0)
    assert names.asked == 1


def test_a_dead_name_server_leaves_the_latest_answer(
    names: NameServer, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked again after a while, not by everybody all the time."""
    monkeypatch.setattr("loadtests.resolver.LOOKUP_S", 0.2)
    asking = resolver(names)
    asking.resolve()
    names.silent = True
    clock.now += 30
    for asked in (2, 2, 3):
        assert asking.latest() == ("127.0.0.1", "127.0.0.2")
        gevent.sleep(0)
        assert names.asked == asked
        clock.now += FAILED_S * 0.6


def test_every_answer_of_the_name_server_is_told(
    names: NameServer, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Good ones, bad ones, and those that we will not follow."""
    monkeypatch.setattr("loadtests.resolver.LOOKUP_S", 0.2)
    heard: list[Lookup] = []
    asking = resolver(names, heard=heard)
    asking.resolve()
    asking.resolve()
    clock.now += 31
    names.addresses = ["192.0.2.1"]
    with pytest.raises(ForbiddenAddressError):
        asking.resolve()
    with pytest.raises(NameLookupError, match=r"found 192\.0\.2\.1"):  # not asked again at once
        asking.resolve()
    clock.now += FAILED_S
    names.silent = True
    with pytest.raises(NameLookupError):
        asking.resolve()
    assert [(lookup.addresses, lookup.ttl_s, lookup.error) for lookup in heard] == [
        (("127.0.0.1", "127.0.0.2"), 30, None),
        (("192.0.2.1",), 30, None),
        ((), None, "dns: LifetimeTimeout"),
    ]


def test_the_journal_holds_every_change_and_a_short_ttl_does_not_fill_it(tmp_path: Path) -> None:
    """Which addresses, and when, is among the run's signals."""
    run = RunDirectory.create(tmp_path / "run", name="test", kind="load", facts={})
    journal = NameJournal(run.signals("w0"), NAME)
    one, two = ("127.0.0.1",), ("127.0.0.2",)
    journal.heard(Lookup(0, 5, one, 1))
    journal.heard(Lookup(10, 5, one, 1))
    journal.heard(Lookup(20, 5, two, 1))
    journal.heard(Lookup(30, 5, error="dns: NXDOMAIN"))
    journal.heard(Lookup(40, 5, error="dns: NXDOMAIN"))
    journal.heard(Lookup(50, 5, two, 1))
    journal.heard(Lookup(1_000_050, 6, two, 1))
    journal.close()
    signals = run.read_signals()
    assert {(signal.name, signal.subject, signal.writer) for signal in signals} == {("web_addresses", NAME, "w0")}
    assert [(signal.at_us, signal.value.get("addresses"), signal.value.get("error")) for signal in signals] == [
        (0, ["127.0.0.1"], None),
        (20, ["127.0.0.2"], None),
        (30, None, "dns: NXDOMAIN"),
        (50, ["127.0.0.2"], None),
        (1_000_050, ["127.0.0.2"], None),
    ]


@pytest.mark.parametrize(("said", "means"), [('"pin"', "pin"), ("30", 30.0), ('"ttl"', "ttl"), (None, "ttl")])
def test_a_profile_says_for_how_long_its_clients_keep_an_address(
    said: str | None, means: Freshness, tmp_path: Path
) -> None:
    assert _profile(tmp_path, said).dns == means


@pytest.mark.parametrize("said", ['"always"', "0", "-1"])
def test_any_other_word_is_refused(said: str, tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="dns"):
        _profile(tmp_path, said)


def _profile(tmp_path: Path, dns: str | None) -> Profile:
    file = tmp_path / "profiles.toml"
    file.write_text(f"[p]\n{'' if dns is None else f'dns = {dns}'}\n[p.jobs]\nusers = 1\nrate = 1.0\n")
    return load_profile("p", file)
