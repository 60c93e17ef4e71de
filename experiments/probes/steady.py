"""The steady state: six values and what each of them is when the system is well.

Every tolerance is one exact value, so that a probe without a value (None) is never taken for a good one, neither here
nor by Chaos Toolkit (whose range tolerance crashes on None, and whose rollbacks then never run).
"""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from experiments.probes import database, fleet, front_door, jobs
from experiments.probes.watching import UNREADABLE
from experiments.recording import current_target
from experiments.sinks.read import Sink, SinkName, SinkUnreadableError, open_sink
from fixtures.target import Target

PROBE_LIMIT_S = 5.0
LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Reading:
    """One probe's value. ``held`` is None when the probe gave no value."""

    probe: str
    value: Any
    tolerance: Any

    @property
    def held(self) -> bool | None:
        return None if self.value is None else bool(self.value == self.tolerance)

    def data(self) -> dict[str, Any]:
        """The reading as a ``steady_state`` event has it."""
        return {"probe": self.probe, "value": self.value, "tolerance": self.tolerance, "held": self.held}


def web_answers(configuration: Any = None, secrets: Any = None) -> bool | None:
    """An instance answers the health check through DNS and the load balancer."""
    return _value("web_answers", current_target())


def orders_can_be_looked_up(configuration: Any = None, secrets: Any = None) -> bool | None:
    """A user can log in, and the application looks an order up in the database."""
    return _value("orders_can_be_looked_up", current_target())


def targets_missing(configuration: Any = None, secrets: Any = None) -> int | None:
    """How many fewer healthy targets the load balancer has than the sync group wants instances."""
    return _value("targets_missing", current_target())


def workers_missing(configuration: Any = None, secrets: Any = None) -> int | None:
    """How many fewer instances are in service than the async group wants."""
    return _value("workers_missing", current_target())


def database_available(configuration: Any = None, secrets: Any = None) -> bool | None:
    """RDS says available, and a server that takes writes answers at the primary's name."""
    return _value("database_available", current_target())


def replica_streaming(configuration: Any = None, secrets: Any = None) -> bool | None:
    """The read replica answers at its name and receives what the primary writes."""
    return _value("replica_streaming", current_target())


def jobs_overdue(configuration: Any = None, secrets: Any = None) -> int | None:
    """How many jobs are due longer than the time in which a dead instance's jobs are taken over."""
    return _value("jobs_overdue", current_target())


def measure(target: Target) -> list[Reading]:
    """Read every probe, also after the first one out of tolerance; at most 5 s each."""
    return [Reading(name, _value(name, target), tolerance) for name, (_, tolerance) in PROBES.items()]


def wait_until_steady(
    target: Target, *, within_s: float, settled_s: float = LOOK_EVERY_S, on_look: Callable[[], None] | None = None
) -> list[Reading]:
    """Look until every probe has held in each look for ``settled_s``, or the time is up; return the last readings."""
    deadline = time.monotonic() + within_s
    held_since: float | None = None
    while True:
        readings = measure(target)
        if on_look:
            on_look()
        now = time.monotonic()
        held_since = (held_since or now) if all(reading.held for reading in readings) else None
        if (held_since is not None and now - held_since >= settled_s) or now > deadline:
            return readings
        time.sleep(LOOK_EVERY_S)


def _web_answers(target: Target) -> bool:
    try:
        answer = front_door.get(target, "/health")
    except front_door.NoAnswerError:
        return False
    return answer.status == 200 and answer.server is not None


def _orders_can_be_looked_up(target: Target) -> bool:
    try:
        token = front_door.login(target)
        answer = front_door.get(target, f"/api/orders/NONE{uuid.uuid4().hex[:12]}", token=token)
    except (front_door.NoAnswerError, front_door.LoginRefusedError):
        return False
    document = answer.json()
    return answer.status == 200 and isinstance(document, dict) and document.get("error") == "No record found"


def _targets_missing(target: Target) -> int:
    return fleet.group(target, "sync").desired - len(fleet.healthy_ids(target))


def _workers_missing(target: Target) -> int:
    group = fleet.group(target, "async")
    return group.desired - len(group.in_service)


def _database_available(target: Target) -> bool:
    if database.rds(target, target.names.db_instance).status != "available":
        return False
    try:
        return not database.server(_sink(target, "primary")).recovering
    except SinkUnreadableError:
        return False


def _replica_streaming(target: Target) -> bool:
    return database.is_streaming(_sink(target, "replica"))


def _jobs_overdue(target: Target) -> int:
    return jobs.overdue(_sink(target, "primary"), target.jobs.lease_s + target.jobs.grace_s)


# name -> (how it is read, the value when the system is well)
PROBES: dict[str, tuple[Callable[[Target], Any], Any]] = {
    "web_answers": (_web_answers, True),
    "orders_can_be_looked_up": (_orders_can_be_looked_up, True),
    "targets_missing": (_targets_missing, 0),
    "workers_missing": (_workers_missing, 0),
    "database_available": (_database_available, True),
    "replica_streaming": (_replica_streaming, True),
    "jobs_overdue": (_jobs_overdue, 0),
}

_sinks: dict[tuple[str, SinkName], Sink] = {}


def _sink(target: Target, name: SinkName) -> Sink:
    """One sink a database and process: a probe that connects anew each time would be load."""
    database = getattr(target.databases, name)
    return _sinks.setdefault((f"{database.host}:{database.port}", name), open_sink(target, name))


def _value(name: str, target: Target) -> Any:
    """Read one probe in a thread of its own: what hangs gives no value after 5 s and holds nobody up."""
    read, _ = PROBES[name]
    box: list[Any] = []

    def look() -> None:
        try:
            box.append(read(target))
        except UNREADABLE:
            box.append(None)

    thread = threading.Thread(target=look, name=f"probe-{name}", daemon=True)
    thread.start()
    thread.join(PROBE_LIMIT_S)
    return box[0] if box else None
