"""Percentiles and outages, as tables."""

import math

import numpy as np
import pytest

from loadtests.accuracy.figures import Stretch, Told, figures, percentile, refused_s, silence_s

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("took", "share", "is_"),
    [
        ([4, 1, 3, 2], 0.5, 2),
        ([4, 1, 3, 2], 0.75, 3),
        ([4, 1, 3, 2], 0.76, 4),
        ([1, INF], 0.99, INF),
        ([1, NAN, NAN, NAN], 0.99, 1),
    ],
)
def test_a_percentile_is_of_those_that_are_answered_or_still_owed_one(
    took: list[float], share: float, is_: float
) -> None:
    assert percentile(np.array(took, dtype=float), share) == is_


def test_there_is_no_percentile_of_nothing() -> None:
    assert math.isnan(percentile(np.array([NAN]), 0.5))


@pytest.mark.parametrize(
    ("good", "is_"),
    [
        pytest.param([1, 1, 1, 1, 1], 0, id="none"),
        pytest.param([1, 1, 0, 1, 1], 1, id="one, half-way to each side"),
        pytest.param([1, 0, 1, 0, 1], 3, id="from the first to the last"),
        pytest.param([1, 1, 1, 0, 0], 1.5, id="not over yet"),
        pytest.param([0, 0, 0, 0, 0], 4, id="all"),
    ],
)
def test_service_was_denied_from_the_first_arrival_to_the_last(good: list[int], is_: float) -> None:
    sched_us = np.arange(5, dtype=np.float64) * 1e6
    assert refused_s(sched_us, np.array(good, dtype=bool)) == is_


def test_a_silence_is_the_longest_time_between_two_answers() -> None:
    assert silence_s(np.array([5e6, 1e6, 2e6])) == 3
    assert silence_s(np.array([])) == 0


def test_what_is_not_due_in_the_stretch_is_left_out_but_on_the_wire() -> None:
    told = Told(
        sched_us=np.array([1e6, 2e6, 3e6]),
        end_us=np.array([1e6, 2e6, 3e6]),
        took_ms=np.array([1.0, 2.0, 3.0]),
        good=np.array([False, True, False]),
        wire=3,
    )
    found = figures(told, "hung", Stretch(1.5e6, 3e6))
    assert (found.p99_ms, found.arrivals, found.failed, found.wire, found.outage_s) == (2, 1, 0, 3, 0)
