"""Profiles as data."""

from pathlib import Path

import pytest

from loadtests.arrivals import NS
from loadtests.profiles import ProfileError, load_profile

POS = "[smoke]\npos={users=2,rate=4}\n"


@pytest.mark.parametrize("name", ["smoke", "steady", "peak", "soak", "spike"])
def test_the_shipped_profiles_can_be_used(name: str) -> None:
    """Each holds at least the 25 requests a second that a window of 5 s needs."""
    assert load_profile(name).rate >= 25


def test_smoke_is_what_a_game_day_expects() -> None:
    """About 40 requests a second, a quarter of them writes, and a file of 60 orders in about 6 s."""
    smoke = load_profile()
    assert smoke.rate == pytest.approx(40, abs=1)
    assert smoke.pos is not None
    assert smoke.bopis is not None
    assert smoke.fulfillment is not None
    # Of what an associate sends three in five, and two in three, are writes.
    writes = smoke.pos.rate + smoke.bopis.rate * 3 / 5 + smoke.fulfillment.rate * 2 / 3
    assert writes / smoke.rate == pytest.approx(0.25, abs=0.03)
    assert smoke.bulk is not None
    assert smoke.bulk.orders_per_file == (60, 60)
    assert 1 / smoke.bulk.rate == pytest.approx(6, abs=0.5)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("[other]\npos={users=1,rate=1}", "expected one of other", id="no such profile"),
        pytest.param("[smoke]\npos={users=1,rate=9}", "smoke.toml: pos: ", id="one user cannot keep up"),
        pytest.param("[smoke]\npos={users=1,rate=1,pace=3}", "pos.pace", id="unknown key"),
        pytest.param("[smoke]\npos={users=0,rate=1}", "pos.users", id="no users"),
        pytest.param("[smoke]\nintake={users=1,rate=1,orders_per_file=[3,1]}", "smaller number first", id="range"),
        pytest.param("[smoke]\nabout='x'", "expected at least one journey", id="no journey"),
        pytest.param("[smoke", "cannot be read", id="no TOML"),
        pytest.param("smoke = 3", "expected a table, found 3", id="no table"),
        pytest.param(f"{POS}spacing='even'", "smoke.toml: spacing: Input should be 'poisson'", id="spacing"),
        pytest.param(f"{POS}stages=[]", "smoke.toml: stages: ", id="no stage"),
        pytest.param(f"{POS}stages=[{{for='1m'}}]", "stages.0: expected either at", id="stage without a rate"),
        pytest.param(f"{POS}stages=[{{for='1m',at=1,to=2}}]", "stages.0: expected either at", id="stage at and to"),
        pytest.param(f"{POS}stages=[{{for='1m',at=1,from=2}}]", "stages.0: expected from toge", id="stage at and from"),
        pytest.param(f"{POS}stages=[{{for='1m',to=2}}]", "smoke.toml: stages: the first one", id="from nowhere"),
        pytest.param(f"{POS}stages=[{{for='x',at=1}}]", "stages.0.for: expected a time up to 4 h", id="stage for x"),
        pytest.param(f"{POS}stages=[{{for=60,at=1}}]", "stages.0.for: expected a time in quotes", id="stage for 60"),
        pytest.param(f"{POS}stages=[{{for='0s',at=1}}]", "stages.0.for: ", id="stage of no length"),
        pytest.param(f"{POS}stages=[{{for='1m',at=-1}}]", "stages.0.at: ", id="rate below 0"),
        pytest.param(f"{POS}stages=[{{for='1m',at=nan}}]", "stages.0.at: ", id="rate that is no number"),
        pytest.param(f"{POS}stages=[{{for='1m',at=0}}]", "stages: expected a peak over 0", id="no load at all"),
        pytest.param(f"{POS}stages=[{{for='3h',at=1}},{{for='2h',at=2}}]", "at most 4 h in all, found 5 h", id="long"),
        pytest.param(f"{POS}stages=[{{for='1m',at=1}}]\ncurve='good.csv'", "either stages or a curve", id="both"),
        pytest.param(f"{POS}curve=3", "curve: expected the name of a CSV file", id="curve is no name"),
        pytest.param(f"{POS}curve='none.csv'", "none.csv: expected a CSV file", id="no curve there"),
    ],
)
def test_a_wrong_profile_is_one_clear_line(tmp_path: Path, text: str, says: str) -> None:
    """The line names the profile, the place and what was expected."""
    file = tmp_path / "smoke.toml"
    file.write_text(text)
    (tmp_path / "good.csv").write_text("time_s,factor\n0,1\n60,2\n")
    with pytest.raises(ProfileError) as error:
        load_profile("smoke", file)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("profile 'smoke': ")


@pytest.mark.parametrize(
    ("text", "at_s", "multiple"),
    [
        pytest.param("", 7200, 1, id="one-rate-for-ever"),
        pytest.param("stages=[{for='1m',at=2}]", 0, 2, id="at"),
        pytest.param("stages=[{for='1m',at=2}]", 90, 2, id="the-last-goes-on"),
        pytest.param("stages=[{for='1m',from=0,to=4}]", 15, 1, id="from-to"),
        pytest.param("stages=[{for='1m',at=2},{for='1m',to=4}]", 75, 2.5, id="to-from-where-it-was"),
        pytest.param("stages=[{for='1m',at=2},{for='1m',at=4}]", 75, 4, id="steps"),
        pytest.param("stages=[{for='1m',at=2},{for='1m',from=8,to=4}]", 60, 8, id="jump-and-fall"),
        pytest.param("stages=[{for='1m',at=2},{for='1m',at=0},{for='1m',to=4}]", 150, 2, id="after-a-rest"),
        pytest.param("curve='factors.csv'", 30, 1.5, id="curve-of-multiples"),
        pytest.param("curve='rates.csv'", 30, 3, id="curve-of-rates"),
    ],
)
def test_rates_go_as_the_profile_says(tmp_path: Path, text: str, at_s: float, multiple: float) -> None:
    """All journeys together, as multiples of their own."""
    (tmp_path / "factors.csv").write_text("time_s,factor\n0,1\n60,2\n")
    (tmp_path / "rates.csv").write_text("\ufefftime_s, rate\r\n1790000000,6\r\n1790000060,30\r\n\r\n")
    (tmp_path / "own.toml").write_text(f"[smoke]\n{text}\npos={{users=2,rate=4}}\nshopper={{users=2,rate=2}}\n")
    profile = load_profile("smoke", tmp_path / "own.toml")
    assert profile.multiples.rate(int(at_s * NS)) == pytest.approx(multiple)
    assert profile.curve is None or profile.curve.points[1][0] == 60
    plan = profile.plan(seed=1, end_ns=7300 * NS)
    assert plan.rate(int(at_s * NS)) == pytest.approx(multiple * 6)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "line 1: expected time_s,rate or time_s,factor, found ''", id="empty"),
        pytest.param("time,rate\n0,1", "line 1: expected time_s,rate", id="other-columns"),
        pytest.param("time_s,rate\n0,1", "at least two points, found 1", id="one-point"),
        pytest.param("time_s,rate\n0,1\n1,x", "line 3: expected a time and a rate", id="no-number"),
        pytest.param("time_s,rate\n0,1\n1,-2", "line 3: expected a time and a rate of 0", id="below-zero"),
        pytest.param("time_s,rate\n0,1\n1,inf", "line 3: expected a time and a rate", id="infinite"),
        pytest.param("time_s,rate\n0,1\n1,2,3", "line 3: expected a time and a rate", id="three-columns"),
        pytest.param("time_s,rate\n0,1\n0,2", "ascending times, found 0 after 0", id="not-ascending"),
        pytest.param("time_s,rate\n0,0\n9,0", "expected a peak over 0", id="nothing"),
        pytest.param("time_s,rate\n0,0\n9,4001", "up to 1000 times the rates", id="far-too-much"),
        pytest.param("time_s,rate\n0,1\n20000,1", "expected at most 4 h", id="too-long"),
    ],
)
def test_a_wrong_curve_is_one_clear_line(tmp_path: Path, text: str, says: str) -> None:
    """With its file and, where there is one, the line."""
    (tmp_path / "day.csv").write_text(text)
    (tmp_path / "smoke.toml").write_text(f"{POS}curve='day.csv'")
    with pytest.raises(ProfileError) as error:
        load_profile("smoke", tmp_path / "smoke.toml")
    assert says in str(error.value)
    assert "day.csv" in str(error.value)
    assert "\n" not in str(error.value)


def test_visits_of_several_requests_arrive_so_many_times_less(tmp_path: Path) -> None:
    """The requests a second stay those of the profile."""
    (tmp_path / "own.toml").write_text("[smoke]\n[smoke.shopper]\nusers=20\nrate=10.0\nthink_s=[1, 3]\n")
    plan = load_profile("smoke", tmp_path / "own.toml").plan(seed=1, end_ns=100 * NS)
    shopper = next(each for each in plan.journeys if each.name == "shopper")
    assert shopper.expected(0, shopper.end_ns) == pytest.approx(500)
    assert shopper.expected(0, shopper.end_ns) * shopper.requests == pytest.approx(1000)


@pytest.mark.parametrize(
    ("think", "says"),
    [
        pytest.param("[3, 1]", "the shorter time first", id="order"),
        pytest.param("[0, 1]", "greater than 0", id="none"),
        pytest.param("[30, 60]", "expected users for the 225 that think at a time, found 20", id="too-few-users"),
    ],
)
def test_visits_that_cannot_be_made_are_refused(tmp_path: Path, think: str, says: str) -> None:
    """One line."""
    (tmp_path / "own.toml").write_text(f"[smoke]\n[smoke.shopper]\nusers=20\nrate=10.0\nthink_s={think}\n")
    with pytest.raises(ProfileError, match=says):
        load_profile("smoke", tmp_path / "own.toml")


def test_a_profile_is_scaled_with_its_users_but_not_with_its_associates() -> None:
    """Each of those has a facility of his own."""
    steady = load_profile("steady")
    double, half = steady.scaled(2), steady.scaled(0.5)
    assert (double.rate, half.rate) == (pytest.approx(2 * steady.rate), pytest.approx(steady.rate / 2))
    users = {name: load.users for name, load in double.journeys()}
    assert users == {n: load.users * (1 if n in ("bopis", "fulfillment") else 2) for n, load in steady.journeys()}
    assert dict(half.journeys())["shopper"].users == 42
    assert steady.scaled(1) is steady


@pytest.mark.parametrize("by", [0, -1, float("inf"), float("nan"), 1001])
def test_what_is_no_multiple_is_refused(by: float) -> None:
    with pytest.raises(ProfileError, match="expected a multiple up to 1000"):
        load_profile("steady").scaled(by)
