"""What the requests of a stretch say about the bound of a rule. Pure.

A percentile is the latency that so many of all requests due did not exceed (nearest rank). A request that failed never
got its answer: it is slower than any. One that is open at the end took at least so long: it counts with that against a
FAIL, and as slower than any against a PASS. So does what failed in a mean and a maximum: how long it took to fail says
nothing of how long an answer takes, and a system that refuses everything at once is not a quick one.

In a share of errors, and in an outage, what is open is an error when it is so already for longer than an answer may
take (the objective ``answer_s``). Else it is one against a PASS, and none against a FAIL.

How many requests a bound on a share needs: with n requests and no bad one among them, a share of bad ones of up to
1 - 0.05^(1/n) is still possible at 95 % confidence, so that n must be at least ln 0.05 / ln(1 - share): 59 for a p95,
299 for a p99, 2,995 for a p99.9 or for 0.1 % errors (S. S. Wilks, Annals of Mathematical Statistics 12, 1941; known as
the rule of three: J. A. Hanley and A. Lippman-Hand, JAMA 249, 1983). With fewer, only what chance hardly explains (an
exact binomial test at 5 %) is a FAIL, and nothing is a PASS. With fewer than 30 nothing is a PASS whatever the share:
the median of five is an anecdote.
"""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from reports.judge.answers import Answers
from reports.judge.availability import needed
from reports.judge.percentiles import latencies, value
from reports.judge.promise import Status, plural
from reports.judge.rules import QUANTILES, Rule, shown, written
from reports.judge.stretch import Stretch

RISK = 0.05
FEW = 30  # what is said of fewer requests is an anecdote: the usual rule of thumb, and ours


@dataclass(frozen=True)
class Measured:
    """What requests say about a rule: by the worst and by the best that is possible; neither is open."""

    said: str
    value: float
    base: int
    kept: bool
    broken: bool
    surely: bool = False  # whether few requests are enough to call it broken
    open_because: str = "and what had no answer decides"


@dataclass(frozen=True)
class Found:
    """What is said about a rule; ``value`` is what was measured."""

    status: Status
    because: str
    value: float | None = None
    base: int | None = None


def requests_needed(share: float) -> int:
    """Return how many requests a bound on a share of bad ones needs at least; see the head of this file."""
    if share >= 1:
        return 1
    return math.ceil(math.log(RISK) / math.log1p(-share)) if share > 0 else FEW


def least_requests(rule: Rule, seconds: float = 0.0) -> int:
    """Return how many requests a rule needs, in so many seconds, before it can be a PASS."""
    if rule.measure in QUANTILES:
        return max(FEW, requests_needed(1 - QUANTILES[rule.measure]))
    if rule.measure == "outage":
        return max(FEW, needed(seconds, rule.bound))
    return max(FEW, requests_needed(rule.bound)) if rule.measure == "errors" else FEW


def measure(rule: Rule, due: Answers, stretch: Stretch) -> Measured:
    """Measure requests due in a stretch, at least one; of a rate also what ended in it."""
    if rule.measure == "rate":
        return _rate(rule, due, stretch)
    if rule.measure == "errors":
        return _errors(rule, due, stretch)
    if rule.measure == "outage":
        return _outage(rule, due, stretch)
    return _percentile(rule, due) if rule.measure in QUANTILES else _mean_or_max(rule, due)


def decide(rule: Rule, found: Measured, stretch: Stretch) -> Found:
    """Say PASS or FAIL when there are requests enough for it; else UNKNOWN."""
    bound, least = f"the bound is {written(rule.bound, rule.unit)}", least_requests(rule, stretch.seconds)
    if found.base < least and not (found.broken and found.surely):
        few = f"only {plural(found.base, 'request')}, and {rule.measure} against this bound needs {least:,}"
        return Found(Status.UNKNOWN, f"{found.said}; {few}", found.value, found.base)
    if found.kept or found.broken:
        status = Status.PASS if found.kept else Status.FAIL
        return Found(status, f"{found.said}; {bound}", found.value, found.base)
    return Found(Status.UNKNOWN, f"{found.said}; {bound}, {found.open_because}", found.value, found.base)


def _percentile(rule: Rule, due: Answers) -> Measured:
    took = latencies(due)
    found = value(took, QUANTILES[rule.measure])
    over = len(took) - int(np.searchsorted(took.low, rule.bound, side="right" if rule.inclusive else "left"))
    return Measured(
        _of_requests(f"{rule.measure} is {_between(rule, found.low, found.high)}", due),
        value=found.low,
        base=len(due),
        kept=rule.keeps(found.high),
        broken=not rule.keeps(found.low),
        surely=_beyond_chance(over, len(due), 1 - QUANTILES[rule.measure]),
    )


def _mean_or_max(rule: Rule, due: Answers) -> Measured:
    low = float(due.took_s.mean() if rule.measure == "mean" else due.took_s.max())
    high = low if due.good.all() else math.inf
    said = _of_requests(f"{rule.measure} is {_between(rule, low, high)}", due)
    broken = not rule.keeps(low)
    return Measured(said, low, len(due), rule.keeps(high), broken, surely=broken and rule.measure == "max")


def _errors(rule: Rule, due: Answers, stretch: Stretch) -> Measured:
    bad, still_open = _bad(due, stretch)
    known = len(due) - still_open
    low, high = bad / len(due), (bad + still_open) / len(due)  # all of the open ones good, or none
    said = f"{plural(bad, 'error')} in {plural(known, 'request')} ({_shown(rule, bad / max(known, 1))}){_mostly(due)}"
    if still_open:
        said += f", and {still_open:,} more without an answer when the load ended"
    return Measured(
        said,
        value=low,
        base=len(due),
        kept=rule.keeps(high),
        broken=known > 0 and not rule.keeps(low),
        surely=_beyond_chance(bad, len(due), rule.bound),
    )


def _outage(rule: Rule, due: Answers, stretch: Stretch) -> Measured:
    """Outage-seconds: the bad part of the requests times the seconds, as in ``availability``."""
    bad, still_open = _bad(due, stretch)
    low, high = (stretch.seconds * count / len(due) for count in (bad, bad + still_open))
    said = f"{low:.2f} outage-seconds: {bad:,} of {plural(len(due), 'request')} bad in {stretch.seconds:.0f} s"
    said += _mostly(due)
    if still_open:
        said += f", and {still_open:,} without an answer when the load ended"
    share = min(1.0, rule.bound / stretch.seconds)
    surely = _beyond_chance(bad, len(due), share)
    return Measured(said, low, len(due), rule.keeps(high), not rule.keeps(low), surely=surely)


def _bad(due: Answers, stretch: Stretch) -> tuple[int, int]:
    """Return how many are bad, and how many of the open ones may still be good."""
    overdue = due.open & (due.took_s >= stretch.answer_s)
    return int(due.bad.sum() + overdue.sum()), int(due.open.sum() - overdue.sum())


def _mostly(due: Answers) -> str:
    """Say what went wrong most often, when anything ended so."""
    most = Counter(due.error[due.bad]).most_common(1)
    return "".join(f", most often {error!r} ({count:,})" for error, count in most if error)


def _rate(rule: Rule, due: Answers, stretch: Stretch) -> Measured:
    """``due`` are those of whom the rule is about, of the whole run: what ended in the stretch counts."""
    answered = int((due.good & (due.end_us >= stretch.from_us) & (due.end_us < stretch.to_us)).sum())
    due = due.due_between(stretch.from_us, stretch.to_us)
    rate, asked = answered / stretch.seconds, len(due) / stretch.seconds
    said = f"{_shown(rule, rate)} good answers in {stretch.seconds:.0f} s ({plural(len(due), 'request')} due)"
    kept, broken, why = rule.keeps(rate), not rule.keeps(rate), ""
    if broken and not rule.keeps(asked):
        broken, why = False, f"the load itself asked for {_shown(rule, asked)} only, and the rule is about more"
    elif broken and due.good.all():  # some of them after the end: what misses there is the edge, not the system
        broken, why = False, "all of these were answered well: the load itself did not ask for clearly more than the"
        why += f" system gives ({_shown(rule, asked)})"
    return Measured(said, rate, len(due), kept, broken, open_because=why)


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
