"""What is said before a load starts."""

import pytest

from loadtests.gate.beforehand import too_short
from loadtests.gate.parsing import parse_rules
from loadtests.profiles import load_profile

SMOKE = load_profile("smoke")  # about 40 requests a second, 20 of them of the shopper


@pytest.mark.parametrize(
    ("rule", "measured_s", "said"),
    [
        ("p95 of * < 800ms", 40, None),
        (
            "p95 of * < 800ms",
            1,
            "needs 59 requests, 2 s at 39.9/s; this run measures 1 s only: it will be UNKNOWN or FAIL",
        ),
        ("errors of * < 0.1%", 40, "needs 2,995 requests, 1 min 1"),
        ("p99 of journey:shopper < 2s", 10, "needs 299 requests, 18 s at 20/s"),
        ("p99 of journey:shopper < 2s", 60, None),
        ("p99.9 of * < 2s over 30s", 600, "this run measures 30 s only"),
        ("errors of * < 0.1% for 30s", 10, None),
        ("p99 of checkInventory < 2s", 1, None),
        (
            "p95 of * not worse than baseline by 10%",
            40,
            "needs 8 blocks of 30 s, 4 min 0 s; this run measures 40 s only",
        ),
        ("p95 of * not worse than baseline by 10%", 240, None),
    ],
)
def test_a_run_too_short_is_told(rule: str, measured_s: float, said: str | None) -> None:
    """A rule that such a run can pass is not worth a line."""
    found = list(too_short(parse_rules(rule, name="x"), SMOKE, measured_s, recorded=True))
    assert (said is None) == (not found), found
    assert said is None or said in found[0], found


def test_pairs_of_runs_need_no_blocks() -> None:
    rules = parse_rules("p95 of * not worse than baseline by 10%", name="x")
    assert not list(too_short(rules, SMOKE, 40, recorded=False))
