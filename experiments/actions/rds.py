"""Fail the primary database over to its standby.

``reboot_db_instance`` of chaostoolkit-aws is sound (``failover_db_cluster`` is not: without a target it sends None), so
it makes the call, through our clients.
"""

from typing import Any

from chaosaws.rds.actions import reboot_db_instance

from experiments import aws
from experiments.actions.fault import Fault, Harm, NobodyToHurtError, Plane, Sign, inject
from experiments.actions.signs import writer_changed, zone_swapped
from experiments.probes import database
from experiments.probes.watching import Watch, wait_until
from experiments.recording import current_experiment, current_signals, current_target, current_timing
from experiments.safety.policy import refuse_unless_local
from experiments.sinks.read import Sink, open_sink
from fixtures.target import Target


def fail_over_primary(limit_s: float | None = None, configuration: Any = None, secrets: Any = None) -> dict[str, Any]:
    """Reboot the primary with failover, and watch until RDS and SQL both show another server.

    Watches for ``limit_s`` seconds at most, the game day's ``proof_s`` unless told.
    Returns what changed. Raises RefusedError, NobodyToHurtError when there is no standby to fail over to.
    """
    target = current_target()
    refuse_unless_local(target)
    aws.adopt(target)
    primary = open_sink(target, "primary")
    before = database.rds(target, target.names.db_instance)
    if before.secondary_zone is None or before.status != "available":
        raise NobodyToHurtError(
            f"{before.id}: expected status available and a standby in a second zone, "
            f"found {before.status} and {before.secondary_zone}"
        )
    with inject(_harm(target, before, primary)) as fault:
        return _fail_over(target, fault, before, primary, limit_s or current_timing().proof_s)


def _harm(target: Target, before: database.Rds, primary: Sink) -> Harm:
    server = database.server(primary)
    state = {
        "zone": before.zone,
        "secondary_zone": before.secondary_zone,
        "dns": database.addresses(target, target.databases.primary.host),
        "server": server.address,
        "started_us": server.started_us,
    }
    return Harm(
        resource=before.id,
        service="rds",
        operation="RebootDBInstance",
        parameters={"DBInstanceIdentifier": before.id, "ForceFailover": True},
        before=state,
        way_back={"kind": "none", "why": "a failover is not failed back", "service": "rds", "id": before.id},
    )


def _fail_over(target: Target, fault: Fault, before: database.Rds, primary: Sink, limit_s: float) -> dict[str, Any]:
    signs: dict[Plane, Sign] = {
        "api": zone_swapped(before, target),
        "data": writer_changed(database.server(primary), primary),
    }
    watch = Watch(current_signals(), subject=before.id, experiment=current_experiment())
    reboot_db_instance(before.id, force_failover=True, configuration={"aws_region": target.region_name})
    fault.applied({})

    def look_at_all() -> None:
        watch.see("dns_answer", lambda: list(database.addresses(target, target.databases.primary.host)))
        watch.see("db_status", lambda: database.rds(target, before.id).status)
        watch.see("db_zones", lambda: _zones(target, before.id))
        watch.see("server_identity", lambda: database.server(primary).data())

    def over() -> bool:
        look_at_all()
        return database.rds(target, before.id).status == "available"

    missing = fault.prove(signs, within_s=limit_s, on_look=look_at_all)
    wait_until(over, within_s=limit_s)
    for event in database.events_since(target, before.id, fault.called_us):
        fault.sign("api", f"RDS event: {event['message']}", at_us=event["at_us"], err_us=1_000_000)
    return {"instance": before.id, "from": before.zone, "to": database.rds(target, before.id).zone, "unproven": missing}


def _zones(target: Target, identifier: str) -> list[str | None]:
    now = database.rds(target, identifier)
    return [now.zone, now.secondary_zone]
