"""A customer service representative: looks up orders that this run has had acknowledged.

An order is known by the shop's number first; the number that the system gave it is asked for, then the order is read.
One that is not imported yet is "No record found", which is an answer.
"""

from locust import task

from loadtests.api import ofbiz
from loadtests.user import LoadUser


class Csr(LoadUser):
    """orders?externalId=, then orders/{orderId}, and again."""

    journey = "csr"
    endpoints = ("GET /api/orders", "GET /api/orders/{orderId}")
    order_id: str | None = None

    @task
    def turn(self) -> None:
        """Read the order that was found last, or find another."""
        if self.step == 1 and self.order_id is not None:
            self.send(ofbiz.get_order(self.order_id))
            return
        acknowledged = self.worker.acknowledged
        # Before the first order is acknowledged there is still something due: a number that no order has.
        key = self.rng.choice(acknowledged) if acknowledged else self.worker.plan.prefix
        found = self.send(ofbiz.find_order(key))
        docs = found.body.get("docs") or []
        self.order_id = str(docs[0]["orderId"]) if docs else None
