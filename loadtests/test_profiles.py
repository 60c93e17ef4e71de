"""Profiles as data."""

from pathlib import Path

import pytest

from loadtests.profiles import PROFILES_FILE, ProfileError, load_profile


@pytest.mark.parametrize("name", ["smoke", "steady", "peak"])
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
    ],
)
def test_a_wrong_profile_is_one_clear_line(tmp_path: Path, text: str, says: str) -> None:
    """The line names the profile, the place and what was expected."""
    file = tmp_path / "smoke.toml"
    file.write_text(text)
    with pytest.raises(ProfileError) as error:
        load_profile("smoke", file)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("profile 'smoke': ")


def test_the_file_says_what_it_is() -> None:
    """It is the first file that a person edits."""
    assert PROFILES_FILE.read_text().startswith("# How much load")
