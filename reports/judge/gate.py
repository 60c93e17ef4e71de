"""One rule of a load gate, judged on the requests of a run. Pure.

A rule is absolute about what was seen in this run: 3 errors in 2,995 requests are over 0.1 % and FAIL, though the share
of many such runs may well be under it. What was due in seconds in which the load generator itself was late tells of the
generator: rules of latency and of errors leave it out, and say so. A rate keeps it: what was answered was answered.
How each thing is measured is in ``measures``, and what ``over`` and ``for`` mean in ``windows``.
"""

import math
from dataclasses import replace

from reports.judge.answers import Answers
from reports.judge.measures import Found, decide, measure
from reports.judge.promise import Promise, Status, numbers, plural, some
from reports.judge.rules import Rule, Who
from reports.judge.stretch import Stretch
from reports.judge.windows import for_so_long, over_each
from reports.objectives import Objective


def judge_rule(rule: Rule, stretch: Stretch) -> Promise:
    """Return the promise that an absolute rule is, as far as the requests alone can tell."""
    return promised(rule, _found(rule, stretch))


def promised(rule: Rule, found: Found) -> Promise:
    """Return what was found as a promise, with its numbers."""
    unit, scale = ("ms", 1000) if rule.unit == "s" else (rule.unit, 1)
    value = found.value * scale if found.value is not None and math.isfinite(found.value) else None
    objective = Objective(round(rule.bound * scale, 9), rule.origin)
    told = numbers(value, unit, base=found.base, objective=objective)
    told["measured"] = None if value is None else round(value, 9)  # 0.001 is another than 0.0010017
    return Promise(rule.text, found.status, found.because, numbers=told)


def _found(rule: Rule, stretch: Stretch) -> Found:
    who = named(rule.who, stretch.run)
    if isinstance(who, str):
        return Found(Status.UNKNOWN, who, base=0)
    if not len(stretch.due.of(who)):
        return Found(Status.UNKNOWN, f"no request to {who} was due in the {stretch.seconds:.0f} s that count", base=0)
    only = replace(stretch, due=stretch.due.of(who), run=stretch.run.of(who))
    if rule.over_s is not None:
        return over_each(rule.whole, rule.over_s, only, judge_once)
    if rule.for_s is not None:
        return for_so_long(rule.whole, rule.for_s, only)
    return judge_once(rule, only)


def judge_once(rule: Rule, stretch: Stretch) -> Found:
    """Judge a rule over a whole stretch, all of whose requests are those that it is about."""
    due = stretch.due
    if rule.measure == "rate":
        return decide(rule, measure(rule, stretch.run, stretch), stretch)
    well = due.outside(stretch.late)
    if not len(well):
        because = "all of them were due in seconds in which the load generator itself was late"
        return Found(Status.UNKNOWN, f"{plural(len(due), 'request')}, and {because}", base=0)
    found, left_out = decide(rule, measure(rule, well, stretch), stretch), len(due) - len(well)
    said = f"; {left_out:,} more were due in seconds in which the load generator itself was late, and are left out"
    return replace(found, because=found.because + said) if left_out else found


def named(who: Who, run: Answers) -> Who | str:
    """Return whose requests these are by the names of the samples, or why nobody's."""
    if who.kind == "everybody":
        return who if len(run) else "no request at all was recorded"
    known = run.journeys() if who.kind == "journey" else run.endpoints()
    if who.name in known:
        return who
    matches = [name for name in known if who.kind == "endpoint" and _ends(name, who.name)]
    if len(matches) == 1:
        return Who("endpoint", matches[0])
    if matches:
        return f"{who} is not one endpoint but {len(matches)}: {some(matches)}; write it whole"
    if who.kind == "endpoint" and who.name in run.journeys():
        return Who("journey", who.name)
    return f"no request to {who} in this run; there are {some(known, 12) or 'none at all'}"


def _ends(endpoint: str, name: str) -> bool:
    path = endpoint.partition(" ")[2]
    return path == name or path.endswith(f"/{name.lstrip('/')}")
