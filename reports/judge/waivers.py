"""A waiver: a rule that may fail for a while, for a reason that somebody wrote down. Pure.

It is of a failure that is known. The promise stays FAIL and is shown with the reason; it does not decide the verdict.
What is unknown stays so, and a waiver that has expired is none. Whether it has is decided by the day of the run, so
that an old run judged again says the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from reports.judge.promise import Promise, Status


@dataclass(frozen=True)
class Waiver:
    """``rule`` as it was written, and until when (that day included, UTC) it may fail."""

    rule: str
    because: str
    until: date


def day_of(facts: Mapping[str, Any]) -> date:
    """Return the day on which a run began, UTC."""
    return datetime.fromtimestamp(int(facts.get("started_us") or 0) / 1e6, UTC).date()


def waived(promise: Promise, waivers: Sequence[Waiver], day: date) -> Promise:
    """Return a promise that fails and has a waiver with it in its sentence and its numbers; any other as it is."""
    found = next((one for one in waivers if one.rule == promise.name), None)
    if found is None or promise.status is not Status.FAIL:
        return promise
    if found.until < day:
        return replace(promise, because=f"{promise.because}; its waiver expired on {found.until}")
    told = {"because": found.because, "until": found.until.isoformat()}
    because = f"{promise.because}; waived until {found.until}: {found.because}"
    return replace(promise, because=because, numbers={**promise.numbers, "waiver": told})


def is_waived(promise: Promise) -> bool:
    """Whether a waiver holds for it."""
    return bool(promise.numbers.get("waiver"))
