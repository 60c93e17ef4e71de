"""How many more blocks it would take to decide, and whether blocks can do it at all. Pure."""

import math
from dataclasses import dataclass

from scipy.stats import norm

from reports.judge.comparison.bootstrap import Estimate
from reports.judge.promise import plural

MOST = 1000  # blocks: more than this is not said; nobody waits for it
PROBABLY = 0.8


@dataclass(frozen=True)
class Parts:
    """The parts of the variance of a log ratio: of the blocks of each side, and of what differs from run to run."""

    baseline: Estimate
    candidate: Estimate
    runs: float
    measured: bool  # what differs from run to run; else it is assumed

    @property
    def total(self) -> float:
        return self.baseline.variance + self.candidate.variance + self.runs


def missing(distance: float, level: float, parts: Parts) -> tuple[int | None, str]:
    """Return how many more blocks would probably decide, and that in words. None: no number of them would.

    ``distance`` is that of the log ratio from the log margin, as it is now.
    """
    allowed = (distance / (norm.isf(level) + norm.isf(1 - PROBABLY))) ** 2 - parts.runs
    if allowed <= 0:
        how = "differ" if parts.measured else "are assumed to differ"
        return (
            None,
            f"no number of blocks would tell, since runs {how} by more than that: more runs would, best in turns",
        )
    spare = allowed - parts.baseline.variance
    if spare >= allowed / 2:
        return _lacking({"candidate": _more(parts.candidate, spare)})
    halves = {"baseline": _more(parts.baseline, allowed / 2), "candidate": _more(parts.candidate, allowed / 2)}
    return _lacking(halves)


def _more(side: Estimate, variance: float) -> int:
    """Return how many more blocks make the variance of a side so small."""
    return max(0, math.ceil(min(side.blocks * side.variance / variance, 1e9)) - side.blocks)


def _lacking(counts: dict[str, int]) -> tuple[int | None, str]:
    total = max(1, sum(counts.values()))
    if total > MOST:
        return None, f"more than {MOST:,} more blocks would be needed"
    told = " and ".join(f"{plural(count, 'more block')} of the {side}" for side, count in counts.items() if count)
    return total, f"about {told or 'one more block'} would probably tell"
