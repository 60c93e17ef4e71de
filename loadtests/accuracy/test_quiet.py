"""When a machine was quiet enough."""

import pytest

from loadtests.accuracy.figures import Stretch
from loadtests.accuracy.probe import Late, Probed
from loadtests.accuracy.quiet import disturbances

STRETCH = Stretch(1e6, 6e6)


def probed(*late: Late, to_us: float = 7e6) -> Probed:
    return Probed(1, True, 0, to_us, late)


@pytest.mark.parametrize(
    ("probe", "says"),
    [
        pytest.param(probed(), None, id="nothing"),
        pytest.param(probed(Late(2e6, 9_000)), None, id="one that moves no percentile"),
        pytest.param(probed(Late(2e6, 16_000)), "core 1 woke up 16 ms late", id="a pause"),
        pytest.param(probed(Late(9e5, 90_000)), None, id="a pause before"),
        pytest.param(probed(Late(6.05e6, 90_000)), "90 ms late", id="a pause over the end"),
        pytest.param(probed(*[Late(2e6, 2_500)] * 6), "in 0.24 % of cases", id="many"),
        pytest.param(probed(to_us=5e6), "not watched all the time", id="a probe that died"),
    ],
)
def test_a_pause_and_many_late_wake_ups_are_not_quiet(probe: Probed, says: str | None) -> None:
    found = disturbances([probe], STRETCH, 0)
    assert (says is None and not found) or (says is not None and says in found[0])


def test_a_clock_that_was_set_is_not_quiet() -> None:
    assert disturbances([probed()], STRETCH, -800) == ["the wall clock was moved by -0.8 ms"]
