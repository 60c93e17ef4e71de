"""A candidate and its baseline that took turns under the same load: pairs of runs, and a verdict on all of them. Pure.

A rule against the baseline is decided by the pairs (``comparison.pairs``). Any other rule is about the candidate, and
holds when it does in each of its runs. A pair in which a load generator was ill itself says nothing and is left out; a
run whose load was not delivered supports no PASS.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reports.judge.baseline import RATIO, promise_of
from reports.judge.case import Case
from reports.judge.comparison import Compared, Plan, compare, plan_for
from reports.judge.delivery import NAME as DELIVERED
from reports.judge.gate import named
from reports.judge.load import judge_absolute, verdict_on
from reports.judge.loads import Load
from reports.judge.percentiles import Value, latencies, value
from reports.judge.promise import Promise, Status, plural
from reports.judge.rules import QUANTILES, Rule
from reports.judge.verdict import Verdict
from reports.judge.waivers import Waiver, day_of, waived
from reports.judge.words import Word


@dataclass(frozen=True)
class Pair:
    """Two runs of the same load, one after the other."""

    baseline: Load
    candidate: Load

    @property
    def ill(self) -> str | None:
        """What was wrong with the generator in one of them; None when it was well."""
        return next((f"{one.name}: {one.ill}" for one in (self.baseline, self.candidate) if one.ill), None)


def plan_of(rules: Sequence[Rule], budget: int | None = None) -> Plan:
    """Return the plan for the rules against a baseline, of which there is at least one; ``budget`` in pairs."""
    return plan_for([rule.bound for rule in rules if rule.with_baseline], budget=budget)


def judge_turns(
    case: Case, pairs: Sequence[Pair], rules: Sequence[Rule], plan: Plan, waivers: Sequence[Waiver] = ()
) -> Verdict:
    """Judge all pairs so far; ``case`` is what is known of the gate itself."""
    well = [pair for pair in pairs if not pair.ill]
    found = [_delivered(pairs, well)]
    for rule in rules:
        promise = _compared(rule, well, plan) if rule.with_baseline else _of_each(rule, well)
        found.append(waived(_supported(promise, found[0]), waivers, day_of(case.facts)))
    return verdict_on(case, tuple(found))


def is_decided(verdict: Verdict) -> bool:
    """Whether more pairs would change nothing: something fails, or no comparison is open that they can decide."""
    return verdict.verdict is Word.FAIL or not any(_open(promise) for promise in verdict.promises)


def _open(promise: Promise) -> bool:
    """Whether it is a comparison that pairs can decide: an endpoint that nobody calls is none."""
    told = promise.numbers
    undecided = promise.status is Status.UNKNOWN and told.get("unit") == RATIO
    return undecided and (told["more"] is not None or bool(told["base"]))


def _delivered(pairs: Sequence[Pair], well: Sequence[Pair]) -> Promise:
    said = f"{plural(len(well), 'pair')} of runs"
    ill = next((pair.ill for pair in pairs if pair.ill), None)
    if ill:
        said += f"; {plural(len(pairs) - len(well), 'more pair')} left out, as {ill}"
    short = [load for pair in well for load in (pair.baseline, pair.candidate) if load.short]
    if short:
        said += f"; the load was not delivered in {len(short)} of {2 * len(well)} runs"
        said += f", as {short[0].name}: {short[0].short}"
    return Promise(DELIVERED, Status.PASS if well and not short else Status.UNKNOWN, said)


def _supported(promise: Promise, delivered: Promise) -> Promise:
    if promise.status is Status.PASS and delivered.status is not Status.PASS:
        because = f"{promise.because}; but {delivered.because}"
        return replace(promise, status=Status.UNKNOWN, because=because)
    return promise


def _of_each(rule: Rule, pairs: Sequence[Pair]) -> Promise:
    """Judge a rule in each run of the candidate, and return what it found in the worst."""
    found = [judge_absolute(rule, pair.candidate) for pair in pairs]
    if not found:
        return Promise(rule.text, Status.UNKNOWN, "no run of the candidate")
    for status in (Status.FAIL, Status.UNKNOWN, Status.PASS):
        which = [one for one in found if one.status is status]
        if which:
            said = f"{status} in {len(which)} of {plural(len(found), 'run')}: {which[0].because}"
            return replace(which[0], because=said)
    raise AssertionError("a promise has one of three statuses")


def _compared(rule: Rule, pairs: Sequence[Pair], plan: Plan) -> Promise:
    values: list[tuple[Value, Value]] = []
    for pair in pairs:
        both = [_value(rule, load) for load in (pair.baseline, pair.candidate)]
        lacking = next((one for one in both if isinstance(one, str)), None)
        if lacking:
            return promise_of(rule, Compared(Status.UNKNOWN, lacking))
        values.append((both[0], both[1]))  # type: ignore[arg-type]
    return promise_of(rule, compare(rule.measure, values, rule.bound, plan))


def _value(rule: Rule, load: Load) -> Value | str:
    """Return the percentile of a run, or why it has none."""
    who = named(rule.who, load.stretch.run)
    if isinstance(who, str):
        return f"{who} ({load.name})"
    due = load.stretch.due.of(who).outside(load.stretch.late)
    if not len(due):
        return f"no request to {who} was due in the {load.stretch.seconds:.0f} s that count of {load.name}"
    return value(latencies(due), QUANTILES[rule.measure])
