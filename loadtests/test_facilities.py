"""One associate a facility."""

from pathlib import Path

import pytest

from fixtures.target import Writes
from loadtests.facilities import Post, facilities_of
from loadtests.profiles import JourneyLoad, Profile, ProfileError
from reports.evidence import RunDirectory

PLACES = ("BOSTON", "CHICAGO", "HOUSTON")
WRITES = Writes(
    prefix="GD", product_store_id="STORE", facility_ids=("F1",), product_ids=("P1",), associate_facility_ids=PLACES
)


def profile(bopis: int, fulfillment: int) -> Profile:
    hands_over = JourneyLoad(users=bopis, rate=1) if bopis else None
    return Profile(name="p", bopis=hands_over, fulfillment=JourneyLoad(users=fulfillment, rate=1))


def test_facilities_are_shared_out_in_the_targets_order() -> None:
    """Stores first, to those who hand over; nobody has one that another has."""
    assert facilities_of(profile(2, 1), WRITES) == {"bopis": PLACES[:2], "fulfillment": PLACES[2:]}
    assert facilities_of(profile(0, 2), WRITES) == {"bopis": (), "fulfillment": PLACES[:2]}


@pytest.mark.parametrize(("bopis", "fulfillment"), [(3, 1), (2, 2), (0, 4)])
def test_more_associates_than_facilities_is_one_clear_line(bopis: int, fulfillment: int) -> None:
    """Two in one place would pack each other's orders."""
    with pytest.raises(ProfileError) as error:
        facilities_of(profile(bopis, fulfillment), WRITES)
    assert "expected at most 3 associates" in str(error.value)
    assert f"found {bopis + fulfillment}" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_facility_that_is_taken_is_free_when_its_associate_leaves(tmp_path: Path) -> None:
    """Who comes too late has none, and gets it later."""
    run = RunDirectory.create(tmp_path / "run", name="test", kind="load", facts={})
    first, second, third = (Post(run, PLACES[:2]) for _ in range(3))

    assert [first.take(), second.take(), third.take(), first.take()] == ["BOSTON", "CHICAGO", None, "BOSTON"]
    second.leave()
    second.leave()
    assert (third.take(), first.take()) == ("CHICAGO", "BOSTON")
