"""What is fixed before the first run: how many comparisons share the risk, when they are looked at, the budget. Pure.

Two errors are bounded by ``risk``, whatever the looks and however many comparisons there are in one gate:

- that anything FAILs though nothing is slower by more than its margin. The comparisons share this risk equally
  (Bonferroni), since one FAIL is enough to fail the gate;
- that everything PASSes though something is slower by more than its margin. This one needs no sharing: the gate passes
  only when every comparison does (intersection-union test: R. L. Berger, Technometrics 24 (1982) 295-300).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from scipy.stats import nct, t

from reports.judge.comparison.spending import levels

FIRST_LOOK = 4  # pairs: a spread of fewer is no spread
MOST_PAIRS = 200  # more than this is not said: nobody waits for it
SPREAD = 0.10  # of the log of a percentile between runs of one build, for which a budget is made when none is given
# Student's t at the levels of a normal is an approximation (Jennison and Turnbull 2000, 3.8; Pocock, Biometrika 64
# (1977) 191-199): with looks from 4 pairs on, at exactly the margin, up to 1.2 times as many comparisons err as should.
_KEPT = 0.75  # so much of the risk is spent, so that those who err are still no more than the risk says
_LOOKS_COST = 1.1  # pairs with looks against pairs without, of the same power, for this spending function


@dataclass(frozen=True)
class Plan:
    """How a family of ``comparisons`` is looked at; ``budget`` is in pairs of runs, and bounds everything."""

    comparisons: int
    budget: int
    risk: float = 0.05

    @property
    def looks(self) -> tuple[int, ...]:
        """After how many pairs there is a look: after every one, when there are enough."""
        return tuple(range(FIRST_LOOK, self.budget + 1))

    @property
    def fail_level(self) -> float:
        """The risk that one comparison spends on a wrong FAIL, one-sided."""
        return _KEPT * self.risk / self.comparisons

    @property
    def pass_level(self) -> float:
        """The risk that one comparison spends on a wrong PASS, one-sided."""
        return _KEPT * self.risk

    def levels(self, risk: float) -> tuple[float, ...]:
        """Return the level of each look, so that ``risk`` is spent at the last."""
        return levels(risk, self.looks, self.budget)

    def minutes(self, run_s: float, between_s: float = 0.0) -> float:
        """Return how long the whole budget takes: two runs a pair, each with what comes between runs."""
        return self.budget * 2 * (run_s + between_s) / 60

    def told(self, run_s: float, between_s: float = 0.0) -> str:
        """Return the budget in a sentence, to be printed beforehand."""
        return (
            f"at most {self.budget} pairs of runs, {self.minutes(run_s, between_s):.0f} minutes;"
            f" looked at after every pair from the {FIRST_LOOK}th on, and ended as soon as all is decided"
        )


def plan_for(margins: Sequence[float], *, budget: int | None = None, risk: float = 0.05) -> Plan:
    """Return the plan for one comparison per margin (0.1: 10 %), sharing one risk.

    Without a ``budget`` it is so large that identical builds pass in nine of ten gates when the log of a percentile has
    a spread of ``SPREAD`` between runs.
    """
    count = len(margins)
    if budget is None:
        found = pairs_needed(math.log1p(min(margins)), SPREAD * math.sqrt(2), _KEPT * risk, 0.9 ** (1 / count))
        budget = MOST_PAIRS if found is None else found
    return Plan(count, max(budget, FIRST_LOOK), risk)


@lru_cache(maxsize=4096)
def pairs_needed(distance: float, spread: float, level: float, chance: float) -> int | None:
    """Return how many pairs show with probability ``chance`` that a ratio is not the margin; None: over ``MOST_PAIRS``.

    ``distance`` is that of the log ratio from the log margin, ``spread`` the standard deviation of the log ratio of a
    pair. The power is that of a t test at ``level``, one-sided; the looks cost some pairs more.
    """
    low, high = FIRST_LOOK, MOST_PAIRS
    if _power(distance, spread, level, high / _LOOKS_COST) < chance:
        return None
    while low < high:
        middle = (low + high) // 2
        if _power(distance, spread, level, middle / _LOOKS_COST) >= chance:
            high = middle
        else:
            low = middle + 1
    return low


def _power(distance: float, spread: float, level: float, pairs: float) -> float:
    if spread == 0:
        return 1.0 if distance > 0 else 0.0
    freedom = pairs - 1
    return float(nct.sf(t.isf(level, freedom), freedom, distance / spread * math.sqrt(pairs)))


def interleaved(pairs: int) -> list[tuple[str, str]]:
    """Return in which order each pair is run: in turn the one or the other first, so that a steady drift cancels."""
    first, second = ("baseline", "candidate"), ("candidate", "baseline")
    return [second if number % 2 else first for number in range(pairs)]
