"""One rule of a load gate, judged on the requests of a run. Pure.

A percentile is the latency that so many of all requests due did not exceed (nearest rank). A request that failed never
got its answer: it is slower than any. One that is open at the end took at least so long: it counts with that against a
FAIL, and as slower than any against a PASS. So does what failed in a mean and a maximum: how long it took to fail says
nothing of how long an answer takes, and a system that refuses everything at once is not a quick one.

A rule is absolute about what was seen in this run: 3 errors in 2,995 requests are over 0.1 % and FAIL, though the share
of many such runs may well be under it. What was due in seconds in which the load generator itself was late tells of the
generator: rules of latency and of errors leave it out, and say so. A rate keeps it: what was answered was answered.

How many requests a bound on a share needs: with n requests and no bad one among them, a share of bad ones of up to
1 - 0.05^(1/n) is still possible at 95 % confidence, so that n must be at least ln 0.05 / ln(1 - share): 59 for a p95,
299 for a p99, 2,995 for a p99.9 or for 0.1 % errors (S. S. Wilks, Annals of Mathematical Statistics 12, 1941; known as
the rule of three: J. A. Hanley and A. Lippman-Hand, JAMA 249, 1983). With fewer, only what chance hardly explains (an
exact binomial test at 5 %) is a FAIL, and nothing is a PASS. With fewer than 30 nothing is a PASS whatever the share:
the median of five is an anecdote.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reports.judge.answers import Answers
from reports.judge.percentiles import latencies, value
from reports.judge.promise import Promise, Status, numbers, plural, some
from reports.judge.rules import QUANTILES, Rule, Who, shown, written
from reports.judge.workers import Late
from reports.objectives import Objective

RISK = 0.05
FEW = 30  # what is said of fewer requests is an anecdote: the usual rule of thumb, and ours


@dataclass(frozen=True)
class Stretch:
    """What a rule is held against: the requests due in the measured stretch, and the whole run for what ended in it."""

    due: Answers
    run: Answers
    from_us: int
    to_us: int
    late: Sequence[Late] = ()  # when the load generator itself was

    @property
    def seconds(self) -> float:
        return (self.to_us - self.from_us) / 1e6


@dataclass(frozen=True)
class Found:
    """What the requests say about a rule; ``value`` is what was measured."""

    status: Status
    because: str
    value: float | None = None
    base: int | None = None


def requests_needed(share: float) -> int:
    """Return how many requests a bound on a share of bad ones needs at least; see the head of this file."""
    if share >= 1:
        return 1
    return math.ceil(math.log(RISK) / math.log1p(-share)) if share > 0 else FEW


def least_requests(rule: Rule) -> int:
    """Return how many requests a rule needs before it can be a PASS."""
    if rule.measure in QUANTILES:
        return max(FEW, requests_needed(1 - QUANTILES[rule.measure]))
    return max(FEW, requests_needed(rule.bound)) if rule.measure == "errors" else FEW


def judge_rule(rule: Rule, stretch: Stretch) -> Promise:
    """Return the promise that a rule is, as far as the requests alone can tell."""
    found = _found(rule, stretch)
    unit, scale = ("ms", 1000) if rule.unit == "s" else (rule.unit, 1)
    value = found.value * scale if found.value is not None and math.isfinite(found.value) else None
    objective = Objective(round(rule.bound * scale, 9), rule.origin)
    told = numbers(value, unit, base=found.base, objective=objective)
    told["measured"] = None if value is None else round(value, 9)  # 0.001 is another than 0.0010017
    return Promise(rule.text, found.status, found.because, numbers=told)


def _found(rule: Rule, stretch: Stretch) -> Found:
    who = _named(rule.who, stretch.run)
    if isinstance(who, str):
        return Found(Status.UNKNOWN, who, base=0)
    due = stretch.due.of(who)
    if not len(due):
        return Found(Status.UNKNOWN, f"no request to {who} was due in the {stretch.seconds:.0f} s that count", base=0)
    if rule.measure == "rate":
        return _rate(rule, due, stretch.run.of(who), stretch)
    return _of_the_system(rule, due, due.outside(stretch.late))


def _of_the_system(rule: Rule, due: Answers, well: Answers) -> Found:
    """Judge by what was due while the load generator was well."""
    if not len(well):
        because = "all of them were due in seconds in which the load generator itself was late"
        return Found(Status.UNKNOWN, f"{plural(len(due), 'request')}, and {because}", base=0)
    if rule.measure == "errors":
        found = _errors(rule, well)
    else:
        found = _percentile(rule, well) if rule.measure in QUANTILES else _mean_or_max(rule, well)
    left_out = len(due) - len(well)
    said = f"; {left_out:,} more were due in seconds in which the load generator itself was late, and are left out"
    return replace(found, because=found.because + said) if left_out else found


def _named(who: Who, run: Answers) -> Who | str:
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
    return f"no request to {who} in this run; there are {some(known, 12) or 'none at all'}"


def _ends(endpoint: str, name: str) -> bool:
    path = endpoint.partition(" ")[2]
    return path == name or path.endswith(f"/{name.lstrip('/')}")


def _percentile(rule: Rule, due: Answers) -> Found:
    took = latencies(due)
    found = value(took, QUANTILES[rule.measure])
    low, high = found.low, found.high
    over = sum(not rule.keeps(one) for one in took.low)
    said = _of_requests(f"{rule.measure} is {_between(rule, low, high)}", due)
    return _decide(
        rule,
        said,
        value=low,
        base=len(due),
        kept=rule.keeps(high),
        broken=not rule.keeps(low),
        surely=_beyond_chance(over, len(due), 1 - QUANTILES[rule.measure]),
    )


def _mean_or_max(rule: Rule, due: Answers) -> Found:
    low = float(due.took_s.mean() if rule.measure == "mean" else due.took_s.max())
    high = low if due.good.all() else math.inf
    said = _of_requests(f"{rule.measure} is {_between(rule, low, high)}", due)
    broken = not rule.keeps(low)
    return _decide(
        rule,
        said,
        value=low,
        base=len(due),
        kept=rule.keeps(high),
        broken=broken,
        surely=broken and rule.measure == "max",
    )


def _errors(rule: Rule, due: Answers) -> Found:
    bad, still_open = int(due.bad.sum()), int(due.open.sum())
    ended = len(due) - still_open
    low, high = bad / len(due), (bad + still_open) / len(due)  # all of the open ones good, or none
    said = f"{plural(bad, 'error')} in {plural(ended, 'request')} ({_shown(rule, bad / max(ended, 1))})"
    if still_open:
        said += f", and {still_open:,} more without an answer when the load ended"
    return _decide(
        rule,
        said,
        value=low,
        base=len(due),
        kept=rule.keeps(high),
        broken=ended > 0 and not rule.keeps(low),
        surely=_beyond_chance(bad, len(due), rule.bound),
    )


def _rate(rule: Rule, due: Answers, run: Answers, stretch: Stretch) -> Found:
    answered = int((run.good & (run.end_us >= stretch.from_us) & (run.end_us < stretch.to_us)).sum())
    rate, asked = answered / stretch.seconds, len(due) / stretch.seconds
    said = f"{_shown(rule, rate)} good answers in {stretch.seconds:.0f} s ({plural(len(due), 'request')} due)"
    if not rule.keeps(rate) and not rule.keeps(asked):
        because = f"{said}; the load itself asked for {_shown(rule, asked)} only, and the rule is about more"
        return Found(Status.UNKNOWN, because, rate, len(due))
    kept = rule.keeps(rate)
    if not kept and due.good.all():  # some of them after the end: what misses there is the edge, not the system
        because = f"{said}; all of these were answered well: the load itself did not ask for clearly more than the"
        because += f" system gives ({_shown(rule, asked)}; the bound is {written(rule.bound, rule.unit)})"
        return Found(Status.UNKNOWN, because, rate, len(due))
    return _decide(rule, said, value=rate, base=len(due), kept=kept, broken=not kept, surely=False)


def _decide(rule: Rule, said: str, *, value: float, base: int, kept: bool, broken: bool, surely: bool) -> Found:
    """``kept`` and ``broken`` are by the worst and by the best that is possible; neither is UNKNOWN."""
    bound, needed = f"the bound is {written(rule.bound, rule.unit)}", least_requests(rule)
    if base < needed:
        if broken and surely:
            return Found(Status.FAIL, f"{said}; {bound}", value, base)
        short = f"{said}; only {plural(base, 'request')}, and {rule.measure} against this bound needs {needed:,}"
        return Found(Status.UNKNOWN, short, value, base)
    if kept or broken:
        return Found(Status.PASS if kept else Status.FAIL, f"{said}; {bound}", value, base)
    return Found(Status.UNKNOWN, f"{said}; {bound}, and what had no answer decides", value, base)


def _beyond_chance(bad: int, of: int, share: float) -> bool:
    """Whether so many bad ones are hardly chance when their share is what is allowed."""
    from scipy.stats import binomtest

    return of > 0 and bad > 0 and bool(binomtest(bad, of, min(share, 1.0), alternative="greater").pvalue < RISK)


def _shown(rule: Rule, value: float) -> str:
    return shown(value, rule.unit, bound=rule.bound)


def _between(rule: Rule, low: float, high: float) -> str:
    return _shown(rule, low) if low == high else f">= {_shown(rule, low)}"


def _of_requests(said: str, due: Answers) -> str:
    parts = [plural(len(due), "request")]
    if due.bad.any():
        parts.append(f"{int(due.bad.sum()):,} failed")
    if due.open.any():
        parts.append(f"{int(due.open.sum()):,} without an answer when the load ended")
    return f"{said} ({', '.join(parts)})"
