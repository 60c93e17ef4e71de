"""The OFBiz API as an operator uses it who looks for orders and cancels them. Pure.

``performFind`` with ``entityName`` OrderHeader and ``service/changeOrderStatus`` are what HotWax's own apps send
(hotwax/oms-api, ``src/modules/order``); OFBiz's operator ``like`` puts the wildcard behind the value by itself.
"""

from dataclasses import dataclass
from typing import Any

from loadtests.api.call import Call, post

PAGE = 250  # rows, the most that performFind gives
CANCELLED = "ORDER_CANCELLED"
# What OFBiz lets become cancelled (StatusValidChange of its seed data).
CANCELLABLE = ("ORDER_CREATED", "ORDER_APPROVED", "ORDER_HOLD", "ORDER_PROCESSING")


@dataclass(frozen=True, slots=True)
class Order:
    """An order as a list tells it."""

    order_id: str
    external_id: str
    status_id: str


def find_orders(prefix: str, after: str | None = None) -> Call:
    """List the orders whose external id begins with the prefix, by their ids: a page of those after this id.

    Not by ``viewIndex``: each server draws its ids from blocks of its own, so that an order which comes in late moves
    all behind it by one, and the next page would begin with an order that has been listed.
    """
    fields = {"externalId": prefix, "externalId_op": "like"}
    if after is not None:
        fields |= {"orderId": after, "orderId_op": "greaterThan"}
    body = {
        "entityName": "OrderHeader",
        "inputFields": fields,
        "fieldList": ["orderId", "externalId", "statusId"],
        "orderBy": "orderId",
        "viewSize": PAGE,
    }
    return post("performFind", body, proof="docs", needs_token=True)


def found(body: dict[str, Any]) -> list[Order]:
    """Return the orders of a list's answer; none for "No record found"."""
    docs = body.get("docs") or []
    return [Order(str(doc["orderId"]), str(doc.get("externalId", "")), str(doc.get("statusId", ""))) for doc in docs]


def cancel(order_id: str) -> Call:
    """Cancel an order with all its items; asked again, it says the same."""
    body = {"orderId": order_id, "statusId": CANCELLED, "setItemStatus": "Y"}
    return post("service/changeOrderStatus", body, proof="oldStatusId", write=True)
