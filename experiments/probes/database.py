"""The databases as RDS and as SQL show them: who answers, since when, where, and what streams from it."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from experiments import aws, resolving
from experiments.sinks.read import Sink
from experiments.sinks.rows import microseconds
from fixtures.target import Target

_IDENTITY = sa.text(
    "SELECT host(inet_server_addr()) AS address, pg_postmaster_start_time() AS started,"
    " pg_is_in_recovery() AS recovering"
)
_STREAMS = sa.text("SELECT application_name, host(client_addr) AS address, state, sync_state FROM pg_stat_replication")
_RECEIVER = sa.text("SELECT status FROM pg_stat_wal_receiver")
_LAG = sa.text("SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp())")


@dataclass(frozen=True)
class Rds:
    """What the RDS API says about one database instance."""

    id: str
    status: str
    zone: str | None
    secondary_zone: str | None
    endpoint: str | None


@dataclass(frozen=True)
class Server:
    """Who really answers at a database's name: the server's own address and its start."""

    address: str
    started_us: int
    recovering: bool

    def data(self) -> dict[str, Any]:
        """The identity as a ``server_identity`` signal has it."""
        return {"address": self.address, "started_us": self.started_us}


def rds(target: Target, identifier: str) -> Rds:
    """The RDS API's view. Raises botocore's errors, also when RDS does not know the instance."""
    client = aws.client(target, "rds")
    found = client.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
    return Rds(
        id=identifier,
        status=found["DBInstanceStatus"],
        zone=found.get("AvailabilityZone"),
        secondary_zone=found.get("SecondaryAvailabilityZone"),
        endpoint=found.get("Endpoint", {}).get("Address"),
    )


def events_since(target: Target, identifier: str, since_us: int) -> list[dict[str, Any]]:
    """RDS events of a database instance since then, oldest first; best effort, as on AWS they may be missing."""
    client = aws.client(target, "rds")
    found = aws.pages(
        client, "describe_events", "Events", SourceIdentifier=identifier, SourceType="db-instance", Duration=60
    )
    events = [{"at_us": microseconds(event["Date"]) or 0, "message": event["Message"]} for event in found]
    whole_second_us = since_us - since_us % 1_000_000  # AWS gives event times in whole seconds or milliseconds
    return sorted((e for e in events if e["at_us"] >= whole_second_us), key=lambda event: event["at_us"])


def server(sink: Sink) -> Server:
    """Who answers at that sink's name. Raises SinkUnreadableError."""
    row = sink.ask(_IDENTITY)[0]
    return Server(row.address, microseconds(row.started) or 0, bool(row.recovering))


def addresses(target: Target, host: str) -> tuple[str, ...]:
    """What DNS answers for a database's name right now; empty when it gives no answer."""
    try:
        return resolving.answer(target, host).addresses
    except resolving.NotResolvedError:
        return ()


def streams(primary: Sink) -> list[dict[str, Any]]:
    """Who streams from the primary: application_name, address, state, sync_state. Raises SinkUnreadableError."""
    return [dict(row._mapping) for row in primary.ask(_STREAMS)]


def is_streaming(replica: Sink) -> bool:
    """Whether the replica receives from somebody right now. Raises SinkUnreadableError."""
    return replica.scalar(_RECEIVER) == "streaming"


def lag_s(replica: Sink) -> float | None:
    """Seconds since the last transaction that the replica replayed. It grows while the primary is idle: a hint only."""
    found = replica.scalar(_LAG)
    return None if found is None else float(found)
