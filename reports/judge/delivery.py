"""load_delivered: whether the load was what the plan says. Never FAIL: a broken generator is no news of the system."""

from reports.judge.case import Case
from reports.judge.promise import Promise, Status, numbers, plural
from reports.judge.recovery import fault_window
from reports.judge.timeline import Experiment
from reports.judge.workers import trouble

NAME = "load_delivered"


def load_delivered(case: Case, experiment: Experiment) -> Promise:
    """Judge the load of an experiment: generator alive, and what was due outside the fault window sent in time."""
    window = experiment.window
    if window is None:
        return _unknown(experiment, "the experiment had no phase with load")
    if len(case.requests) == 0:
        return _unknown(experiment, "no request was recorded: samples/ is empty")
    wrong = trouble(case, *window)
    if wrong:
        return _unknown(experiment, wrong)
    calm = outside(window, fault_window(case, experiment))
    parts = [case.requests.between(*stretch) for stretch in calm]
    due = sum(len(part) for part in parts)
    sent = sum(int(part.in_time.sum()) for part in parts)
    return _judge(case, experiment, due=due, sent=sent)


def outside(window: tuple[int, int], hole: tuple[int, int] | None) -> list[tuple[int, int]]:
    """Return what is left of a window when a stretch is cut out of it."""
    if hole is None:
        return [window]
    left = [(window[0], min(hole[0], window[1])), (max(hole[1], window[0]), window[1])]
    return [(from_us, to_us) for from_us, to_us in left if from_us < to_us]


def _judge(case: Case, experiment: Experiment, *, due: int, sent: int) -> Promise:
    objective = case.objectives.find("delivered_ratio", experiment.name)
    least = case.objectives.value("delivered_min_requests", experiment.name)
    if due < least:
        return _unknown(
            experiment, f"only {plural(due, 'request')} due outside the fault window; at least {least:g} needed"
        )
    ratio = sent / due
    found = numbers(ratio, "ratio", base=due, objective=objective, sent=sent)
    said = f"{ratio:.1%} of {plural(due, 'request')} due outside the fault window sent in time"
    if ratio < objective.value:
        return Promise(
            NAME, Status.UNKNOWN, f"{said}; at least {objective.value:.0%} needed", experiment.name, None, found
        )
    return Promise(NAME, Status.PASS, f"{said}; objective {objective.value:.0%}", experiment.name, None, found)


def _unknown(experiment: Experiment, because: str) -> Promise:
    return Promise(NAME, Status.UNKNOWN, because, experiment.name)
