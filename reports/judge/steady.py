"""steady_state_before and steady_state_after: what the probes said around the fault. Pure."""

from dataclasses import replace

from reports.evidence import Event
from reports.judge.case import Case
from reports.judge.promise import Promise, Status, numbers, plural, some
from reports.judge.timeline import Experiment
from reports.judge.workers import trouble


def steady_state_before(case: Case, experiment: Experiment) -> Promise:
    """Judge the probes before the fault; FAIL makes the verdict BASELINE_NOT_MET."""
    return _steady(experiment, "before")


def steady_state_after(case: Case, experiment: Experiment) -> Promise:
    """Judge the probes after the undo."""
    found = _steady(experiment, "after")
    wrong = trouble(case, *experiment.window) if experiment.window else None
    if found.status is Status.FAIL and wrong:
        # A run whose load is gone does not wait for the recovery: what it read is no steady state that was due.
        return replace(found, status=Status.UNKNOWN, because=f"{found.because}; but {wrong}")
    return found


def _steady(experiment: Experiment, when: str) -> Promise:
    name = f"steady_state_{when}"
    last = {_probe(event): event for event in experiment.of_kind("steady_state") if event.data.get("when") == when}
    # A probe that was measured again counts as it was the last time.
    off = [event for event in last.values() if event.data.get("held") is False]
    silent = [probe for probe, event in last.items() if event.data.get("held") is None]
    held = len(last) - len(off) - len(silent)
    found = numbers(held, "probes", base=len(last), objective=None) | {"objective": len(last)}
    if not last:
        return Promise(name, Status.UNKNOWN, f"no probe was read {when} the fault", experiment.name)
    if off:
        outside = some([_said(event) for event in off])
        said = f"{held} of {plural(len(last), 'probe')} in tolerance {when} the fault; off: {outside}"
        return Promise(name, Status.FAIL, said, experiment.name, None, found)
    if silent:
        said = f"{held} of {plural(len(last), 'probe')} in tolerance {when} the fault; no value from {some(silent)}"
        return Promise(name, Status.UNKNOWN, said, experiment.name, None, found)
    return Promise(
        name,
        Status.PASS,
        f"all {plural(len(last), 'probe')} in tolerance {when} the fault",
        experiment.name,
        None,
        found,
    )


def _probe(event: Event) -> str:
    return str(event.data.get("probe") or event.subject)


def _said(event: Event) -> str:
    return f"{_probe(event)} = {event.data.get('value')!r}, tolerance {event.data.get('tolerance')!r}"
