"""What is asked of a sink: one statement a question, in SQLAlchemy Core, which speaks every dialect."""

from typing import Any

import sqlalchemy as sa

from experiments.sinks import tables as t


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


def facts(prefix: str) -> sa.Select[Any]:
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
