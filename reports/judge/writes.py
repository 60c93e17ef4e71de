"""The promises about writes, one a sink: none lost, none duplicated, no phantom, none corrupted. Pure.

A presence is proof at once; an absence is proof only after the barrier, when the sink is known to be complete.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reports.evidence import SINKS, Write
from reports.judge import ledgers
from reports.judge.case import Case
from reports.judge.jobs import long_transactions
from reports.judge.landing import Fate, Landing, land_keys
from reports.judge.promise import Promise, Status, numbers, plural, some
from reports.judge.sums import land_sums

ABSENCES = (Fate.LOST, Fate.UNDELIVERED)
# Which fates break which promise, and the word for it in a sentence.
BREAKS: dict[str, tuple[tuple[Fate, ...], str]] = {
    "no_acknowledged_write_lost": ((Fate.LOST, Fate.FLICKER, Fate.UNDELIVERED), "lost"),
    "no_write_duplicated": ((Fate.DUPLICATE,), "duplicated"),
    "no_phantom_write": ((Fate.PHANTOM, Fate.UNEXPECTED, Fate.DIVERGED), "there without reason"),
    "no_write_corrupted": ((), "changed"),
}


@dataclass(frozen=True)
class Reading:
    """What a sink was read to hold: orders and shipments by key, stock by sums."""

    sink: str
    writes: tuple[Write, ...]  # those that declare the sink
    keys: Landing
    stock: Landing

    def of(self, *fates: Fate) -> list[str]:
        """Return the keys and the sums with one of these fates."""
        return self.keys.of(*fates) + self.stock.of(*fates)

    @property
    def outcomes(self) -> Counter[str]:
        """How many of its writes were acknowledged, refused, unknown."""
        return Counter(write.outcome for write in self.writes)


def declared_sinks(case: Case) -> tuple[str, ...]:
    """Return the sinks that a write of this run declares, in the order of the data's way."""
    declared = {sink for write in case.writes for sink in write.sinks}
    return tuple(sink for sink in SINKS if sink in declared)


def read_sink(case: Case, sink: str) -> Reading | None:
    """Return what became of every write at a sink; None when it, or the primary, was not read."""
    landed, primary = case.landed.get(sink), case.landed.get("primary")
    if landed is None or primary is None:
        return None
    return Reading(
        sink=sink,
        writes=tuple(write for write in case.writes if sink in write.sinks),
        keys=land_keys(sink, case.writes, landed, primary, case.prefix),
        stock=land_sums(sink, case.writes, landed, primary),
    )


def why_unread(case: Case, sink: str) -> str:
    """Return why there is nothing to judge at a sink."""
    missing = sink if case.landed.get(sink) is None else "primary"
    failed = [
        str(event.data.get("reason"))
        for event in case.of_kind("barrier")
        if event.data.get("sink") == missing and event.data.get("reached") is not True and event.data.get("reason")
    ]
    return f"{missing} was not read back" + (f": {failed[-1]}" if failed else "")


def incomplete(case: Case, sink: str) -> str | None:
    """Return why an absence at a sink proves nothing; None when its barrier, and the primary's, was reached."""
    for name in dict.fromkeys(("primary", sink)):
        barriers = [event for event in case.of_kind("barrier") if event.data.get("sink") == name]
        if not barriers:
            return f"no barrier was set for {name}"
        if barriers[-1].data.get("reached") is not True:
            reason = barriers[-1].data.get("reason") or "its barrier was not reached"
            return f"{name} was not known to be complete: {reason}"
    return None


def writes_at(case: Case, name: str, sink: str, found: Reading | None) -> Promise:
    """Judge one of the promises in BREAKS at one sink; ``found`` is what read_sink returned for it."""
    if found is None:
        return Promise(name, Status.UNKNOWN, why_unread(case, sink), None, sink)
    if not found.outcomes["acknowledged"]:
        return Promise(name, Status.UNKNOWN, f"no write for {sink} was acknowledged", None, sink)
    broken = found.keys.corrupted if name == "no_write_corrupted" else found.of(*BREAKS[name][0])
    certain, why_not = _certain(case, found, broken)
    if certain:
        return Promise(
            name, Status.FAIL, _sentence(found, name, certain), None, sink, _numbers(case, found, name, certain)
        )
    counted = _numbers(case, found, name, broken)
    why_not = why_not or (_uncompared(found) if name == "no_write_corrupted" else None)
    if why_not:
        return Promise(name, Status.UNKNOWN, why_not, None, sink, counted)
    return Promise(name, Status.PASS, _sentence(found, name, broken), None, sink, counted)


def no_sink(name: str) -> Promise:
    """Return the promise of a run in whose ledger there is nothing."""
    return Promise(name, Status.UNKNOWN, "no write was recorded: ledger/ is empty")


def by_experiment(case: Case, writes: Sequence[Write], broken: Sequence[str]) -> dict[str, dict[str, int]]:
    """Count acknowledged and broken writes by the experiment in whose time they were acknowledged."""
    spans = [(one.name, *one.span) for one in case.experiments if one.span]
    bad = set(broken)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for write in writes:
        at_us = write.acknowledged_us if write.acknowledged_us is not None else write.at_us
        name = next((name for name, from_us, to_us in spans if from_us <= at_us <= to_us), "between experiments")
        count = found[name]
        count[write.outcome] += 1
        count["broken"] += write.key in bad
    return {name: dict(count) for name, count in found.items()}


def _needing_barrier(sink: str) -> tuple[Fate, ...]:
    """Fates that a sink which is still catching up shows, too. Downstream also what compares with the primary."""
    return ABSENCES if sink == "primary" else (*ABSENCES, Fate.DUPLICATE, Fate.DIVERGED, Fate.UNEXPECTED)


def _needing_ledger(found: Reading) -> list[str]:
    """Keys and sums that break a promise only if the ledger is whole. Downstream all is held against the primary."""
    if found.sink != "primary":
        return []
    return found.of(Fate.UNEXPECTED, Fate.PHANTOM) + found.stock.of(Fate.DUPLICATE)


def _certain(case: Case, found: Reading, broken: list[str]) -> tuple[list[str], str | None]:
    """Return what is broken for certain, and why nothing can be said about the rest; None when it can."""
    early, hole, doubt = incomplete(case, found.sink), ledgers.hole(case), ledgers.doubt(case)
    unsure = set(found.of(*_needing_barrier(found.sink))) if early else set()
    strangers = set(_needing_ledger(found))
    if hole or doubt:
        unsure |= strangers
    if doubt and strangers.intersection(broken):
        hole = hole or f"{doubt}, though {plural(len(strangers), 'key')} of this run landed without reason"
    return [key for key in broken if key not in unsure], early or hole


def _uncompared(found: Reading) -> str | None:
    """Return why the contents that were compared do not stand for all."""
    there, compared = found.keys.once, found.keys.compared
    if not there:
        return f"no write's content was read back from {found.sink}"
    if compared < there:
        return f"the content of {compared:,} of {plural(there, 'write')} could be compared at {found.sink}"
    return None


def _numbers(case: Case, found: Reading, name: str, broken: list[str]) -> dict[str, Any]:
    outcomes = found.outcomes
    fates = {str(fate): len(found.of(fate)) for fate in Fate if found.of(fate)}
    counted = numbers(len(broken), "writes", base=outcomes["acknowledged"], objective=None)
    return counted | {
        "objective": 0,
        "objective_from": "design: never",
        "unknown": outcomes["unknown"],
        "refused": outcomes["refused"],
        "fates": fates,
        "sums": sum(len(keys) for keys in found.stock.fates.values()),
        "compared": found.keys.compared,
        "late_commits": found.keys.late_commits if found.sink == "primary" else None,
        "long_transactions": long_transactions(job for job in case.jobs or [] if job.when == "after"),
        "by_experiment": by_experiment(case, found.writes, broken),
        "examples": broken[:10],
    }


def _sentence(found: Reading, name: str, broken: list[str]) -> str:
    outcomes = found.outcomes
    base = f"{plural(outcomes['acknowledged'], 'acknowledged write')} and {outcomes['unknown']:,} unknown"
    word = BREAKS[name][1]
    if not broken:
        compared = f" ({found.keys.compared:,} contents compared)" if name == "no_write_corrupted" else ""
        return f"none {word} of {base}{compared}"
    kinds = Counter(str(fate) for fate in Fate for key in found.of(fate) if key in set(broken))
    plain = name == "no_write_corrupted" or kinds.keys() <= {"lost"} or kinds.keys() <= {"duplicate"}
    detail = "" if plain else ", ".join(f"{count:,} {fate}" for fate, count in kinds.items())
    return f"{len(broken):,} {word} of {base}{f' ({detail})' if detail else ''}: {some(broken)}; objective 0"
