"""The way back: reads the undo ledger of a run, undoes what is not proven undone, newest first, and reads it back.

Safe to call at any time, from any process, as often as wanted: after the fault, as a rollback, on abort, and by
``gameday heal`` when whoever did the harm is dead. An intent without more may have been carried out, so it is undone.
"""

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from experiments.actions import freezing, run_command
from experiments.probes import database, fleet
from experiments.probes.watching import wait_until
from experiments.safety.policy import refuse_unless_local
from fixtures.target import Target
from reports.evidence import RunDirectory, Undo, UndoLedger

ENDED_LIMIT_S = 60.0
AVAILABLE_LIMIT_S = 180.0


@dataclass(frozen=True)
class UndoResult:
    """How the way back of one harm ended."""

    id: str
    resource: str
    action: str
    verified: bool
    what: str

    def __str__(self) -> str:
        return f"{self.action} of {self.resource}: {'undone' if self.verified else 'NOT UNDONE'}: {self.what}"


def is_clean(run: RunDirectory) -> bool:
    """Whether nothing that this run did is left to be undone or to be read back."""
    return not any(record.is_open for record in run.read_undo())


def put_back(run: RunDirectory, target: Target, *, writer: str) -> list[UndoResult]:
    """Undo every harm of the run that is not verified, newest first; what fails does not stop the others.

    ``writer`` is who does it, for the ledger. Raises RefusedError when the target is not one that may be touched.
    """
    records = [record for record in run.read_undo() if record.is_open]
    if not records:
        return []
    refuse_unless_local(target)
    ledger = run.undo()
    try:
        return [_undo(record, target, ledger, writer) for record in reversed(records)]
    finally:
        ledger.close()


def write_off(run: RunDirectory, why: str, *, writer: str) -> list[UndoResult]:
    """Close every open record of a system that does not exist any more; ``why`` says how that is known."""
    ledger = run.undo()
    results = []
    for record in run.read_undo():
        if record.is_open:
            ledger.verified(record.id, {"by": writer, "what": why})
            results.append(_result(record, why, verified=True))
    ledger.close()
    return results


def _undo(record: Undo, target: Target, ledger: UndoLedger, writer: str) -> UndoResult:
    kind = str(record.way_back.get("kind"))
    service = str(record.way_back.get("service"))
    way_back = WAYS_BACK.get((kind, service)) or WAYS_BACK.get((kind, ""))
    try:
        verified, what = way_back(record, target) if way_back else (False, f"unknown way back {kind}")
    except (BotoCoreError, ClientError) as error:
        verified, what = False, f"{type(error).__name__}: {error}"
    data = {"by": writer, "what": what}
    if verified:
        ledger.undone(record.id, data)
        ledger.verified(record.id, data)
    else:
        ledger.failed(record.id, data)
    return _result(record, what, verified=verified)


def _result(record: Undo, what: str, *, verified: bool) -> UndoResult:
    return UndoResult(record.id, record.resource, record.action, verified, what)


def _terminated(record: Undo, target: Target) -> tuple[bool, str]:
    """Nothing to revert, the group replaces it. Over when the instance is gone, or was never touched."""
    instance_id = str(record.way_back["id"])
    state = ""

    def over() -> bool:
        nonlocal state
        state = fleet.instance_state(target, instance_id)
        return state in ("terminated", "gone", "running")

    return wait_until(over, within_s=ENDED_LIMIT_S), f"{instance_id} is {state}"


def _failed_over(record: Undo, target: Target) -> tuple[bool, str]:
    """A failover is not failed back. Over when RDS says available."""
    identifier = str(record.way_back["id"])
    status = ""

    def over() -> bool:
        nonlocal status
        status = database.rds(target, identifier).status
        return status == "available"

    return wait_until(over, within_s=AVAILABLE_LIMIT_S), f"{identifier} is {status}"


def _resumed(record: Undo, target: Target) -> tuple[bool, str]:
    """Let stopped instances go on; one that is gone is not stopped any more."""
    script = freezing.resume(str(record.way_back["pid_file"]), harm=record.id)
    said = [_resume(target, str(one), script) for one in record.way_back["instance_ids"]]
    return all(good for good, _ in said), ", ".join(what for _, what in said)


def _resume(target: Target, instance_id: str, script: str) -> tuple[bool, str]:
    state = fleet.instance_state(target, instance_id)
    if state in ("terminated", "shutting-down", "gone"):
        return True, f"{instance_id} is {state}"
    result = run_command.run(target, [instance_id], script)[0]
    return result.is_good, f"{instance_id}: {result.status}, {result.output}"


WayBack = Callable[[Undo, Target], tuple[bool, str]]
WAYS_BACK: dict[tuple[str, str], WayBack] = {
    ("none", "ec2"): _terminated,
    ("none", "rds"): _failed_over,
    ("run_command", ""): _resumed,
}
