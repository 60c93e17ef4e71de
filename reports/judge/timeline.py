"""What the events say about a run: its experiments, their phases, when the fault was called, how each ended. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reports.evidence import Event

TRAFFIC_PHASES = ("baseline", "fault", "recovery")


@dataclass(frozen=True, slots=True)
class Phase:
    """A named stretch of time; ``to_us`` is the end of all evidence when the phase never finished."""

    name: str
    from_us: int
    to_us: int
    finished: bool = True

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.to_us - self.from_us) / 1e6


@dataclass(frozen=True)
class Experiment:
    """One experiment of a run as it went."""

    name: str
    promises: tuple[str, ...]
    phases: tuple[Phase, ...]
    events: tuple[Event, ...]  # its own, by time
    called_us: int | None  # the first API call that harms; None when no fault was called
    result: str | None  # completed, baseline_not_met, refused, aborted, failed; None when it never finished
    reason: str
    not_run: bool

    def phase(self, name: str) -> Phase | None:
        """Return the first phase of that name, None when it never began."""
        return next((phase for phase in self.phases if phase.name == name), None)

    def of_kind(self, kind: str) -> list[Event]:
        """Return its events of a kind, by time."""
        return [event for event in self.events if event.kind == kind]

    @property
    def window(self) -> tuple[int, int] | None:
        """From the start of its first traffic phase to the end of its last, in microseconds; None when it had none."""
        phases = [phase for phase in self.phases if phase.name in TRAFFIC_PHASES]
        return (min(p.from_us for p in phases), max(p.to_us for p in phases)) if phases else None

    @property
    def span(self) -> tuple[int, int] | None:
        """From its first event to its last, in microseconds; None when nothing is known of it."""
        return (self.events[0].at_us, self.events[-1].at_us) if self.events else None


def experiments(facts: dict[str, Any], events: Sequence[Event]) -> tuple[Experiment, ...]:
    """Return the run's experiments in the order planned, then those that only the events know of."""
    planned = {str(item.get("name")): item for item in facts.get("experiments") or []}
    named = dict.fromkeys([*planned, *(event.experiment for event in events if event.experiment)])
    end_us = max((event.at_us for event in events), default=0)
    return tuple(
        _experiment(name, planned.get(name, {}), [event for event in events if event.experiment == name], end_us)
        for name in named
    )


def own_phases(events: Iterable[Event], end_us: int) -> tuple[Phase, ...]:
    """Pair ``phase.started`` with the next ``phase.finished`` of the same subject."""
    open_phases: dict[str, int] = {}
    found: list[Phase] = []
    for event in events:
        name = event.subject or "?"
        if event.kind == "phase.started":
            open_phases.setdefault(name, event.at_us)
        elif event.kind == "phase.finished" and name in open_phases:
            found.append(Phase(name, open_phases.pop(name), event.at_us))
    found += [Phase(name, from_us, max(end_us, from_us), finished=False) for name, from_us in open_phases.items()]
    return tuple(sorted(found, key=lambda phase: phase.from_us))


def _experiment(name: str, plan: dict[str, Any], events: list[Event], end_us: int) -> Experiment:
    ends = [event for event in events if event.kind == "experiment.finished"]
    skipped = [event for event in events if event.kind == "experiment.not_run"]
    last = [*skipped, *ends][-1:]
    calls = [event.at_us for event in events if event.kind == "fault.called"]
    return Experiment(
        name=name,
        promises=tuple(plan.get("promises") or ()),
        phases=own_phases(events, end_us),
        events=tuple(events),
        called_us=min(calls, default=None),
        result=str(ends[-1].data.get("result")) if ends else None,
        reason=str(last[0].data.get("reason") or "") if last else "",
        not_run=not ends and (bool(skipped) or not any(event.kind == "experiment.started" for event in events)),
    )
