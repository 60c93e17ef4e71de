"""The levels of the looks against probabilities that are computed in another way."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from reports.judge.comparison.spending import levels, spent
from reports.testing.rates import at_least, at_most


@pytest.mark.parametrize(("part", "used"), [(0.0, 0.0), (0.5, 0.0125), (1.0, 0.05), (1.5, 0.05)])
def test_all_of_the_risk_is_spent_at_the_budget_and_no_more(part: float, used: float) -> None:
    assert spent(0.05, part) == pytest.approx(used)


def test_one_look_has_the_whole_risk() -> None:
    assert levels(0.05, (20,), 20) == pytest.approx([0.05])


@pytest.mark.parametrize("risk", [0.05, 0.004])
@pytest.mark.parametrize("looks", [(4, 20), (10, 20), (19, 20)])
def test_two_looks_against_the_bivariate_normal(looks: tuple[int, int], risk: float) -> None:
    bounds = norm.isf(levels(risk, looks, looks[-1]))
    together = (looks[0] / looks[1]) ** 0.5
    stays = multivariate_normal.cdf(bounds, cov=[[1, together], [together, 1]], abseps=1e-10)
    assert 1 - stays == pytest.approx(risk, rel=1e-4)


def test_many_looks_against_a_simulation() -> None:
    """A walk of 36 steps leaves the boundary in 5 % of 100,000 cases, as far as these can tell."""
    looks = tuple(range(4, 37))
    index, count = np.array(looks) - 1, np.array(looks)
    sums = np.random.default_rng(2).normal(size=(100_000, 36)).cumsum(1)[:, index] / np.sqrt(count)
    crossed = int((sums > norm.isf(levels(0.05, looks, 36))).any(1).sum())
    assert at_least(crossed, 100_000) < 0.05 < at_most(crossed, 100_000)
