"""A candidate against its baseline by pairs of runs that took turns. Pure.

The ratio of a percentile in each pair is one observation. Its logarithm is symmetric when both builds are the same,
whatever the latencies are like, and what differs from hour to hour is in both runs of a pair. After each pair there is
an interval for the mean ratio (a repeated confidence interval: C. Jennison and B. W. Turnbull, J. R. Stat. Soc. B 51
(1989) 305-361): wholly under the margin is a PASS, wholly over it a FAIL. The first look that decides has decided.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from reports.judge.comparison.plan import FIRST_LOOK, MOST_PAIRS, Plan, pairs_needed
from reports.judge.percentiles import Value
from reports.judge.promise import Status, plural
from reports.judge.requests import Floats

PASSED, FAILED, OPEN = 1, -1, 0
# A ratio further from 1 than this counts as this, in either direction alike: what has no answer has no ratio, and
# cutting off on both sides leaves the comparison of a build with itself symmetric.
_FURTHEST = math.log(10)
_PROBABLY = 0.8


@dataclass(frozen=True)
class Compared:
    """What pairs of runs, or blocks of recorded ones, say about one percentile. ``more``: see ``because``."""

    status: Status
    because: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    base: int = 0  # how many pairs, or blocks of the candidate
    more: int | None = None  # how many more would probably decide; None: none, or hopelessly many


@dataclass(frozen=True)
class Decisions:
    """Arrays of one shape: what was decided, and by which look (its index); the log interval at every look."""

    what: NDArray[np.int8]
    look: NDArray[np.int64]
    low: Floats  # one more axis: the looks
    high: Floats


def decide(at_least: Floats, at_most: Floats, margin: float, plan: Plan) -> Decisions:
    """Decide on log ratios whose last axis is the pairs, in their order; any other axes are other comparisons.

    ``at_least`` speaks against a FAIL, ``at_most`` against a PASS. What is undecided has the last look.
    """
    looks = [look for look in plan.looks if look <= at_least.shape[-1]]
    low = _edges(at_least, looks, plan.levels(plan.fail_level), -1)
    high = _edges(at_most, looks, plan.levels(plan.pass_level), +1)
    limit = math.log1p(margin)
    found = np.where(low > limit, FAILED, np.where(high < limit, PASSED, OPEN)).astype(np.int8)
    first = np.where((found != OPEN).any(-1), (found != OPEN).argmax(-1), len(looks) - 1)
    what = np.take_along_axis(found, first[..., None], -1)[..., 0]
    return Decisions(what, first.astype(np.int64), low, high)


def _edges(ratios: Floats, looks: Sequence[int], levels: Sequence[float], side: int) -> Floats:
    """Return the edge of the interval at each look."""
    index, count = np.array(looks) - 1, np.array(looks, dtype=float)
    mean = ratios.cumsum(-1)[..., index] / count
    square = (ratios * ratios).cumsum(-1)[..., index] / count
    error = np.sqrt(np.maximum(square - mean * mean, 0) / (count - 1))
    return np.asarray(mean + side * t.isf(np.array(levels[: len(looks)]), count - 1) * error)


def log_ratios(pairs: Sequence[tuple[Value, Value]]) -> tuple[Floats, Floats]:
    """Return the log of candidate over baseline of each pair, at least and at most.

    A baseline without a value supports neither verdict: its pair counts as the worst for both.
    """
    at_least = [_FURTHEST * -1 if math.isinf(b.high) else _log(c.low, b.high) for b, c in pairs]
    at_most = [_FURTHEST if math.isinf(b.low) else _log(c.high, b.low) for b, c in pairs]
    return np.array(at_least), np.array(at_most)


def _log(candidate: float, baseline: float) -> float:
    if math.isinf(candidate) or baseline <= 0:
        return _FURTHEST
    return max(-_FURTHEST, min(_FURTHEST, math.log(candidate / baseline))) if candidate > 0 else -_FURTHEST


def compare(measure: str, pairs: Sequence[tuple[Value, Value]], margin: float, plan: Plan) -> Compared:
    """Compare one percentile (``measure``: its name) by pairs (baseline, candidate), in the order of the runs.

    Pairs over the budget do not count: their risk is spent.
    """
    pairs = pairs[: plan.budget]
    if len(pairs) < FIRST_LOOK:
        missing = FIRST_LOOK - len(pairs)
        said = f"only {plural(len(pairs), 'pair')} of runs; the first look is after {FIRST_LOOK}"
        return Compared(Status.UNKNOWN, f"{said}: at least {missing} more", base=len(pairs), more=missing)
    at_least, at_most = log_ratios(pairs)
    if not at_least.any() and not at_most.any():
        said = f"both runs of all {len(pairs)} pairs have the very same {measure}: a run compared with itself?"
        return Compared(Status.UNKNOWN, said, base=len(pairs))
    return _told(measure, at_least, at_most, margin, plan)


def _told(measure: str, at_least: Floats, at_most: Floats, margin: float, plan: Plan) -> Compared:
    found = decide(at_least, at_most, margin, plan)
    look, count = int(found.look), plan.looks[int(found.look)]
    middle = (at_least[:count] + at_most[:count]) / 2
    ratio, low, high = (math.exp(float(edge)) for edge in (middle.mean(), found.low[look], found.high[look]))
    said = f"{measure} is {ratio:.2f} times the baseline's ({low:.2f} to {high:.2f}, {count} pairs of runs)"
    said += f"; the limit is {1 + margin:g} times"
    if found.what != OPEN:
        return Compared(Status.FAIL if found.what == FAILED else Status.PASS, said, ratio, low, high, count)
    more, missing = _missing(middle, margin, plan)
    cut = int((at_least[:count] != at_most[:count]).sum())
    if cut:
        more, missing = None, f"in {plural(cut, 'pair')} too many requests had no answer to tell how long they took"
    return Compared(Status.UNKNOWN, f"{said}, which lies between; {missing}", ratio, low, high, count, more)


def _missing(ratios: Floats, margin: float, plan: Plan) -> tuple[int | None, str]:
    """Return how many more pairs would probably decide, if ratio and spread stay what they are, and that in words."""
    distance, width = math.log1p(margin) - float(ratios.mean()), float(ratios.std(ddof=1))
    total = pairs_needed(abs(distance), width, plan.pass_level if distance > 0 else plan.fail_level, _PROBABLY)
    spread = f"with a spread of {math.expm1(width):.0%} from pair to pair"
    if total is None:
        return None, f"{spread} more than {MOST_PAIRS - len(ratios)} more pairs would be needed"
    more = max(1, total - len(ratios))
    said = f"{spread} about {plural(more, 'more pair')} would probably tell"
    total = len(ratios) + more
    if total > plan.budget:
        said += f": compare anew with a budget of {total}, since this one's is spent by then"
    return more, said


def together(found: Sequence[Compared]) -> Status:
    """Return what a family of comparisons says: FAIL if one does, PASS if every one does, and of none UNKNOWN."""
    statuses = {one.status for one in found}
    if Status.FAIL in statuses:
        return Status.FAIL
    return Status.PASS if statuses == {Status.PASS} else Status.UNKNOWN
