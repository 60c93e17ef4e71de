"""How an associate finds an order in his store and packs it: what comes before a shipment is handed over."""

from dataclasses import dataclass
from typing import Any

from experiments.probes import front_door
from fixtures.target import Target

LIST = "/api/solr-query"
QUICK_SHIP = "/api/quickShipEntireShipGroup"
# What HotWax's BOPIS app sends along (v2.27.1, packShipGroupItems).
PARCEL = {"dimensionUomId": "WT_kg", "shipmentBoxTypeId": "YOURPACKNG", "weight": "1", "weightUomId": "WT_kg"}


@dataclass(frozen=True)
class Packed:
    """An order that is packed: its shipment, where it is, and product and quantity of each item."""

    shipment_id: str
    facility_id: str
    items: tuple[tuple[str, int], ...]


def pack(target: Target, order_key: str, token: str) -> Packed | None:
    """Pack an order, if nobody has; None while it is in no store, or when it was refused. Raises NoAnswerError."""
    docs = _listed(front_door.post(target, LIST, _search(order_key), token=token))
    if not docs:
        return None
    one = docs[0]
    shipment_id = one.get("shipmentId") or _quick_ship(target, one, token)
    items = tuple((str(doc["productId"]), int(doc["itemQuantity"])) for doc in docs)
    return Packed(str(shipment_id), str(one["facilityId"]), items) if shipment_id else None


def is_already(answer: front_door.Answer) -> bool:
    """Whether the application says that it did so before."""
    body = answer.json()
    return isinstance(body, dict) and any("already" in str(body.get(name)) for name in front_door.ROLLED_BACK)


def _search(order_key: str) -> dict[str, Any]:
    params = {"rows": 100, "start": 0, "q.op": "AND"}
    filters = ["docType: OISGIR", "shipmentMethodTypeId: STOREPICKUP", f"externalId: {order_key}"]
    return {"json": {"params": params, "query": "(*:*)", "filter": filters}}


def _listed(answer: front_door.Answer) -> list[dict[str, Any]]:
    if not answer.is_good:
        return []
    docs: list[dict[str, Any]] = answer.json().get("response", {}).get("docs", [])
    return docs


def _quick_ship(target: Target, doc: dict[str, Any], token: str) -> Any:
    order = {"orderId": doc["orderId"], "shipGroupSeqId": doc["shipGroupSeqId"], "facilityId": doc["facilityId"]}
    answer = front_door.post(target, QUICK_SHIP, {**order, "setPackedOnly": "Y", **PARCEL}, token=token)
    return answer.json().get("shipmentId") if answer.is_good else None
