"""The OFBiz API of the order management system as shoppers, tills, agents and the shop itself use it. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from loadtests.api.call import PREFIX, Call, post, post_form

# How an order gets to its customer (OFBiz's shipmentMethodTypeId): fetched in a store, or sent to him.
PICKUP = "STOREPICKUP"
STANDARD = "STANDARD"


@dataclass(frozen=True, slots=True)
class OrderLine:
    product_id: str
    quantity: int
    price_minor: int  # unit price in cents


def login(username: str, password: str) -> Call:
    """Ask for a bearer token. It is a write of nothing, so an unknown outcome does not matter."""
    return post("login", {"USERNAME": username, "PASSWORD": password}, proof="token")


def store_lookup(latitude: float, longitude: float, *, distance_km: int = 50, stores: int = 40) -> Call:
    """Find the stores around a point, as the storefront's map does."""
    point = f"{latitude:.4f},{longitude:.4f}"
    body = {"viewSize": stores, "filters": ["storeType: RETAIL_STORE"], "point": point, "distance": distance_km}
    return post("storeLookup", body, proof="response")


def check_inventory(product_ids: Sequence[str], facility_ids: Sequence[str]) -> Call:
    """Ask what can be promised of some products in some facilities (about 100 records at most)."""
    filters = {"productId": list(product_ids), "productId_op": "in"}
    filters |= {"facilityId": list(facility_ids), "facilityId_op": "in"}
    fields = ["productId", "facilityId", "atp"]
    return post("checkInventory", {"filters": filters, "fieldsToSelect": fields, "viewSize": 100}, proof="docs")


def find_order(external_id: str) -> Call:
    """Find an order by the number that the shop gave it."""
    path = f"{PREFIX}orders?externalId={quote(external_id)}"
    return Call("GET", path, f"GET {PREFIX}orders", proof="docs", needs_token=True)


def get_order(order_id: str) -> Call:
    """Read one order by the number that the system gave it."""
    path = f"{PREFIX}orders/{quote(order_id)}"
    return Call("GET", path, f"GET {PREFIX}orders/{{orderId}}", proof="id", needs_token=True)


def update_inventory(facility_id: str, product_id: str, *, units: int, comments: str) -> Call:
    """Take units off a facility's stock, as a till does after a sale. ``comments`` lands in the ledger row."""
    body = {
        "facilityId": facility_id,
        "availableDelta": -units,
        "idType": "UPCA",
        "idValue": f"UPC{product_id}",
        "locationSeqId": "TLTLTLLL01",
        "varianceReasonId": "POS_SALE",
        "comments": comments,
    }
    return post("service/updateInventoryByIdentification", body, proof="webSiteId", write=True)


def order(
    external_id: str, lines: Sequence[OrderLine], *, store_id: str, ordered_at_us: int, pickup_at: str | None = None
) -> dict[str, Any]:
    """Return one order of an import file; the total is the sum of its lines.

    The customer fetches it from the store ``pickup_at``; without one it is sent to him.
    """
    items = [
        {
            "orderItemSeqId": f"{place:05d}",
            "productId": line.product_id,
            "quantity": line.quantity,
            "unitPrice": decimal(line.price_minor),
        }
        for place, line in enumerate(lines, start=1)
    ]
    return {
        "externalId": external_id,
        "orderDate": ordered_at_us // 1000,
        "productStoreId": store_id,
        "currencyUom": "USD",
        "salesChannelEnumId": "WEB_SALES_CHANNEL",
        "grandTotal": decimal(sum(line.quantity * line.price_minor for line in lines)),
        "items": items,
        **({"shipmentMethodTypeId": STANDARD} if pickup_at is None else _pickup(pickup_at)),
    }


def _pickup(store: str) -> dict[str, str]:
    return {"shipmentMethodTypeId": PICKUP, "facilityId": store}


def upload_orders(orders: Sequence[dict[str, Any]], *, name: str) -> Call:
    """Upload a file of orders; the system imports it in a background job. ``name`` is the file's."""
    file, fields = json.dumps(orders), {"configId": "IMP_ORD"}
    return post_form("uploadAndImportfile", fields, proof="uploadFileContentId", boundary=name, file=file)


def decimal(minor: int) -> str:
    """Write cents as the API wants money: ``1234`` is ``"12.34"``."""
    return f"{minor // 100}.{minor % 100:02d}"
