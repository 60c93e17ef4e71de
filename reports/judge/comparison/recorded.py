"""A candidate against a baseline of which there are only recorded runs: nothing can be repeated on that side. Pure.

What is repeated is a long block of a run, so long that what happens in it hardly depends on the block before. The
interval is that of the ratio of the percentiles of all blocks: the variance of the block bootstrap, and Student's t
with the degrees of freedom of F. E. Satterthwaite (Biometrics 2 (1946) 110-114).

The blocks of one run do not say how far runs differ from each other. With at least two runs more than one a side that
is measured, and counts where it is more; else a spread is assumed, and said. The two sides did not take turns: what
the machine did differently on the two days is in the ratio, too. Runs that take turns are better evidence.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np
from scipy.stats import t

from reports.judge.comparison.bootstrap import NO_ANSWER, Estimate, estimate
from reports.judge.comparison.missing import Parts, missing
from reports.judge.comparison.pairs import Compared
from reports.judge.percentiles import Latencies
from reports.judge.promise import Status, plural

BLOCK_S = 30.0  # at 70 % use, a queue of 200 requests a second has forgotten within some seconds
FEWEST = 8  # blocks a side: a spread of fewer is no spread
_FEWEST_RUNS = 2  # more than one a side, of both sides together
_NO_RATIO = math.log(1000)
_KEPT = 0.75  # of the risk is spent: by simulation, with eight blocks a side, 1.1 times as many err as should
# Spread of the log of a p95 between runs of one build, assumed when it is not measured: what a queue at 30 % use makes
# of service times that differ by 3 % from run to run. At 50 % use it is .07, at 70 % .10.
BETWEEN_RUNS = 0.05

Run = Sequence[Latencies]  # its blocks
Sides = tuple[Sequence[Run], Sequence[Run]]  # baseline, candidate
Which = Literal["low", "high"]  # the least or the most that a latency can be


@dataclass(frozen=True)
class Ratio:
    """The log of candidate over baseline, the parts of its variance, and their degrees of freedom."""

    log: float
    parts: Parts
    freedom: float

    def edge(self, level: float, side: int) -> float:
        """Return the edge of the interval on one side of the ratio, at a one-sided level."""
        return self.log + side * float(t.isf(level, self.freedom)) * math.sqrt(self.parts.total)


def compare_recorded(
    measure: str,
    quantile: float,
    sides: Sides,
    margin: float,
    *,
    comparisons: int = 1,
    risk: float = 0.05,
    between_runs: float = BETWEEN_RUNS,
) -> Compared:
    """Compare a percentile of recorded runs (baseline, candidate); ``comparisons`` share the risk of a wrong FAIL.

    ``between_runs`` is the spread of the log of the percentile from run to run, for when it cannot be measured.
    """
    counts = [sum(len(run) for run in side) for side in sides]
    if min(counts) < FEWEST:
        return _too_few(counts)
    least = _ratio(quantile, sides, "low", between_runs)
    most = least if _certain(sides) else _ratio(quantile, sides, "high", between_runs)
    if least is None or most is None:
        said = f"the baseline has no {measure}: too many of its requests had no answer"
        return Compared(Status.UNKNOWN, said, base=counts[1])
    return _told(measure, counts, least, most, margin, (_KEPT * risk / comparisons, _KEPT * risk))


def _told(
    measure: str, counts: Sequence[int], least: Ratio, most: Ratio, margin: float, risks: tuple[float, float]
) -> Compared:
    """``risks``: of a wrong FAIL, of a wrong PASS."""
    low, high, limit = least.edge(risks[0], -1), most.edge(risks[1], +1), math.log1p(margin)
    status = Status.FAIL if low > limit else Status.PASS if high < limit else Status.UNKNOWN
    said = f"{measure} is {_times(least.log)} times the baseline's ({_times(low)} to {_times(high)};"
    said += f" {_recorded(counts, most)}); the limit is {1 + margin:g} times"
    more = None
    if status is Status.UNKNOWN:
        distance = limit - (least.log + most.log) / 2
        more, told = missing(distance, risks[distance > 0], most.parts)
        said = f"{said}, which lies between; {told}"
    return Compared(status, said, math.exp(least.log), math.exp(low), math.exp(high), counts[1], more)


def _times(log: float) -> str:
    return "over 1,000" if log > _NO_RATIO else f"{math.exp(log):.2f}"


def _recorded(counts: Sequence[int], found: Ratio) -> str:
    between = "" if found.parts.measured else "; how far runs differ is assumed"
    return f"{counts[0]} recorded blocks against {counts[1]}{between}"


def _too_few(counts: Sequence[int]) -> Compared:
    lacking = [max(0, FEWEST - count) for count in counts]
    said = f"{plural(counts[0], 'block')} of the baseline and {counts[1]} of the candidate; at least {FEWEST} of each"
    told = " and ".join(f"{n} of the {side}" for n, side in zip(lacking, ("baseline", "candidate"), strict=True) if n)
    return Compared(Status.UNKNOWN, f"{said} are needed: {told} missing", base=counts[1], more=sum(lacking))


def _certain(sides: Sides) -> bool:
    """Whether nothing is open, so that the least that a latency can be is the most, too."""
    return all(np.array_equal(block.low, block.high) for side in sides for run in side for block in run)


def _ratio(quantile: float, sides: Sides, which: Which, between_runs: float) -> Ratio | None:
    """Return the least or the most that the ratio can be; None when the baseline has no value."""
    other: Which = "high" if which == "low" else "low"
    baseline, candidate = _estimates(quantile, sides[0], other, 1), _estimates(quantile, sides[1], which, 2)
    if baseline[0].log >= NO_ANSWER:
        return None
    parts, freedom = _spread([baseline, candidate], between_runs)
    return Ratio(candidate[0].log - baseline[0].log, parts, freedom)


def _estimates(quantile: float, runs: Sequence[Run], which: Which, seed: int) -> list[Estimate]:
    """Return the estimate of all runs together, then that of each of several runs."""
    series = [[getattr(block, which) for block in run] for run in runs if run]
    apart = [estimate(run, quantile, seed) for run in series] if len(series) > 1 else []
    return [estimate(list(chain.from_iterable(series)), quantile, seed), *apart]


def _spread(sides: Sequence[list[Estimate]], between_runs: float) -> tuple[Parts, float]:
    """Return the variance of the log ratio and its degrees of freedom, by blocks or by runs, whichever is more."""
    baseline, candidate = (side[0] for side in sides)
    both = baseline.variance + candidate.variance
    freedom = both**2 / sum(one.variance**2 / (one.blocks - 1) for one in (baseline, candidate)) if both else 1.0
    each = sum(1 / max(1, len(side) - 1) for side in sides)
    apart = [np.array([one.log for one in side[1:]]) for side in sides if len(side) > 1]
    extra = sum(len(logs) - 1 for logs in apart)
    if extra < _FEWEST_RUNS:
        assumed = each * between_runs**2
        # What is assumed has no degrees of freedom to lose: they count for the part that was measured.
        share = both / (both + assumed) if both + assumed else 1.0
        return Parts(baseline, candidate, assumed, measured=False), freedom / max(share, 1e-6) ** 2
    runs = each * sum(float(((logs - logs.mean()) ** 2).sum()) for logs in apart) / extra
    if runs <= both:
        return Parts(baseline, candidate, 0.0, measured=True), freedom
    return Parts(baseline, candidate, runs - both, measured=True), float(extra)
