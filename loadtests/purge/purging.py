"""Cancels the orders of a run one by one, and writes down as an amendment what became of each; what is sealed stays."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from loadtests.api.orders import CANCELLABLE, Order
from loadtests.gate.stopping import Stop, StopRequestedError
from loadtests.purge.desk import Desk
from reports.evidence import EventWriter, RunDirectory

WRITER = "purge"


@dataclass
class Purged:
    """What became of the orders: how many ended how, and why the first that was not cancelled was not."""

    outcomes: Counter[str] = field(default_factory=Counter)  # cancelled, refused, unknown
    first_no: str | None = None
    stopped: str | None = None

    @property
    def exit_code(self) -> int:
        """PASS, FAIL, UNKNOWN or ABORTED: refused is known, and not what was wanted."""
        if self.stopped:
            return 4
        if self.outcomes["refused"]:
            return 1
        return 2 if self.outcomes["unknown"] else 0


class Record:
    """Writes to the run's ``amendments/``; to nowhere when the orders are of no run that is known."""

    def __init__(self, run: RunDirectory | None) -> None:
        self._events = None if run is None else EventWriter(run.amend() / "events" / f"{WRITER}.ndjson")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._events is not None:
            self._events.close()

    def write(self, kind: str, *, subject: str | None = None, **data: object) -> None:
        if self._events is not None:
            self._events.record(kind, subject=subject, data=data, clock="person")


def can_be_cancelled(listed: Sequence[Order]) -> list[Order]:
    """Return the orders whose status lets them become cancelled; the others are over."""
    return [order for order in listed if order.status_id in CANCELLABLE]


def cancel_all(desk: Desk, chosen: Sequence[Order], record: Record, stop: Stop, tell: Callable[[int], None]) -> Purged:
    """Cancel these orders, until all are or somebody asks to stop. ``tell`` hears how many are done."""
    purged = Purged()
    for done, order in enumerate(chosen, start=1):
        try:
            stop.check()
        except StopRequestedError as request:
            purged.stopped = str(request)
            break
        outcome, error = _cancel(desk, order)
        purged.outcomes[outcome] += 1
        if outcome != "cancelled":
            purged.first_no = purged.first_no or f"order {order.order_id} ({order.external_id}): {error}"
        record.write("purge.order", subject=order.order_id, external_id=order.external_id, outcome=outcome, error=error)
        tell(done)
    return purged


def _cancel(desk: Desk, order: Order) -> tuple[str, str | None]:
    judged = desk.cancel(order)
    if judged.outcome == "ok":
        return "cancelled", None
    return ("refused" if judged.outcome == "refused" else "unknown"), judged.error
