"""How far off the figures of several runs are, and whether that is near enough. Pure.

An error counts as a share of what is allowed, and the median run decides; of the counts it is the worst one. A figure
with too few quiet runs behind it is UNKNOWN.
"""

import math
import statistics
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from loadtests.accuracy.figures import Figures

Word = Literal["PASS", "FAIL", "UNKNOWN"]

OUTAGE_MS = 25.0
SHARE = 0.02
LEAST_MS = 1.0
ASLEEP_P99_MS = 3.0  # where the machine lets a core sleep: waking it up takes that long once in a hundred times
NAMES = ("outage_s", "p50_ms", "p95_ms", "p99_ms", "wire", "arrivals", "failed")
BARS = frozenset(NAMES[:5])
WITH_A_PLAN = BARS | {"arrivals"}  # the bars for a generator that has a plan
COUNTS = ("wire", "arrivals", "failed")


@dataclass(frozen=True, slots=True)
class Compared:
    """One run's figures as they were, and as they were reported."""

    true: Figures
    reported: Figures


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure over all runs: medians of the truth, of the report and of the error's size, in the figure's unit.

    Counts are judged by their worst run. ``word`` is None for what has no bar, or does not apply (``true`` is None).
    """

    true: float | None
    reported: float | None
    error: float | None
    word: Word | None


def cell(
    name: str, runs: Sequence[Compared], *, least_runs: int, core_sleeps: bool, bars: Collection[str] = WITH_A_PLAN
) -> Cell:
    """Compare one figure over several runs; ``bars``: the figures that have one."""
    pairs = [(getattr(run.true, name), getattr(run.reported, name)) for run in runs]
    if not pairs:
        return Cell(None, None, None, "UNKNOWN")
    if pairs[0][0] is None:
        return Cell(None, None, None, None)
    errors = [_error(true, reported) for true, reported in pairs]
    true, reported = (float(statistics.median(each)) for each in zip(*pairs, strict=True))
    decides: Callable[[Sequence[float]], float] = max if name in COUNTS else statistics.median
    middle = decides(errors)
    if name not in bars:
        return Cell(true, reported, middle, None)
    shares = [
        error / allowed(name, true, core_sleeps=core_sleeps) for error, (true, _) in zip(errors, pairs, strict=True)
    ]
    decisive = decides(shares)
    word: Word = "UNKNOWN" if len(runs) < least_runs or math.isnan(decisive) else "PASS" if decisive <= 1 else "FAIL"
    return Cell(true, reported, middle, word)


def allowed(name: str, true: float, *, core_sleeps: bool) -> float:
    """Return how far off a figure may be, in its unit. Of counts: less than one."""
    if name == "outage_s":
        return OUTAGE_MS / 1000
    if name in COUNTS:
        return 0.5
    least_ms = ASLEEP_P99_MS if name == "p99_ms" and core_sleeps else LEAST_MS
    return least_ms if math.isinf(true) else max(SHARE * true, least_ms)


def worst(words: Sequence[Word | None]) -> Word:
    """Return the verdict on several figures: one that is off decides, then one that nobody knows. None: UNKNOWN."""
    if "FAIL" in words:
        return "FAIL"
    return "PASS" if "PASS" in words and "UNKNOWN" not in words else "UNKNOWN"


def _error(true: float, reported: float) -> float:
    """Never and never are the same. What is not reported at all is as far off as can be."""
    if true == reported:
        return 0.0
    return math.inf if math.isnan(reported) and not math.isnan(true) else abs(reported - true)
