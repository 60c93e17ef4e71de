"""Who is there and works for us: the API's word for each member, and the proof of its work from the data plane."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from experiments.probes import database, fleet, jobs
from experiments.sinks.read import Sink, open_sink
from fixtures.target import Target

MemberRole = Literal["sync", "async", "primary", "standby", "replica"]


@dataclass(frozen=True)
class Member:
    """One member of a role. ``proof`` says how we know that it works for us; None when we do not."""

    role: MemberRole
    zone: str
    id: str
    healthy: bool
    proof: str | None

    def data(self) -> dict[str, Any]:
        """The member as a ``capacity`` event has it."""
        return asdict(self)


def members(target: Target, *, answered: set[str]) -> list[Member]:
    """Every member by role and id. ``answered`` are the instances that gave a good answer to a request of ours.

    Raises what ``watching.UNREADABLE`` lists when the API or the data plane cannot be read.
    """
    primary, replica = open_sink(target, "primary"), open_sink(target, "replica")
    try:
        return [
            *_sync(target, answered),
            *_async(target, primary),
            *_databases(target, primary),
            _replica(target, replica),
        ]
    finally:
        primary.close()
        replica.close()


def _sync(target: Target, answered: set[str]) -> list[Member]:
    healthy = fleet.healthy_ids(target)
    return [
        Member("sync", one.zone, one.id, one.id in healthy, "answered a request" if one.id in answered else None)
        for one in fleet.group(target, "sync").in_service
    ]


def _async(target: Target, primary: Sink) -> list[Member]:
    found = []
    for one in fleet.group(target, "async").in_service:
        claim_us = jobs.last_claim_us(primary, one.id)
        proof = None if claim_us is None else f"began a job at {claim_us}"
        found.append(Member("async", one.zone, one.id, healthy=True, proof=proof))
    return found


def _databases(target: Target, primary: Sink) -> list[Member]:
    """The primary, and the standby when there is one: its stream is seen on the primary only, it answers nobody."""
    rds = database.rds(target, target.names.db_instance)
    server = database.server(primary)
    writable = not server.recovering
    proof = f"takes writes at {server.address}" if writable else None
    found = [Member("primary", rds.zone or "unknown", rds.id, rds.status == "available" and writable, proof)]
    if rds.secondary_zone is None:
        return found
    stream = next((one for one in database.streams(primary) if one["sync_state"] in ("sync", "quorum")), None)
    streaming = stream is not None and stream["state"] == "streaming"
    said = f"receives every commit as {stream['application_name']}" if stream and streaming else None
    return [*found, Member("standby", rds.secondary_zone, f"{rds.id}-standby", streaming, said)]


def _replica(target: Target, replica: Sink) -> Member:
    rds = database.rds(target, target.names.db_replica)
    streaming = database.is_streaming(replica)
    healthy = rds.status == "available" and streaming
    return Member("replica", rds.zone or "unknown", rds.id, healthy, "receives a stream" if streaming else None)
