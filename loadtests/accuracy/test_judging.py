"""When a figure is near enough, over several runs."""

import math

import pytest

from loadtests.accuracy.figures import Figures
from loadtests.accuracy.judging import BARS, Compared, Word, cell, worst


def compared(**reported: float) -> Compared:
    true = Figures(outage_s=1.5, p50_ms=20, p95_ms=1000, p99_ms=20, wire=100, arrivals=90, failed=7)
    return Compared(true, Figures(**{name: getattr(true, name) for name in Figures.__slots__} | reported))


@pytest.mark.parametrize(
    ("name", "reported", "word"),
    [
        ("outage_s", [1.475, 1.525, 3], "PASS"),
        ("outage_s", [1.4, 1.6, 1.5], "FAIL"),
        ("p50_ms", [21, 19, 21], "PASS"),
        ("p50_ms", [21.1, 21.1, 20], "FAIL"),
        ("p95_ms", [1020, 980, 1], "PASS"),
        ("p95_ms", [1021, 979, 1000], "FAIL"),
        ("p99_ms", [23, 23, 90], "PASS"),
        ("wire", [100, 100, 100], "PASS"),
        ("wire", [100, 100, 101], "FAIL"),
        ("arrivals", [90, 90, 89], "FAIL"),
        ("p50_ms", [math.nan, math.nan, 20], "FAIL"),
        ("p50_ms", [math.inf, math.inf, 20], "FAIL"),
        ("p50_ms", [20, 20], "UNKNOWN"),
        ("p50_ms", [], "UNKNOWN"),
    ],
)
def test_the_median_run_decides_and_of_counts_the_worst(name: str, reported: list[float], word: Word) -> None:
    runs = [compared(**{name: value}) for value in reported]
    assert cell(name, runs, least_runs=3, core_sleeps=True).word == word


def test_only_a_core_that_sleeps_has_more_time_at_p99() -> None:
    runs = [compared(p99_ms=22.5)] * 3
    assert cell("p99_ms", runs, least_runs=3, core_sleeps=True).word == "PASS"
    assert cell("p99_ms", runs, least_runs=3, core_sleeps=False).word == "FAIL"


def test_never_is_right_where_it_is_true() -> None:
    never = Figures(None, 20, math.inf, math.inf, 1, 1, 1)
    assert cell("p95_ms", [Compared(never, never)], least_runs=1, core_sleeps=False).word == "PASS"
    told = Figures(None, 20, 3000, math.inf, 1, 1, 1)
    assert cell("p95_ms", [Compared(never, told)], least_runs=1, core_sleeps=False).word == "FAIL"


def test_what_has_no_bar_has_no_word() -> None:
    assert cell("failed", [compared()], least_runs=1, core_sleeps=False).word is None
    assert cell("arrivals", [compared()], least_runs=1, core_sleeps=False, bars=BARS).word is None


def test_what_does_not_apply_has_no_word() -> None:
    slow = Figures(None, 20, 20, 20, 1, 1, 0)
    assert cell("outage_s", [Compared(slow, slow)], least_runs=1, core_sleeps=False).word is None


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (["PASS", None], "PASS"),
        (["PASS", "UNKNOWN"], "UNKNOWN"),
        (["UNKNOWN", "FAIL"], "FAIL"),
        ([], "UNKNOWN"),
        ([None], "UNKNOWN"),
    ],
)
def test_nothing_looked_at_is_no_pass(words: list[Word | None], word: Word) -> None:
    assert worst(words) == word
