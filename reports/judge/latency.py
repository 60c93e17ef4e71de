"""latency_back_in_band: whether the system is as fast after the fault as before it. Pure.

Latency counts from when a request was due. One that failed has none: it is ranked as slower than any that was answered.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.judge.case import Case
from reports.judge.promise import Promise, Status, numbers
from reports.judge.requests import Floats, Requests
from reports.judge.timeline import Experiment
from reports.judge.workers import Late, late, trouble

NAME = "latency_back_in_band"


def quantile(latency_s: Floats, q: float) -> float:
    """Return the smallest latency that at least the part ``q`` of the requests did not exceed (nearest rank)."""
    ordered = np.sort(latency_s)
    return float(ordered[max(0, math.ceil(q * len(ordered)) - 1)])


@dataclass(frozen=True)
class Band:
    """How slow the end may be, given how slow the baseline was; latencies in seconds."""

    ratio: float
    margin_s: float

    def limit_s(self, before_s: float) -> float:
        """Return the slowest p95 that is within the band."""
        return max(self.ratio * before_s, before_s + self.margin_s)


@dataclass(frozen=True)
class Compared:
    """The requests of the baseline and of the end."""

    before: Requests
    after: Requests

    def outside(self, late: Sequence[Late]) -> "Compared":
        """Return those that were not due while a worker of the load generator was late itself."""
        stretches = [(from_us, to_us) for _, from_us, to_us in late]
        return Compared(self.before.outside(stretches), self.after.outside(stretches))

    def __len__(self) -> int:
        return len(self.before) + len(self.after)

    @property
    def fewest(self) -> int:
        """How many there are of what there is less of."""
        return min(len(self.before), len(self.after))

    @property
    def p95_s(self) -> tuple[float, float]:
        """Of the baseline and of the end."""
        return quantile(self.before.latency_s, 0.95), quantile(self.after.latency_s, 0.95)

    def __str__(self) -> str:
        before_s, after_s = self.p95_s
        shown = "over 5 % bad" if math.isinf(after_s) else f"{after_s * 1e3:.0f} ms"
        last = f"p95 {shown} of the last {len(self.after):,} requests"
        return f"{last}, {before_s * 1e3:.0f} ms of {len(self.before):,} before it"


def latency_back_in_band(case: Case, experiment: Experiment) -> Promise:
    """Judge p95 of the last ``hold_s`` with load against p95 of the experiment's baseline phase."""
    ratio = case.objectives.find("latency_ratio", experiment.name)
    band = Band(ratio.value, case.objectives.value("latency_margin_ms", experiment.name) / 1e3)
    baseline, window = experiment.phase("baseline"), experiment.window
    if baseline is None or window is None:
        return _unknown(experiment, "the experiment had no baseline to compare with")
    wrong = trouble(case, baseline.from_us, window[1])
    if wrong:
        return _unknown(experiment, f"load not delivered: {wrong}")
    hold_us = int(case.objectives.value("hold_s", experiment.name) * 1e6)
    found = Compared(
        case.requests.between(baseline.from_us, baseline.to_us), case.requests.between(window[1] - hold_us, window[1])
    )
    least = case.objectives.value("latency_min_requests", experiment.name)
    if found.fewest < least:
        counted = f"{len(found.before)} requests before and {len(found.after)} after"
        return _unknown(experiment, f"{counted}; at least {least:g} needed in each")
    before_s, after_s = found.p95_s
    if math.isinf(before_s):
        bad = f"over 5 % of {len(found.before)} requests were bad in the baseline"
        return _unknown(experiment, f"{bad}: no p95 to compare with")
    status, doubt = _weigh(found, found.outside(late(case, band.margin_s)), band, least)
    limit_s = band.limit_s(before_s)
    measured = None if math.isinf(after_s) else after_s * 1e3
    told = numbers(
        measured, "ms", base=len(found.after), objective=ratio, baseline=before_s * 1e3, base_before=len(found.before)
    )
    told["objective"] = limit_s * 1e3
    return Promise(NAME, status, f"{found}; limit {limit_s * 1e3:.0f} ms{doubt}", experiment.name, None, told)


def _weigh(found: Compared, own: Compared, band: Band, least: float) -> tuple[Status, str]:
    """Return the status, and what there is to doubt. ``own`` has only what the generator did not delay itself.

    A second in which its loop was later than the margin can put a p95 over the limit on its own, and one in the
    baseline can hide a slow end. So what is kept or broken must be so with those seconds and without them.
    """
    before_s, after_s = found.p95_s
    kept = after_s <= band.limit_s(before_s)
    if len(own) == len(found):
        return (Status.PASS if kept else Status.FAIL), ""
    late_by = f"the load generator's own loop was over {band.margin_s * 1e3:.0f} ms late"
    if own.fewest < least:
        return Status.UNKNOWN, f"; but {late_by}, and only {own.fewest} requests are left without that"
    own_before_s, own_after_s = own.p95_s
    if kept == (own_after_s <= band.limit_s(own_before_s)):
        return (Status.PASS if kept else Status.FAIL), ""
    return Status.UNKNOWN, f"; but {late_by} meanwhile, and without that it is {own}"


def _unknown(experiment: Experiment, because: str) -> Promise:
    return Promise(NAME, Status.UNKNOWN, because, experiment.name)
