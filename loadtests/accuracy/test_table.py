"""The error table, as it is printed."""

import math

from loadtests.accuracy.judging import NAMES, Cell
from loadtests.accuracy.table import table


def test_a_line_says_what_was_true_and_what_was_reported() -> None:
    cells = dict.fromkeys(NAMES, Cell(20.0, 21.04, 1.04, "FAIL"))
    cells |= {
        "outage_s": Cell(1.5, 1.503, 0.003, "PASS"),
        "p95_ms": Cell(math.inf, 3000.0, math.inf, "FAIL"),
        "p99_ms": Cell(None, None, None, "UNKNOWN"),
        "wire": Cell(1400, 1612, 212, "FAIL"),
        "arrivals": Cell(1100, 700, 400, None),
        "failed": Cell(300, 0, 300, None),
    }
    _, _, line = table({("hung", "ours"): (cells, "FAIL")}).splitlines()
    assert [text.strip() for text in line.strip("|").split("|")] == [
        "hung",
        "ours",
        "1.500 s → 1.503 s",
        "20.0 ms → 21.0 ms ✗",
        "never → 3,000.0 ms ✗",
        "?",
        "1,400 → 1,612 ✗",
        "1,100 → 700",
        "300 → 0",
        "FAIL",
    ]


def test_what_does_not_apply_is_a_dash() -> None:
    lines = table({("drip", "ours"): (dict.fromkeys(NAMES, Cell(None, None, None, None)), "UNKNOWN")})
    assert lines.splitlines()[2].count(" - ") == len(NAMES)
