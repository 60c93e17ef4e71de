"""A rule that compares a run with a baseline of recorded ones. Pure.

Which runs may be compared is said here, too: a percentile of another load, or of another system, is no baseline. How
the comparison itself is made, and how often it errs, is in ``comparison``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.judge.comparison import Compared, compare_recorded
from reports.judge.comparison.recorded import BLOCK_S, Run
from reports.judge.gate import named
from reports.judge.loads import Load
from reports.judge.percentiles import blocks
from reports.judge.promise import Promise, Status, numbers
from reports.judge.rules import QUANTILES, Rule, Who
from reports.objectives import Objective

RATIO = "times the baseline"  # the unit of what is measured


@dataclass(frozen=True)
class Sides:
    """The run that is judged, and the runs that it is compared with."""

    candidate: Load
    baseline: Sequence[Load]


def differs(candidate: Mapping[str, Any], baseline: Mapping[str, Any]) -> str | None:
    """Return why a run with the one ``run.json`` is no baseline for one with the other, in a few words; else None."""
    for name, what in (("profile", "profile"), ("target", "target")):
        mine, other = _name(candidate.get(name)), _name(baseline.get(name))
        if mine != other:
            return f"it is of {what} {other!r}, and this is of {mine!r}"
    mine, other = _mix(candidate.get("load")), _mix(baseline.get("load"))
    changed = sorted(name for name in mine.keys() | other.keys() if mine.get(name) != other.get(name))
    if changed:
        name = changed[0]
        return (
            f"its profile was another: {name} was {other.get(name, 'not there')}, and is {mine.get(name, 'not there')}"
        )
    return None


def _name(value: object) -> object:
    return value.get("name") if isinstance(value, Mapping) else value


def _mix(load: object) -> dict[str, object]:
    """What is sent, without what is only said of it."""
    return {k: v for k, v in load.items() if k not in ("name", "about")} if isinstance(load, Mapping) else {}


def compared(rule: Rule, sides: Sides, *, comparisons: int) -> Promise:
    """Return the promise that a rule against a baseline is; ``comparisons`` share the risk of a wrong FAIL."""
    for load in sides.baseline:
        wrong = load.ill or load.short
        if wrong:
            return _unknown(rule, f"the baseline {load.name} says nothing: {wrong}")
    series: list[list[Run]] = [[], []]
    for found, loads in zip(series, (sides.baseline, [sides.candidate]), strict=True):
        for load in loads:
            who = named(rule.who, load.stretch.run)
            if isinstance(who, str):
                return _unknown(rule, who if load is sides.candidate else f"{who} ({load.name})")
            found.append(_blocks(load, who))
    quantile = QUANTILES[rule.measure]
    said = compare_recorded(rule.measure, quantile, (series[0], series[1]), rule.bound, comparisons=comparisons)
    return promise_of(rule, said, f"; a block is {BLOCK_S:g} s" if said.status is Status.UNKNOWN else "")


def promise_of(rule: Rule, found: Compared, more: str = "") -> Promise:
    """Return a comparison as a promise, with its numbers: what is measured is the ratio."""
    told = numbers(
        found.ratio,
        RATIO,
        base=found.base,
        objective=Objective(round(1 + rule.bound, 9), rule.origin),
        low=found.low,
        high=found.high,
        more=found.more,
    )
    return Promise(rule.text, found.status, found.because + more, numbers=told)


def _unknown(rule: Rule, because: str) -> Promise:
    return promise_of(rule, Compared(Status.UNKNOWN, because))


def _blocks(load: Load, who: Who) -> Run:
    """The blocks of a run, without what was due while its generator was late."""
    stretch = load.stretch
    return blocks(stretch.due.of(who).outside(stretch.late), stretch.from_us, stretch.to_us, BLOCK_S)
