"""A till in a store: each sale takes units off the stock of its facility.

The API has no key, so the sums per facility and product are judged; our own key goes into the row's description.
"""

from locust import task

from loadtests.api import ofbiz
from loadtests.user import LoadUser
from loadtests.writes import Declaration
from reports.evidence import SINKS

SALE = Declaration(kind="stock_delta", field="InventoryItemDetail.description", sinks=SINKS)


class Pos(LoadUser):
    """updateInventoryByIdentification, one or two units at a time."""

    journey = "pos"
    endpoints = ("POST /api/service/updateInventoryByIdentification",)

    @task
    def turn(self) -> None:
        """Sell something."""
        allowed = self.worker.allowed
        facility_id, product_id = allowed.facility(self.rng), allowed.product(self.rng)
        key, units = next(self.worker.keys), self.rng.randint(1, 2)
        sale = allowed.stock_intent(SALE, key, facility_id, product_id, units)
        self.send(ofbiz.update_inventory(facility_id, product_id, units=units, comments=key), (sale,))
