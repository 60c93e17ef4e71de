"""A period is a stretch of whole UTC days."""

from datetime import UTC, datetime

import pytest

from reports.sla.errors import SlaError
from reports.sla.period import parse_period


@pytest.mark.parametrize(
    ("text", "first", "after", "noun", "title"),
    [
        ("2026-11", "2026-11-01", "2026-12-01", "month", "November 2026"),
        ("2026-12", "2026-12-01", "2027-01-01", "month", "December 2026"),
        ("2028-02", "2028-02-01", "2028-03-01", "month", "February 2028"),
        ("2026-Q4", "2026-10-01", "2027-01-01", "quarter", "the fourth quarter of 2026"),
        ("2026", "2026-01-01", "2027-01-01", "year", "2026"),
        ("2026-11-18", "2026-11-18", "2026-11-19", "day", "18 November 2026"),
        ("2026-11-01..2026-11-30", "2026-11-01", "2026-12-01", "period", "1 November 2026 to 30 November 2026"),
    ],
)
def test_a_period_has_its_days(text: str, first: str, after: str, noun: str, title: str) -> None:
    """From its first midnight to the one after its last day."""
    found = parse_period(text)
    edges = [datetime.fromtimestamp(at / 1e6, tz=UTC).isoformat() for at in (found.from_us, found.to_us)]

    assert edges == [f"{first}T00:00:00+00:00", f"{after}T00:00:00+00:00"]
    assert (found.noun, found.title) == (noun, title)


@pytest.mark.parametrize(
    "text", ["", "november", "2026-13", "2026-Q5", "2026-11-31", "2026-11..", "..2026-11", "26-11"]
)
def test_what_is_no_period_is_said(text: str) -> None:
    """In one line, with what was expected."""
    with pytest.raises(SlaError, match="expected 2026-11, 2026-Q4"):
        parse_period(text)


def test_the_later_day_does_not_come_first() -> None:
    """Swapped ends are no empty period."""
    with pytest.raises(SlaError, match="earlier day first"):
        parse_period("2026-11-30..2026-11-01")
