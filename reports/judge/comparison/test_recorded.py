"""What recorded runs say, and how often wrongly, by simulation of a queue."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from reports.judge.comparison.recorded import Run, compare_recorded
from reports.judge.percentiles import Latencies
from reports.judge.promise import Status
from reports.testing.queueing import queue
from reports.testing.rates import at_most

BLOCK_S, RATE = 20, 50


def runs(
    seed: int, count: int, *, use: float = 0.5, slower: float = 1.0, between: float = 0.0, blocks: int = 8
) -> list[Run]:
    """Return runs of a queue, whose latencies are ``slower`` and whose service times differ from run to run."""
    rng = np.random.default_rng(seed)
    found: list[Run] = []
    for _ in range(0, count, 100):
        size = min(100, count - len(found))
        each = np.exp(rng.normal(0, between, size))
        due, took = queue(rng, size, rate=RATE, seconds=blocks * BLOCK_S + 10, use=use, slower=each)
        found += [_cut(due[n] - 5, took[n] * slower, blocks) for n in range(size)]
    return found


def _cut(due: np.ndarray, took: np.ndarray, blocks: int) -> Run:
    edges = np.searchsorted(due, np.arange(blocks + 1) * BLOCK_S)
    series = [np.sort(took[low:high]) for low, high in pairwise(edges)]
    return [Latencies(one, one) for one in series]


def cut_off(run: Run, share: float, *, low: float) -> Run:
    """Return the run with a share of its requests without an answer, of at least ``low`` seconds."""
    found = []
    for block in run:
        kept = block.low[: round(len(block) * (1 - share))]
        rest = len(block) - len(kept)
        found.append(Latencies(np.sort(np.r_[kept, [low] * rest]), np.r_[kept, [math.inf] * rest]))
    return found


QUIET = runs(1, 2, use=0.2, blocks=40)


@pytest.mark.parametrize(
    ("baseline", "candidate", "between", "status", "because"),
    [
        pytest.param(QUIET[:1], QUIET[1:], 0.0, "PASS", "40 recorded blocks against 40", id="identical"),
        pytest.param(QUIET[:1], runs(2, 1, use=0.2, slower=1.5), 0.0, "FAIL", "limit is 1.1 times", id="slower"),
        pytest.param(QUIET[:1], [QUIET[1][:5]], 0.0, "UNKNOWN", "3 of the candidate missing", id="too few blocks"),
        pytest.param([], [], 0.0, "UNKNOWN", "8 of the baseline and 8 of the candidate missing", id="nothing"),
        pytest.param(QUIET[:1], QUIET[1:], 0.2, "UNKNOWN", "no number of blocks would tell", id="runs differ by more"),
        pytest.param(QUIET[:1], [cut_off(QUIET[1], 0.1, low=math.inf)], 0.0, "FAIL", "over 1,000", id="fails"),
        pytest.param([cut_off(QUIET[0], 0.1, low=math.inf)], QUIET[1:], 0.0, "UNKNOWN", "has no p95", id="no baseline"),
        pytest.param(QUIET[:1], [cut_off(QUIET[1], 0.1, low=0.001)], 0.0, "UNKNOWN", "lies between", id="cut short"),
    ],
)
def test_recorded_runs(
    baseline: Sequence[Run], candidate: Sequence[Run], between: float, status: str, because: str
) -> None:
    found = compare_recorded("p95", 0.95, (baseline, candidate), 0.1, between_runs=between)
    assert found.status == status, found.because
    assert because in found.because


def test_as_many_blocks_as_are_missing_do_mostly_decide() -> None:
    """Of 100 comparisons with as many blocks as the first ones asked for, at least six in ten decide."""
    first = [compare_recorded("p95", 0.95, ([b], [c]), 0.1, between_runs=0) for b, c in _pairs(3, 100, 8)]
    unknown = [one.more for one in first if one.status == "UNKNOWN" and one.more]
    assert len(unknown) > 50
    again = [compare_recorded("p95", 0.95, ([b], [c]), 0.1, between_runs=0) for b, c in _pairs(4, 100, _half(unknown))]
    assert sum(one.status != "UNKNOWN" for one in again) >= 60


def _half(more: Sequence[int]) -> int:
    return 8 + int(np.median(more)) // 2


def _pairs(seed: int, count: int, blocks: int) -> list[tuple[Run, Run]]:
    found = runs(seed, 2 * count, blocks=blocks)
    return list(zip(found[::2], found[1::2], strict=True))


def test_several_runs_measure_how_far_runs_differ() -> None:
    """Five runs a side that differ by more than their blocks: the interval is by runs, and nothing is assumed."""
    alike, apart = (runs(5, 10, use=0.3, between=between) for between in (0.0, 0.2))
    near, far = (compare_recorded("p95", 0.95, (some[:5], some[5:]), 0.1) for some in (alike, apart))
    assert near.high is not None
    assert far.high is not None
    assert far.high > 1.5 * near.high
    assert "assumed" not in near.because + far.because


@pytest.mark.parametrize("use", [0.3, 0.7])
def test_identical_builds_of_which_one_run_each_is_recorded_do_not_fail(use: float) -> None:
    """1,000 of them, whose service times differ by 3 % from run to run."""
    found = _played(use=use, between=0.03, of=1000)
    assert at_most(found.count("FAIL"), 1000) <= 0.05


def test_the_bootstrap_of_eight_blocks_errs_no_more_than_it_says() -> None:
    """At just the margin, and with runs that do not differ, each error is in at most 5 % of 2,000."""
    found = _played(use=0.5, slower=1.1, between_runs=0.0, of=2000)
    assert found.count("FAIL") <= 0.05 * 2000
    assert found.count("PASS") <= 0.05 * 2000
    assert found.count("PASS") > 0, "or the bound would show nothing"


def test_runs_that_differ_err_no_more_when_three_of_them_are_the_baseline_of_one() -> None:
    """At just the margin, when runs differ by 5 %, which two degrees of freedom measure: at most 5 % of 300 each."""
    baseline = runs(11, 900, use=0.7, between=0.05)
    candidate = runs(12, 300, use=0.7, between=0.05, slower=1.1)
    sides = [(baseline[3 * n : 3 * n + 3], [candidate[n]]) for n in range(300)]
    found = [compare_recorded("p95", 0.95, each, 0.1).status for each in sides]
    assert 0 < found.count(Status.FAIL) <= 0.05 * 300
    assert 0 < found.count(Status.PASS) <= 0.05 * 300


def _played(*, use: float, of: int, between: float = 0.0, slower: float = 1.0, between_runs: float = 0.05) -> list[str]:
    sides = zip(
        runs(6, of, use=use, between=between), runs(7, of, use=use, between=between, slower=slower), strict=True
    )
    return [compare_recorded("p95", 0.95, ([b], [c]), 0.1, between_runs=between_runs).status for b, c in sides]
