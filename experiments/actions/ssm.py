"""Stall async workers: their processes keep their sockets, their leases and their open transactions, and do nothing.

SIGSTOP by Run Command, longer than the job lease. Three ways back: the method's own, the undo ledger's, and the host
itself, on which the same command starts an expiry before it stops anything.
"""

import time
from typing import Any

from experiments.actions import freezing, run_command
from experiments.actions.fault import Harm, NobodyToHurtError, Plane, Sign, inject
from experiments.actions.importing import IMPORT_LIMIT_S, importing_instance
from experiments.actions.signs import falls_silent
from experiments.probes import fleet
from experiments.recording import current_run, current_target, rng
from experiments.safety.policy import refuse_unless_local
from experiments.sinks.read import open_sink
from fixtures.target import Target

LONGER_THAN_TAKEOVER_S = 2.0
EXPIRY_MARGIN_S = 30.0


def stall_async_workers(
    limit_s: float = IMPORT_LIMIT_S, configuration: Any = None, secrets: Any = None
) -> dict[str, Any]:
    """Stop exactly half of the async instances, one of them in the middle of an import, until their leases are taken.

    Returns their ids; they are still stopped then. Raises RefusedError, NobodyToHurtError when there are not two.
    """
    target = current_target()
    refuse_unless_local(target)
    victims = _half(target, limit_s)
    hold_s = target.jobs.lease_s + target.jobs.grace_s + LONGER_THAN_TAKEOVER_S
    expiry_s = hold_s + EXPIRY_MARGIN_S
    harm = Harm(
        resource=",".join(victims),
        service="ssm",
        operation="SendCommand",
        parameters={"DocumentName": run_command.DOCUMENT, "InstanceIds": victims, "signal": "STOP"},
        before={"state": "running"},
        way_back={"kind": "run_command", "instance_ids": victims, "pid_file": target.run_command.pid_file},
        lease_s=expiry_s,
    )
    with inject(harm) as fault:
        began = time.monotonic()
        script = freezing.stop(target.run_command.pid_file, harm=fault.undo_id, expiry_s=expiry_s)
        results = run_command.run(target, victims, script)
        fault.applied({result.instance_id: result.output for result in results})
        missing = fault.prove(_signs(target, victims, results), within_s=hold_s)
        time.sleep(max(0.0, hold_s - (time.monotonic() - began)))  # the one sleep: it is the fault
    return {"instances": victims, "held_s": hold_s, "unproven": missing}


def _half(target: Target, limit_s: float) -> list[str]:
    working = [instance.id for instance in fleet.group(target, "async").in_service]
    count = len(working) // 2
    if count == 0:
        raise NobodyToHurtError(f"async group: expected at least two instances in service (never all), found {working}")
    owner = importing_instance(target, among=working, limit_s=limit_s)
    others = [instance_id for instance_id in working if instance_id != owner]
    return sorted([owner, *rng(current_run()).sample(others, count - 1)])


def _signs(target: Target, victims: list[str], results: list[run_command.Result]) -> dict[Plane, Sign]:
    def stopped() -> str | None:
        good = all(result.is_good for result in results)
        said = ", ".join(f"{result.instance_id}: {result.status}, {result.output}" for result in results)
        return f"Run Command: {said}" if good else None

    silent = falls_silent(open_sink(target, "primary"), victims[0], silence_s=target.jobs.lease_s)
    return {"api": stopped, "data": silent}
