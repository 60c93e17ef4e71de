"""Terminate one instance, chosen by chance among those that really work.

chaostoolkit-aws is not used for this: its describe calls are not paginated, its choice may fall on an instance that is
stopped already, ``instance_percent`` is ignored when a zone is given, and nothing chosen counts as done.
"""

from typing import Any

from experiments import aws
from experiments.actions.acknowledging import acknowledged_by
from experiments.actions.fault import Harm, NobodyToHurtError, Plane, Sign, inject
from experiments.actions.importing import IMPORT_LIMIT_S, importing_instance
from experiments.actions.signs import closed, falls_silent, instance_ends, is_open
from experiments.probes import fleet
from experiments.recording import current_run, current_target, rng
from experiments.safety.policy import refuse_unless_local
from experiments.sinks.read import open_sink
from fixtures.target import Target

APP_PORT = 8080  # an async instance is in no target group that would name its port


def terminate_sync_instance(configuration: Any = None, secrets: Any = None) -> dict[str, Any]:
    """Terminate one of the sync instances that the load balancer sends requests to, just after it acknowledged writes.

    Returns its id. Raises RefusedError, NobodyToHurtError.
    """
    target = current_target()
    refuse_unless_local(target)
    serving = {state.id: state.port for state in fleet.target_states(target) if state.state == "healthy"}
    candidates = [instance.id for instance in fleet.group(target, "sync").in_service if instance.id in serving]
    if not candidates:
        raise NobodyToHurtError("sync group: expected a healthy instance to terminate, found none")
    victim = rng(current_run()).choice(candidates)
    return _terminate(target, victim, serving[victim], just_acknowledged=True)


def terminate_importing_instance(
    limit_s: float = IMPORT_LIMIT_S, configuration: Any = None, secrets: Any = None
) -> dict[str, Any]:
    """Terminate the async instance that is in the middle of importing a file of at least 50 orders.

    Returns its id. Raises RefusedError, NobodyToHurtError when there is no such import within ``limit_s`` seconds.
    """
    target = current_target()
    refuse_unless_local(target)
    working = {instance.id for instance in fleet.group(target, "async").in_service}
    victim = importing_instance(target, among=working, limit_s=limit_s)
    return _terminate(target, victim, APP_PORT)


def _terminate(target: Target, victim: str, port: int, *, just_acknowledged: bool = False) -> dict[str, Any]:
    address = fleet.address(target, victim)
    was_open = is_open(address, port)
    harm = Harm(
        resource=victim,
        service="ec2",
        operation="TerminateInstances",
        parameters={"InstanceIds": [victim]},
        before={"state": "running", "address": address, "port": port, "accepted_connections": was_open},
        way_back={"kind": "none", "why": "Auto Scaling replaces it", "service": "ec2", "id": victim},
    )
    quiet = falls_silent(open_sink(target, "primary"), victim, silence_s=target.jobs.lease_s)
    signs: dict[Plane, Sign] = {
        "api": instance_ends(target, victim),
        "data": closed(address, port) if was_open else quiet,
    }
    client = aws.client(target, "ec2")
    writes = acknowledged_by(target, victim) if just_acknowledged else 0
    with inject(harm) as fault:
        client.terminate_instances(InstanceIds=[victim])
        fault.applied({})
        missing = fault.prove(signs)
    return {"instance": victim, "address": address, "acknowledged_just_before": writes, "unproven": missing}
