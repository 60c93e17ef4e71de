"""capacity_restored: as many healthy members as before, and the new ones have really worked. Pure."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from reports.evidence import Event
from reports.judge.case import Case
from reports.judge.promise import Promise, Status, numbers, plural, some
from reports.judge.timeline import Experiment
from reports.judge.workers import trouble

NAME = "capacity_restored"
# A failover swaps these two, and is not failed back: what must be as before is the pair in its zones, one of each.
PAIR = ("primary", "standby")


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a role as it was seen."""

    role: str
    zone: str
    id: str
    healthy: bool | None
    proof: str | None  # how we know that it does work for us


def members(event: Event) -> list[Member] | None:
    """Return the members of a ``capacity`` event; None when it could not be read."""
    listed = event.data.get("members")
    if not isinstance(listed, list) or not listed:
        return None
    return [_member(item) for item in listed]


def capacity_restored(case: Case, experiment: Experiment) -> Promise:
    """Judge the members after the fault against those before it, per role and zone."""
    seen = {str(event.data.get("when")): members(event) for event in experiment.of_kind("capacity")}
    before, after = seen.get("before"), seen.get("after")
    for when, listed in (("before", before), ("after", after)):
        if not listed:
            said = f"the members {when} the fault were not read, from the API or the data plane"
            return Promise(NAME, Status.UNKNOWN, said, experiment.name)
    found = judge(experiment.name, before or [], after or [])
    wrong = trouble(case, *experiment.window) if experiment.window else None
    if found.status is Status.FAIL and wrong:
        # Without load no replacement can have worked for us, and nobody waited until it was there.
        return replace(found, status=Status.UNKNOWN, because=f"{found.because}; but {wrong}")
    return found


def judge(experiment: str, before: list[Member], after: list[Member]) -> Promise:
    """Compare two readings; see the module."""
    was, now = healthy_by_place(before), healthy_by_place(after)
    short = [f"{place} {now[place]} of {count}" for place, count in sorted(was.items()) if now[place] < count]
    known = {(member.role, member.id) for member in before}
    new = [member for member in after if member.healthy and (member.role, member.id) not in known]
    idle = [f"{member.role} {member.id}" for member in new if not member.proof]
    total, base = sum(1 for m in after if m.healthy), sum(1 for m in before if m.healthy)
    found = numbers(total, "members", base=base, objective=None, replacements=len(new), without_proof=len(idle))
    found["objective"] = base
    said = f"{total} healthy members after, {base} before, {plural(len(new), 'replacement')}"
    unread = [f"{m.role} {m.id}" for m in after if m.healthy is None]
    if short and unread:
        return Promise(NAME, Status.UNKNOWN, f"{said}; health not readable: {some(unread)}", experiment, None, found)
    if base == 0:
        return Promise(NAME, Status.UNKNOWN, "no member was healthy before the fault", experiment, None, found)
    if short:
        return Promise(NAME, Status.FAIL, f"{said}; too few: {some(short)}", experiment, None, found)
    if idle:
        return Promise(NAME, Status.FAIL, f"{said}; no work of ours seen from {some(idle)}", experiment, None, found)
    return Promise(NAME, Status.PASS, f"{said}, each has worked for us", experiment, None, found)


def healthy_by_place(listed: list[Member]) -> Counter[str]:
    """Count the healthy members per role, and per role and zone; primary and standby share their zones."""
    places: Counter[str] = Counter()
    for member in listed:
        if member.healthy:
            group = "database" if member.role in PAIR else member.role
            places[f"{group} in {member.zone}"] += 1
            places[member.role] += 1
    return places


def _member(item: dict[str, Any]) -> Member:
    return Member(
        role=str(item.get("role")),
        zone=str(item.get("zone")),
        id=str(item.get("id")),
        healthy=item.get("healthy"),
        proof=str(item["proof"]) if item.get("proof") else None,
    )
