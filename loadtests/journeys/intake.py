"""Orders come in from the shop as files, and are imported by an async job. A file of n orders is n writes."""

from loadtests.api import ofbiz
from loadtests.profiles import UploadLoad
from loadtests.timetable import Due
from loadtests.user import LoadUser
from loadtests.writes import Declaration
from reports.evidence import now_us

ORDER = Declaration(kind="order", field="OrderHeader.externalId", sinks=("primary", "replica", "warehouse"))


class Intake(LoadUser):
    """uploadAndImportfile with a few orders."""

    journey = "intake"
    endpoints = ("POST /api/uploadAndImportfile",)

    def turn(self, due: Due) -> None:
        """Upload one file."""
        load, allowed = self.worker.plan.profile.journey(self.journey), self.worker.allowed
        assert isinstance(load, UploadLoad)
        intents, orders = [], []
        for _ in range(self.rng.randint(*load.orders_per_file)):
            key, lines = next(self.worker.keys), allowed.lines(self.rng)
            intents.append(allowed.order_intent(ORDER, key, lines))
            orders.append(ofbiz.order(key, lines, store_id=allowed.store_id, ordered_at_us=now_us()))
        judged = self.send(ofbiz.upload_orders(orders, name=intents[0].key), due, tuple(intents))
        if judged.outcome == "ok":
            self.worker.acknowledged.extend(intent.key for intent in intents)


class Bulk(Intake):
    """uploadAndImportfile with many orders: an import that takes long enough to be interrupted."""

    journey = "bulk"
