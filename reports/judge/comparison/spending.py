"""How the risk of a wrong decision is spent when the same comparison is looked at again and again. Pure.

Who tests at 5 % after every pair of runs is wrong in far more than 5 % of comparisons. A spending function says how
much of the risk may be used up by when; its time is the part of the budget that is used, so that it does not matter
when one looks: K. K. G. Lan and D. L. DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70
(1983) 659-663. Of the usual functions risk * t^2 is taken (K. Kim and D. L. DeMets, Biometrika 74 (1987) 149-154): it
decides clear cases nearly as early as the one like Pocock's, and doubtful ones nearly as often as the one like O'Brien
and Fleming's.

The boundary is found by integrating the density of the sum of the observations from look to look (P. Armitage, C. K.
McPherson and B. C. Rowe, J. R. Stat. Soc. A 132 (1969) 235-244; C. Jennison and B. W. Turnbull, "Group Sequential
Methods", 2000, chapter 19).
"""

import math
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from reports.judge.requests import Floats

_POINTS = 401  # of the grid: four times as many change no level by more than a part in 5,000
_FAR = 8.0  # standard deviations: what is beyond is less than 1e-15


def spent(risk: float, part: float) -> float:
    """Return how much of the risk may be used up when ``part`` (0 to 1) of the budget is."""
    return risk * min(part, 1.0) ** 2


@lru_cache(maxsize=512)
def levels(risk: float, looks: tuple[int, ...], budget: int) -> tuple[float, ...]:
    """Return the one-sided level to test at after each of ``looks`` pairs, so that ``risk`` is used up at ``budget``.

    For sums of independent normal observations whose spread is known: exceeding the bound of these levels at any of
    the looks has a probability of ``risk`` when the last look is the budget.
    """
    found: list[float] = []
    points, mass = np.zeros(1), np.ones(1)  # where the sum can be after the look before, and how likely
    before = used = 0.0
    for look in looks:
        part = look / budget
        step, spend = math.sqrt(part - before), spent(risk, part) - used
        bound = _bound(points, mass, step, spend)
        found.append(float(norm.sf(bound / math.sqrt(part))))
        reached = np.linspace(-_FAR * math.sqrt(part), bound, _POINTS)
        density = np.exp(-(((reached[:, None] - points) / step) ** 2) / 2) @ mass / (step * math.sqrt(2 * math.pi))
        points, mass = reached, density * _widths(reached)
        before, used = part, spent(risk, part)
    return tuple(found)


def _bound(points: Floats, mass: Floats, step: float, spend: float) -> float:
    """Return what the next sum exceeds with probability ``spend``, going on from these points."""
    return float(brentq(lambda bound: float(mass @ norm.sf((bound - points) / step)) - spend, -_FAR, 2 * _FAR))


def _widths(points: Floats) -> Floats:
    """Return the weights of Simpson's rule, for an odd number of points."""
    weights = np.ones(len(points))
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    return np.asarray(weights * (points[1] - points[0]) / 3)
