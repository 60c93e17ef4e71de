"""What the warehouse's loader says of itself: up to where it has read.

A loader that keeps a cursor claims by it to have everything up to there. That claim makes an absence judgeable when a
sentinel does not show: either the loader has not come so far yet (nothing is known), or it went past it (it is lost).
A warehouse without such a table makes no claim.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from experiments.sinks import tables as t
from experiments.sinks.read import Sink, SinkUnreadableError
from experiments.sinks.rows import microseconds
from reports.evidence import SHIPMENT_SUFFIX

# Cycles that must begin beyond the sentinel after it was there to be read: one may have been under way, one reads it.
CYCLES = 3


class Claim:
    """Whether the loader went past what one write changed without loading it; ask again and again."""

    def __init__(self, replica: Sink, warehouse: Sink, kind: str, key: str) -> None:
        self._replica, self._warehouse, self._kind, self._key = replica, warehouse, kind, key
        self._seen: set[int] = set()

    def holds(self) -> bool:
        """True once the change was there on the replica and the cursor moved on beyond it CYCLES times after."""
        try:
            change_us = microseconds(self._replica.scalar(CHANGES[self._kind](self._key)))
            cursor_us = _cursor_us(self._warehouse, FACTS[self._kind])
        except SinkUnreadableError:
            return False
        if change_us is None or cursor_us is None or cursor_us <= change_us:
            return False
        self._seen.add(cursor_us)
        return len(self._seen) > CYCLES


def _cursor_us(warehouse: Sink, fact: str) -> int | None:
    """How far the loader has read one fact; each has a cursor of its own."""
    cursor = t.LOAD_CURSOR.c
    return microseconds(warehouse.scalar(sa.select(cursor.cursor_date).where(cursor.fact_name == fact)))


def _order_change(key: str) -> sa.Select[Any]:
    """The time that the order's facility change carries."""
    header, change = t.ORDER_HEADER.c, t.ORDER_FACILITY_CHANGE.c
    return (
        sa.select(sa.func.max(change.change_datetime))
        .select_from(t.ORDER_FACILITY_CHANGE.join(t.ORDER_HEADER, change.order_id == header.order_id))
        .where(header.external_id == key)
    )


def _shipment_change(key: str) -> sa.Select[Any]:
    """The time at which the order's items were completed, which is when they were shipped."""
    header, status = t.ORDER_HEADER.c, t.ORDER_STATUS.c
    return (
        sa.select(sa.func.max(status.status_datetime))
        .select_from(t.ORDER_STATUS.join(t.ORDER_HEADER, status.order_id == header.order_id))
        .where(header.external_id == key.removesuffix(SHIPMENT_SUFFIX), status.status_id == "ITEM_COMPLETED")
    )


def _stock_change(key: str) -> sa.Select[Any]:
    """The time that the stock row carries."""
    detail = t.INVENTORY_ITEM_DETAIL.c
    return sa.select(sa.func.max(detail.effective_date)).where(detail.description == key)


# By kind of write: when it changed what the fact is made from, and the fact that shows it first (hotwax/oms-bi).
CHANGES: dict[str, Callable[[str], sa.Select[Any]]] = {
    "order": _order_change,
    "shipment": _shipment_change,
    "stock_delta": _stock_change,
}
FACTS = {
    "order": "OrderFacilityChangeFact",
    "shipment": "OrderItemFulfillmentFact",
    "stock_delta": "InventoryItemDetailFact",
}
