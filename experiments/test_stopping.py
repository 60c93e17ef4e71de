"""A signal ends a wait at once and nothing else; the way back is never interrupted."""

import os
import signal
from collections.abc import Iterator

import pytest

from experiments.stopping import SIGNALS, Stop, StopRequestedError


@pytest.fixture
def stop() -> Iterator[Stop]:
    """A Stop that listens."""
    stop = Stop()
    with stop.listening():
        yield stop


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_signal_ends_a_wait(stop: Stop, number: signal.Signals) -> None:
    """It names the signal; the wait does not go on to its end."""

    def kick() -> bool:
        os.kill(os.getpid(), number)
        return False

    with pytest.raises(StopRequestedError, match=number.name):
        stop.wait(kick, within_s=30)


def test_a_signal_outside_a_wait_is_noted_and_raised_at_the_next_one(stop: Stop) -> None:
    """A record that is being written is never cut in half."""
    os.kill(os.getpid(), signal.SIGINT)
    assert stop.reason == "SIGINT received"
    with pytest.raises(StopRequestedError):
        stop.sleep(30)


def test_nothing_interrupts_the_clean_up(stop: Stop) -> None:
    """Neither the signal that started it nor a second one."""
    os.kill(os.getpid(), signal.SIGINT)
    stop.clean_up_begins()
    os.kill(os.getpid(), signal.SIGINT)
    stop.sleep(0)
    stop.check()
    assert [name for name, _ in stop.received] == ["SIGINT", "SIGINT"]


def test_a_wait_that_is_never_met_ends_at_its_deadline() -> None:
    """False says so."""
    assert Stop().wait(lambda: False, within_s=0) is False
    assert Stop().wait(lambda: True, within_s=0) is True
