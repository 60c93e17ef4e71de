"""What is asked of a sink: one statement a question, in SQLAlchemy Core, which speaks every dialect.

``orders``, ``shipments`` and ``stock`` ask the primary and its replica, ``*_facts`` the warehouse for the same rows.
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from experiments.sinks import tables as t

# An order leaves this facility once; whoever rejects it later sends it to another, so that row stands for the order.
NEVER_BROKERED = "_NA_"
# A customer's own to fetch: no job ships it.
PICKUP = "STOREPICKUP"


def orders(prefix: str) -> sa.Select[Any]:
    header, item = t.ORDER_HEADER.c, t.ORDER_ITEM.c
    return (
        sa.select(
            header.external_id,
            header.order_id,
            header.grand_total,
            header.created_stamp.label("stamp"),
            item.product_id,
            item.quantity,
            item.unit_price,
        )
        .select_from(t.ORDER_HEADER.outerjoin(t.ORDER_ITEM, header.order_id == item.order_id))
        .where(header.external_id.startswith(prefix, autoescape=True))
    )


def order_facts(prefix: str) -> sa.Select[Any]:
    fact = t.ORDER_FACILITY_CHANGE_FACT.c
    return sa.select(
        fact.external_id,
        fact.order_id,
        fact.order_item_seq_id,
        fact.grand_total,
        fact.loaded_at.label("stamp"),
        fact.product_id,
        fact.quantity,
        fact.unit_price,
    ).where(fact.external_id.startswith(prefix, autoescape=True), fact.from_facility_id == NEVER_BROKERED)


def shipments(prefix: str) -> sa.Select[Any]:
    """Every item of a shipment that left."""
    header, shipment, item = t.ORDER_HEADER.c, t.SHIPMENT.c, t.SHIPMENT_ITEM.c
    return (
        sa.select(
            header.external_id,
            shipment.shipment_id,
            shipment.origin_facility_id.label("facility_id"),
            shipment.last_updated_stamp.label("stamp"),
            item.product_id,
            item.quantity,
        )
        .select_from(_shipped())
        .where(header.external_id.startswith(prefix, autoescape=True), shipment.status_id == "SHIPMENT_SHIPPED")
    )


def shipment_facts(prefix: str) -> sa.Select[Any]:
    fact = t.ORDER_ITEM_FULFILLMENT_FACT.c
    return sa.select(
        fact.external_id,
        fact.order_id,
        fact.order_item_seq_id,
        fact.shipment_id,
        fact.facility_id,
        fact.loaded_at.label("stamp"),
        fact.product_id,
        fact.quantity,
    ).where(fact.external_id.startswith(prefix, autoescape=True))


def stock(prefix: str) -> sa.Select[Any]:
    detail, item = t.INVENTORY_ITEM_DETAIL.c, t.INVENTORY_ITEM.c
    return (
        sa.select(
            item.facility_id,
            item.product_id,
            sa.func.sum(detail.available_to_promise_diff).label("diff"),
            sa.func.count().label("count"),
            sa.func.max(detail.created_stamp).label("stamp"),
        )
        .select_from(t.INVENTORY_ITEM_DETAIL.join(t.INVENTORY_ITEM, detail.inventory_item_id == item.inventory_item_id))
        .where(detail.description.startswith(prefix, autoescape=True))
        .group_by(item.facility_id, item.product_id)
    )


def stock_facts(prefix: str) -> sa.Select[Any]:
    fact = t.INVENTORY_ITEM_DETAIL_FACT.c
    return (
        sa.select(
            fact.facility_id,
            fact.product_id,
            sa.func.sum(fact.available_to_promise_diff).label("diff"),
            sa.func.count().label("count"),
            sa.func.max(fact.loaded_at).label("stamp"),
        )
        .where(fact.description.startswith(prefix, autoescape=True))
        .group_by(fact.facility_id, fact.product_id)
    )


def orders_among(keys: Collection[str], *, warehouse: bool) -> sa.Select[Any]:
    """Which of these external order ids are there."""
    column = t.ORDER_FACILITY_CHANGE_FACT.c.external_id if warehouse else t.ORDER_HEADER.c.external_id
    return sa.select(column.label("external_id")).where(column.in_(keys)).distinct()


def shipments_among(keys: Collection[str], *, warehouse: bool) -> sa.Select[Any]:
    """The orders of which of these external order ids were shipped."""
    if warehouse:
        fact = t.ORDER_ITEM_FULFILLMENT_FACT.c
        return sa.select(fact.external_id).where(fact.external_id.in_(keys)).distinct()
    header = t.ORDER_HEADER.c
    shipped = sa.select(header.external_id).select_from(_shipped()).where(t.SHIPMENT.c.status_id == "SHIPMENT_SHIPPED")
    return shipped.where(header.external_id.in_(keys)).distinct()


def stock_rows(description: str, *, warehouse: bool) -> sa.Select[Any]:
    """How many stock rows have that description."""
    table = t.INVENTORY_ITEM_DETAIL_FACT if warehouse else t.INVENTORY_ITEM_DETAIL
    return sa.select(sa.func.count()).select_from(table).where(table.c.description == description)


def packed_waiting(prefix: str) -> sa.Select[Any]:
    """How many packed shipments the job that ships has still to take."""
    shipment = t.SHIPMENT.c
    return (
        sa.select(sa.func.count(shipment.shipment_id.distinct()))
        .select_from(_shipped())
        .where(
            t.ORDER_HEADER.c.external_id.startswith(prefix, autoescape=True),
            shipment.status_id == "SHIPMENT_PACKED",
            shipment.shipment_method_type_id != PICKUP,
        )
    )


def _shipped() -> sa.FromClause:
    """Shipments with their items and the orders that they are of."""
    of, item = t.ORDER_SHIPMENT.c, t.SHIPMENT_ITEM.c
    return (
        t.SHIPMENT.join(t.ORDER_SHIPMENT, of.shipment_id == t.SHIPMENT.c.shipment_id)
        .join(
            t.SHIPMENT_ITEM,
            (item.shipment_id == of.shipment_id) & (item.shipment_item_seq_id == of.shipment_item_seq_id),
        )
        .join(t.ORDER_HEADER, t.ORDER_HEADER.c.order_id == of.order_id)
    )
