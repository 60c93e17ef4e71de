"""recovered_within_rto: when the front door held again after the fault. Pure.

A stretch of ``hold_s`` *holds* when at least ``good_ratio`` of the requests due in it were good. Recovery is the
start of the first stretch that holds after the worst break that the fault made, minus the first API call of the
fault. "After the worst break" matters twice: a fault whose effect comes late leaves good stretches before it, which
are no recovery; and a hiccup of a few requests later on is not the outage (it is counted in the availability, and
named here).
"""

from dataclasses import dataclass

import numpy as np

from reports.judge.case import Case
from reports.judge.promise import Promise, Status, numbers, plural
from reports.judge.requests import Requests
from reports.judge.timeline import Experiment
from reports.judge.workers import trouble

NAME = "recovered_within_rto"
STEP_US = 100_000  # recovery is known to a tenth of a second


@dataclass(frozen=True, slots=True)
class Break:
    """A run of stretches that do not hold: the start of the first, of the last, and the bad requests in it."""

    from_us: int
    last_us: int
    bad: int


@dataclass(frozen=True, slots=True)
class Recovery:
    """What the traffic says about the time after a fault."""

    breaks: tuple[Break, ...]
    worst: Break | None  # None: it never broke
    recovered_us: int | None  # None: not within what was observed
    last_start_us: int  # start of the last stretch that could be looked at
    fewest: int  # requests in the thinnest stretch
    requests: int


def recovery(requests: Requests, *, called_us: int, end_us: int, hold_s: float, good_ratio: float) -> Recovery | None:
    """Return when the requests held again in ``[called_us, end_us)``; None when that is shorter than ``hold_s``."""
    hold_us = int(hold_s * 1e6)
    if end_us - called_us < hold_us:
        return None
    starts = np.arange(called_us, end_us - hold_us + 1, STEP_US)
    low, high = np.searchsorted(requests.due_us, starts), np.searchsorted(requests.due_us, starts + hold_us)
    good = np.concatenate([[0], np.cumsum(requests.good)])
    due = high - low
    holds = (due > 0) & (good[high] - good[low] >= good_ratio * due)
    breaks = _breaks(starts, holds, requests, hold_us)
    worst = max(breaks, key=lambda one: (one.bad, one.from_us), default=None)
    after = starts[0] if worst is None else worst.last_us + STEP_US
    recovered = int(after) if after <= starts[-1] else None
    inside = requests.between(called_us, end_us)
    return Recovery(breaks, worst, recovered, int(starts[-1]), int(due.min()), len(inside))


def of_experiment(case: Case, experiment: Experiment) -> Recovery | None:
    """Return the recovery of an experiment; None when no fault was called or the time after it was too short."""
    window = experiment.window
    if experiment.called_us is None or window is None:
        return None
    return recovery(
        case.requests,
        called_us=experiment.called_us,
        end_us=window[1],
        hold_s=case.objectives.value("hold_s", experiment.name),
        good_ratio=case.objectives.value("good_ratio", experiment.name),
    )


def fault_window(case: Case, experiment: Experiment) -> tuple[int, int] | None:
    """Return when an experiment's fault was felt; None when no fault was called.

    From its first API call to the end of the fault phase, or of the stretch that proves the recovery if that is later.
    """
    window = experiment.window
    if experiment.called_us is None or window is None:
        return None
    fault = experiment.phase("fault")
    fault_end = fault.to_us if fault else experiment.called_us
    found = of_experiment(case, experiment)
    if found is None or found.recovered_us is None:
        return experiment.called_us, max(fault_end, window[1])
    held_us = found.recovered_us + int(case.objectives.value("hold_s", experiment.name) * 1e6)
    return experiment.called_us, max(fault_end, held_us)


def recovered_within_rto(case: Case, experiment: Experiment) -> Promise:
    """Judge the time from the first API call of the fault until the front door held again."""
    rto = case.objectives.find("rto_s", experiment.name)
    window = experiment.window
    if experiment.called_us is None or window is None:
        return _promise(experiment, Status.UNKNOWN, "no fault was called, so there is nothing to recover from")
    wrong = trouble(case, experiment.called_us, window[1])
    if wrong:
        return _promise(experiment, Status.UNKNOWN, f"load not delivered after the fault: {wrong}")
    found = of_experiment(case, experiment)
    least = case.objectives.value("window_min_requests", experiment.name)
    if found is None or found.fewest < least:
        few = "the time after it is shorter than hold_s" if found is None else f"a stretch with {found.fewest} requests"
        return _promise(
            experiment, Status.UNKNOWN, f"load not delivered after the fault: {few}; {least:g} needed in each"
        )
    lower_s = ((found.recovered_us or found.last_start_us) - experiment.called_us) / 1e6
    measured = lower_s if found.recovered_us is not None else None
    more = {"breaks": len(found.breaks), "resolution_s": STEP_US / 1e6, "at_least": round(lower_s, 1)}
    counted = numbers(measured, "s", base=found.requests, objective=rto, **more)
    said = _sentence(case, experiment, found, lower_s) + f"; objective {rto.value:g} s"
    if lower_s > rto.value:
        return _promise(experiment, Status.FAIL, said, counted)
    return _promise(experiment, Status.UNKNOWN if measured is None else Status.PASS, said, counted)


def _sentence(case: Case, experiment: Experiment, found: Recovery, lower_s: float) -> str:
    base = f"of {plural(found.requests, 'request')}"
    ratio = f"{case.objectives.value('good_ratio', experiment.name):.0%}"
    if found.worst is None:
        return f"never broke after the fault: {ratio} good in every stretch, {base}"
    if found.recovered_us is None:
        return f"not recovered within the {lower_s:.1f} s that were observed after the fault, {base}"
    again = [one for one in found.breaks if one.from_us > found.worst.from_us]
    relapse = f" (broke again {plural(len(again), 'time')}, with {again[-1].bad} bad)" if again else ""
    return f"good again {lower_s:.1f} s after the fault was called{relapse}, {base}"


def _breaks(starts: np.ndarray, holds: np.ndarray, requests: Requests, hold_us: int) -> tuple[Break, ...]:
    """Group the stretches that do not hold into runs."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], holds, [True]]).astype(np.int8)))
    pairs = zip(edges[0::2], edges[1::2], strict=True)
    found = []
    for first, past in pairs:
        from_us, last_us = int(starts[first]), int(starts[past - 1])
        found.append(Break(from_us, last_us, requests.between(from_us, last_us + hold_us).bad))
    return tuple(found)


def _promise(experiment: Experiment, status: Status, because: str, found: dict | None = None) -> Promise:
    return Promise(NAME, status, because, experiment.name, None, found or {})
