"""What the warehouse's loader says of itself: up to where it has read.

A loader that keeps a cursor claims by it to have everything up to there. That claim makes an absence judgeable when a
sentinel does not show: either the loader has not come so far yet (nothing is known), or it went past it (it is lost).
A warehouse without such a table makes no claim.
"""

import sqlalchemy as sa

from experiments.sinks import tables as t
from experiments.sinks.read import Sink, SinkUnreadableError
from experiments.sinks.rows import microseconds

# Cycles that must begin beyond the sentinel after it was there to be read: one may have been under way, one reads it.
CYCLES = 3
# The fact that shows an order first (hotwax/oms-bi).
FACT = "OrderFacilityChangeFact"


class Claim:
    """Whether the loader went past one order's change without loading it; ask again and again."""

    def __init__(self, replica: Sink, warehouse: Sink, key: str) -> None:
        self._replica, self._warehouse, self._key = replica, warehouse, key
        self._seen: set[int] = set()

    def holds(self) -> bool:
        """True once the change was there on the replica and the cursor moved on beyond it CYCLES times after."""
        try:
            change_us = _change_us(self._replica, self._key)
            cursor_us = _cursor_us(self._warehouse)
        except SinkUnreadableError:
            return False
        if change_us is None or cursor_us is None or cursor_us <= change_us:
            return False
        self._seen.add(cursor_us)
        return len(self._seen) > CYCLES


def _change_us(replica: Sink, key: str) -> int | None:
    """The time that the order's facility change carries; None while it is not there."""
    header, change = t.ORDER_HEADER.c, t.ORDER_FACILITY_CHANGE.c
    query = (
        sa.select(sa.func.max(change.change_datetime))
        .select_from(t.ORDER_FACILITY_CHANGE.join(t.ORDER_HEADER, change.order_id == header.order_id))
        .where(header.external_id == key)
    )
    return microseconds(replica.scalar(query))


def _cursor_us(warehouse: Sink) -> int | None:
    """How far the loader has read the changes; other facts have cursors of their own."""
    cursor = t.LOAD_CURSOR.c
    return microseconds(warehouse.scalar(sa.select(cursor.cursor_date).where(cursor.fact_name == FACT)))
