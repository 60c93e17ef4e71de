"""Measured phases of a fault: how long each step took, to lay beside what the configuration let expect. Pure.

Each is a stretch from a beginning to an end that the evidence shows. The names are those of the ``expected`` events.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reports.evidence import Signal
from reports.judge import fault
from reports.judge.case import Case
from reports.judge.jobs import taken_over
from reports.judge.recovery import of_experiment
from reports.judge.timeline import Experiment

HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class Measured:
    """One step as it was seen, in microseconds since the epoch."""

    phase: str
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Expectation:
    """One step as the configuration let it expect: seconds from its own beginning."""

    phase: str
    seconds_from: float
    seconds_to: float
    why: str


def expected(experiment: Experiment) -> tuple[Expectation, ...]:
    """Return what the run wrote down before the fault, in its order."""
    return tuple(
        Expectation(
            str(event.data.get("phase") or event.subject),
            float(event.data.get("seconds_from") or 0),
            float(event.data.get("seconds_to") or 0),
            str(event.data.get("why") or ""),
        )
        for event in experiment.of_kind("expected")
    )


def measured(case: Case, experiment: Experiment) -> tuple[Measured, ...]:
    """Return every step that the evidence shows, by its beginning; none without a fault."""
    called, window = experiment.called_us, experiment.window
    if called is None or window is None:
        return ()
    signals = [one for one in case.signals if called - 60_000_000 <= one.at_us <= window[1] + 60_000_000]
    steps = [
        *_signs(experiment, called),
        _front_door(case, experiment, called),
        *_targets(_series(signals, "target_health", experiment), called),
        _database(_series(signals, "db_status", experiment), called),
        _new_primary(case, experiment, _series(signals, "dns_answer", experiment), called),
        _job_taken_over(case, called, window[1]),
    ]
    return tuple(sorted((step for step in steps if step is not None), key=lambda step: (step.from_us, step.to_us)))


def _signs(experiment: Experiment, called: int) -> list[Measured]:
    found = []
    for plane, name in (("api", "seen in the AWS API"), ("data", "felt on the data plane")):
        first = next((s for s in fault.signs(experiment) if fault.plane(s) == plane and s.at_us >= called), None)
        if first is not None:
            found.append(Measured(name, called, first.at_us))
    return found


def _front_door(case: Case, experiment: Experiment, called: int) -> Measured | None:
    """From the first bad request of the worst break until the front door held again."""
    found = of_experiment(case, experiment)
    if found is None or found.worst is None or found.recovered_us is None:
        return None
    part = case.requests.between(max(called, found.worst.from_us), found.recovered_us + 1)
    bad = part.due_us[~part.good]
    return Measured("front door not good", int(bad[0]), found.recovered_us) if len(bad) else None


def _targets(series: list[Signal], called: int) -> list[Measured]:
    """When the load balancer gave up a target, and how long a new one took from registration to healthy."""
    before = [one.value for one in series if one.at_us <= called and isinstance(one.value, Mapping)]
    later = [one for one in series if one.at_us > called and isinstance(one.value, Mapping)]
    known = before[-1] if before else (later[0].value if later else {})
    was_healthy = {target for target, state in known.items() if _is_healthy(state)}
    gone = _first(later, lambda value: any(not _is_healthy(value.get(target)) for target in was_healthy))
    found = [Measured("target unhealthy", called, gone)] if gone is not None else []
    new = _first(later, lambda value: bool(value.keys() - known.keys()))
    ready = _first(later, lambda value: any(_is_healthy(value[target]) for target in value.keys() - known.keys()))
    return [*found, Measured("replacement healthy", new, ready)] if new is not None and ready is not None else found


def _database(series: list[Signal], called: int) -> Measured | None:
    """From the first status that is not available until it is again."""
    later = [one for one in series if one.at_us > called]
    away = next((one.at_us for one in later if one.value not in (None, "available")), None)
    back = next(
        (one.at_us for one in later if away is not None and one.at_us > away and one.value == "available"), None
    )
    return Measured("database not available (RDS)", away, back) if away is not None and back is not None else None


def _new_primary(case: Case, experiment: Experiment, series: list[Signal], called: int) -> Measured | None:
    """From the change of the database's name until the front door held again."""
    before = [one.value for one in series if one.at_us <= called]
    later = [one for one in series if one.at_us > called and one.value]
    known = before[-1] if before else (later[0].value if later else None)
    flip = next((one.at_us for one in later if one.value != known), None)
    found = of_experiment(case, experiment)
    if flip is None or found is None or found.worst is None or found.recovered_us is None:
        return None
    return Measured("clients on the new primary", flip, max(flip, found.recovered_us))


def _job_taken_over(case: Case, called: int, end_us: int) -> Measured | None:
    """Until the first job whose owner was interrupted by the fault runs again."""
    after = [job for job in case.jobs or [] if job.when == "after"]
    runs = [job.start_us for job in taken_over(case, after) if job.start_us and called < job.start_us <= end_us]
    return Measured("job taken over", called, min(runs)) if runs else None


def _series(signals: list[Signal], name: str, experiment: Experiment) -> list[Signal]:
    return [one for one in signals if one.name == name and one.experiment in (None, experiment.name)]


def _first(signals: list[Signal], is_so: Callable[[Mapping[str, Any]], bool]) -> int | None:
    return next((one.at_us for one in signals if is_so(one.value)), None)


def _is_healthy(state: object) -> bool:
    return str(state).split(" ", 1)[0] == HEALTHY if state is not None else False
