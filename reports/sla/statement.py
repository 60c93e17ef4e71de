"""A commitment as judged: MET, FAIL or UNMEASURED, with its budget and who spent it. Pure.

The budget of a period is the bad requests that it allows. How many requests the whole period had is not known where it
was not measured; they are taken to come at the rate of the measured seconds. So much is allowed; when what was measured
alone has spent more, the promise is broken whatever happened in the rest. Not measured is never met.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from reports.commitments import Ratio, percent
from reports.judge.promise import plural, some
from reports.sla.intervals import Interval, by_minute, by_request, needed
from reports.sla.measuring import Measured
from reports.sla.period import Period

IN_SERVICE = "in service"


class Standing(StrEnum):
    """What the evidence says about a commitment."""

    MET = "MET"
    FAIL = "FAIL"
    UNMEASURED = "UNMEASURED"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who spent how much: an experiment's fault, or the service by itself (``experiment`` None)."""

    experiment: str | None
    requests: int
    spent: int

    @property
    def name(self) -> str:
        """The cause for people."""
        return f"game day: {self.experiment}" if self.experiment else IN_SERVICE


@dataclass(frozen=True)
class Statement:
    """One commitment about requests, and everything that was measured of it."""

    commitment: Ratio
    standing: Standing
    because: str
    n: int
    good: int
    unsent: int
    interval: Interval | None  # by the request (Wilson)
    minute_interval: Interval | None  # by the minute
    minutes: int  # with at least one request: what the interval by minute stands on
    seconds: int  # measured, in the runs in which its endpoints were called at all
    coverage: float  # of the period's seconds
    allowed_measured: float  # bad requests that the promise allows in what was measured
    allowed_period: float | None  # in the whole period; None when nothing was measured
    causes: tuple[Cause, ...]
    not_called: tuple[str, ...]  # endpoint patterns without a request
    lacking: str  # which requests were recorded and cannot be read any more; empty: none

    @property
    def spent(self) -> int:
        """Bad requests."""
        return self.n - self.good

    @property
    def ratio(self) -> float | None:
        """Good requests of those measured; None of nothing."""
        return self.good / self.n if self.n else None

    @property
    def is_below(self) -> bool:
        """Whether what was measured is below the objective."""
        return self.ratio is not None and self.ratio < self.commitment.objective


def state(
    commitment: Ratio,
    measured: Measured,
    period: Period,
    *,
    minimum_coverage: float,
    not_called: list[str],
    lacking: str = "",
) -> Statement:
    """Judge one commitment about requests. ``lacking``: which requests were recorded and cannot be read any more."""
    n, good = measured.n, measured.good
    coverage = measured.seconds / period.seconds
    allowed = _allowed(commitment, n)
    standing, because = _standing(
        commitment, n=n, good=good, coverage=coverage, minimum_coverage=minimum_coverage, period=period
    )
    if standing is Standing.MET and (not_called or lacking):
        standing = Standing.UNMEASURED  # of a part of what was promised nothing is known
    skipped = f"; nobody called {some(not_called)}" if not_called else ""
    return Statement(
        commitment=commitment,
        standing=standing,
        because=because + skipped + (f"; {lacking}" if lacking else ""),
        n=n,
        good=good,
        unsent=measured.unsent,
        interval=by_request(good, n),
        minute_interval=by_minute(measured.minutes),
        minutes=len(measured.minutes),
        seconds=measured.seconds,
        coverage=coverage,
        allowed_measured=allowed,
        allowed_period=allowed / coverage if coverage else None,
        causes=_causes(measured),
        not_called=tuple(not_called),
        lacking=lacking,
    )


def _standing(
    commitment: Ratio, *, n: int, good: int, coverage: float, minimum_coverage: float, period: Period
) -> tuple[Standing, str]:
    if n == 0:
        return Standing.UNMEASURED, "no request was measured"
    bad, ratio = n - good, good / n
    allowed = round(_allowed(commitment, n) / coverage, 6)
    seen = f"{plural(n, 'request')} measured, {bad:,} bad: {share(ratio)}"
    if bad > allowed:
        rest = " by what was measured alone" if coverage < 1 else ""
        return Standing.FAIL, f"{seen}; the whole {period.noun} allows {allowed:,.0f} bad ones, overspent{rest}"
    if coverage < minimum_coverage:
        below = ", and what was measured is below the promise" if ratio < commitment.objective else ""
        return (
            Standing.UNMEASURED,
            f"{seen}; measured for {share(coverage)} of the {period.noun}, {percent(minimum_coverage)} needed{below}",
        )
    if ratio < commitment.objective:
        return Standing.FAIL, f"{seen}; {percent(commitment.objective)} promised"
    if n < needed(commitment.objective):
        least = needed(commitment.objective)
        return Standing.UNMEASURED, f"{seen}; {least:,} needed to tell {percent(commitment.objective)}"
    return Standing.MET, f"{seen}; {percent(commitment.objective)} promised"


def _allowed(commitment: Ratio, n: int) -> float:
    """Bad requests of ``n``; without the noise of 1 - 0.9999, which would break a promise that is just kept."""
    return round((1 - commitment.objective) * n, 6)


def _causes(measured: Measured) -> tuple[Cause, ...]:
    """The service first, then the experiments, the most expensive first."""
    found = [
        Cause(row.experiment, int(row.n), int(row.n - row.good)) for row in measured.causes.itertuples(index=False)
    ]
    return tuple(sorted(found, key=lambda one: (one.experiment is not None, -one.spent, str(one.experiment))))


def share(ratio: float) -> str:
    """Return a ratio as a person reads it, never rounded up, nor down to 0: "99.21 %", "0.03 %", "99.9999 %"."""
    if ratio in (0, 1):
        return f"{ratio:.0%}".replace("%", " %")
    hundred = ratio * 100
    for digits in range(2, 8):
        whole = math.floor(round(hundred * 10**digits, 6))  # 0.9995 * 100 is a little less than 99.95 to a computer
        if whole and f"{hundred:.{digits}f}" != f"{100:.{digits}f}":
            return f"{whole / 10**digits:.{digits}f} %"
    return f"{hundred:.3g} %"
