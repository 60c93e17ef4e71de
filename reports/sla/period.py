"""The period of a report: a calendar month, quarter, year, day, or a stretch of days, in UTC. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from reports.sla.errors import SlaError

EXPECTED = "expected 2026-11, 2026-Q4, 2026, 2026-11-18 or 2026-11-01..2026-11-30"
DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Period:
    """``[from_us, to_us)`` in microseconds since the Unix epoch; ``name`` as it was asked for, ``title`` for people."""

    name: str
    title: str
    from_us: int
    to_us: int

    @property
    def minutes(self) -> int:
        """How many minutes the period has."""
        return (self.to_us - self.from_us) // MINUTE_US

    @property
    def seconds(self) -> int:
        """How many seconds the period has."""
        return (self.to_us - self.from_us) // SECOND_US

    @property
    def noun(self) -> str:
        """What people call it: month, quarter, year, day or period."""
        nouns = {r"\d{4}": "year", r"\d{4}-\d\d": "month", r"\d{4}-Q\d": "quarter", r"\d{4}-\d\d-\d\d": "day"}
        return next((noun for shape, noun in nouns.items() if re.fullmatch(shape, self.name)), "period")


def parse_period(text: str) -> Period:
    """Return the period of a name such as ``2026-11``; both ends of ``A..B`` are part of it. Raises SlaError."""
    first, dots, last = text.partition("..")
    try:
        begin, end, title = _stretch(first)
        if dots:
            final, end, until = _stretch(last)
            if final < begin:
                raise SlaError(f"period {text!r}: expected the earlier day first")
            title = f"{title} to {until}"
    except ValueError as error:
        raise SlaError(f"period {text!r}: {EXPECTED}, in UTC") from error
    return Period(text, title, _us(begin), _us(end))


def _stretch(text: str) -> tuple[date, date, str]:
    """The first day, the day after the last, and the name for people. Raises ValueError."""
    if re.fullmatch(r"\d{4}", text):
        return date(int(text), 1, 1), date(int(text) + 1, 1, 1), text
    quarter = re.fullmatch(r"(\d{4})-Q([1-4])", text)
    if quarter:
        year, n = int(quarter[1]), int(quarter[2])
        return date(year, 3 * n - 2, 1), _month_after(year, 3 * n), f"the {_ordinal(n)} quarter of {year}"
    if re.fullmatch(r"\d{4}-\d\d", text):
        month = date.fromisoformat(f"{text}-01")
        return month, _month_after(month.year, month.month), month.strftime("%B %Y")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError(text)
    day = date.fromisoformat(text)
    return day, day + timedelta(days=1), day.strftime("%-d %B %Y")


def _month_after(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1)


def _ordinal(n: int) -> str:
    return ("first", "second", "third", "fourth")[n - 1]


def _us(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000
