"""The OFBiz API as those use it who pick, pack and hand over. Pure.

The calls and their order are those of HotWax's BOPIS app (hotwax/bopis v2.27.1, ``store/modules/order/actions.ts``).
"""

from dataclasses import dataclass
from typing import Any

from loadtests.api.call import Call, post, post_form
from loadtests.api.ofbiz import PICKUP

# How many orders an associate looks at. HotWax's page is 30; he takes the oldest.
ROWS = 10
# What the app sends along when it packs.
PARCEL = {"dimensionUomId": "WT_kg", "shipmentBoxTypeId": "YOURPACKNG", "weight": "1", "weightUomId": "WT_kg"}


@dataclass(frozen=True, slots=True)
class Item:
    seq_id: str
    product_id: str
    inventory_item_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that waits in a facility to be packed, as its list tells."""

    order_id: str
    external_id: str
    ship_group_seq_id: str
    facility_id: str
    method: str  # OFBiz's shipmentMethodTypeId
    items: tuple[Item, ...]
    is_picked: bool  # on a picklist already
    shipment_id: str | None  # None: not packed


def open_orders(facility_id: str, method: str, prefix: str) -> Call:
    """List the oldest open orders of a facility whose external id begins with the prefix, the items of each."""
    filters = [
        "docType: OISGIR",
        f"shipmentMethodTypeId: {method}",
        "orderTypeId: SALES_ORDER",
        "orderStatusId: ORDER_APPROVED",
        "-shipmentStatusId: (SHIPMENT_PACKED OR SHIPMENT_SHIPPED)",
        "-fulfillmentStatus: (Cancelled OR Rejected)",
        f"facilityId: {facility_id}",
        f"externalId: {prefix}*",
    ]
    return _solr(filters)


def find_open_order(order_id: str, method: str) -> Call:
    """List one order, packed or not."""
    return _solr(["docType: OISGIR", f"shipmentMethodTypeId: {method}", f"orderId: {order_id}"])


def listed(body: dict[str, Any]) -> list[OpenOrder]:
    """Return the orders of a list's answer, in its order. Raises LookupError or TypeError when it is none."""
    groups = body["grouped"]["orderId"]["groups"]
    return [_order(group["doclist"]["docs"]) for group in groups if group["doclist"]["docs"]]


def create_picklist(order: OpenOrder) -> Call:
    """Put an order on a picklist: a form with a row for each item."""
    fields = {"facilityId": order.facility_id, "pickerIds": "_NA_"}
    for n, item in enumerate(order.items):
        row = {
            "orderId": order.order_id,
            "orderItemSeqId": item.seq_id,
            "shipGroupSeqId": order.ship_group_seq_id,
            "productId": item.product_id,
            "inventoryItemId": item.inventory_item_id,
            "quantity": str(item.quantity),
            "picked": str(item.quantity),
            "itemStatusId": "PICKITEM_PENDING",
        }
        fields |= {f"{name}_o_{n}": value for name, value in row.items()}
    return post_form("createPicklist", fields, proof="picklistId", boundary=order.external_id)


def pack(order: OpenOrder) -> Call:
    """Pack all of an order; the answer has the ``shipmentId``."""
    what = {"orderId": order.order_id, "facilityId": order.facility_id, "shipGroupSeqId": order.ship_group_seq_id}
    body = {**what, "setPackedOnly": "Y", **PARCEL}
    return post("quickShipEntireShipGroup", body, proof="shipmentId", write=True)


def hand_over(shipment_id: str) -> Call:
    """Give a packed shipment to its customer."""
    body = {"shipmentId": shipment_id, "statusId": "SHIPMENT_SHIPPED"}
    return post("updateShipment", body, proof="_EVENT_MESSAGE_", write=True)


def reject(order: OpenOrder) -> Call:
    """Say that an order's first item is not there: brokering sends the order elsewhere."""
    payload = {
        "orderId": order.order_id,
        "orderItemSeqId": order.items[0].seq_id,
        "facilityId": order.facility_id,
        "rejectReason": "NOT_IN_STOCK",
        "shipmentMethodTypeId": order.method,
        "quantity": order.items[0].quantity,
        "naFacilityId": "PICKUP_REJECTED" if order.method == PICKUP else "REJECTED_ITM_PARKING",
    }
    return post("rejectOrderItem", {"payload": payload}, proof="_EVENT_MESSAGE_", write=True)


def _solr(filters: list[str]) -> Call:
    params = {
        "rows": ROWS,
        "start": 0,
        "group": True,
        "group.field": "orderId",
        "group.limit": 1000,
        "group.ngroups": True,
        "q.op": "AND",
        "sort": "orderDate asc",
    }
    body = {"json": {"params": params, "query": "(*:*)", "filter": filters}}
    return post("solr-query", body, proof="grouped", needs_token=True)


def _order(docs: list[dict[str, Any]]) -> OpenOrder:
    first = docs[0]
    return OpenOrder(
        order_id=str(first["orderId"]),
        external_id=str(first["externalId"]),
        ship_group_seq_id=str(first["shipGroupSeqId"]),
        facility_id=str(first["facilityId"]),
        method=str(first["shipmentMethodTypeId"]),
        items=tuple(_item(doc) for doc in docs),
        is_picked=first.get("isPicked") == "Y",
        shipment_id=first.get("shipmentId"),
    )


def _item(doc: dict[str, Any]) -> Item:
    quantity = int(doc["itemQuantity"])
    return Item(str(doc["orderItemSeqId"]), str(doc["productId"]), str(doc["inventoryItemId"]), quantity)
