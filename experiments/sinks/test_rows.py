"""What rows of a database come to: counts, digests, sums."""

from collections import namedtuple
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from experiments.sinks import rows
from reports.evidence import order_digest, shipment_digest

Header = namedtuple("Header", "external_id order_id grand_total stamp product_id quantity unit_price")
Fact = namedtuple("Fact", "external_id order_id order_item_seq_id grand_total stamp product_id quantity unit_price")

Shipped = namedtuple(
    "Shipped", "external_id order_id order_item_seq_id shipment_id facility_id stamp product_id quantity"
)

AT = datetime(2026, 11, 23, 6, 0, 0, 250_000, tzinfo=UTC)
AT_US = 1_795_413_600_250_000


def header(
    order_id: str, product: str | None, quantity: Any = Decimal("1.000000"), price: Any = Decimal("2.50")
) -> Header:
    return Header("GD1", order_id, Decimal("7.50"), AT, product, quantity, price)


def fact(order_id: str, seq: str, product: str = "P1") -> Fact:
    return Fact("GD1", order_id, seq, Decimal("5.00"), AT, product, Decimal(1), Decimal("2.50"))


def test_an_order_is_one_row_with_the_digest_of_its_items() -> None:
    """Whatever the order of its items, and however the database writes a number."""
    found = rows.orders([header("10", "P2", Decimal(2)), header("10", "P1")])

    assert found == [
        rows.KeyRow("order", "GD1", 1, order_digest("GD1", [("P1", 1, 250), ("P2", 2, 250)], 750), 750, AT_US)
    ]


def test_a_duplicate_is_counted_and_does_not_change_the_digest() -> None:
    (found,) = rows.orders([header("10", "P1"), header("11", "P1")])

    assert (found.count, found.digest) == (2, order_digest("GD1", [("P1", 1, 250)], 750))


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([header("10", None, None, None)], id="no item"),
        pytest.param([header("10", "P1"), header("11", "P2")], id="a duplicate with other content"),
    ],
)
def test_a_damaged_order_has_another_digest(items: list[Header]) -> None:
    (found,) = rows.orders(items)

    assert found.digest != order_digest("GD1", [("P1", 1, 250)], 750)


def test_a_fact_is_counted_by_its_most_frequent_item() -> None:
    """One fact an item: two of the same item are a duplicate, two items are an order of two."""
    (twice,) = rows.order_facts([fact("10", "00001"), fact("10", "00002"), fact("11", "00001")])
    (once,) = rows.order_facts([fact("10", "00002", "P2"), fact("10", "00001", "P1")])

    assert twice.count == 2
    assert (once.count, once.digest) == (1, order_digest("GD1", [("P1", 1, 250), ("P2", 1, 250)], 500))


def shipped(shipment_id: str, product: str = "P1", quantity: int = 1, facility: str = "BOSTON") -> Any:
    return Shipped("GD1", "10", product, shipment_id, facility, AT, product, Decimal(quantity))


@pytest.mark.parametrize("read", [rows.shipments, rows.shipment_facts])
def test_a_shipment_is_one_row_with_what_left_from_where(read: Any) -> None:
    """The same from its items on the primary and from its facts in the warehouse, under the order's key and ":S"."""
    digest = shipment_digest("GD1:S", "BOSTON", [("P1", 1), ("P2", 3)])

    assert read([shipped("S1", "P2", 3), shipped("S1")]) == [rows.KeyRow("shipment", "GD1:S", 1, digest, None, AT_US)]


@pytest.mark.parametrize("read", [rows.shipments, rows.shipment_facts])
@pytest.mark.parametrize(
    ("items", "count"),
    [
        pytest.param([shipped("S1"), shipped("S2")], 2, id="shipped twice"),
        pytest.param([shipped("S1", facility="CHICAGO")], 1, id="from elsewhere"),
        pytest.param([shipped("S1", quantity=2)], 1, id="too many"),
    ],
)
def test_a_shipment_that_went_wrong_shows(read: Any, items: list[Any], count: int) -> None:
    """By its count, or by its digest."""
    (found,) = read(items)

    as_it_was = shipment_digest("GD1:S", "BOSTON", [("P1", 1)])
    assert (found.count, found.digest == as_it_was) == (count, count == 2)


def test_stock_taken_is_positive_units() -> None:
    Row = namedtuple("Row", "facility_id product_id diff count stamp")

    assert rows.stock([Row("F", "P", Decimal("-3.000000"), 2, AT)]) == [rows.StockRow("F|P", 3, 2, AT_US)]


def test_times_are_microseconds_in_any_zone() -> None:
    """A time without a zone is UTC."""
    elsewhere = AT.astimezone(timezone(timedelta(hours=5)))

    assert {rows.microseconds(t) for t in (AT, elsewhere, AT.replace(tzinfo=None))} == {AT_US}
    assert rows.microseconds(None) is None
