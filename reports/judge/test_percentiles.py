"""From requests to percentiles: what failed or is open, ranks, and whole blocks."""

import math

import numpy as np
import pytest

from reports.judge.answers import Answers
from reports.judge.percentiles import blocks, latencies, rank, value

S = 1_000_000


def answers(took_s: list[float], *, failed: int = 0, still_open: int = 0) -> Answers:
    """Return requests due one a second; the last ones of them are open, those before them failed."""
    count = len(took_s)
    due = np.arange(count, dtype=np.int64) * S
    is_open = np.arange(count) >= count - still_open
    good = np.arange(count) < count - still_open - failed
    names = np.array(["x"] * count, dtype=object)
    return Answers(due, names, names, np.array(took_s), np.where(is_open, 0, due + 1), good, names, names)


@pytest.mark.parametrize(
    ("failed", "still_open", "low", "high"),
    [
        pytest.param(0, 0, 0.19, 0.19, id="all answered"),
        pytest.param(1, 0, 0.19, 0.19, id="one failed, and is slower than the p95"),
        pytest.param(2, 0, math.inf, math.inf, id="two failed: no answer at the p95"),
        pytest.param(0, 2, 0.19, math.inf, id="two open: at least their age"),
    ],
)
def test_a_percentile_is_between_the_least_and_the_most_that_it_can_be(
    failed: int, still_open: int, low: float, high: float
) -> None:
    took = [n / 100 for n in range(1, 21)]
    found = value(latencies(answers(took, failed=failed, still_open=still_open)), 0.95)
    assert (found.low, found.high, found.base) == (low, high, 20)


def test_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no request"):
        value(latencies(answers([])), 0.95)


@pytest.mark.parametrize(
    ("quantile", "count", "at"), [(0.95, 20, 18), (0.95, 21, 19), (0.5, 1, 0), (0.999, 1000, 998), (0.29, 100, 28)]
)
def test_the_nearest_rank(quantile: float, count: int, at: int) -> None:
    """The smallest value that so many did not exceed; 0.29 x 100 is 29, whatever a float makes of it."""
    assert rank(quantile, count) == at


def test_blocks_are_whole_and_not_empty() -> None:
    """25 requests, one a second: two blocks of 10 s; what is left at the end is none."""
    found = blocks(answers([0.1] * 25), 0, 25 * S, 10.0)
    assert [len(block) for block in found] == [10, 10]
    assert len(blocks(answers([0.1] * 5), 0, 30 * S, 10.0)) == 1
