"""The truth against simulated clients: a perfect open one is right, one that waits for its answers is not."""

import math
from dataclasses import replace

import numpy as np
import pytest

from loadtests.accuracy.faults import ACCEPT_NS, KINDS, MS, SERVICE_NS, Kind, Script, fate
from loadtests.accuracy.figures import Figures, Floats, Stretch, Told, figures
from loadtests.accuracy.judging import allowed
from loadtests.accuracy.truth import truth
from loadtests.accuracy.wirelog import Request, WireLog

ZERO_US = 1_700_000_000_000_000.0
FROM, TO = 3_000 * MS, 4_600 * MS
STRETCH = Stretch(ZERO_US + 1e6, ZERO_US + 7e6)
LEFT_US = ZERO_US + FROM / 1000 + 640_000  # when the last answer of the old address expires
ADDED_US = 250.0  # by the proxy
OFF_US = 30.0  # by the client's own wake-up


def plan(rate: int = 200) -> Floats:
    gaps_us = np.random.default_rng(3).exponential(1e6 / rate, 7 * rate)
    return ZERO_US + np.cumsum(gaps_us)


def log_of(kind: Kind, requests: list[Request]) -> WireLog:
    script = Script(kind, FROM, TO)
    from_us, to_us = (ZERO_US + edge / 1000 for edge in (script.from_ns, script.to_ns))
    return WireLog(kind, ZERO_US, from_us, to_us, tuple(requests), (), LEFT_US, 0, 1, 0.0)


def played(kind: Kind, sent_us: Floats, sched_us: Floats) -> tuple[WireLog, Told]:
    """Return the log and the client's story of requests sent then and due then."""
    requests: list[Request] = []
    end_us, good, took_ms = (np.full(len(sent_us), math.nan) for _ in range(3))
    for n, at_us in enumerate(sent_us):
        after_ns = round((at_us - ZERO_US) * 1000)
        what = fate(Script(kind, FROM, TO), after_ns, stale=kind == "dns_flip" and at_us < LEFT_US)
        wait_us = ACCEPT_NS / 1000 if kind == "slow_accept" and FROM <= after_ns < TO else 0
        due_us = None if what.at_ns is None else ZERO_US + what.at_ns / 1000 + wait_us
        answered = what.ending in ("ok", "unavailable")
        good[n] = what.ending == "ok"
        if what.ending == "never":
            took_ms[n] = math.inf
        elif due_us is not None:
            end_us[n] = due_us + ADDED_US + OFF_US
            took_ms[n] = (end_us[n] - sched_us[n]) / 1000 if answered else math.nan
        if what.ending != "refused":
            written_us = due_us + ADDED_US if answered and due_us is not None else None
            begun_us = at_us + wait_us
            requests.append(Request(begun_us, written_us, begun_us, what.ending, False, due_us, written_us))
    return log_of(kind, requests), Told(sched_us, end_us, took_ms, good.astype(np.bool_), len(requests))


@pytest.mark.parametrize("kind", KINDS)
def test_an_open_client_that_is_late_by_nothing_is_right_about_everything(kind: Kind) -> None:
    arrivals_us = plan()
    log, told = played(kind, arrivals_us, arrivals_us)
    true, reported = truth(arrivals_us, log, STRETCH), figures(told, kind, STRETCH)
    for name in ("p50_ms", "p95_ms", "p99_ms"):
        expected, found = getattr(true, name), getattr(reported, name)
        assert found == pytest.approx(expected, abs=2 * OFF_US / 1000), name
    for name in ("wire", "arrivals", "failed"):
        assert getattr(reported, name) == getattr(true, name), name
    assert (true.outage_s is None) == (reported.outage_s is None)
    if true.outage_s is not None and reported.outage_s is not None:
        assert reported.outage_s == pytest.approx(true.outage_s, abs=allowed("outage_s", 0, core_sleeps=False))


def test_a_stall_makes_customers_wait_until_its_end() -> None:
    """A quarter of the arrivals of a stretch of 6 s come in a stall of 1.6 s and wait for 0 to 1.6 s."""
    true = truth(plan(), log_of("stall", []), STRETCH)
    assert true.outage_s == pytest.approx(1.6)
    assert true.p50_ms == pytest.approx(SERVICE_NS / MS)
    assert true.p95_ms == pytest.approx(1600 * (1 - 0.05 * 6 / 1.6), rel=0.05)
    assert true.p99_ms == pytest.approx(1600 * (1 - 0.01 * 6 / 1.6), rel=0.05)


def test_a_client_that_waits_for_its_answers_is_wrong_about_a_stall() -> None:
    """Ten users that send again when they are answered: the requests that would have waited are not sent."""
    free_us, sent_us = ZERO_US + np.arange(10) * 5_000.0, []
    script = Script("stall", FROM, TO)
    while free_us.min() < STRETCH.to_us:
        user = int(free_us.argmin())
        at_us = float(free_us[user])
        sent_us.append(at_us)
        answered_ns = fate(script, round((at_us - ZERO_US) * 1000)).at_ns
        assert answered_ns is not None
        free_us[user] = max(at_us + 50_000, ZERO_US + answered_ns / 1000)
    log, told = played("stall", np.array(sent_us), np.array(sent_us))
    true, reported = truth(plan(), log, STRETCH), figures(told, "stall", STRETCH)
    assert true.p95_ms > 1000
    assert reported.p95_ms < 25


def test_what_the_server_itself_added_is_no_error_of_the_client() -> None:
    arrivals_us = plan()
    log, _ = played("none", arrivals_us, arrivals_us)
    assert truth(arrivals_us, log, STRETCH).p50_ms == pytest.approx(SERVICE_NS / MS + ADDED_US / 1000)


def test_refusing_begins_and_ends_when_the_proxy_did_it() -> None:
    log = log_of("refuse", [])
    late = replace(log, refused_us=(log.from_us + 9_000, log.to_us))
    assert truth(plan(), late, STRETCH).outage_s == pytest.approx(1.6 + SERVICE_NS / 1e9 - 0.009)


def test_half_open_is_who_used_an_old_connection() -> None:
    arrivals_us = plan()
    requests = [Request(at_us, None, at_us, "ok", n % 2 == 0) for n, at_us in enumerate(arrivals_us)]
    true: Figures = truth(arrivals_us, log_of("half_open", requests), STRETCH)
    after = STRETCH.holds(arrivals_us) & (arrivals_us > ZERO_US + FROM / 1000)
    assert true.failed == pytest.approx(np.count_nonzero(after) / 2, rel=0.05)
