"""What a customer of the planned load would have seen, from the plan, the fault script and the logs at receipt. Pure.

A customer comes when the plan says, whatever the server does. What becomes of him is in the script. How much later than
that the faulty server and its proxy really wrote an answer is known of each request that they received; he is charged
what the one received nearest to his time was. Nothing that a client says is looked at.
"""

import math
from collections.abc import Sequence

import numpy as np

from loadtests.accuracy.faults import ACCEPT_NS, Fate, denied, fate
from loadtests.accuracy.figures import QUANTILES, Figures, Floats, Stretch, percentile
from loadtests.accuracy.wirelog import Request, WireLog


def truth(plan_us: Floats, log: WireLog, stretch: Stretch) -> Figures:
    """Return the true figures of a run. ``plan_us``: every arrival of the plan, epoch microseconds."""
    arrivals_us = plan_us[stretch.holds(plan_us)]
    fates = [_fate(log, at_us, stale) for at_us, stale in zip(arrivals_us, _stale(arrivals_us, log), strict=True)]
    took_ms = np.array([_took_ms(log, each, at_us) for each, at_us in zip(fates, arrivals_us, strict=True)])
    answered = [request for request in log.requests if request.added_us is not None]
    if answered:
        took_ms += [(request.added_us or 0) / 1000 for request in _nearest(arrivals_us, answered)]
    return Figures(
        outage_s=_outage_s(log),
        **{f"{name}_ms": percentile(took_ms, share) for name, share in QUANTILES.items()},
        wire=len(log.requests),
        arrivals=len(arrivals_us),
        failed=sum(each.ending != "ok" for each in fates),
    )


def _fate(log: WireLog, at_us: float, stale: bool) -> Fate:
    return fate(log.script, _after_ns(log, at_us), stale=stale)


def _took_ms(log: WireLog, what: Fate, at_us: float) -> float:
    """Return how long the script makes this customer wait; infinite, or nan for one without an answer."""
    if what.ending == "never":
        return math.inf
    if what.ending not in ("ok", "unavailable") or what.at_ns is None:
        return math.nan
    after_ns = _after_ns(log, at_us)
    script = log.script
    is_late_accepted = script.kind == "slow_accept" and script.from_ns <= after_ns < script.to_ns
    return (what.at_ns - after_ns + (ACCEPT_NS if is_late_accepted else 0)) / 1e6


def _after_ns(log: WireLog, at_us: float) -> int:
    assert log.started_us is not None
    return round((at_us - log.started_us) * 1000)


def _stale(arrivals_us: Floats, log: WireLog) -> list[bool]:
    """Return for each arrival whether it went to what is from before the fault (connection, address)."""
    if log.kind == "half_open":
        return [request.stale for request in _nearest(arrivals_us, log.requests)]
    if log.kind == "dns_flip" and log.name_left_us is not None:
        stale: list[bool] = (arrivals_us < log.name_left_us).tolist()
        return stale
    return [False] * len(arrivals_us)


def _nearest(arrivals_us: Floats, requests: Sequence[Request]) -> list[Request]:
    """Return for each arrival the request that was received nearest to it. There must be one."""
    in_order = sorted(requests, key=lambda request: request.begun_us)
    begun_us = np.array([request.begun_us for request in in_order])
    after = np.searchsorted(begun_us, arrivals_us).clip(1, max(len(in_order) - 1, 1))
    before = after - 1
    after = after.clip(max=len(in_order) - 1)
    is_after = np.abs(begun_us[after] - arrivals_us) < np.abs(arrivals_us - begun_us[before])
    return [in_order[n] for n in np.where(is_after, after, before)]


def _outage_s(log: WireLog) -> float | None:
    assert log.started_us is not None
    left_ns = None if log.name_left_us is None else round((log.name_left_us - log.started_us) * 1000)
    found = denied(log.script, name_left_ns=left_ns)
    return None if found is None else (found[1] - found[0]) / 1e9
