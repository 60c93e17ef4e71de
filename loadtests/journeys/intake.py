"""Orders come in from the shop as files, and are imported by an async job. A file of n orders is n writes."""

from locust import task

from loadtests.api import ofbiz
from loadtests.profiles import UploadLoad
from loadtests.user import LoadUser
from loadtests.writes import Declaration
from reports.evidence import SINKS, now_us

ORDER = Declaration(kind="order", field="OrderHeader.externalId", sinks=SINKS)
PICKUP_RATIO = 0.1  # of the orders: the customer fetches it in a store, when the profile has associates there


class Intake(LoadUser):
    """uploadAndImportfile with a few orders."""

    journey = "intake"
    endpoints = ("POST /api/uploadAndImportfile",)

    @task
    def turn(self) -> None:
        """Upload one file."""
        load, allowed = self.worker.plan.profile.journey(self.journey), self.worker.allowed
        assert isinstance(load, UploadLoad)
        intents, orders = [], []
        for _ in range(self.rng.randint(*load.orders_per_file)):
            key, lines = next(self.worker.keys), allowed.lines(self.rng)
            intents.append(allowed.order_intent(ORDER, key, lines))
            orders.append(
                ofbiz.order(key, lines, store_id=allowed.store_id, ordered_at_us=now_us(), pickup_at=self.store())
            )
        judged = self.send(ofbiz.upload_orders(orders, name=intents[0].key), tuple(intents))
        if judged.outcome == "ok":
            self.worker.acknowledged.extend(intent.key for intent in intents)

    def store(self) -> str | None:
        """Where the customer fetches the order: now and then in one of the stores with an associate."""
        stores = self.worker.stores
        return self.rng.choice(stores) if stores and self.rng.random() < PICKUP_RATIO else None


class Bulk(Intake):
    """uploadAndImportfile with many orders: an import that takes long enough to be interrupted."""

    journey = "bulk"
