"""What one comparison says, and the plan behind it."""

import math

import numpy as np
import pytest
from scipy.stats import t

from reports.judge.comparison.pairs import OPEN, Compared, compare, decide, together
from reports.judge.comparison.plan import MOST_PAIRS, Plan, interleaved, pairs_needed, plan_for
from reports.judge.percentiles import Value
from reports.judge.promise import Status

PLAN = plan_for([0.1])
Pairs = list[tuple[Value, Value]]


def runs(ratio: float, count: int, *, spread: float = 0.06, seed: int = 1) -> Pairs:
    """Return pairs of p95 around 100 ms, the candidate's ``ratio`` times the baseline's."""
    noise = np.exp(np.random.default_rng(seed).normal(0, spread, (count, 2)))
    return [(Value(0.1 * b, 0.1 * b, 900), Value(0.1 * ratio * c, 0.1 * ratio * c, 900)) for b, c in noise]


def without_answer(pairs: Pairs, which: int, *, low: float = math.inf) -> Pairs:
    """Return the pairs with a baseline (0) or candidate (1) that has no value, or only that it is at least ``low``."""
    gone = Value(low, math.inf, 900)
    return [(gone, pair[1]) if which == 0 else (pair[0], gone) for pair in pairs]


@pytest.mark.parametrize(
    ("pairs", "status", "because"),
    [
        pytest.param(runs(1.0, 25), "PASS", "the limit is 1.1 times", id="identical"),
        pytest.param(runs(0.5, 6), "PASS", "p95 is 0.5", id="twice as fast"),
        pytest.param(runs(1.5, 25), "FAIL", "times the baseline's", id="half as slow again"),
        pytest.param(runs(1.1, 25), "UNKNOWN", "which lies between", id="just the margin"),
        pytest.param([], "UNKNOWN", "only 0 pairs of runs; the first look is after 4: at least 4 more", id="nothing"),
        pytest.param(runs(9.0, 3), "UNKNOWN", "at least 1 more", id="too few, however clear"),
        pytest.param(runs(1.0, 25, spread=0), "UNKNOWN", "a run compared with itself?", id="a run and itself"),
        pytest.param(without_answer(runs(1.0, 25), 1), "FAIL", "times the baseline's", id="candidate fails"),
        pytest.param(without_answer(runs(1.0, 25), 0), "UNKNOWN", "in 25 pairs too many", id="baseline fails"),
        pytest.param(without_answer(runs(1.0, 25), 1, low=0.3), "FAIL", "times the", id="candidate hangs for long"),
        pytest.param(
            without_answer(runs(1.0, 25), 1, low=0.05), "UNKNOWN", "in 25 pairs too many", id="candidate cut short"
        ),
    ],
)
def test_a_comparison(pairs: Pairs, status: str, because: str) -> None:
    found = compare("p95", pairs, 0.1, PLAN)
    assert found.status == status, found.because
    assert because in found.because


def test_a_sentence_has_the_ratio_its_interval_the_pairs_and_the_margin() -> None:
    found = compare("p95", runs(1.0, 25), 0.1, PLAN)
    said = f"{found.ratio:.2f} times the baseline's ({found.low:.2f} to {found.high:.2f}, {found.base} pairs of runs)"
    assert f"{said}; the limit is 1.1 times" in found.because
    assert found.low is not None
    assert found.high is not None
    assert found.low < 1 < found.high < 1.1


def test_the_first_look_that_decides_has_decided() -> None:
    """What comes after it cannot change it, nor can what comes after the budget."""
    first = compare("p95", runs(1.0, PLAN.budget), 0.1, PLAN)
    assert compare("p95", [*runs(1.0, first.base), *runs(3.0, 10)], 0.1, PLAN) == first
    near = runs(1.1, PLAN.budget)
    assert compare("p95", near + runs(0.5, 60), 0.1, PLAN) == compare("p95", near, 0.1, PLAN)


def test_a_pair_more_is_a_look_more() -> None:
    """A gate that asks after each pair gets the same decision at the same pair as one that asks at the end."""
    pairs = runs(1.0, PLAN.budget)
    decided = compare("p95", pairs, 0.1, PLAN)
    before = [compare("p95", pairs[:count], 0.1, PLAN).status for count in range(decided.base)]
    assert set(before) == {Status.UNKNOWN}
    assert compare("p95", pairs[: decided.base], 0.1, PLAN) == decided


def test_unknown_within_the_budget_says_how_many_more_pairs() -> None:
    found = compare("p95", runs(1.0, 4), 0.1, PLAN)
    assert found.status == Status.UNKNOWN
    assert found.more is not None
    assert f"about {found.more} more pair" in found.because
    assert "anew" not in found.because


def test_unknown_at_the_budget_says_with_which_budget_to_compare_anew() -> None:
    found = compare("p95", runs(1.05, PLAN.budget, spread=0.15), 0.1, PLAN)
    assert found.status == Status.UNKNOWN
    assert found.more is not None
    assert f"compare anew with a budget of {PLAN.budget + found.more}" in found.because


def test_hopeless_is_said() -> None:
    found = compare("p95", runs(1.1, 25, spread=0.5), 0.1, PLAN)
    assert (found.status, found.more) == (Status.UNKNOWN, None)
    assert f"more than {MOST_PAIRS - 25} more pairs would be needed" in found.because


@pytest.mark.parametrize("endpoints", [1, 8])
def test_as_many_pairs_as_were_said_do_mostly_decide(endpoints: int) -> None:
    """Identical builds at a spread of 15 %: what an UNKNOWN says in the middle is enough for at least six in ten."""
    plan, rng = plan_for([0.1] * endpoints), np.random.default_rng(3)
    ratios = rng.normal(0, 0.15 * math.sqrt(2), (2000, plan.budget))
    undecided = ratios[decide(ratios, ratios, 0.1, plan).what == OPEN]
    assert len(undecided) > 100
    pairs = [[(Value(1, 1, 900), Value(r, r, 900)) for r in np.exp(one)] for one in undecided[:200]]
    more = [found.more if found.more else MOST_PAIRS for found in (compare("p95", one, 0.1, plan) for one in pairs)]
    anew = Plan(endpoints, plan.budget + int(np.median(more)))
    again = rng.normal(0, 0.15 * math.sqrt(2), (2000, anew.budget))
    assert (decide(again, again, 0.1, anew).what != OPEN).mean() > 0.6


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ("PASS PASS", "PASS"),
        ("PASS UNKNOWN", "UNKNOWN"),
        ("UNKNOWN FAIL", "FAIL"),
        ("PASS FAIL", "FAIL"),
        ("", "UNKNOWN"),
    ],
)
def test_a_family(statuses: str, verdict: str) -> None:
    assert together([Compared(Status(one), "") for one in statuses.split()]) == verdict


def test_a_budget_is_told_beforehand() -> None:
    told = Plan(1, 25).told(60, 12)
    assert told.startswith("at most 25 pairs of runs, 60 minutes; looked at after every pair from the 4th on")


def test_the_budget_grows_with_the_comparisons_and_with_a_smaller_margin() -> None:
    budgets = [plan_for(margins).budget for margins in ([0.2], [0.1], [0.1] * 8, [0.1] * 7 + [0.09])]
    assert budgets == sorted(budgets)
    assert len(set(budgets)) == 4
    assert plan_for([0.1], budget=12).budget == 12


def test_pairs_needed_against_a_simulation_without_looks() -> None:
    """A t test with as many pairs (less what looks cost) has the power that was asked for."""
    needed = pairs_needed(0.1, 0.14, 0.05, 0.8)
    assert needed is not None
    values = np.random.default_rng(5).normal(0.1, 0.14, (20_000, round(needed / 1.1)))
    scores = values.mean(1) / values.std(1, ddof=1) * np.sqrt(values.shape[1])
    assert (scores > t.isf(0.05, values.shape[1] - 1)).mean() == pytest.approx(0.8, abs=0.03)


def test_a_steady_drift_cancels() -> None:
    """A baseline that is first in one pair is second in the next."""
    order = [name for pair in interleaved(4) for name in pair]
    places = {side: sum(n for n, name in enumerate(order) if name == side) for side in ("baseline", "candidate")}
    assert places["baseline"] == places["candidate"]
