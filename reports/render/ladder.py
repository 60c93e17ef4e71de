"""The ladder of the orders: accepted, on primary, on replica, in warehouse, and what fell off on the way. Pure."""

from dataclasses import dataclass

from reports.evidence import SHIPMENT_SUFFIX, SINKS
from reports.judge.case import Case
from reports.judge.landing import Fate
from reports.judge.writes import Reading, incomplete, read_sink

NAMES = {"primary": "On the primary", "replica": "On the replica", "warehouse": "In the warehouse"}
LOST = (Fate.LOST, Fate.FLICKER, Fate.UNDELIVERED)
STRANGE = (Fate.PHANTOM, Fate.UNEXPECTED, Fate.DIVERGED)


@dataclass(frozen=True)
class Rung:
    """One step of the ladder; None where the evidence does not say."""

    name: str
    there: int | None  # orders that are there
    of_accepted: int | None  # of them, those that were acknowledged
    of_unknown: int | None  # of them, those whose answer never came
    lost: int | None
    duplicated: int | None
    strange: int | None  # there without reason
    note: str = ""


@dataclass(frozen=True)
class Ladder:
    """All steps, and what the first one stands on."""

    sent: int
    accepted: int
    unknown: int
    refused: int
    rungs: tuple[Rung, ...]


def orders(case: Case) -> Ladder:
    """Return the ladder of the run's orders."""
    writes = [write for write in case.writes if write.kind == "order"]
    count = {word: sum(write.outcome == word for write in writes) for word in ("acknowledged", "unknown", "refused")}
    rungs = tuple(_rung(case, sink) for sink in SINKS if any(sink in write.sinks for write in writes))
    return Ladder(len(writes), count["acknowledged"], count["unknown"], count["refused"], rungs)


def _rung(case: Case, sink: str) -> Rung:
    name = NAMES[sink]
    found = read_sink(case, sink)
    if found is None:
        return Rung(name, None, None, None, None, None, None, "not read back")
    landed = {row.key for row in case.landed.get(sink) or [] if row.kind == "order" and row.count}
    outcome = {write.key: write.outcome for write in found.writes if write.kind == "order"}
    there = landed & outcome.keys()
    known = {key for key in there if outcome[key] == "acknowledged"}
    why = incomplete(case, sink)
    return Rung(
        name=name,
        there=len(there),
        of_accepted=len(known),
        of_unknown=sum(outcome[key] == "unknown" for key in there),
        lost=None if why else _count(found, *LOST),
        duplicated=_count(found, Fate.DUPLICATE),
        strange=_count(found, *STRANGE),
        note=why or "",
    )


def _count(found: Reading, *fates: Fate) -> int:
    """How many orders have one of these fates."""
    return sum(not key.endswith(SHIPMENT_SUFFIX) for key in found.keys.of(*fates))
