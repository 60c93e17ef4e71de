"""The promises about writes: a presence is proof at once, an absence after the barrier, nothing read is UNKNOWN."""

from typing import Any

import pytest

from reports.evidence import Landed, Write
from reports.judge.case import Case
from reports.judge.promise import Promise
from reports.judge.writes import read_sink, writes_at
from reports.testing.cases import barriers, beats, case, delta, order, shipment, there

LOST, TWICE = "no_acknowledged_write_lost", "no_write_duplicated"
PHANTOM, CORRUPT = "no_phantom_write", "no_write_corrupted"
ALL = (LOST, TWICE, PHANTOM, CORRUPT)
READ = barriers("primary", "replica", "warehouse")


def at(name: str, sink: str, found: Case) -> Promise:
    return writes_at(found, name, sink, read_sink(found, sink))


def read(writes: list[Write], primary: list[Landed], **more: object) -> Case:
    landed = {"primary": primary, "replica": primary, "warehouse": primary}
    return case(writes=writes, landed=landed | more.pop("landed", {}), events=more.pop("events", READ), **more)  # type: ignore[arg-type, operator]


@pytest.mark.parametrize("sink", ["primary", "replica", "warehouse"])
@pytest.mark.parametrize("name", ALL)
def test_everything_there_once_is_a_pass(name: str, sink: str) -> None:
    """Landed, recovered, absent and refused writes break nothing."""
    writes = [order("GD1"), order("GD2", "unknown"), order("GD3", "unknown"), order("GD4", "refused")]

    assert at(name, sink, read(writes, [there("GD1"), there("GD2")])).status == "PASS"


@pytest.mark.parametrize(
    ("name", "writes", "rows"),
    [
        pytest.param(LOST, [order("GD1"), order("GD2")], [there("GD1")], id="lost"),
        pytest.param(LOST, [order("GD1"), order("GD2")], [there("GD1"), there("GD2", 0)], id="flicker"),
        pytest.param(TWICE, [order("GD1")], [there("GD1", 2)], id="twice"),
        pytest.param(
            TWICE, [order("GD1"), order("GD2", "unknown")], [there("GD1"), there("GD2", 2)], id="unknown twice"
        ),
        pytest.param(PHANTOM, [order("GD1"), order("GD2", "refused")], [there("GD1"), there("GD2")], id="phantom"),
        pytest.param(PHANTOM, [order("GD1")], [there("GD1"), there("GD9")], id="unexpected"),
        pytest.param(CORRUPT, [order("GD1")], [there("GD1", digest="x")], id="corrupt"),
    ],
)
def test_a_broken_promise_on_the_primary_fails_there_and_only_there(
    name: str, writes: list[Write], rows: list[Landed]
) -> None:
    """It is charged once, where it was made, and the sentence names a key."""
    found = read(writes, rows)

    assert at(name, "primary", found).status == "FAIL"
    assert "GD" in at(name, "primary", found).because
    assert at(name, "replica", found).status == "PASS"
    assert [other for other in ALL if other != name and at(other, "primary", found).status == "FAIL"] == []


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        pytest.param(LOST, [there("GD1")], id="undelivered"),
        pytest.param(TWICE, [there("GD1"), there("GD2", 2)], id="doubled on the way"),
        pytest.param(PHANTOM, [there("GD1"), there("GD2"), there("GD3")], id="diverged"),
        pytest.param(CORRUPT, [there("GD1"), there("GD2", amount_minor=1)], id="changed on the way"),
    ],
)
def test_a_promise_broken_on_the_way_fails_downstream(name: str, rows: list[Landed]) -> None:
    """The warehouse answers for what the primary holds."""
    writes = [order("GD1"), order("GD2", "unknown"), order("GD3", "unknown")]
    found = read(writes, [there("GD1"), there("GD2")], landed={"warehouse": rows})

    assert at(name, "warehouse", found).status == "FAIL"
    assert at(name, "primary", found).status == "PASS"


def test_before_the_barrier_an_absence_proves_nothing_and_a_presence_does() -> None:
    """A loss is UNKNOWN while the sink may still be catching up; two of one are two."""
    waiting = barriers("primary", "replica", "warehouse", reached=False)
    writes = [order("GD1"), order("GD2")]

    assert at(LOST, "primary", read(writes, [there("GD1")], events=waiting)).status == "UNKNOWN"
    assert at(LOST, "primary", read(writes, [there("GD1"), there("GD2")], events=waiting)).status == "UNKNOWN"
    assert at(TWICE, "primary", read(writes, [there("GD1", 2)], events=waiting)).status == "FAIL"


@pytest.mark.parametrize("name", ALL)
def test_looking_at_nothing_is_unknown(name: str) -> None:
    """No read-back, no barrier, nothing acknowledged, no primary to compare with."""
    one = [order("GD1")]

    assert at(name, "primary", case(writes=one, events=READ)).status == "UNKNOWN"
    assert at(name, "primary", read(one, [there("GD1")], events=[])).status == "UNKNOWN"
    assert at(name, "primary", read([order("GD1", "unknown")], [])).status == "UNKNOWN"
    assert (
        at(name, "warehouse", read(one, [], landed={"primary": None, "warehouse": [there("GD1")]})).status == "UNKNOWN"
    )


def test_a_worker_without_a_ledger_makes_strangers_no_phantoms() -> None:
    """Keys that landed though the ledger of a load worker is empty say that the ledger is gone."""
    found = read([order("GD1")], [there("GD1"), there("GD9")], delivery=beats())

    assert at(PHANTOM, "primary", found).status == "UNKNOWN"
    assert "ledger of load worker w0 is empty" in at(PHANTOM, "primary", found).because


def test_no_content_read_back_is_no_proof_of_content() -> None:
    """Presence is not equality."""
    assert (
        at(CORRUPT, "primary", read([order("GD1")], [there("GD1", digest=None, amount_minor=None)])).status == "UNKNOWN"
    )


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param({}, "PASS", id="both compared"),
        pytest.param({"digest": None, "amount_minor": None}, "UNKNOWN", id="one of two compared"),
        pytest.param({"digest": None}, "UNKNOWN", id="of one only the amount"),
        pytest.param({"digest": None, "amount_minor": 1}, "FAIL", id="another amount is another content"),
    ],
)
def test_every_order_that_is_there_must_be_compared(content: dict, status: str) -> None:
    """One comparison does not stand for the rest."""
    found = read([order("GD1"), order("GD2")], [there("GD1"), there("GD2", **content)])

    assert at(CORRUPT, "primary", found).status == status


def shipped(key: str, count: int = 1, **columns: Any) -> Landed:
    return there(key, count, kind="shipment", amount_minor=None, **columns)


@pytest.mark.parametrize("sink", ["primary", "replica", "warehouse"])
@pytest.mark.parametrize("name", ALL)
def test_orders_and_their_shipments_that_are_all_there_are_a_pass(name: str, sink: str) -> None:
    """A shipment is a write of its own, under its own key; an order without one breaks nothing."""
    writes = [order("GD1"), order("GD2"), shipment("GD1:S"), shipment("GD2:S", "unknown"), shipment("GD3:S", "refused")]

    assert at(name, sink, read(writes, [there("GD1"), there("GD2"), shipped("GD1:S")])).status == "PASS"


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        pytest.param(LOST, [], id="one lost"),
        pytest.param(LOST, [shipped("GD1:S", 0)], id="one was there and is gone"),
        pytest.param(TWICE, [shipped("GD1:S", 2)], id="one shipped twice"),
        pytest.param(PHANTOM, [shipped("GD1:S"), shipped("GD2:S")], id="one that was refused"),
        pytest.param(PHANTOM, [shipped("GD1:S"), shipped("GD9:S")], id="one that nobody asked for"),
        pytest.param(CORRUPT, [shipped("GD1:S", digest="other")], id="other goods left"),
    ],
)
@pytest.mark.parametrize("sink", ["primary", "warehouse"])
def test_a_shipment_that_went_wrong_fails_where_it_was_made_and_only_there(
    name: str, rows: list[Landed], sink: str
) -> None:
    """On the primary by what the ledger says, in the warehouse by what the primary holds."""
    writes = [order("GD1"), order("GD2"), shipment("GD1:S"), shipment("GD2:S", "refused")]
    orders, good = [there("GD1"), there("GD2")], [shipped("GD1:S")]
    everywhere = orders + (rows if sink == "primary" else good)
    found = read(writes, everywhere, landed={"warehouse": orders + rows})

    assert at(name, sink, found).status == "FAIL"
    assert ":S" in at(name, sink, found).because
    elsewhere = [(other, where) for other in ALL for where in ("primary", "replica", "warehouse")]
    elsewhere.remove((name, sink))
    assert [(other, where) for other, where in elsewhere if at(other, where, found).status == "FAIL"] == []


def test_a_shipment_without_its_content_read_back_is_unknown() -> None:
    """The contents of the orders do not stand for it."""
    found = read([order("GD1"), shipment("GD1:S")], [there("GD1"), shipped("GD1:S", digest=None)])

    assert at(CORRUPT, "primary", found).status == "UNKNOWN"


def test_a_shipment_that_is_not_there_before_the_barrier_is_unknown() -> None:
    """The job that ships may still be at it."""
    waiting = barriers("primary", "replica", "warehouse", reached=False)
    found = read([order("GD1"), shipment("GD1:S")], [there("GD1")], events=waiting)

    assert at(LOST, "primary", found).status == "UNKNOWN"


@pytest.mark.parametrize(
    ("units", "name"), [pytest.param(4, LOST, id="units missing"), pytest.param(6, TWICE, id="units doubled")]
)
def test_stock_is_judged_in_the_warehouse_too(units: int, name: str) -> None:
    """Against the sums that the primary holds."""
    sums = [[Landed("F|P", "stock_delta", 1, units=taken)] for taken in (5, units)]
    found = read([delta("GD1", "acknowledged", 5)], sums[0], landed={"warehouse": sums[1]})

    assert at(name, "warehouse", found).status == "FAIL"
    assert [other for other in (LOST, TWICE, PHANTOM) if at(other, "primary", found).status != "PASS"] == []


def test_stock_that_was_not_meant_for_the_warehouse_is_not_missing_there() -> None:
    """As in runs from before the warehouse had stock."""
    rows = [there("GD2"), Landed("F|P", "stock_delta", 1, units=5)]
    sale = delta("GD1", "acknowledged", 5, sinks=("primary", "replica"))
    found = read([order("GD2"), sale], rows, landed={"warehouse": [there("GD2")]})

    assert at(LOST, "warehouse", found).status == "PASS"
