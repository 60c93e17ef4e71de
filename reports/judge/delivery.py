"""load_delivered: whether the load was what the plan says. Never FAIL: a broken generator is no news of the system."""

from collections.abc import Sequence

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
        return Promise(NAME, Status.UNKNOWN, "the experiment had no phase with load", experiment.name)
    calm = outside(window, fault_window(case, experiment))
    return delivered(case, calm, where="outside the fault window", window=window, experiment=experiment.name)


def delivered(
    case: Case,
    stretches: Sequence[tuple[int, int]],
    *,
    where: str,
    window: tuple[int, int] | None = None,
    experiment: str | None = None,
) -> Promise:
    """Judge the load that was due in some stretches of a window, by default the first of them; ``where`` names them."""
    if len(case.requests) == 0:
        return Promise(NAME, Status.UNKNOWN, "no request was recorded: samples/ is empty", experiment)
    wrong = trouble(case, *(window or stretches[0]))
    if wrong:
        return Promise(NAME, Status.UNKNOWN, wrong, experiment)
    parts = [case.requests.between(*stretch) for stretch in stretches]
    due = sum(len(part) for part in parts)
    return _judge(case, experiment, where, due=due, sent=sum(int(part.in_time.sum()) for part in parts))


def outside(window: tuple[int, int], hole: tuple[int, int] | None) -> list[tuple[int, int]]:
    """Return what is left of a window when a stretch is cut out of it."""
    if hole is None:
        return [window]
    left = [(window[0], min(hole[0], window[1])), (max(hole[1], window[0]), window[1])]
    return [(from_us, to_us) for from_us, to_us in left if from_us < to_us]


def _judge(case: Case, experiment: str | None, where: str, *, due: int, sent: int) -> Promise:
    objective = case.objectives.find("delivered_ratio", experiment)
    least = case.objectives.value("delivered_min_requests", experiment)
    if due < least:
        because = f"only {plural(due, 'request')} due {where}; at least {least:g} needed"
        return Promise(NAME, Status.UNKNOWN, because, experiment)
    ratio = sent / due
    found = numbers(ratio, "ratio", base=due, objective=objective, sent=sent)
    said = f"{ratio:.1%} of {plural(due, 'request')} due {where} sent in time"
    if ratio < objective.value:
        because = f"{said}; at least {objective.value:.0%} needed"
        return Promise(NAME, Status.UNKNOWN, because, experiment, None, found)
    return Promise(NAME, Status.PASS, f"{said}; objective {objective.value:.0%}", experiment, None, found)
