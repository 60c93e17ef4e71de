"""How an experiment ends that must not begin, or that a fault of the suite itself ends."""

from types import SimpleNamespace
from typing import Any

import pytest

from experiments import phases
from experiments.probes import steady
from experiments.probes.steady import Reading


class Day:
    """What these parts of a day need: a place for events, and a clock that does not wait."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.played: list[str] = []
        self.target = None
        self.stop = SimpleNamespace(wait=lambda ready, **_: ready())

    def record(self, kind: str, **data: Any) -> None:
        self.events.append((kind, data))


def reading(probe: str, *, held: bool | None) -> Reading:
    return Reading(probe=probe, value=None if held is None else held, tolerance=True)


ENTRY: Any = SimpleNamespace(name="x", title="x", fault=True)


@pytest.mark.parametrize(
    ("helds", "result"),
    [
        pytest.param([True, True], None, id="all held"),
        pytest.param([True, False], "baseline_not_met", id="one does not hold"),
        pytest.param([True, None], "failed", id="one gave no value"),
        pytest.param([None, False], "baseline_not_met", id="one gave no value and another does not hold"),
    ],
)
def test_only_a_probe_with_a_value_can_say_that_the_system_is_not_healthy(
    helds: list[bool | None], result: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = [reading(f"probe_{number}", held=held) for number, held in enumerate(helds)]
    monkeypatch.setattr(steady, "measure", lambda _target: readings)
    day: Any = Day()
    ending = phases._steady_state(day, ENTRY, "before", within_s=0)
    assert (ending.result if ending else None) == result
    assert [data["held"] for kind, data in day.events if kind == "steady_state"] == helds


@pytest.mark.parametrize(
    ("error", "kinds", "result"),
    [
        pytest.param(KeyError("x"), ["experiment.started", "bug", "experiment.finished"], "failed", id="a bug"),
        pytest.param(OSError("full"), ["experiment.started", "experiment.finished"], "aborted", id="a full disk"),
    ],
)
def test_what_ends_an_experiment_is_called_by_its_name(
    error: Exception, kinds: list[str], result: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(phases, "_play", fail)
    day: Any = Day()
    with pytest.raises(type(error)):
        phases.play(day, ENTRY)
    assert [kind for kind, _ in day.events] == kinds
    assert day.events[-1][1]["result"] == result
