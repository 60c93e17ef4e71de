"""A waiver: what it changes, and what it does not."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from reports.judge.load import judge_load
from reports.judge.rules import Rule, Who
from reports.judge.waivers import Waiver
from reports.testing.loads import write_load

QUICK = Rule("p95 of * < 1ms", "p95", Who(), 0.001, inclusive=False)
WELL = Rule("errors of * < 1%", "errors", Who(), 0.01, inclusive=False)
WAIVER = Waiver(QUICK.text, "OMS-123: until the new tax service", date(2026, 11, 18))  # the day of the run


@pytest.mark.parametrize(
    ("waivers", "rules", "verdict", "because"),
    [
        pytest.param([], [QUICK, WELL], "FAIL", "the bound is 1 ms", id="none"),
        pytest.param([WAIVER], [QUICK, WELL], "PASS", "2 of 3 promises held", id="waived"),
        pytest.param([WAIVER], [QUICK], "UNKNOWN", "every rule is waived, so nothing was looked at", id="all waived"),
        pytest.param(
            [replace(WAIVER, until=date(2026, 11, 17))], [QUICK, WELL], "FAIL", "expired on 2026-11-17", id="expired"
        ),
        pytest.param([replace(WAIVER, rule=WELL.text)], [QUICK, WELL], "FAIL", "the bound is 1 ms", id="of another"),
    ],
)
def test_a_waiver(tmp_path: Path, waivers: list[Waiver], rules: list[Rule], verdict: str, because: str) -> None:
    found = judge_load(write_load(tmp_path / "run", seconds=30), rules, waivers=waivers)
    assert (found.verdict, because in found.because) == (verdict, True), found.because


def test_a_failure_that_is_waived_stays_one(tmp_path: Path) -> None:
    """With the reason and the end beside it."""
    found = judge_load(write_load(tmp_path / "run", seconds=30), [QUICK, WELL], waivers=[WAIVER]).promises[1]
    assert found.status == "FAIL"
    assert "; waived until 2026-11-18: OMS-123: until the new tax service" in found.because
    assert found.numbers["waiver"] == {"because": WAIVER.because, "until": "2026-11-18"}


def test_what_is_unknown_cannot_be_waived(tmp_path: Path) -> None:
    ill = write_load(tmp_path / "run", seconds=30, silent_from_s=10)
    assert judge_load(ill, [QUICK, WELL], waivers=[WAIVER]).verdict == "UNKNOWN"
