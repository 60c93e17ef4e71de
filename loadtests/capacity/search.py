"""Which rate is tried next: doubled or halved until one is too much, then bracketed, then confirmed. Pure.

A rate is a multiple of the profile's. An answer is a verdict's word; what a short run kept by luck is found out by the
longer one that confirms it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

FEWEST = 1 / 64  # of the profile's rates: who cannot bear that has no capacity to speak of
MOST_STEPS = 24
TRIES = 2  # of a rate whose answer was UNKNOWN


@dataclass(frozen=True, slots=True)
class Tried:
    """A rate that was tried: how many times the profile's, PASS, FAIL or UNKNOWN, and whether it was to confirm."""

    times: float
    word: str
    confirming: bool = False


@dataclass(frozen=True, slots=True)
class Try:
    """What to do next."""

    times: float
    confirming: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The end: the highest multiple that was kept, the lowest that was too much (None: none was), and the word."""

    times: float | None
    too_much: float | None
    word: str
    because: str


def next_step(tried: Sequence[Tried], *, at_most: float, resolution: float) -> Try | Found:
    """Return what to try next, or what was found. ``resolution``: how far apart kept and too much may be, as 0.1."""
    too_much = min((one.times for one in tried if one.word == "FAIL"), default=None)
    kept = max(
        (one.times for one in tried if one.word == "PASS" and (too_much is None or one.times < too_much)), default=None
    )
    unclear = _unclear(tried)
    if unclear is not None:
        return unclear if isinstance(unclear, Try) else Found(kept, too_much, "UNKNOWN", unclear)
    if len(tried) >= MOST_STEPS:
        return Found(kept, too_much, "UNKNOWN", f"not decided after {len(tried)} runs")
    if too_much is None:
        return _upwards(kept, tried, at_most)
    if kept is None:
        return _downwards(too_much)
    if too_much / kept > 1 + resolution:
        return Try(math.sqrt(kept * too_much))
    return _confirmed(kept, too_much, tried) or Try(kept, confirming=True)


def _unclear(tried: Sequence[Tried]) -> Try | str | None:
    """The last answer was none: ask once more, then say so."""
    if not tried or tried[-1].word in ("PASS", "FAIL"):
        return None
    last = tried[-1]
    count = sum(one.times == last.times and one.word not in ("PASS", "FAIL") for one in tried)
    return (
        Try(last.times, last.confirming)
        if count < TRIES
        else f"{count} runs at {last.times:.3g} times the rate say nothing"
    )


def _upwards(kept: float | None, tried: Sequence[Tried], at_most: float) -> Try | Found:
    if kept is None:
        return Try(min(1.0, at_most))
    if kept < at_most:
        return Try(min(2 * kept, at_most))
    if not any(one.confirming and one.times == kept for one in tried):
        return Try(kept, confirming=True)
    return Found(kept, None, "UNKNOWN", f"{kept:.3g} times the rate were kept, and more was not to be tried")


def _downwards(too_much: float) -> Try | Found:
    if too_much / 2 < FEWEST:
        return Found(None, too_much, "FAIL", f"{too_much:.3g} times the rate were too much, and less was not tried")
    return Try(too_much / 2)


def _confirmed(kept: float, too_much: float, tried: Sequence[Tried]) -> Found | None:
    if any(one.confirming and one.times == kept and one.word == "PASS" for one in tried):
        return Found(kept, too_much, "PASS", f"kept at {kept:.3g} times the rate, broken at {too_much:.3g}")
    return None
