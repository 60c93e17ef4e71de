"""The search against systems that bear a known rate."""

import random

import pytest

from loadtests.capacity.search import FEWEST, MOST_STEPS, Found, Tried, Try, next_step


def searched(
    bears: float, *, at_most: float = 64.0, resolution: float = 0.1, lucky: float = 0.0
) -> tuple[Found, list[Tried]]:
    """Search a system that keeps its rules up to ``bears`` times; a short run may be ``lucky`` so far over it."""
    tried: list[Tried] = []
    while True:
        step = next_step(tried, at_most=at_most, resolution=resolution)
        if isinstance(step, Found):
            return step, tried
        limit = bears if step.confirming else bears * (1 + lucky)
        tried.append(Tried(step.times, "PASS" if step.times <= limit else "FAIL", step.confirming))


@pytest.mark.parametrize("bears", [0.03, 0.4, 0.99, 1.0, 1.01, 3.3, 17.0, 63.0])
def test_what_a_system_bears_is_bracketed_and_confirmed(bears: float) -> None:
    found, tried = searched(bears)
    assert found.word == "PASS"
    assert found.times is not None
    assert found.too_much is not None
    assert found.times <= bears < found.too_much <= found.times * 1.1
    assert tried[-1] == Tried(found.times, "PASS", confirming=True)
    assert len(tried) < 14


def test_what_a_short_run_kept_by_luck_is_found_out() -> None:
    """And searched on below it."""
    found, tried = searched(3.0, lucky=0.2)
    assert found.word == "PASS"
    assert found.times is not None
    assert found.times <= 3.0
    assert any(one.confirming and one.word == "FAIL" for one in tried)


def test_a_system_that_bears_all_that_may_be_tried_has_no_known_capacity() -> None:
    """At least that, which is UNKNOWN."""
    found, tried = searched(100.0, at_most=8.0)
    assert (found.times, found.too_much, found.word) == (8.0, None, "UNKNOWN")
    assert [one.times for one in tried] == [1.0, 2.0, 4.0, 8.0, 8.0]
    assert max(one.times for one in searched(1.2, at_most=0.5)[1]) == 0.5


def test_a_system_that_bears_nothing_fails() -> None:
    found, tried = searched(0.001)
    assert (found.times, found.word) == (None, "FAIL")
    assert min(one.times for one in tried) >= FEWEST


def test_an_answer_that_says_nothing_is_asked_for_once_more() -> None:
    """Then the search ends, and says at which rate."""
    first = Tried(1.0, "UNKNOWN")
    assert next_step([first], at_most=8, resolution=0.1) == Try(1.0)
    assert next_step([first, Tried(1.0, "PASS")], at_most=8, resolution=0.1) == Try(2.0)
    found = next_step([Tried(1.0, "PASS"), Tried(2.0, "UNKNOWN"), Tried(2.0, "UNKNOWN")], at_most=8, resolution=0.1)
    assert isinstance(found, Found)
    assert (found.times, found.word) == (1.0, "UNKNOWN")
    assert "2 runs at 2 times the rate" in found.because


def test_a_system_without_a_limit_of_its_own_ends_the_search_too() -> None:
    """Answers by chance."""
    rng = random.Random(1)
    for _ in range(200):
        tried: list[Tried] = []
        step = next_step(tried, at_most=64, resolution=0.1)
        while isinstance(step, Try):
            tried.append(Tried(step.times, rng.choice(["PASS", "FAIL", "UNKNOWN"]), step.confirming))
            step = next_step(tried, at_most=64, resolution=0.1)
        assert len(tried) <= MOST_STEPS
