"""The file of commitments is read whole or refused in one line."""

from pathlib import Path

import pytest

from reports.commitments import CommitmentsError, load_commitments

GOOD = """
service = "S"
minimum_coverage = 0.9
[[commitment]]
kind = "availability"
name = "A"
objective = 0.99
endpoints = ["*"]
origin = "the contract"
[incidents]
window_s = 10
bad_ratio = 0.01
bad_requests = 2
merge_s = 30
"""


def test_the_shipped_file_says_where_each_promise_comes_from() -> None:
    """Requests and writes are covered, and each has its origin."""
    found = load_commitments()

    assert {one.kind for one in found.commitment} == {"availability", "latency", "writes"}
    assert all(one.origin for one in found.commitment)
    assert found.commitment[0].says == "99.9 % of requests are answered as they should be"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("objective = 0.99", "objective = 99", "less than 1"),
        ('kind = "availability"', 'kind = "latency"', "under_ms"),
        ('kind = "availability"', 'kind = "speed"', "speed"),
        ("minimum_coverage = 0.9", "", "minimum_coverage"),
        ("window_s = 10", "window_s = 10\nwindows = 3", "windows"),
        ("[[commitment]]", "[[commitment]", "TOML"),
    ],
)
def test_a_bad_file_gets_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    """With the place and what was found."""
    path = tmp_path / "c.toml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(CommitmentsError, match=said) as raised:
        load_commitments(path)
    assert "\n" not in str(raised.value)


def test_a_name_stands_for_one_commitment(tmp_path: Path) -> None:
    """Twice the same name cannot be told apart in the report."""
    path = tmp_path / "c.toml"
    block = GOOD[GOOD.index("[[commitment]]") : GOOD.index("[incidents]")]
    path.write_text(GOOD.replace(block, block + block))
    with pytest.raises(CommitmentsError, match="'A': expected each name once"):
        load_commitments(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(CommitmentsError, match=r"none\.toml: expected a file"):
        load_commitments(tmp_path / "none.toml")
