"""The figures that are compared, and how they are computed from what a load generator reported. Pure."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loadtests.accuracy.faults import Kind

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is measured: what is due from one moment to another, epoch microseconds."""

    from_us: float
    to_us: float

    def holds(self, at_us: Floats) -> Bools:
        """Return for each moment whether it is in."""
        inside: Bools = (at_us >= self.from_us) & (at_us < self.to_us)
        return inside


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one run, as somebody tells it.

    Seconds and milliseconds; a percentile is infinite where the request of that rank was never answered, and nan where
    there was none. ``wire``: how many requests were on the wire, all in all; ``arrivals``: how many were due in the
    stretch; ``failed``: how many of these were not answered well.
    """

    outage_s: float | None
    p50_ms: float
    p95_ms: float
    p99_ms: float
    wire: int
    arrivals: int
    failed: int


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Requests as somebody tells of them, one entry each in four arrays of one length, and how many were on the wire.

    ``sched_us`` intended start; ``end_us`` nan where there is none; ``took_ms`` from the intended start to the whole
    answer, infinite for one that was waited for and never came, nan for one that failed without an answer; ``good``.
    """

    sched_us: Floats
    end_us: Floats
    took_ms: Floats
    good: Bools
    wire: int


def figures(told: Told, kind: Kind, stretch: Stretch) -> Figures:
    """Return the figures of what was told."""
    inside = stretch.holds(told.sched_us)
    took_ms = told.took_ms[inside]
    return Figures(
        outage_s=outage_s(told, kind, stretch),
        **{f"{name}_ms": percentile(took_ms, share) for name, share in QUANTILES.items()},
        wire=told.wire,
        arrivals=len(took_ms),
        failed=int(np.count_nonzero(~told.good[inside])),
    )


def percentile(took_ms: Floats, share: float) -> float:
    """Return the time that so many of those with an answer, or still owed one, did not exceed (nearest rank)."""
    known = np.sort(took_ms[~np.isnan(took_ms)])
    return float(known[math.ceil(share * len(known)) - 1]) if len(known) else math.nan


def outage_s(told: Told, kind: Kind, stretch: Stretch) -> float | None:
    """Return how long service was denied, None for a fault that only makes it slow."""
    if kind in ("none", "drip", "slow_accept", "half_open"):
        return None
    inside = stretch.holds(told.sched_us)
    sched_us, end_us, good = told.sched_us[inside], told.end_us[inside], told.good[inside]
    return silence_s(end_us[good]) if kind == "stall" else refused_s(sched_us, good)


def silence_s(answered_us: Floats) -> float:
    """Return the longest time without a good answer."""
    return float(np.diff(np.sort(answered_us)).max(initial=0)) / 1e6


def refused_s(sched_us: Floats, good: Bools) -> float:
    """Return how long arrivals were denied service: from the first to the last, each edge half-way to its neighbour.

    A Poisson process says no more: the moment of the change is as likely before the middle as after.
    """
    bad_us, good_us = sched_us[~good], np.sort(sched_us[good])
    if not len(bad_us):
        return 0.0
    first, last = float(bad_us.min()), float(bad_us.max())
    before = good_us[good_us < first].max(initial=-math.inf)
    after = good_us[good_us > last].min(initial=math.inf)
    start = (first + before) / 2 if math.isfinite(before) else first
    end = (last + after) / 2 if math.isfinite(after) else last
    return float(end - start) / 1e6
