"""Small cases for tests of one promise: only what the test is about, everything else empty."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from reports.evidence import SINKS, Attempt, Delivery, Event, Landed, Undo, Write, WriteOutcome
from reports.judge.case import Case
from reports.judge.requests import Requests
from reports.objectives import load_objectives

S = 1_000_000
NAME = "terminate-sync-instance"


def case(
    *,
    events: Iterable[Event] = (),
    requests: Requests | None = None,
    delivery: Iterable[Delivery] = (),
    writes: Iterable[Write] = (),
    landed: dict[str, list[Landed] | None] | None = None,
    promises: Sequence[str] = (),
    objectives: dict[str, float] | None = None,
    **more: Any,
) -> Case:
    """Return a case; ``promises`` are those of the one experiment NAME."""
    found: dict[str, list[Landed] | None] = {"primary": None, "replica": None, "warehouse": None}
    facts = {"prefix": "GD", "experiments": [{"name": NAME, "promises": list(promises)}], **more.pop("facts", {})}
    return Case(
        facts=facts,
        objectives=load_objectives(objectives),
        events=tuple(sorted(events, key=lambda event: event.at_us)),
        requests=requests if requests is not None else traffic([]),
        delivery=tuple(delivery),
        writes=tuple(writes),
        landed=found | (landed or {}),
        signals=more.pop("signals", ()),
        undo=tuple(more.pop("undo", ())),
        jobs=more.pop("jobs", None),
        **more,
    )


def event(kind: str, at_s: float, *, subject: str | None = None, experiment: str | None = NAME, **data: Any) -> Event:
    """Return an event of the experiment NAME at that second; ``clock`` among the data is the event's."""
    clock = data.pop("clock", "suite")
    return Event(0, int(at_s * S), kind, "gameday", 0, clock, experiment, subject, data)


def course(
    *, called_s: float | None = 15, baseline_s: float = 10, fault_s: float = 20, end_s: float = 40
) -> list[Event]:
    """Return the events of an experiment: baseline to 10 s, fault called at 15 s, fault to 20 s, recovery to 40 s."""
    edges = (("baseline", 0, baseline_s), ("fault", baseline_s, fault_s), ("recovery", fault_s, end_s))
    found = [event("experiment.started", 0)]
    for name, from_s, to_s in edges:
        found += [event("phase.started", from_s, subject=name), event("phase.finished", to_s, subject=name)]
    if called_s is not None:
        found.append(event("fault.called", called_s))
    return [*found, event("experiment.finished", end_s, result="completed")]


def traffic(bad_s: Sequence[tuple[float, float]], *, to_s: float = 45, rate: int = 40, **more: Any) -> Requests:
    """Return an even load in which everything due in one of the stretches ``bad_s`` is bad, the rest took 10 ms."""
    due = np.arange(0, int(to_s * rate)) * (S // rate)
    bad = np.zeros(len(due), dtype=bool)
    for from_s, until_s in bad_s:
        bad |= (due >= from_s * S) & (due < until_s * S)
    in_time = np.ones(len(due), dtype=bool)
    for from_s, until_s in more.get("unsent_s", ()):
        in_time &= ~((due >= from_s * S) & (due < until_s * S))
    good = ~bad & in_time
    latency = np.where(good, more.get("latency_s", 0.01), np.inf)
    for from_s, until_s, slow_s in more.get("slow_s", ()):
        latency = np.where(good & (due >= from_s * S) & (due < until_s * S), slow_s, latency)
    return Requests(due.astype(np.int64), in_time, good, latency)


def beats(*, to_s: int = 45, worker: str = "w0", without: tuple[int, int] = (0, 0), **columns: int) -> list[Delivery]:
    """Return a worker's seconds up to ``to_s``, without those in the stretch ``without``."""
    base = {"planned": 40, "sent": 40, "completed": 40, "in_flight": 1, **columns}
    seconds = [second for second in range(1, to_s + 1) if not without[0] < second <= without[1]]
    return [Delivery(at_us=second * S, worker=worker, **base) for second in seconds]


def order(key: str, outcome: WriteOutcome = "acknowledged", *, at_s: float = 16, **columns: Any) -> Write:
    """Return an order that was answered at that second."""
    attempts = (Attempt(1, int(at_s * S), outcome, int(at_s * S)),)
    base: dict[str, Any] = {"kind": "order", "digest": "d", "amount_minor": 100, "sinks": SINKS}
    return Write(key=key, at_us=int(at_s * S), attempts=attempts, **(base | columns))


def shipment(key: str, outcome: WriteOutcome = "acknowledged", *, at_s: float = 16, **columns: Any) -> Write:
    """Return the shipment of an order, under its own key; it has a digest and no amount."""
    return order(key, outcome, at_s=at_s, **({"kind": "shipment", "amount_minor": None} | columns))


def delta(
    key: str, outcome: WriteOutcome, units: int, *, sum_key: str = "F|P", sinks: tuple[str, ...] = SINKS
) -> Write:
    """Return a stock delta."""
    attempts = (Attempt(1, 0, outcome, 0),)
    return Write(key, "stock_delta", 0, None, None, sinks, attempts, sum_key=sum_key, units=units)


def there(key: str, count: int = 1, *, seen_s: float | None = 18, **columns: Any) -> Landed:
    """Return an order as read back, seen at that second; ``kind="shipment"`` for one of those."""
    base: dict[str, Any] = {
        "kind": "order",
        "digest": "d",
        "amount_minor": 100,
        "first_seen_us": None if seen_s is None else int(seen_s * S),
    }
    return Landed(key=key, count=count, **(base | columns))


def barriers(*sinks: str, reached: bool = True, at_s: float = 60) -> list[Event]:
    """Return a barrier for each of these sinks."""
    end = int(at_s * S)
    return [event("barrier", at_s, experiment=None, sink=sink, reached=reached, complete_to_us=end) for sink in sinks]


def undo(*steps: str, at_s: float = 16, experiment: str | None = NAME) -> Undo:
    """Return an undo record with these steps."""
    lines = tuple({"t": step, "at_us": int(at_s * S)} for step in steps)
    return Undo("u1", experiment, "i-1", "ec2:TerminateInstances", {}, {"kind": "none"}, None, int(at_s * S), lines)
