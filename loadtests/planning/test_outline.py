"""A plan in numbers."""

from pathlib import Path

import pytest

from loadtests.arrivals import NS, Intensity, JourneyPlan
from loadtests.planning.outline import COLUMNS, outline, sums
from loadtests.profiles import Profile, load_profile

STAGED = """
[own]
about = "two journeys"
spacing = "poisson"
stages = [{for = "100s", at = 1}, {for = "20s", to = 3}, {for = "80s", at = 0.5}]
shopper = {users = 20, rate = 20.0}
pos = {users = 10, rate = 5.0}
"""


@pytest.fixture
def staged(tmp_path: Path) -> Profile:
    (tmp_path / "own.toml").write_text(STAGED)
    return load_profile("own", tmp_path / "own.toml")


def test_sums_are_those_of_the_profile(staged: Profile) -> None:
    """100 + 40 + 40 s of the rates; by the seed within 4 standard deviations, here and in the columns."""
    told = outline(staged, seed=3, duration_s=200)
    assert {each.name: each.expected for each in told.journeys} == {
        "shopper": pytest.approx(3600),
        "pos": pytest.approx(900),
    }
    assert told.total.expected == told.total.requests == pytest.approx(4500)
    assert told.total.planned == sum(each.planned for each in told.journeys) != 4500
    assert told.total.planned == pytest.approx(4500, abs=4 * 4500**0.5)
    assert told.total.rate_per_s == pytest.approx(22.5)


def test_sessions_make_several_requests_each() -> None:
    found = sums(JourneyPlan("bopis", Intensity.constant(2.0), 1, 100 * NS, requests=5.0))
    assert (found.expected, found.requests) == (200, 1000)


def test_the_peak_is_where_the_stages_put_it(staged: Profile) -> None:
    """And of what is planned only: a shorter plan may have a lower one."""
    told = outline(staged, seed=3, duration_s=200)
    assert (told.total.peak_per_s, told.peak_at_s) == pytest.approx((75, 120))
    assert [each.peak_per_s for each in told.journeys] == [pytest.approx(60), pytest.approx(15)]
    short = outline(staged, seed=3, duration_s=110)
    assert (short.total.peak_per_s, short.peak_at_s) == pytest.approx((50, 110))


@pytest.mark.parametrize(("duration_s", "count"), [(200, COLUMNS), (30, 30), (2, 10)])
def test_columns_cover_the_plan_without_gaps(staged: Profile, duration_s: float, count: int) -> None:
    columns = outline(staged, seed=3, duration_s=duration_s).columns
    assert len(columns) == count
    assert [column[0] for column in columns[1:]] == [column[1] for column in columns[:-1]]
    assert (columns[0][0], columns[-1][1]) == (0, duration_s)
    plan = staged.plan(seed=3, end_ns=int(duration_s * NS))
    assert sum(column[2] for column in columns) == pytest.approx(plan.expected(0, plan.end_ns))
    assert sum(column[3] for column in columns) == plan.planned(0, plan.end_ns)


def test_it_says_what_will_be_made_of_it() -> None:
    smoke = outline(load_profile("smoke"), seed=1, duration_s=45)
    assert smoke.played.startswith("each arrival is one request; it begins when it is due")
    assert "at most 54 are under way at a time" in smoke.played
    assert smoke.total.planned == pytest.approx(smoke.total.expected, abs=8)
