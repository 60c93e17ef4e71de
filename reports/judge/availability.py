"""availability_within_budget: how many seconds of outage a fault cost the customers. Pure.

Outage-seconds are the bad part of the requests times the seconds of the window: ten seconds in which a quarter failed
are two and a half. What was due and not sent in time counts as bad.
"""

from reports.judge.case import Case
from reports.judge.promise import Promise, Status, numbers, plural
from reports.judge.timeline import Experiment
from reports.judge.workers import trouble

NAME = "availability_within_budget"


def availability_within_budget(case: Case, experiment: Experiment) -> Promise:
    """Judge the outage-seconds from the first API call of the fault (without one, from the start) to the load's end."""
    budget = case.objectives.find("budget_outage_s", experiment.name)
    window = experiment.window
    if window is None:
        return Promise(NAME, Status.UNKNOWN, "the experiment had no phase with load", experiment.name)
    from_us, to_us = experiment.called_us or window[0], window[1]
    wrong = trouble(case, from_us, to_us)
    if wrong:
        return Promise(NAME, Status.UNKNOWN, f"load not delivered: {wrong}", experiment.name)
    part = case.requests.between(from_us, to_us)
    seconds = (to_us - from_us) / 1e6
    least = needed(seconds, budget.value)
    if len(part) < least:
        said = (
            f"{plural(len(part), 'request')} in {seconds:.0f} s; at least {least:,} needed to tell {budget.value:g} s"
        )
        return Promise(NAME, Status.UNKNOWN, said, experiment.name)
    outage_s = part.bad / len(part) * seconds
    unsent = int(len(part) - part.in_time.sum())
    found = numbers(
        outage_s,
        "outage-seconds",
        base=len(part),
        objective=budget,
        bad=part.bad,
        not_sent_in_time=unsent,
        seconds=seconds,
    )
    said = (
        f"{outage_s:.2f} outage-seconds: {part.bad:,} of {plural(len(part), 'request')} bad in {seconds:.0f} s"
        f" ({unsent:,} not sent in time); budget {budget.value:g} s"
    )
    status = Status.FAIL if outage_s > budget.value else Status.PASS
    return Promise(NAME, status, said, experiment.name, None, found)


def needed(seconds: float, budget_s: float) -> int:
    """Return how many requests it takes to tell an outage of ``budget_s`` in ``seconds`` from none.

    Rule of three: with no failure in n the rate is under 3/n at 95 % (Hanley and Lippman-Hand 1983), so n must be
    3 / rate. At least 20, and a budget of nothing is judged like one of a hundredth of the time.
    """
    rate = budget_s / seconds if seconds > 0 and budget_s > 0 else 0.01
    return max(20, round(3 / min(rate, 1.0)))
