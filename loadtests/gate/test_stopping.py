"""A signal ends a wait, is noted outside of one, and breaks nothing when it comes twice."""

import os
import signal

import pytest

from loadtests.gate.stopping import SIGNALS, Stop, StopRequestedError


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_signal_ends_a_wait_and_is_named(number: signal.Signals) -> None:
    stop = Stop()

    def twice() -> bool:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), signal.SIGINT)
        return False

    with stop.listening(), pytest.raises(StopRequestedError, match=f"{number.name} received"):
        stop.wait(twice, within_s=30)


def test_a_signal_outside_a_wait_is_raised_at_the_next_one() -> None:
    stop = Stop()
    with stop.listening():
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.reason == "SIGTERM received"
        with pytest.raises(StopRequestedError):
            stop.wait(lambda: False, within_s=30)


def test_a_wait_that_is_never_met_ends_at_its_deadline() -> None:
    assert Stop().wait(lambda: False, within_s=0) is False
    assert Stop().wait(lambda: True, within_s=0) is True
