"""latency_back_in_band: whether the system is as fast after the fault as before it. Pure.

Latency counts from when a request was due. One that failed has none: it is ranked as slower than any that was answered.
"""

import math

import numpy as np

from reports.judge.case import Case
from reports.judge.promise import Promise, Status, numbers
from reports.judge.requests import Floats
from reports.judge.timeline import Experiment
from reports.judge.workers import trouble

NAME = "latency_back_in_band"


def quantile(latency_s: Floats, q: float) -> float:
    """Return the smallest latency that at least the part ``q`` of the requests did not exceed (nearest rank)."""
    ordered = np.sort(latency_s)
    return float(ordered[max(0, math.ceil(q * len(ordered)) - 1)])


def latency_back_in_band(case: Case, experiment: Experiment) -> Promise:
    """Judge p95 of the last ``hold_s`` with load against p95 of the experiment's baseline phase."""
    ratio = case.objectives.find("latency_ratio", experiment.name)
    margin_s = case.objectives.value("latency_margin_ms", experiment.name) / 1e3
    baseline, window = experiment.phase("baseline"), experiment.window
    if baseline is None or window is None:
        return _unknown(experiment, "the experiment had no baseline to compare with")
    hold_us = int(case.objectives.value("hold_s", experiment.name) * 1e6)
    wrong = trouble(case, baseline.from_us, window[1])
    if wrong:
        return _unknown(experiment, f"load not delivered: {wrong}")
    before = case.requests.between(baseline.from_us, baseline.to_us)
    after = case.requests.between(window[1] - hold_us, window[1])
    least = case.objectives.value("latency_min_requests", experiment.name)
    if min(len(before), len(after)) < least:
        return _unknown(
            experiment, f"{len(before)} requests before and {len(after)} after; at least {least:g} needed in each"
        )
    p95_before, p95_after = quantile(before.latency_s, 0.95), quantile(after.latency_s, 0.95)
    if math.isinf(p95_before):
        return _unknown(
            experiment, f"over 5 % of {len(before)} requests were bad in the baseline: no p95 to compare with"
        )
    limit_s = max(ratio.value * p95_before, p95_before + margin_s)
    shown = "over 5 % bad" if math.isinf(p95_after) else f"{p95_after * 1e3:.0f} ms"
    said = (
        f"p95 {shown} of the last {len(after):,} requests, {p95_before * 1e3:.0f} ms of {len(before):,} before it;"
        f" limit {limit_s * 1e3:.0f} ms"
    )
    measured = None if math.isinf(p95_after) else p95_after * 1e3
    found = numbers(
        measured, "ms", base=len(after), objective=ratio, baseline=p95_before * 1e3, base_before=len(before)
    )
    found["objective"] = limit_s * 1e3
    return Promise(NAME, Status.FAIL if p95_after > limit_s else Status.PASS, said, experiment.name, None, found)


def _unknown(experiment: Experiment, because: str) -> Promise:
    return Promise(NAME, Status.UNKNOWN, because, experiment.name)
