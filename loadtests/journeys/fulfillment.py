"""An associate who ships from the store: picks and packs what is sent to customers. A job of the system ships it.

So packing is the write here: what is packed and acknowledged has to leave by itself.
"""

from loadtests.api import fulfillment, ofbiz
from loadtests.api.fulfillment import OpenOrder
from loadtests.journeys.associate import Associate

PICK, PACK = 1, 2


class Fulfillment(Associate):
    """solr-query, createPicklist, quickShipEntireShipGroup."""

    journey = "fulfillment"
    method = ofbiz.STANDARD
    endpoints = ("POST /api/solr-query", "POST /api/createPicklist", "POST /api/quickShipEntireShipGroup")

    def first_step(self, order: OpenOrder) -> int:
        """What is on a picklist already only has to be packed."""
        return PACK if order.is_picked else PICK

    def pack(self) -> None:
        """Pack it: that is the shipment."""
        self.ship(fulfillment.pack(self.in_hand.order))

    steps = (Associate.look, Associate.pick, pack)
