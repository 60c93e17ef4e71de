"""How often comparisons of pairs of runs decide, and how often wrongly, by simulation.

Every figure is shown with the error of its own simulation counted against it (``reports.testing.rates``). ``spread`` is
the standard deviation of the log of a p95 between runs of one build: .06, .10 and .15 are what a queue has at 30, 50
and 70 % use in runs of one to two minutes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from reports.judge.comparison.pairs import FAILED, PASSED, decide
from reports.judge.comparison.plan import Plan, plan_for
from reports.judge.requests import Floats
from reports.testing.queueing import queue
from reports.testing.rates import at_least, at_most

MARGIN = 0.10
Noise = Callable[[np.random.Generator, tuple[int, ...]], Floats]  # log p95 of runs of one build


@dataclass(frozen=True)
class Rates:
    """How many gates of ``of`` failed and passed."""

    failed: int
    passed: int
    of: int


def played(
    noise: Noise, *, endpoints: int, slower: float = 1.0, slow: int = 1, of: int = 2000, plan: Plan | None = None
) -> Rates:
    """Play gates whose first ``slow`` endpoints are ``slower`` in the candidate; an endpoint has its own noise."""
    plan = plan or plan_for([MARGIN] * endpoints)
    rng, failed, passed = np.random.default_rng(4), 0, 0
    for _ in range(of // 1000):
        shape = (1000, endpoints, plan.budget)
        ratios = noise(rng, shape) - noise(rng, shape)
        ratios[:, :slow] += np.log(slower)
        what = decide(ratios, ratios, MARGIN, plan).what
        failed += int((what == FAILED).any(1).sum())
        passed += int((what == PASSED).all(1).sum())
    return Rates(failed, passed, of)


def normal(spread: float) -> Noise:
    return lambda rng, shape: rng.normal(0, spread, shape)


@pytest.mark.parametrize("endpoints", [1, 8])
@pytest.mark.parametrize("spread", [0.06, 0.10])
def test_identical_builds_pass(spread: float, endpoints: int) -> None:
    found = played(normal(spread), endpoints=endpoints)
    assert at_most(found.failed, found.of) <= 0.05
    assert at_least(found.passed, found.of) >= 0.85


@pytest.mark.parametrize("endpoints", [1, 8])
@pytest.mark.parametrize("spread", [0.06, 0.10])
def test_a_p95_that_is_25_percent_slower_fails(spread: float, endpoints: int) -> None:
    """Of eight endpoints one is enough."""
    found = played(normal(spread), endpoints=endpoints, slower=1.25)
    assert at_least(found.failed, found.of) >= 0.90
    assert at_most(found.passed, found.of) <= 0.05


@pytest.mark.parametrize("endpoints", [1, 8])
def test_at_a_spread_of_15_percent_identical_builds_do_not_fail_either(endpoints: int) -> None:
    found = played(normal(0.15), endpoints=endpoints)
    assert at_most(found.failed, found.of) <= 0.05
    assert found.failed + found.passed < found.of, "some must be UNKNOWN: the budget is too small for this spread"


@pytest.mark.parametrize("spread", [0.06, 0.15])
@pytest.mark.parametrize(("endpoints", "of"), [(1, 40_000), (8, 20_000)])
def test_what_is_slower_by_just_the_margin_is_failed_and_passed_at_most_at_the_stated_rate(
    spread: float, endpoints: int, of: int
) -> None:
    """The worst case of both errors: all endpoints there for a wrong FAIL, one of them for a wrong PASS."""
    limit = 1 + MARGIN
    wrong_fail = played(normal(spread), endpoints=endpoints, slower=limit, slow=endpoints, of=of)
    wrong_pass = played(normal(spread), endpoints=endpoints, slower=limit, slow=1, of=of)
    assert at_most(wrong_fail.failed, of) <= 0.05
    assert at_most(wrong_pass.passed, of) <= 0.05


@cache
def p95_of_queues(use: float) -> Floats:
    """Return the log p95 of 4,000 runs of a minute at 100/s, whose service times differ by 3 % from run to run."""
    rng = np.random.default_rng(6)
    found = []
    for _ in range(40):
        took = queue(rng, 100, rate=100, seconds=60, use=use, slower=np.exp(rng.normal(0, 0.03, 100)))[1]
        found.append(np.log(np.quantile(took, 0.95, axis=1)))
    return np.concatenate(found)


def queues(use: float) -> Noise:
    return lambda rng, shape: rng.choice(p95_of_queues(use), shape)


def heavy_tail(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Student's t with three degrees of freedom, with a spread of .10."""
    return np.asarray(0.10 * rng.standard_t(3, shape) / np.sqrt(3))


def disturbed(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """A spread of .06, and one run in ten that something else made up to twice as slow."""
    return rng.normal(0, 0.06, shape) + np.where(rng.random(shape) < 0.1, np.log(2) * rng.random(shape), 0)


@pytest.mark.parametrize("endpoints", [1, 8])
@pytest.mark.parametrize(
    "noise",
    [
        pytest.param(queues(0.5), id="queue at 50 %"),
        pytest.param(queues(0.7), id="queue at 70 %"),
        pytest.param(heavy_tail, id="heavy tail"),
        pytest.param(disturbed, id="disturbed runs"),
    ],
)
def test_noise_that_is_not_normal_fails_no_more(noise: Noise, endpoints: int) -> None:
    """Neither identical builds, nor such as are slower by just the margin, which is the harder case."""
    identical = played(noise, endpoints=endpoints)
    limit = played(noise, endpoints=endpoints, slower=1 + MARGIN, slow=endpoints, of=20_000)
    assert at_most(identical.failed, identical.of) <= 0.05
    assert at_most(limit.failed, limit.of) <= 0.05
