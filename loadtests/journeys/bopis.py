"""A store associate: packs what customers fetch in the store, and hands it over. Now and then something is not there.

HotWax's BOPIS app: the open list, the order, a picklist, pack, hand over (hotwax/bopis v2.27.1).
"""

from loadtests.api import fulfillment, ofbiz
from loadtests.journeys.associate import Associate

REJECTED_RATIO = 0.05  # of the orders: the item is not on the shelf
READ, PICK, PACK, HAND_OVER, FIND, REJECT = range(1, 7)


class Bopis(Associate):
    """solr-query, orders/{orderId}, createPicklist, quickShipEntireShipGroup, updateShipment; or rejectOrderItem."""

    journey = "bopis"
    method = ofbiz.PICKUP
    endpoints = (
        "POST /api/solr-query",
        "GET /api/orders/{orderId}",
        "POST /api/createPicklist",
        "POST /api/quickShipEntireShipGroup",
        "POST /api/updateShipment",
        "POST /api/solr-query",
        "POST /api/rejectOrderItem",
    )
    shipment_id = ""

    def read(self) -> None:
        """Open the order, and look at the shelf."""
        judged = self.send(ofbiz.get_order(self.in_hand.order.order_id))
        self.go_on(judged)
        if judged.outcome == "ok":
            picked = self.in_hand.order.is_picked
            self.go(REJECT if self.rng.random() < REJECTED_RATIO else PACK if picked else PICK)

    def pack(self) -> None:
        """Pack it. When no good answer comes he has to look whether it is packed."""
        judged = self.send(fulfillment.pack(self.in_hand.order))
        self.shipment_id = str(judged.body.get("shipmentId", ""))
        self.go_on(judged)
        if self.errand is not None and judged.outcome != "ok":
            self.go(FIND)

    def hand_over(self) -> None:
        """Give it to the customer: that is the shipment."""
        self.ship(fulfillment.hand_over(self.shipment_id))

    def find(self) -> None:
        """Look for the order in hand: packed, still open, or gone."""
        order = self.in_hand.order
        for found in self.listed(fulfillment.find_open_order(order.order_id, self.method)):
            self.shipment_id = found.shipment_id or ""
            self.go(HAND_OVER if found.shipment_id else PACK)
            return
        self.errand = None

    def reject(self) -> None:
        """Say that it is not there; whoever gets the order next is free to take it."""
        order = self.in_hand.order
        if self.send(fulfillment.reject(order)).outcome == "ok":
            self.worker.errands.pop(order.external_id, None)
        self.errand = None

    steps = (Associate.look, read, Associate.pick, pack, hand_over, find, reject)
