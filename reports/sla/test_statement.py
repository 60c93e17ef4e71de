"""A commitment is MET, FAIL or UNMEASURED, and UNMEASURED is never MET."""

import pandas as pd
import pytest

from reports.commitments import Availability
from reports.sla.measuring import Measured
from reports.sla.period import parse_period
from reports.sla.statement import Standing, Statement, share, state

DAY = parse_period("2026-11-18")  # 1,440 minutes


def stated(
    *,
    minutes: int,
    bad: int,
    rate: int = 1000,
    objective: float = 0.99,
    least: float = 0.9,
    not_called: tuple[str, ...] = (),
    seconds: int = 60,
) -> Statement:
    """A day of which so many minutes were measured, each for so long, all bad requests in the first of them."""
    series = pd.DataFrame({"minute": range(minutes), "n": rate, "good": rate, "unsent": 0})
    if minutes:
        series.loc[0, "good"] -= bad
    causes = pd.DataFrame({"experiment": [None], "n": [minutes * rate], "good": [minutes * rate - bad]})
    commitment = Availability(
        kind="availability", name="A", objective=objective, endpoints=("*",), origin="the contract"
    )
    return state(
        commitment,
        Measured(causes, series, seconds=minutes * seconds),
        DAY,
        minimum_coverage=least,
        not_called=list(not_called),
    )


@pytest.mark.parametrize(
    ("minutes", "bad", "standing"),
    [
        (0, 0, Standing.UNMEASURED),  # nothing
        (10, 0, Standing.UNMEASURED),  # all good, for ten minutes of a day
        (10, 101, Standing.UNMEASURED),  # bad where it was measured; the day may still be good
        (720, 14_401, Standing.FAIL),  # half a day spent more than the whole day has
        (1295, 0, Standing.UNMEASURED),  # a minute short
        (1296, 0, Standing.MET),
        (1440, 14_400, Standing.MET),  # to the last request
        (1440, 14_401, Standing.FAIL),
        (1296, 12_961, Standing.FAIL),  # enough was measured, and it is below the promise
    ],
)
def test_standing(minutes: int, bad: int, standing: Standing) -> None:
    """By coverage, and by the budget of the whole period."""
    assert stated(minutes=minutes, bad=bad, rate=1000).standing is standing


@pytest.mark.parametrize(("objective", "bad"), [(0.9, 1000), (0.9995, 5), (0.9999, 1)])
def test_a_budget_that_is_just_spent_is_not_overspent(objective: float, bad: int) -> None:
    """1 - 0.9999 is a little less than 0.0001 to a computer."""
    assert stated(minutes=1440, bad=bad * 144, rate=1000, objective=objective).standing is Standing.MET


def test_a_minute_that_was_measured_for_20_s_is_a_third_of_one() -> None:
    """A load of 20 s in each minute has not seen all the day: what it spent is not all that the day allows."""
    found = stated(minutes=1440, bad=14_401, seconds=20)

    assert found.coverage == pytest.approx(1 / 3)
    assert found.allowed_period == pytest.approx(3 * 14_400)
    assert found.standing is Standing.UNMEASURED
    assert stated(minutes=1440, bad=43_201, seconds=20).standing is Standing.FAIL


def test_what_breaks_a_promise_does_not_look_as_if_it_kept_it() -> None:
    """1,441 of 1,440,000 is not 99.90 % good."""
    because = stated(minutes=1440, bad=1441, objective=0.999).because

    assert "1,441 bad: 99.89 %; the whole day allows 1,440" in because


def test_too_few_requests_tell_nothing() -> None:
    """99.9 % takes 2,995 requests without a bad one."""
    assert stated(minutes=1440, bad=0, rate=2, objective=0.999).standing is Standing.UNMEASURED
    assert stated(minutes=1440, bad=0, rate=3, objective=0.999).standing is Standing.MET


def test_an_endpoint_that_nobody_called_is_not_met() -> None:
    """It is a part of the promise, and nothing is known of it; what is broken is broken without it."""
    found = stated(minutes=1440, bad=0, not_called=("GET /a", "POST /b"))

    assert found.standing is Standing.UNMEASURED
    assert "nobody called GET /a, POST /b" in found.because
    assert stated(minutes=1440, bad=14_401, not_called=("GET /a",)).standing is Standing.FAIL


def test_it_says_what_is_missing_and_that_it_is_below() -> None:
    """The reason has the number, the base and the objective."""
    because = stated(minutes=10, bad=101).because

    assert "10,000 requests measured, 101 bad: 98.99 %" in because
    assert "measured for 0.69 % of the day, 90 % needed" in because
    assert "below the promise" in because


def test_the_interval_by_the_minute_is_the_wider_one() -> None:
    """All bad requests in one minute: as one outage, that says less than as many requests on their own."""
    found = stated(minutes=20, bad=200)

    assert found.interval is not None
    assert found.minute_interval is not None
    assert found.interval == pytest.approx((0.98856, 0.99129), abs=5e-5)  # Wilson, by hand
    assert found.minute_interval[0] < found.interval[0]
    assert stated(minutes=1, bad=0).minute_interval is None
    assert stated(minutes=20, bad=0).minute_interval is None, "no bad request is no certainty: not 100 to 100 %"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1.0, "100 %"),
        (0.0, "0 %"),
        (0.9921, "99.21 %"),
        (0.999999, "99.9999 %"),
        (0.00001, "0.001 %"),
        (0.89996, "89.99 %"),
        (0.9995, "99.95 %"),
        (0.00006, "0.006 %"),
        (0.29, "29.00 %"),
        (0.998999, "99.89 %"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(ratio: float, text: str) -> None:
    """One bad request of a million is not 100 %; nor rounded up, across what was promised."""
    assert share(ratio) == text
