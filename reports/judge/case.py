"""Everything that is known of a run, read once: what every promise is judged on. After ``read_case`` all is pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from reports.evidence import SINKS, Delivery, Event, Job, Landed, RunDirectory, Signal, Undo, Write
from reports.judge.requests import Ints, Requests, from_samples, own_faults, write_starts
from reports.judge.timeline import Experiment, experiments
from reports.objectives import Objectives, from_facts


@dataclass(frozen=True)
class Case:
    """The evidence of one run. An empty part is a part for which there is no evidence."""

    facts: dict[str, Any]
    objectives: Objectives
    events: tuple[Event, ...]
    requests: Requests
    delivery: tuple[Delivery, ...]
    writes: tuple[Write, ...]
    landed: dict[str, list[Landed] | None]  # by sink; None = never read
    signals: tuple[Signal, ...]
    undo: tuple[Undo, ...]
    jobs: list[Job] | None
    torn: dict[str, int] = field(default_factory=dict)
    altered: tuple[str, ...] = ()  # breaks of a hash chain
    # When each request that writes began, by worker and kind of write.
    write_starts: dict[tuple[str, str], Ints] = field(default_factory=dict)
    # When each request was due that failed in the generator itself, and in what.
    own_faults: tuple[tuple[int, str], ...] = ()

    @cached_property
    def experiments(self) -> tuple[Experiment, ...]:
        """The experiments as they went, planned ones first."""
        return experiments(self.facts, self.events)

    @cached_property
    def was_killed(self) -> bool:
        """Whether an experiment began and never ended."""
        return was_killed(self.events)

    @cached_property
    def has_ended(self) -> bool:
        """Whether the run came to its own end: it says so, or has read back."""
        return any(
            event.kind == "run.finished" or (event.kind == "phase.finished" and event.subject == "read-back")
            for event in self.events
            if event.experiment is None
        )

    @property
    def prefix(self) -> str:
        """What every key begins with that this run wrote."""
        return str(self.facts.get("prefix") or "")

    @cached_property
    def end_us(self) -> int:
        """The last moment of which anything is known."""
        return max((event.at_us for event in self.events), default=0)

    def of_kind(self, kind: str) -> list[Event]:
        """Return the run's events of a kind, by time."""
        return [event for event in self.events if event.kind == kind]


def read_case(run: RunDirectory, objectives: Objectives | None = None) -> Case:
    """Read a run directory, half-written or sealed; with its own objectives unless others are given."""
    objectives = objectives or from_facts(run.facts.get("objectives"))
    events, samples = tuple(run.read_events()), run.read_samples()
    case = Case(
        facts=run.facts,
        objectives=objectives,
        events=events,
        requests=from_samples(samples, late_s=objectives.value("late_s")),
        delivery=tuple(run.read_delivery()),
        writes=tuple(run.read_ledger()),
        landed={sink: run.read_landed(sink) for sink in SINKS},
        signals=tuple(run.read_signals()),
        undo=tuple(run.read_undo(amended=was_killed(events))),
        jobs=run.read_jobs(),
        altered=tuple(run.broken_chains()),
        write_starts=write_starts(samples),
        own_faults=own_faults(samples),
    )
    return replace(case, torn=dict(run.torn))  # known when all is read


def was_killed(events: Sequence[Event]) -> bool:
    """Return whether an experiment began and never ended; how such a run ended is what a heal wrote after its seal."""
    began = {event.experiment for event in events if event.kind == "experiment.started"}
    return bool(began - {event.experiment for event in events if event.kind == "experiment.finished"})
