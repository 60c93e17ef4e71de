"""An associate of a facility: takes one order after the other through the steps of his journey.

He touches only orders of this run, in his own facility. When there is none to take he looks at the list again, so that
something is sent whenever something is due. Handing over (or packing, for who ships) is a write of its own, a shipment:
its key is the order's and ``:S``. An attempt whose answer was lost is made again under the same key; the system refuses
to do it twice, and "already" then says that the first one did it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from locust import task
from locust.env import Environment

from loadtests.api import fulfillment
from loadtests.api.answers import Judged
from loadtests.api.call import Call
from loadtests.api.fulfillment import OpenOrder
from loadtests.facilities import Post, facilities_of
from loadtests.user import LoadUser
from loadtests.writes import Declaration
from reports.evidence import BUSINESS, SINKS

SHIPMENT = Declaration(kind="shipment", field="OrderHeader.externalId of OrderShipment", sinks=SINKS)
TRIES = 4  # without success with one order, before he looks at the list again


@dataclass(slots=True)
class Errand:
    """An order in an associate's hands, and what he knows of his attempts to ship it."""

    order: OpenOrder
    at: int = 0  # the step that is next; 0: the list
    tries: int = 0  # without success since he took it
    attempts: int = 0  # to ship it
    in_doubt: bool = False  # one of them had no answer
    is_done: bool = False


class Associate(LoadUser):
    """Looks at his list and follows ``steps``; step 0 is the list, and ``endpoints`` says what each step asks for."""

    abstract = True
    method: ClassVar[str]  # of the orders that he takes
    steps: ClassVar[tuple[Callable[[Any], None], ...]]

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.errand: Errand | None = None
        plan = self.worker.plan
        self.post = Post(plan.run, facilities_of(plan.profile, plan.target.writes)[self.journey])

    def on_stop(self) -> None:
        """Another process may have his facility now."""
        self.post.leave()
        super().on_stop()

    @property
    def step(self) -> int:
        """What comes next with the order in hand, whatever the number of the turn."""
        return self.errand.at if self.errand else 0

    @task
    def turn(self) -> None:
        """Take the next step with the order in hand, or look for one."""
        self.steps[self.step](self)

    def look(self) -> None:
        """List the open orders of his facility and take the oldest that nobody has."""
        facility_id = self.post.take()
        # Who has no facility yet still sends what is due; no order is in it.
        call = fulfillment.open_orders(facility_id or "_NA_", self.method, self.worker.plan.prefix)
        for order in self.listed(call):
            errand = self.worker.errands.setdefault(order.external_id, Errand(order))
            if order.facility_id == facility_id == errand.order.facility_id and not errand.is_done:
                errand.order, errand.tries = order, 0
                self.errand = errand
                self.go(self.first_step(order))
                return

    def first_step(self, order: OpenOrder) -> int:
        """Which step an order begins with."""
        return 1

    def listed(self, call: Call) -> list[OpenOrder]:
        """Send a list's call; an answer that is no list has no order."""
        judged = self.send(call)
        try:
            return fulfillment.listed(judged.body) if judged.outcome == "ok" else []
        except (LookupError, TypeError, ValueError):
            return []

    def pick(self) -> None:
        """Put it on a picklist. An order can be packed without, so whatever comes of it, he goes on."""
        self.send(fulfillment.create_picklist(self.in_hand.order))
        self.go(self.in_hand.at + 1)

    def ship(self, call: Call) -> None:
        """Send the call that ships the order, with the ledger's intent before it."""
        errand = self.in_hand
        errand.attempts += 1
        intent = self.worker.allowed.shipment_intent(
            SHIPMENT, errand.order, attempt=errand.attempts, in_doubt=errand.in_doubt
        )
        judged = self.send(call, (intent,))
        errand.in_doubt |= judged.outcome == "unknown"
        if judged.outcome == "ok" or judged.already:
            errand.is_done = True
            self.errand = None
        else:
            self.go_on(judged)

    def go_on(self, judged: Judged) -> None:
        """Take the next step after success, the same one again after trouble, and the list after a no or too much."""
        errand = self.in_hand
        if judged.outcome == "ok":
            self.go(errand.at + 1)
            return
        errand.tries += 1
        no = (judged.error or "").startswith(BUSINESS) and not judged.already
        if no or errand.tries >= TRIES:
            self.errand = None

    def go(self, step: int) -> None:
        """This step is next."""
        self.in_hand.at = step

    @property
    def in_hand(self) -> Errand:
        """The order in hand; every step but the list has one."""
        assert self.errand is not None
        return self.errand
