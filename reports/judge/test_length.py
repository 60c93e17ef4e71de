"""How long a load must run for a rule, told beforehand."""

import numpy as np
import pytest

from reports.judge.length import CHANCE, duration, length_needed
from reports.judge.rules import Rule, Who


def rule(measure: str, bound: float) -> Rule:
    return Rule(f"{measure} of * < {bound}", measure, Who(), bound, False)


@pytest.mark.parametrize(
    ("measure", "bound", "requests"),
    [
        ("p50", 0.8, 30),
        ("p95", 0.8, 59),
        ("p99", 0.8, 299),
        ("p99.9", 0.8, 2995),
        ("errors", 0.001, 2995),
        ("max", 1, 30),
    ],
)
def test_what_a_rule_needs(measure: str, bound: float, requests: int) -> None:
    assert length_needed(rule(measure, bound), 5.0).requests == requests


def test_so_many_requests_are_due_in_that_time_in_99_of_100_runs() -> None:
    """By simulation: 20,000 Poisson counts; the share is within four of its standard errors of what is said."""
    found = length_needed(rule("p99", 0.8), 5.6)
    counts = np.random.default_rng(1).poisson(5.6 * found.seconds, 20_000)
    assert (counts >= found.requests).mean() == pytest.approx(CHANCE, abs=4 * (0.01 * 0.99 / 20_000) ** 0.5)


@pytest.mark.parametrize(
    ("run_s", "rate", "told"),
    [
        (600, 5.6, "p99 of * < 0.8: needs 299 requests, 1 min 1 s at 5.6/s"),
        (40, 5.6, "this run measures 40 s only: it will be UNKNOWN or FAIL"),
        (600, 0.0, "this profile sends none: it will be UNKNOWN"),
    ],
)
def test_what_is_told(run_s: float, rate: float, told: str) -> None:
    said = length_needed(rule("p99", 0.8), rate).told(run_s)
    assert told in said, said


@pytest.mark.parametrize(
    ("seconds", "told"), [(44.2, "45 s"), (60, "1 min 0 s"), (545, "9 min 5 s"), (7230, "2 h 0 min")]
)
def test_a_duration(seconds: float, told: str) -> None:
    assert duration(seconds) == told
