"""The way back: reads the undo ledger of a run, undoes what is not proven undone, newest first, and reads it back.

Every way back is taken before the first is written down: a disk that is full must not keep anything from being undone.

Safe to call at any time, from any process, as often as wanted: after the fault, as a rollback, on abort, and by
``gameday heal`` when whoever did the harm is dead. An intent without more may have been carried out, so it is undone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from experiments.actions import freezing, run_command
from experiments.probes import database, fleet
from experiments.probes.watching import wait_until
from experiments.safety.policy import refuse_unless_local
from fixtures.target import Target
from reports.evidence import RunDirectory, Undo, UndoLedger, now_us

ENDED_LIMIT_S = 60.0
AVAILABLE_LIMIT_S = 180.0


@dataclass(frozen=True)
class Taken:
    """One way back that was taken, not yet on record. ``how`` it ended when it did: undone, or written off."""

    record: Undo
    verified: bool
    what: str
    at_us: int
    how: str = "undone"


@dataclass(frozen=True)
class UndoResult:
    """How the way back of one harm ended, in ``word`` for a person; verified only when the ledger has it, too."""

    id: str
    resource: str
    action: str
    verified: bool
    what: str
    word: str

    def __str__(self) -> str:
        return f"{self.action} of {self.resource}: {self.word}: {self.what}"


def is_clean(run: RunDirectory) -> bool:
    """Whether nothing that this run did is left to be undone or to be read back."""
    return not any(record.is_open for record in run.read_undo())


def put_back(run: RunDirectory, target: Target, *, writer: str) -> list[UndoResult]:
    """Undo every harm of the run that is not verified, newest first, then write down what came of it.

    ``writer`` is who does it, for the ledger. Raises RefusedError when the target is not one that may be touched.
    """
    return write_down(run, take_back(run, target), writer=writer)


def take_back(run: RunDirectory, target: Target) -> list[Taken]:
    """Take every open way back, newest first, and read it back; nothing that fails stops the others.

    Writes nothing, so that a full disk cannot stop it either. Raises RefusedError as ``put_back`` does.
    """
    records = [record for record in run.read_undo() if record.is_open]
    if records:
        refuse_unless_local(target)
    return [_take(record, target) for record in reversed(records)]


def write_off(run: RunDirectory, why: str) -> list[Taken]:
    """Every open way back of a system that does not exist any more; ``why`` says how that is known."""
    return [Taken(one, True, why, now_us(), how="written off") for one in run.read_undo() if one.is_open]


def leave_open(run: RunDirectory, why: str) -> list[Taken]:
    """Every open way back, none of which can be taken from here."""
    return [Taken(one, False, why, now_us()) for one in run.read_undo() if one.is_open]


def write_down(run: RunDirectory, taken: Sequence[Taken], *, writer: str) -> list[UndoResult]:
    """Put on record what was taken. What cannot be written stays open: the next one to look undoes it again."""
    if not taken:
        return []
    try:
        ledger = run.undo()
    except OSError as error:
        return [_off_record(one, error) for one in taken]
    try:
        return [_write_down(one, ledger, writer) for one in taken]
    finally:
        ledger.close()


def _take(record: Undo, target: Target) -> Taken:
    try:
        verified, what = _way_back(record)(record, target)
    except Exception as error:  # noqa: BLE001  # whatever it is, the other harms must still be undone
        verified, what = False, f"{type(error).__name__}: {error}"
    return Taken(record, verified, what, now_us())


def _way_back(record: Undo) -> "WayBack":
    kind, service = str(record.way_back.get("kind")), str(record.way_back.get("service"))
    return WAYS_BACK.get((kind, service)) or WAYS_BACK.get((kind, "")) or _unknown


def _write_down(taken: Taken, ledger: UndoLedger, writer: str) -> UndoResult:
    data = {"by": writer, "what": taken.what}
    try:
        if not taken.verified:
            ledger.failed(taken.record.id, data, at_us=taken.at_us)
            return _result(taken, taken.what, "NOT UNDONE", verified=False)
        if taken.how == "undone":
            ledger.undone(taken.record.id, data, at_us=taken.at_us)
        ledger.verified(taken.record.id, {**data, "how": taken.how}, at_us=taken.at_us)
    except OSError as error:
        return _off_record(taken, error)
    return _result(taken, taken.what, taken.how, verified=True)


def _off_record(taken: Taken, error: OSError) -> UndoResult:
    word = f"{taken.how}, but NOT ON RECORD" if taken.verified else "NOT UNDONE"
    return _result(taken, f"{taken.what}; the undo ledger cannot be written: {error}", word, verified=False)


def _result(taken: Taken, what: str, word: str, *, verified: bool) -> UndoResult:
    return UndoResult(taken.record.id, taken.record.resource, taken.record.action, verified, what, word)


def _unknown(record: Undo, target: Target) -> tuple[bool, str]:
    return False, f"unknown way back {record.way_back.get('kind')}"


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
    """A failover is not failed back. Over when RDS says available, or that the primary is where the standby was.

    Then nothing that we began is under way any more; whether the system is well after it is not the question here.
    """
    identifier = str(record.way_back["id"])
    said = ""

    def over() -> bool:
        nonlocal said
        now = database.rds(target, identifier)
        said = f"{identifier} is {now.status} in {now.zone}"
        moved = now.zone is not None and now.zone == record.before.get("secondary_zone")
        return moved or now.status == "available"

    return wait_until(over, within_s=AVAILABLE_LIMIT_S), said


def _resumed(record: Undo, target: Target) -> tuple[bool, str]:
    """Let stopped instances go on; one that is gone is not stopped any more."""
    script = freezing.resume(str(record.way_back["pid_file"]), harm=record.id)
    said = [_resume(target, str(one), script) for one in record.way_back["instance_ids"]]
    return all(good for good, _ in said), ", ".join(what for _, what in said)


def _resume(target: Target, instance_id: str, script: str) -> tuple[bool, str]:
    try:
        state = fleet.instance_state(target, instance_id)
        if state in ("terminated", "shutting-down", "gone"):
            return True, f"{instance_id} is {state}"
        result = run_command.run(target, [instance_id], script)[0]
    except Exception as error:  # noqa: BLE001  # whatever it is, the other instances must still go on
        return False, f"{instance_id}: {type(error).__name__}: {error}"
    read_back = freezing.is_read_back(result.output)
    said = result.output or "it said nothing, so whether it ran is not known"
    return result.is_good and read_back, f"{instance_id}: {result.status}, {said}"


WayBack = Callable[[Undo, Target], tuple[bool, str]]
WAYS_BACK: dict[tuple[str, str], WayBack] = {
    ("none", "ec2"): _terminated,
    ("none", "rds"): _failed_over,
    ("run_command", ""): _resumed,
}
