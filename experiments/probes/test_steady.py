"""The steady state: a probe without a value holds nothing, and none holds anybody up."""

import time
from collections.abc import Callable

import pytest

from experiments.probes import steady
from experiments.probes.fleet import NotFoundError
from fixtures.target import Target


@pytest.fixture
def target(target_at: Callable[..., Target]) -> Target:
    return target_at("http://127.0.0.1:9")


def test_a_reading_holds_only_at_the_value_that_it_must_have() -> None:
    assert steady.Reading("p", 0, 0).held is True
    assert steady.Reading("p", 1, 0).held is False
    assert steady.Reading("p", None, 0).held is None


def test_every_probe_is_read_also_after_one_that_does_not_hold(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what cannot be read has no value."""

    def unreadable(_: Target) -> int:
        raise NotFoundError("group: not there")

    probes = {"bad": (lambda _: False, True), "unreadable": (unreadable, 0), "good": (lambda _: True, True)}
    monkeypatch.setattr(steady, "PROBES", probes)

    assert [(r.probe, r.held) for r in steady.measure(target)] == [("bad", False), ("unreadable", None), ("good", True)]


def test_a_probe_that_hangs_has_no_value_and_holds_nobody_up(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "PROBE_LIMIT_S", 0.1)
    monkeypatch.setattr(steady, "PROBES", {"hangs": (lambda _: time.sleep(30), True)})
    began = time.monotonic()

    (reading,) = steady.measure(target)

    assert reading.held is None
    assert time.monotonic() - began < 10


def test_steady_is_twice_in_a_row(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """One good look may be luck."""
    values = iter([True, False, True, True, False])
    monkeypatch.setattr(steady, "PROBES", {"p": (lambda _: next(values), True)})

    steady.wait_until_steady(target, within_s=60)

    assert list(values) == [False]


def test_it_stops_looking_in_time(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "PROBES", {"p": (lambda _: False, True)})

    (reading,) = steady.wait_until_steady(target, within_s=0.1)

    assert reading.held is False


def test_a_target_without_an_api_has_no_values_but_the_web_does_not_answer(target: Target) -> None:
    """A front door that nobody opens is a finding; an API that does not answer is not."""
    readings = {reading.probe: reading.value for reading in steady.measure(target)}

    assert readings["web_answers"] is False
    assert readings["targets_missing"] is None
    assert readings["database_available"] is None
