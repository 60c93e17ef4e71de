"""How arrivals follow each other: by chance, evenly, or one in each slot."""

import numpy as np
import pytest
from scipy import stats

from loadtests.arrivals import NS, Intensity
from loadtests.arrivals.spacing import CELL
from loadtests.arrivals.test_plan import SHAPES, due, plan_of


@pytest.mark.parametrize("shape", SHAPES)
def test_by_chance_means_a_poisson_process(shape: str) -> None:
    """Rescaled, gaps are exponential and without memory (Brown et al., Neural Computation 14, 2002): KS and chi-square.

    A true process fails one of the three in 250 seeds; this one does not.
    """
    plan = plan_of(SHAPES[shape])
    units = SHAPES[shape].expected(due(plan))
    gaps = np.diff(units, prepend=0)
    assert stats.kstest(gaps, "expon").pvalue > 0.001
    assert stats.spearmanr(gaps[1:], gaps[:-1]).pvalue > 0.001
    per_ten = np.bincount((units // 10).astype(int))[:-1]
    dispersion = per_ten.var(ddof=1) / 10 * (len(per_ten) - 1)
    assert 0.001 < stats.chi2(len(per_ten) - 1).cdf(dispersion) < 0.999


def test_counts_vary_by_chance_also_from_cell_to_cell() -> None:
    """Cells are an invention of ours: nothing of them shows in the counts of many seeds."""
    counts = [plan_of(Intensity.constant(CELL), seed=seed, end_s=1.5).planned(0, int(1.5 * NS)) for seed in range(300)]
    dispersion = np.var(counts, ddof=1) / (1.5 * CELL) * 299
    assert 0.001 < stats.chi2(299).cdf(dispersion) < 0.999


def test_fixed_spacing_is_even_and_two_journeys_do_not_go_in_step() -> None:
    one, other = (np.diff(due(plan_of(Intensity.constant(8.0), spacing="fixed", name=name))) for name in "ab")
    assert set(one) == set(other) == {NS // 8}
    together = np.diff(due(plan_of(Intensity.constant(8.0), Intensity.constant(8.0), spacing="fixed")))
    assert together.min() > 0


def test_slots_hold_one_arrival_each() -> None:
    found = due(plan_of(Intensity.constant(8.0), spacing="slots"))
    assert (found // (NS // 8) == np.arange(400)).all()
    assert len(set(found % (NS // 8))) == 400
