"""The curve as a picture."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from loadtests.capacity.figure import draw, knee
from loadtests.capacity.search import Found
from loadtests.capacity.steps import Capacity, Step


@pytest.mark.parametrize(
    ("rates", "latencies", "found"),
    [
        pytest.param([10, 20, 40, 80], [5, 5, 6, 400], 2, id="hockey-stick"),
        pytest.param([10, 20, 30], [10, 20, 30], None, id="straight"),
        pytest.param([10, 20, 30], [30, 20, 10], None, id="falling"),
        pytest.param([10, 20], [10, 400], None, id="two-points"),
        pytest.param([10, 20, 30, 40], [10, 300, 350, 400], None, id="bends-the-other-way"),
    ],
)
def test_the_knee_is_where_the_curve_bends_upwards(
    rates: list[float], latencies: list[float], found: int | None
) -> None:
    assert knee(rates, latencies) == found


def test_the_picture_names_what_was_kept_and_is_well_formed(tmp_path: Path) -> None:
    """Also when some rate had no percentile at all."""
    answers = {10.0: (0.01, "PASS"), 20.0: (0.02, "PASS"), 40.0: (0.9, "FAIL"), 80.0: (None, "UNKNOWN")}
    steps = tuple(
        Step(
            f"{rate:g}", rate / 10, rate, rate, {"p50_s": p, "p95_s": p, "p99_s": p}, word, "because", confirming=False
        )
        for rate, (p, word) in answers.items()
    )
    found = Found(2.0, 4.0, "PASS", "kept at 2 times the rate, broken at 4")
    draw(Capacity("steady", "my.rules", found, 20.0, steps, {"p95": 0.8}), tmp_path / "capacity.svg")
    text = " ".join(ET.parse(tmp_path / "capacity.svg").getroot().itertext())
    for word in (
        "kept at 20/s",
        "broken at 4",
        "knee",
        "p95, FAIL",
        "bound of p95",
        "100 ms",
        "requests a second, by the plan",
    ):
        assert word in text
