"""The region as one fault found it: who was where, who was hurt and when, and what came in its place. Pure.

Everything is from the run's own evidence: the members before and after the fault (``capacity`` events), the
configuration before it (``target.json``), the calls of the fault, and the probe values in between.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reports.evidence import Event, Signal
from reports.judge.capacity import PAIR, Member, members
from reports.judge.case import Case
from reports.judge.measured import measured
from reports.judge.timeline import Experiment

ROLES = {"sync": "sync servers", "async": "async servers", "database": "databases"}
DONE = {
    "TerminateInstances": "terminated",
    "StopInstances": "stopped",
    "RebootInstances": "rebooted",
    "SendCommand": "stalled",
    "RebootDBInstance": "failed over",
    "PromoteReadReplica": "promoted",
}
HURT, NEW, MOVED, CALM = "hurt", "new", "moved", "calm"


@dataclass(frozen=True)
class Box:
    """One member on the picture; ``state`` is hurt, new, moved or calm, ``note`` says when."""

    label: str
    state: str
    note: str = ""


@dataclass(frozen=True)
class Zone:
    """One zone: its boxes by role, in the order of ROLES."""

    name: str
    rows: tuple[tuple[str, tuple[Box, ...]], ...]


@dataclass(frozen=True)
class Picture:
    """The region around one fault; ``story`` says the same in sentences."""

    name: str
    front: str  # what customers ask for, and its addresses: the load balancer's nodes
    ttl: str
    nodes: tuple[str, ...]
    zones: tuple[Zone, ...]
    warehouse: str
    story: tuple[str, ...]


def picture(case: Case, experiment: Experiment, target: Mapping[str, Any]) -> Picture | None:
    """Return the picture of an experiment; None without a fault, or when nobody read who was there before it."""
    seen = {str(event.data.get("when")): members(event) for event in experiment.of_kind("capacity")}
    before, after = seen.get("before"), seen.get("after")
    if experiment.called_us is None or not before:
        return None
    course = _Course(case, experiment, before, after)
    names = _names(target)
    front = names[0] if names else {}
    warehouse = next((one for one in names if str(one.get("name", "")).startswith("warehouse")), {})
    return Picture(
        name=experiment.name,
        front=str(front.get("name") or ""),
        ttl=f"TTL {front['ttl_s']:g} s" if isinstance(front.get("ttl_s"), int | float) else "",
        nodes=tuple(str(address) for address in front.get("addresses") or ()),
        zones=tuple(_zone(course, name) for name in course.zones),
        warehouse=", ".join(map(str, warehouse.get("addresses") or ())),
        story=tuple(course.story()),
    )


class _Course:
    """What happened to each member, found once."""

    def __init__(
        self, case: Case, experiment: Experiment, before: Sequence[Member], after: Sequence[Member] | None
    ) -> None:
        self.called_us = experiment.called_us or 0
        self.before, self.after = list(before), list(after or [])
        self.was_read_after = after is not None
        self.zones = sorted({one.zone for one in (*self.before, *self.after)})
        self.steps = {step.phase: step for step in measured(case, experiment)}
        self.signals = [one for one in case.signals if one.experiment in (None, experiment.name)]
        self.calls = experiment.of_kind("fault.called")
        self.hurt = {one.id: call for call in self.calls for one in self.before if one.id in _touched(call)}
        known = {one.id for one in self.before}
        self.new = [one for one in self.after if one.id not in known]

    def boxes(self, zone: str, group: str) -> Iterator[Box]:
        """The boxes of a zone and group: who was there before, then who came."""
        for one in self.before:
            if one.zone == zone and _group(one) == group:
                yield self._box(one)
        for one in self.new:
            if one.zone == zone and _group(one) == group:
                yield Box(self._label(one), NEW, f"new, {self._since(one)}")

    def story(self) -> Iterator[str]:
        """The picture in sentences."""
        for one in self.before:
            if one.id in self.hurt:
                call = self.hurt[one.id]
                when = datetime.fromtimestamp(call.at_us / 1e6, tz=UTC).strftime("%H:%M:%S")
                yield f"Hurt at {when} UTC: {_noun(one)} in {one.zone}, {_done(call)}{self._after(call.at_us)}."
        yield from self._came()
        calm = sum(one.id not in self.hurt and self._role_after(one) is None for one in self.before)
        yield f"Not hurt: {calm} of {len(self.before)} members."

    def _came(self) -> Iterator[str]:
        if not self.was_read_after:
            yield "What came in its place is not known: nobody read the members after the fault."
            return
        for one in self.new:
            proof = f"; {_proof(one, self.called_us)}" if one.proof else "; it was not seen at work"
            yield f"In its place: {_noun(one)} in {one.zone}, {self._since(one)}{proof}."
        for one in self.before:
            if one.role == "primary" and self._role_after(one):
                place = next((m.zone for m in self.after if m.role == "primary"), "nowhere")
                yield f"The primary moved from {one.zone} to {place}{self._database()}."
        for one in self.before:
            now = self._now(one)
            if one.id in self.hurt and now and not self._role_after(one):
                proof = f"; {_proof(now, self.called_us)}" if now.proof else ""
                yield f"At work again at the end: {_noun(one)}{proof}."
        gone = [one.id for one in self.before if one.id in self.hurt and not self._now(one)]
        if len(gone) > len(self.new):
            yield f"Nothing came for {len(gone) - len(self.new)} of {len(gone)} that are gone."

    def _box(self, one: Member) -> Box:
        now = self._role_after(one)
        moved = f"{one.role} → {now}" if now else ""
        if one.id in self.hurt:
            call = self.hurt[one.id]
            gone = "" if self._now(one) or not self.was_read_after else ", gone"
            label = f"{one.role} {one.id}" if _group(one) == "database" else one.id
            return Box(moved or label, HURT, f"{_done(call)}{self._after(call.at_us)}{gone}")
        return Box(moved or self._label(one), MOVED if moved else CALM)

    def _label(self, one: Member) -> str:
        return f"{one.role} {one.id}" if _group(one) == "database" and one.role not in one.id else one.id

    def _role_after(self, one: Member) -> str | None:
        """The role that a database in this zone has after the fault, when it is another one of the pair."""
        if one.role not in PAIR:
            return None
        now = {m.role for m in self.after if m.zone == one.zone and m.role in PAIR}
        return next(iter(now)) if now and one.role not in now else None

    def _now(self, one: Member) -> Member | None:
        return next((m for m in self.after if m.id == one.id and m.healthy), None)

    def _since(self, one: Member) -> str:
        """When a new member was in service; a step of the load balancer's health, else the group's own state."""
        for signal in self.signals:
            if signal.at_us > self.called_us and isinstance(signal.value, Mapping):
                state = str(signal.value.get(one.id) or "").split(" ", 1)[0]
                if state in ("healthy", "InService") and _speaks(signal, one):
                    return f"in service{self._after(signal.at_us)}"
        return "there at the end"

    def _database(self) -> str:
        step = self.steps.get("clients on the new primary") or self.steps.get("database not available (RDS)")
        return f"; customers were served again{self._after(step.to_us)}" if step else ""

    def _after(self, at_us: int) -> str:
        return f" +{max(at_us - self.called_us, 0) / 1e6:.1f} s"


def _speaks(signal: Signal, one: Member) -> bool:
    """A sync server is in service when the load balancer says so, any other when its group does."""
    return signal.name == ("target_health" if one.role == "sync" else f"{one.role}_instances")


def _zone(course: _Course, name: str) -> Zone:
    rows = ((title, tuple(course.boxes(name, group))) for group, title in ROLES.items())
    return Zone(name, tuple((title, boxes) for title, boxes in rows if boxes))


def _group(one: Member) -> str:
    return one.role if one.role in ROLES else "database"


def _noun(one: Member) -> str:
    return f"{one.role} {one.id}" if _group(one) == "database" else f"{one.role} server {one.id}"


def _touched(call: Event) -> set[str]:
    """Every name in a call: its subject, and each text among its parameters."""
    said = [str(call.subject or ""), *_texts(call.data.get("parameters"))]
    return {name for text in said for name in re.split(r"[,\s]+", text) if name}


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []


def _done(call: Event) -> str:
    operation = str(call.data.get("operation") or "touched")
    return DONE.get(operation, operation)


def _proof(one: Member, called_us: int) -> str:
    """Microseconds since 1970 are for programs; a person wants seconds since the fault."""
    return re.sub(r"\b\d{16}\b", lambda at: f"+{(int(at[0]) - called_us) / 1e6:.1f} s", str(one.proof))


def _names(target: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The DNS names as they were read; none where the answer was an error."""
    listed = target.get("dns")
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
