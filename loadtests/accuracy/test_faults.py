"""The fault script, as a table."""

import pytest

from loadtests.accuracy.faults import (
    CUT_NS,
    DRIP_NS,
    KINDS,
    MS,
    SERVICE_NS,
    Ending,
    Fate,
    Kind,
    Script,
    denied,
    draw,
    fate,
)

FROM, TO = 1000 * MS, 2000 * MS
LONG_BEFORE, UNDER_WAY, IN, LAST, AT_END = FROM - 500 * MS, FROM - SERVICE_NS // 2, FROM + 300 * MS, TO - 1, TO


@pytest.mark.parametrize(
    ("kind", "received", "ending", "at"),
    [
        ("stall", LONG_BEFORE, "ok", LONG_BEFORE + SERVICE_NS),
        ("stall", UNDER_WAY, "ok", TO),
        ("stall", IN, "ok", TO),
        ("stall", LAST, "ok", LAST + SERVICE_NS),
        ("reset_before_headers", LONG_BEFORE, "ok", LONG_BEFORE + SERVICE_NS),
        ("reset_before_headers", UNDER_WAY, "reset", FROM),
        ("reset_before_headers", IN, "reset", IN),
        ("reset_before_headers", AT_END, "ok", AT_END + SERVICE_NS),
        ("reset_after_headers", UNDER_WAY, "cut", FROM + CUT_NS),
        ("reset_after_headers", IN, "cut", IN + CUT_NS),
        ("drip", UNDER_WAY, "ok", UNDER_WAY + SERVICE_NS),
        ("drip", IN, "ok", IN + SERVICE_NS + DRIP_NS),
        ("burst_503", UNDER_WAY, "ok", UNDER_WAY + SERVICE_NS),
        ("burst_503", IN, "unavailable", IN + SERVICE_NS),
        ("burst_503", AT_END, "ok", AT_END + SERVICE_NS),
        ("refuse", UNDER_WAY, "reset", FROM),
        ("refuse", IN, "refused", None),
        ("slow_accept", IN, "ok", IN + SERVICE_NS),
        ("hung", UNDER_WAY, "never", None),
        ("hung", IN, "never", None),
        ("hung", AT_END, "ok", AT_END + SERVICE_NS),
        ("none", IN, "ok", IN + SERVICE_NS),
    ],
)
def test_what_a_request_meets_is_decided_by_when_it_is_in_the_server(
    kind: Kind, received: int, ending: Ending, at: int | None
) -> None:
    assert fate(Script(kind, FROM, TO), received) == Fate(ending, at, drips=kind == "drip" and received == IN)


def test_only_what_is_from_before_the_fault_is_half_open() -> None:
    script = Script("half_open", FROM, TO)
    assert fate(script, IN) == Fate("ok", IN + SERVICE_NS)
    assert fate(script, IN, stale=True) == Fate("reset", TO)
    assert fate(script, TO + 7, stale=True) == Fate("reset", TO + 7)


def test_an_address_that_its_name_has_left_stays_unavailable() -> None:
    script = Script("dns_flip", FROM, TO)
    assert fate(script, LONG_BEFORE, stale=True).ending == "ok"
    assert fate(script, TO + 500 * MS, stale=True).ending == "unavailable"
    assert fate(script, TO + 500 * MS).ending == "ok"


def test_the_seed_decides_when_and_how_long() -> None:
    assert draw("stall", 1) == draw("stall", 1)
    assert len({draw(kind, seed) for kind in KINDS for seed in range(3)}) == 3 * len(KINDS)


def test_an_outage_begins_with_the_oldest_request_that_it_ends() -> None:
    assert denied(Script("hung", FROM, TO)) == (FROM - SERVICE_NS, TO)
    assert denied(Script("burst_503", FROM, TO)) == (FROM, TO)
    assert denied(Script("drip", FROM, TO)) is None


def test_a_name_is_left_when_its_last_answer_has_expired() -> None:
    script = Script("dns_flip", FROM, TO)
    assert denied(script, name_left_ns=FROM + 700 * MS) == (FROM, FROM + 700 * MS)
    assert denied(script, name_left_ns=FROM - 1) == (FROM, FROM)
