"""How often a healthy load is stopped, and how soon an ill one: by simulation of queues.

Latencies of neighbours depend on each other in a queue, which is what makes detectors lie.
"""

from functools import cache

import numpy as np
import pytest

from reports.judge.abort import BLOCK_REQUESTS, HARD_STOP_S, TEN_MINUTES_S, Bets, Detector, alarm_at
from reports.judge.requests import Floats, Ints
from reports.testing.queueing import queue
from reports.testing.rates import at_least, at_most

ALLOWED = 0.05
WARM_S = 20  # the first seconds find an empty queue
HEALTHY_S = 120  # before something happens
SLACK = 1.1  # the threshold over the p95 that a healthy system has
Seconds = tuple[Floats, Floats]  # over the threshold, and all, by second: (sims, seconds)


def alarms(seconds: Seconds, allowed: float = ALLOWED) -> Ints:
    """Return after how many seconds each simulated load has its alarm; 0: never."""
    over, of = seconds
    bets, found = Bets(allowed, (len(of),)), np.zeros(len(of), dtype=np.int64)
    for second in range(of.shape[1]):
        bets.second(over[:, second], of[:, second])
        found = np.where((found == 0) & (bets.value >= alarm_at(0.01)), second + 1, found)
    return found


@cache
def threshold(use: float, rate: int) -> float:
    """Return ``SLACK`` times the p95 of a healthy queue."""
    due, took = queue(np.random.default_rng(1), 100, rate=rate, seconds=200, use=use)
    return SLACK * float(np.quantile(took[due > WARM_S], 0.95))


def load(seed: int, sims: int, seconds: int, *, use: float, rate: int, doubled_from: int | None = None) -> Seconds:
    """Play loads on a queue; from a second on latencies double."""
    due, took = queue(np.random.default_rng(seed), sims, rate=rate, seconds=(seconds + WARM_S) * 1.05, use=use)
    at = due - WARM_S
    if doubled_from is not None:
        took = np.where(at >= doubled_from, 2 * took, took)
    inside = (at >= 0) & (at < seconds)
    cell = (np.arange(sims)[:, None] * seconds + at.astype(np.int64))[inside]
    over = np.bincount(cell, weights=(took > threshold(use, rate))[inside], minlength=sims * seconds)
    of = np.bincount(cell, minlength=sims * seconds).astype(float)
    return over.reshape(sims, seconds), of.reshape(sims, seconds)


@pytest.mark.parametrize(
    ("use", "rate", "sims"), [(0.3, 40, 500), (0.5, 40, 500), (0.7, 40, 1000), (0.7, 100, 500), (0.7, 200, 800)]
)
def test_at_most_one_in_a_hundred_healthy_loads_is_stopped_in_ten_minutes(use: float, rate: int, sims: int) -> None:
    played = (alarms(load(seed, 20, TEN_MINUTES_S, use=use, rate=rate)) for seed in range(sims // 20))
    assert at_most(sum(int((found > 0).sum()) for found in played), sims) <= 0.01


@pytest.mark.parametrize("share", [0.05, 0.01])
def test_the_stated_rate_holds_at_just_what_is_allowed(share: float) -> None:
    """The worst case that is still healthy, with blocks of independent requests."""
    rng, hits = np.random.default_rng(3), 0
    of = np.full((1000, TEN_MINUTES_S), float(BLOCK_REQUESTS))
    for _ in range(5):
        over = rng.binomial(BLOCK_REQUESTS, share, of.shape).astype(float)
        hits += int((alarms((over, of), share) > 0).sum())
    assert at_most(hits, 5000) <= 0.01


@pytest.mark.parametrize(("use", "rate", "within_s"), [(0.5, 200, 30), (0.7, 200, 30), (0.7, 100, 75), (0.5, 40, 75)])
def test_a_doubled_p95_is_found_in_nine_of_ten_loads(use: float, rate: int, within_s: int) -> None:
    """Within 30 s at 200/s; later at less, since fewer requests tell less."""
    after = alarms(load(5, 200, HEALTHY_S + within_s, use=use, rate=rate, doubled_from=HEALTHY_S))
    assert at_least(int((after > HEALTHY_S).sum()), 200) >= 0.85
    assert at_most(int(((after > 0) & (after <= HEALTHY_S)).sum()), 200) <= 0.05


@pytest.mark.parametrize("rate", [5, 40, 200])
def test_a_stall_is_found_within_six_seconds(rate: int) -> None:
    """Whatever came before: four whole seconds in which nothing is in time; the fifth and sixth are to know them."""
    detector = Detector(ALLOWED)
    assert not any(detector.second(rate // 40, rate) for _ in range(TEN_MINUTES_S))
    told = [detector.second(rate, rate) for _ in range(HARD_STOP_S)]
    assert told[-1]
    assert "not one of" in told[-1]
    assert not any(told[:2]), "nor at the first hiccup"


def test_a_few_requests_that_hang_are_no_stalled_system() -> None:
    detector = Detector(ALLOWED)
    assert not any(detector.second(1, 1) for _ in range(19))
    assert detector.second(1, 1)


def test_a_second_without_requests_says_nothing() -> None:
    detector = Detector(ALLOWED)
    assert [detector.second(10, 10) for _ in range(3)] == [None] * 3
    assert detector.second(0, 0) is None
    assert detector.second(10, 10)


def test_several_detectors_share_the_risk_of_a_false_alarm() -> None:
    """Of 1,000 healthy loads with eight rules each, at most one in a hundred is stopped."""
    rng = np.random.default_rng(3)
    bets = Bets(ALLOWED, (1000, 8))
    highest = np.zeros(1000)
    for _ in range(TEN_MINUTES_S):
        bets.second(rng.binomial(BLOCK_REQUESTS, ALLOWED, (1000, 8)), BLOCK_REQUESTS)
        highest = np.maximum(highest, bets.value.max(-1))
    assert at_most(int((highest >= alarm_at(0.01, 8)).sum()), 1000) <= 0.01


def test_what_is_said_when_a_p95_is_over_its_threshold_for_long() -> None:
    detector = Detector(ALLOWED)
    told = next(filter(None, (detector.second(40, 200) for _ in range(60))))
    assert told.startswith("more than 5 % of the requests are over it, for too long to be chance (at most 1 %")
