"""Recovery is the start of the first stretch that holds after the fault's worst break."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.judge.availability import availability_within_budget, needed
from reports.judge.recovery import recovered_within_rto, recovery
from reports.testing.cases import S, beats, case, course, traffic


def recovered_s(bad_s: list[tuple[float, float]], *, end_s: float = 40) -> float | None:
    """Return the seconds from the call at 15 s until good again."""
    found = recovery(traffic(bad_s), called_us=15 * S, end_us=int(end_s * S), hold_s=5, good_ratio=0.99)
    assert found is not None
    return None if found.recovered_us is None else (found.recovered_us - 15 * S) / S


@pytest.mark.parametrize(
    ("bad_s", "expected_s"),
    [
        pytest.param([], 0, id="never broke"),
        pytest.param([(15, 20)], 5, id="an outage from the call on"),
        pytest.param([(22, 25)], 10, id="an effect that comes late is no recovery before it"),
        pytest.param([(15, 18), (20, 24)], 9, id="a good stretch shorter than the hold is no recovery"),
        pytest.param([(15, 15.5), (23, 33)], 18, id="a blip before the outage is not the outage"),
        pytest.param([(15, 21), (30, 30.2)], 6, id="a blip after the outage is not the outage"),
        pytest.param([(15, 40)], None, id="not within what was observed"),
    ],
)
def test_the_time_to_recover(bad_s: list[tuple[float, float]], expected_s: float | None) -> None:
    """Known to a tenth of a second (and to the two bad requests that a stretch may have)."""
    found = recovered_s(bad_s)

    assert found == expected_s if expected_s is None or found is None else abs(found - expected_s) <= 0.15


@settings(deadline=None, max_examples=60)
@given(begin=st.floats(15, 25), length=st.floats(0.5, 8))
def test_one_outage_recovers_at_its_end(begin: float, length: float) -> None:
    """Wherever one outage lies, it ends where it ends."""
    found = recovered_s([(begin, begin + length)])

    assert found is not None
    assert abs(found - (begin + length - 15)) <= 0.2


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(15, 34), st.floats(0.1, 6)), max_size=4))
def test_recovery_is_never_before_the_first_stretch_that_holds(stretches: list[tuple[float, float]]) -> None:
    """What is said is at least as strict as the plain reading of the objective."""
    requests = traffic([(begin, begin + length) for begin, length in stretches])
    found = recovery(requests, called_us=15 * S, end_us=40 * S, hold_s=5, good_ratio=0.99)
    assert found is not None
    plain = next((s for s in range(15 * S, 35 * S + 1, S // 10) if requests.between(s, s + 5 * S).bad <= 2), None)

    assert found.recovered_us is None or (plain is not None and found.recovered_us >= plain)


@pytest.mark.parametrize(
    ("bad_s", "status"),
    [
        pytest.param([(15, 20)], "PASS", id="in time"),
        pytest.param([(15, 31)], "FAIL", id="16 s of 15"),
        pytest.param([(15, 40)], "FAIL", id="never, and already too long"),
    ],
)
def test_recovered_within_rto(bad_s: list[tuple[float, float]], status: str) -> None:
    """The objective of terminate-sync-instance is 15 s."""
    found = case(events=course(), requests=traffic(bad_s), delivery=beats())

    assert recovered_within_rto(found, found.experiments[0]).status == status


def test_a_stretch_without_a_request_does_not_hold() -> None:
    """Silence is no recovery."""
    found = recovery(traffic([], to_s=15), called_us=15 * S, end_us=40 * S, hold_s=5, good_ratio=0.99)

    assert found is not None
    assert found.recovered_us is None


def test_an_observation_that_ends_before_the_objective_is_unknown() -> None:
    """Bad to the end of 10 s: whether it would have recovered in 15 s nobody knows."""
    found = case(events=course(end_s=25), requests=traffic([(15, 25)]), delivery=beats())

    assert recovered_within_rto(found, found.experiments[0]).status == "UNKNOWN"


@pytest.mark.parametrize("judge", [recovered_within_rto, availability_within_budget])
@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"requests": traffic([]), "delivery": ()}, id="no delivery"),
        pytest.param({"requests": traffic([], rate=2), "delivery": beats()}, id="hardly a request"),
        pytest.param({"requests": traffic([]), "delivery": beats(without=(20, 26))}, id="worker silent"),
        pytest.param({"requests": traffic([]), "delivery": beats(loop_lag_us=2 * S)}, id="worker's loop late"),
        pytest.param({"requests": traffic([], to_s=20), "delivery": beats(to_s=20)}, id="generator killed"),
    ],
)
def test_without_load_there_is_no_recovery_and_no_availability(judge: object, parts: dict) -> None:
    """A system that nobody asked has kept no promise."""
    found = case(events=course(), **parts)

    assert judge(found, found.experiments[0]).status == "UNKNOWN"  # type: ignore[operator]


@pytest.mark.parametrize(
    ("bad_s", "unsent_s", "outage_s"),
    [
        pytest.param([(16, 18)], (), 2, id="all bad for two seconds"),
        pytest.param([], [(16, 19)], 3, id="not sent counts as bad"),
        pytest.param([(12, 14)], (), 0, id="before the fault does not count"),
    ],
)
def test_outage_seconds(bad_s: list[tuple[float, float]], unsent_s: tuple, outage_s: float) -> None:
    """Bad over due times the seconds of the window."""
    requests = traffic(bad_s, unsent_s=unsent_s)
    found = case(events=course(), requests=requests, delivery=beats())
    promise = availability_within_budget(found, found.experiments[0])

    assert promise.status == "PASS"
    assert promise.numbers["measured"] == pytest.approx(outage_s, abs=0.05)


def test_an_outage_over_the_budget_fails() -> None:
    """4 outage-seconds is the budget of terminate-sync-instance."""
    found = case(events=course(), requests=traffic([(16, 21)]), delivery=beats())
    promise = availability_within_budget(found, found.experiments[0])

    assert promise.status == "FAIL"
    assert "5.00 outage-seconds" in promise.because
    assert "budget 4 s" in promise.because


def test_a_small_budget_needs_more_requests() -> None:
    """Three over the rate that is to be told from none."""
    assert needed(30, 1) == 90
    assert needed(30, 4) == 22
    assert needed(30, 0) == 300
