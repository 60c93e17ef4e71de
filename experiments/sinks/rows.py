"""From rows of a database to what the judge compares: counts, digests, sums. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from reports.evidence import SHIPMENT_SUFFIX, Job, order_digest, shipment_digest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class KeyRow:
    """One order or shipment in a sink: how often it is there, its content's digest, its own stamp."""

    kind: str
    key: str
    count: int
    digest: str
    amount_minor: int | None  # a shipment has none
    stamp_us: int | None


@dataclass(frozen=True)
class StockRow:
    """Stock taken at one "facility|product" by rows of one prefix: units (positive) and rows."""

    key: str
    units: int
    count: int
    stamp_us: int | None


@dataclass
class _Order:
    """What was read of one external id so far: the items of each order that carries it."""

    total: Decimal = Decimal(0)
    stamp: datetime | None = None
    items: dict[str, list[tuple[str, int, int]]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class _Shipments:
    """What was read of one external id so far: facility and items of each shipment of it."""

    stamp: datetime | None = None
    places: dict[str, str] = field(default_factory=dict)
    items: dict[str, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))


def kind_of(key: str) -> str:
    """The kind of write that a key stands for."""
    return "shipment" if key.endswith(SHIPMENT_SUFFIX) else "order"


def microseconds(moment: datetime | None) -> int | None:
    """Microseconds since the epoch of a database's time stamp; without a time zone it is UTC."""
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def minor(amount: Decimal | None) -> int:
    """An amount of money in minor units (cents)."""
    return int(((amount or Decimal(0)) * 100).to_integral_value())


def orders(rows: Iterable[Any]) -> list[KeyRow]:
    """Orders from joined header and item rows; the count is the number of order headers."""
    found = _collect(rows, of_item=lambda row: row.product_id is not None)
    return [_order_row(key, order, count=len(order.items)) for key, order in sorted(found.items())]


def order_facts(rows: Iterable[Any]) -> list[KeyRow]:
    """Orders from warehouse facts, one row an item; the count is how often the most frequent item is there."""
    first, counts = _one_of_each_item(rows)
    found = _collect(first, of_item=lambda _: True, one_order=True)
    return [_order_row(key, order, count=counts[key]) for key, order in sorted(found.items())]


def shipments(rows: Iterable[Any]) -> list[KeyRow]:
    """Shipments from the items of those that left; the count is the number of shipments of an external order id."""
    found = _collect_shipments(rows)
    return [_shipment_row(key, one, count=len(one.items)) for key, one in sorted(found.items())]


def shipment_facts(rows: Iterable[Any]) -> list[KeyRow]:
    """Shipments from warehouse facts, one row an order item; counted as orders are."""
    first, counts = _one_of_each_item(rows)
    found = _collect_shipments(first, one_shipment=True)
    return [_shipment_row(key, one, count=counts[key]) for key, one in sorted(found.items())]


def _one_of_each_item(rows: Iterable[Any]) -> tuple[list[Any], dict[str, int]]:
    """One row of each order item, and by external id how often its most frequent item is there."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    first: dict[tuple[str, str], Any] = {}
    for row in sorted(rows, key=lambda row: (row.external_id, row.order_id, row.order_item_seq_id)):
        seen[row.external_id][row.order_item_seq_id] += 1
        first.setdefault((row.external_id, row.order_item_seq_id), row)
    return list(first.values()), {key: max(counts.values()) for key, counts in seen.items()}


def _collect_shipments(rows: Iterable[Any], *, one_shipment: bool = False) -> dict[str, _Shipments]:
    found: dict[str, _Shipments] = defaultdict(_Shipments)
    for row in rows:
        one, name = found[row.external_id], "" if one_shipment else row.shipment_id
        one.stamp = min(filter(None, (one.stamp, row.stamp)), default=None)
        one.places[name] = row.facility_id
        one.items[name].append((row.product_id, int(row.quantity)))
    return found


def _shipment_row(external_id: str, one: _Shipments, *, count: int) -> KeyRow:
    """One key; when it was shipped several times with different content, its digest names them all."""
    key = external_id + SHIPMENT_SUFFIX
    digests = sorted({shipment_digest(key, one.places[name], items) for name, items in one.items.items()})
    return KeyRow("shipment", key, count, "+".join(digests), None, microseconds(one.stamp))


def _collect(rows: Iterable[Any], of_item: Callable[[Any], bool], *, one_order: bool = False) -> dict[str, _Order]:
    found: dict[str, _Order] = defaultdict(_Order)
    for row in rows:
        order = found[row.external_id]
        order.total = row.grand_total
        order.stamp = min(filter(None, (order.stamp, row.stamp)), default=None)
        items = order.items["" if one_order else row.order_id]
        if of_item(row):
            items.append((row.product_id, int(row.quantity), minor(row.unit_price)))
    return found


def _order_row(key: str, order: _Order, *, count: int) -> KeyRow:
    """One key; when it is there several times with different content, its digest names them all."""
    amount_minor = minor(order.total)
    digests = sorted({order_digest(key, items, amount_minor) for items in order.items.values()})
    return KeyRow("order", key, count, "+".join(digests), amount_minor, microseconds(order.stamp))


def stock(rows: Iterable[Any]) -> list[StockRow]:
    found = [
        StockRow(f"{row.facility_id}|{row.product_id}", int(-row.diff), int(row.count), microseconds(row.stamp))
        for row in rows
    ]
    return sorted(found, key=lambda row: row.key)


def job(row: Any, when: str) -> Job:
    """One row of the job table, as it was ``when`` (before or after)."""
    return Job(
        when=when,
        job_id=row.job_id,
        job_name=row.job_name,
        service_name=row.service_name,
        status_id=row.status_id,
        run_time_us=microseconds(row.run_time),
        start_us=microseconds(row.start_date_time),
        finish_us=microseconds(row.finish_date_time),
        cancel_us=microseconds(row.cancel_date_time),
        run_by_instance_id=row.run_by_instance_id,
        temp_expr_id=row.temp_expr_id,
        parent_job_id=row.parent_job_id,
        previous_job_id=row.previous_job_id,
        job_result=row.job_result,
        current_retry_count=row.current_retry_count,
        lease_us=microseconds(row.lease_updated_stamp),
    )
