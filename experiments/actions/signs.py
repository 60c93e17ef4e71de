"""What a fault looks like from outside: from the AWS API, and from the data plane.

Each function returns a look that says what it saw, or None while there is nothing to see yet.
"""

import http.client
import socket
import time

from experiments.actions.fault import Sign
from experiments.probes import database, fleet, jobs
from experiments.sinks.read import Sink
from fixtures.target import Target

ANSWER_LIMIT_S = 1.0
ENDING = ("shutting-down", "terminated", "gone")


def instance_ends(target: Target, instance_id: str) -> Sign:
    """API: EC2 says that the instance is going or gone."""

    def look() -> str | None:
        state = fleet.instance_state(target, instance_id)
        return f"EC2: {instance_id} is {state}" if state in ENDING else None

    return look


def is_open(address: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((address, port), timeout=ANSWER_LIMIT_S).close()
    except OSError:
        return False
    return True


def closed(address: str, port: int) -> Sign:
    """Data plane: nothing accepts connections where something did before the fault (refused, or silent)."""

    def look() -> str | None:
        return None if is_open(address, port) else f"nothing accepts connections at {address}:{port} any more"

    return look


def answers(address: str, port: int) -> bool:
    """Whether an HTTP server answers there, with whatever status."""
    connection = http.client.HTTPConnection(address, port, timeout=ANSWER_LIMIT_S)
    try:
        connection.request("GET", "/health")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def falls_silent(primary: Sink, instance_id: str, *, silence_s: float) -> Sign:
    """Data plane: the instance begins no job and renews no lease for that long, while the job table goes on.

    Compares values of the table with each other only, so that no two clocks are compared.
    """
    last: tuple[int | None, int | None] | None = None
    since = time.monotonic()
    others_at_first: int | None = None

    def look() -> str | None:
        nonlocal last, since, others_at_first
        now = (jobs.last_claim_us(primary, instance_id), jobs.last_lease_us(primary, instance_id))
        others = jobs.last_claim_of_others_us(primary, instance_id)
        if last is None or _renewed(last, now):
            last, since, others_at_first = now, time.monotonic(), others
            return None
        silent_s = time.monotonic() - since
        if silent_s < silence_s or others == others_at_first:
            return None
        return f"{instance_id} began no job and renewed no lease for {silent_s:.1f} s, while others began jobs"

    return look


def writer_changed(before: database.Server, primary: Sink) -> Sign:
    """Data plane: another server, or the same one started anew, takes writes at the primary's name."""

    def look() -> str | None:
        now = database.server(primary)
        if now.recovering or (now.address, now.started_us) == (before.address, before.started_us):
            return None
        return f"the primary's name leads to {now.address}, started {now.started_us}, no more to {before.address}"

    return look


def zone_swapped(before: database.Rds, target: Target) -> Sign:
    """API: RDS says that the primary is in what was the standby's zone."""

    def look() -> str | None:
        now = database.rds(target, before.id)
        if now.zone == before.zone or now.zone != before.secondary_zone:
            return None
        return f"RDS: {before.id} moved from {before.zone} to {now.zone}, status {now.status}"

    return look


def _renewed(before: tuple[int | None, int | None], now: tuple[int | None, int | None]) -> bool:
    """A new claim or a newer lease; a lease that is gone was taken away by somebody else."""
    return any((b or 0) > (a or 0) for a, b in zip(before, now, strict=True))
