"""Lengths of time."""

import pytest

from loadtests.durations import seconds


@pytest.mark.parametrize(
    ("text", "length_s"), [("30s", 30), ("2m", 120), ("1.5m", 90), ("4h", 14400), ("0.5h", 1800), ("7", 7), ("0s", 0)]
)
def test_a_length_of_time_is_read(text: str, length_s: float) -> None:
    assert seconds(text) == length_s


@pytest.mark.parametrize("text", ["", "s", "5 s", "5parsecs", "-1s", "4.1h", "1e3s", "5d"])
def test_what_is_none_is_said_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="expected a time up to 4 h, as 30s or 2m, found ") as error:
        seconds(text)
    assert repr(text) in str(error.value)
