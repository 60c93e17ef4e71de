"""What the suite writes by itself, through the front door like everybody: sentinels, and an import to interrupt.

Every write goes to the ledger of a worker of its own before it is sent, so that it is accounted for like the load's,
and stays inside the target file's ``[writes]``.
"""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, Self

from experiments.probes import front_door
from experiments.sinks.packing import Packed, is_already, pack
from fixtures.target import Target
from reports.evidence import (
    SHIPMENT_SUFFIX,
    SINKS,
    EventWriter,
    RunDirectory,
    WriteOutcome,
    now_us,
    order_digest,
    shipment_digest,
)

UPLOAD = "/api/uploadAndImportfile"
STOCK_DELTA = "/api/service/updateInventoryByIdentification"
UPDATE_SHIPMENT = "/api/updateShipment"
PRICE_MINOR, PRICE = 1234, "12.34"

Attempt = Callable[[str], front_door.Answer]


class Writer:
    """Writes orders, shipments and stock deltas under keys ``<prefix><mark><number>``; each mark belongs to one worker.

    ``events`` learns that there is this ledger, so that a judge notices when it is lost. No mark of the load's own
    contains an L (its keys are in Crockford's base 32), so a mark begins with one.
    """

    def __init__(self, target: Target, run: RunDirectory, events: EventWriter, *, worker: str, mark: str) -> None:
        self._target = target
        self._begin = f"{run.facts['prefix']}{mark}"
        self._ledger = run.write_ledger(worker)
        events.record("ledger.opened", data={"writer": worker})
        self._number = sum(1 for write in run.read_ledger() if write.key.startswith(self._begin))
        self._token: str | None = None
        self._packed: dict[str, Packed] = {}
        self._tried: Counter[str] = Counter()
        self._in_doubt: set[str] = set()  # keys of which an attempt had no answer
        self.answered_by: str | None = None  # the instance that answered last; None when no application did

    def import_orders(self, count: int, *, pickup: bool = False) -> tuple[list[str], WriteOutcome]:
        """Upload one file of that many orders of one item each; return their keys and what came of the upload.

        With ``pickup`` the customer fetches them from the first store that has an associate.
        """
        keys = [self._next_key() for _ in range(count)]
        store = self._target.writes.associate_facility_ids[0] if pickup else None
        orders = [self._intend_order(key) | pickup_at(store) for key in keys]
        fields = {"configId": "IMP_ORD"}
        file = json.dumps(orders).encode()
        return keys, self._send(keys, lambda token: self._upload(file, fields, token), proof="uploadFileContentId")

    def take_stock(self) -> tuple[str, WriteOutcome]:
        """Take one unit of the first product from the first facility; return the key and what came of it."""
        key = self._next_key()
        facility, product = self._target.writes.facility_ids[0], self._target.writes.product_ids[0]
        self._ledger.intent(
            key,
            "stock_delta",
            digest=None,
            amount_minor=None,
            sinks=SINKS,
            sum_key=f"{facility}|{product}",
            units=1,
        )
        sale = {
            "facilityId": facility,
            "availableDelta": -1,
            "idType": "UPCA",
            "idValue": f"UPC{product}",
            "varianceReasonId": "POS_SALE",
            "comments": key,
        }
        return key, self._send([key], lambda token: self._take(sale, token), proof="webSiteId")

    def hand_over(self, order_key: str) -> tuple[str, WriteOutcome]:
        """Pack an order that waits in its store and hand it over; return the shipment's key and what came of it.

        Call it again while it is not acknowledged: an order that is not in the store yet is refused without a word in
        the ledger, and an answer "already" after one that was lost is the acknowledgement.
        """
        key = order_key + SHIPMENT_SUFFIX
        try:
            self._token = self._token or front_door.login(self._target)
            packed = self._packed.get(key) or pack(self._target, order_key, self._token)
        except (front_door.NoAnswerError, front_door.LoginRefusedError):
            return key, "refused"
        if packed is None:
            self._token = None
            return key, "refused"
        self._packed[key] = packed
        digest = shipment_digest(key, packed.facility_id, packed.items)
        self._ledger.intent(key, "shipment", digest=digest, amount_minor=None, sinks=SINKS)
        return key, self._send([key], lambda token: self._hand_over(packed, token), proof="shipmentId")

    def close(self) -> None:
        """Close the ledger; safe to call twice."""
        self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _next_key(self) -> str:
        self._number += 1
        return f"{self._begin}{self._number:05d}"

    def _intend_order(self, key: str) -> dict[str, Any]:
        product = self._target.writes.product_ids[self._number % len(self._target.writes.product_ids)]
        digest = order_digest(key, [(product, 1, PRICE_MINOR)], PRICE_MINOR)
        self._ledger.intent(key, "order", digest=digest, amount_minor=PRICE_MINOR, sinks=SINKS)
        return {
            "externalId": key,
            "orderDate": now_us() // 1000,
            "productStoreId": self._target.writes.product_store_id,
            "currencyUom": "USD",
            "salesChannelEnumId": "WEB_SALES_CHANNEL",
            "grandTotal": PRICE,
            "items": [{"orderItemSeqId": "00001", "productId": product, "quantity": 1, "unitPrice": PRICE}],
        }

    def _upload(self, file: bytes, fields: dict[str, str], token: str) -> front_door.Answer:
        return front_door.upload(self._target, UPLOAD, file=file, fields=fields, token=token)

    def _take(self, sale: dict[str, Any], token: str) -> front_door.Answer:
        return front_door.post(self._target, STOCK_DELTA, sale, token=token)

    def _hand_over(self, packed: Packed, token: str) -> front_door.Answer:
        sent = {"shipmentId": packed.shipment_id, "statusId": "SHIPMENT_SHIPPED"}
        return front_door.post(self._target, UPDATE_SHIPMENT, sent, token=token)

    def _send(self, keys: list[str], attempt: Attempt, *, proof: str) -> WriteOutcome:
        """Send once, all keys with one request, and write down what came of it; a good answer has ``proof``."""
        number = 1 + max(self._tried[key] for key in keys)
        outcome, reason = self._outcome(keys, attempt, proof, number)
        for key in keys:
            self._tried[key] = number
            self._in_doubt |= {key} if outcome == "unknown" else set()
            self._ledger.outcome(key, number, outcome, reason)
        return outcome

    def _outcome(self, keys: list[str], attempt: Attempt, proof: str, number: int) -> tuple[WriteOutcome, str | None]:
        self.answered_by = None
        try:
            self._token = self._token or front_door.login(self._target)
        except (front_door.NoAnswerError, front_door.LoginRefusedError) as error:
            return "refused", f"not sent: {error}"
        for key in keys:
            self._ledger.sent(key, number)
        try:
            answer = attempt(self._token)
        except front_door.NoAnswerError as error:
            return "unknown", str(error)
        self.answered_by = answer.server
        if answer.status != 200:
            self._token = None
        outcome, reason = meaning(answer, proof)
        if outcome == "refused" and is_already(answer) and self._in_doubt.issuperset(keys):
            return "acknowledged", "already there: an attempt without an answer did it"
        return outcome, reason


def pickup_at(store: str | None) -> dict[str, str]:
    """What an order says more whose customer fetches it from that store."""
    return {} if store is None else {"shipmentMethodTypeId": "STOREPICKUP", "facilityId": store}


def meaning(answer: front_door.Answer, proof: str) -> tuple[WriteOutcome, str | None]:
    """What an answer proves about a write, and why; only what is proven is acknowledged or refused, in doubt unknown.

    The same rule as the load's (``loadtests/api/ofbiz.py``, which cannot be imported here): a 200 may hold an error.
    """
    if answer.status != 200:
        return "unknown", f"status {answer.status}"
    body = answer.json()
    if not isinstance(body, dict):
        return "unknown", "200 without a JSON object"
    if answer.server is not None and any(body.get(name) for name in front_door.ROLLED_BACK):
        return "refused", "the application says that it rolled back"
    if not answer.is_good:
        return "unknown", "200 with an error that does not say whether it rolled back"
    if proof not in body:
        return "unknown", f"200 without {proof}"
    return "acknowledged", None
