"""The OFBiz API of the order management system: paths, bodies, and what an answer means. Pure: no socket, no clock.

OFBiz answers 200 also when it failed; the error is in the body (https://docs.hotwax.co, and the ``hasError`` of
hotwax/oms-api ``src/util/index.ts``). An empty result is ``{"error": "No record found"}`` and is no error.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from reports.evidence import BUSINESS

PREFIX = "/api/"
NO_RECORD = "No record found"

# Who answered: the load balancer signs its own answers, an instance names itself.
BALANCER_SERVER = "awselb/"
INSTANCE_HEADER = "X-Instance"

# Refusals that are an answer of the business and no trouble of the system. OFBiz rolls back whenever the body of a 200
# carries an error message; a message that is not known here is still a refused write, but not a good answer.
BUSINESS_REFUSALS = ("insufficient", "no product", "not kept", "not found", "does not exist", "expected")

Kind = Literal["ok", "failed", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the API wants it, and how to tell a good answer."""

    method: Literal["GET", "POST"]
    path: str
    endpoint: str  # the path without ids: what rows and statistics are grouped by
    proof: str  # a field that every good answer has
    body: bytes = b""
    content_type: str = "application/json"
    write: bool = False
    needs_token: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: ``status`` None and a ``trouble`` when no whole answer did."""

    status: int | None
    body: bytes = b""
    server: str = ""  # the Server header
    instance: str | None = None  # the instance's own header
    trouble: str | None = None  # one short line: what went wrong on the way
    sent: bool = True  # whether any byte of the request was written


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer's meaning. ``body`` is the decoded object of a good answer."""

    outcome: Kind
    error: str | None
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OrderLine:
    product_id: str
    quantity: int
    price_minor: int  # unit price in cents


def login(username: str, password: str) -> Call:
    """Ask for a bearer token. It is a write of nothing, so an unknown outcome does not matter."""
    return _post("login", {"USERNAME": username, "PASSWORD": password}, proof="token")


def store_lookup(latitude: float, longitude: float, *, distance_km: int = 50, stores: int = 40) -> Call:
    """Find the stores around a point, as the storefront's map does."""
    point = f"{latitude:.4f},{longitude:.4f}"
    body = {"viewSize": stores, "filters": ["storeType: RETAIL_STORE"], "point": point, "distance": distance_km}
    return _post("storeLookup", body, proof="response")


def check_inventory(product_ids: Sequence[str], facility_ids: Sequence[str]) -> Call:
    """Ask what can be promised of some products in some facilities (about 100 records at most)."""
    filters = {"productId": list(product_ids), "productId_op": "in"}
    filters |= {"facilityId": list(facility_ids), "facilityId_op": "in"}
    fields = ["productId", "facilityId", "atp"]
    return _post("checkInventory", {"filters": filters, "fieldsToSelect": fields, "viewSize": 100}, proof="docs")


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
    return _post("service/updateInventoryByIdentification", body, proof="webSiteId", write=True)


def order(external_id: str, lines: Iterable[OrderLine], *, store_id: str, ordered_at_us: int) -> dict[str, Any]:
    """Return one order of an import file; the total is the sum of its lines."""
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
    }


def upload_orders(orders: Sequence[dict[str, Any]], *, name: str) -> Call:
    """Upload a file of orders; the system imports it in a background job. ``name`` is the file's."""
    boundary = f"----{name}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="configId"\r\n\r\nIMP_ORD\r\n',
        f'--{boundary}\r\nContent-Disposition: form-data; name="uploadedFile"; filename="{name}.json"\r\n',
        f"Content-Type: application/json\r\n\r\n{json.dumps(orders)}\r\n--{boundary}--\r\n",
    ]
    path = f"{PREFIX}uploadAndImportfile"
    return Call(
        "POST",
        path,
        f"POST {path}",
        proof="uploadFileContentId",
        body="".join(parts).encode(),
        content_type=f"multipart/form-data; boundary={boundary}",
        write=True,
        needs_token=True,
    )


def decimal(minor: int) -> str:
    """Write cents as the API wants money: ``1234`` is ``"12.34"``."""
    return f"{minor // 100}.{minor % 100:02d}"


def error_in(body: dict[str, Any]) -> tuple[str, str] | None:
    """Return field and message of the error in a 200's body, None when it has none."""
    for name in ("_ERROR_MESSAGE_", "_ERROR_MESSAGE_LIST_", "error"):
        found = body.get(name)
        if found and not (name == "error" and found == NO_RECORD):
            message = "; ".join(map(str, found)) if isinstance(found, list) else str(found)
            return name, " ".join(message.split())[:80]
    return None


def judge(call: Call, answer: Answer) -> Judged:
    """Tell a good answer from a bad one, and for a write what is known about it.

    A write is *refused* only with proof that it cannot have happened; in doubt it is *unknown*. A read that did not
    work has *failed*.
    """
    if answer.status is None:
        return _bad(call, answer.trouble or "no answer", proof=not answer.sent)
    if answer.status != 200:
        return _bad(call, _status_error(answer), proof=_is_proof(answer))
    try:
        body = json.loads(answer.body)
    except ValueError:
        return _bad(call, "200 without JSON", proof=False)
    if not isinstance(body, dict):
        return _bad(call, "200 without a JSON object", proof=False)
    found = error_in(body)
    if found:
        return _error_in_200(call, *found)
    if call.proof not in body and (call.write or body.get("error") != NO_RECORD):
        return _bad(call, f"200 without {call.proof}", proof=False)
    return Judged("ok", None, body)


def _error_in_200(call: Call, name: str, message: str) -> Judged:
    """OFBiz documents a service's error message as rolled back; ``error`` on a write is not documented."""
    if not call.write:
        return Judged("failed", f"error in 200: {message}", {})
    if name == "error":
        return Judged("unknown", f"error in 200: {message}", {})
    business = any(word in message.lower() for word in BUSINESS_REFUSALS)
    return Judged("refused", f"{BUSINESS if business else 'rolled back:'} {message}", {})


def _is_proof(answer: Answer) -> bool:
    """Whether an answer that is not 200 proves that nothing was written.

    401: authentication comes before the service. 503 of the load balancer: it has no target, so nobody got the request
    (its 502 and 504 mean that a target may have).
    """
    return answer.status == 401 or (answer.status == 503 and answer.server.startswith(BALANCER_SERVER))


def _status_error(answer: Answer) -> str:
    return f"{answer.status} of the load balancer" if answer.server.startswith(BALANCER_SERVER) else f"{answer.status}"


def _bad(call: Call, error: str, *, proof: bool) -> Judged:
    if not call.write:
        return Judged("failed", error, {})
    return Judged("refused" if proof else "unknown", error, {})


def _post(name: str, body: dict[str, Any], *, proof: str, write: bool = False) -> Call:
    path = f"{PREFIX}{name}"
    payload = json.dumps(body).encode()
    return Call("POST", path, f"POST {path}", proof=proof, body=payload, write=write, needs_token=write)
