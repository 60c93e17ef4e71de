"""A game day names only what exists, and what is wrong with it is one clear line."""

import tomllib
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from rich.console import Console

from experiments import opening, recording
from experiments.display import Display
from experiments.load import ROOT
from experiments.opening import Order, region_up
from experiments.planning import DEFAULT, GameDayError, Timing, choose, known, load_gameday
from experiments.stopping import Stop
from fixtures.target import Target
from reports.evidence import RunDirectory
from reports.objectives import load_objectives

PACES = ROOT / "fixtures" / "region" / "pace"

CATALOG = {"baseline", "terminate-sync-instance"}


def test_every_game_day_that_is_shipped_can_be_loaded() -> None:
    """Nothing in ``gamedays/`` is broken, and the default one is there."""
    assert DEFAULT in known()
    for name in known():
        assert load_gameday(name).name == name


def test_the_default_game_day_plays_five_experiments_and_the_control_first() -> None:
    """All of the catalogue, once each."""
    experiments = load_gameday(DEFAULT).experiments
    assert experiments[0] == "baseline"
    assert len(set(experiments)) == len(experiments) == 5


@pytest.mark.parametrize("name", ["nope", "../default", ""])
def test_an_unknown_game_day_is_refused_with_the_names_of_the_known(name: str) -> None:
    """A path is no name either."""
    with pytest.raises(GameDayError, match="expected one of default"):
        load_gameday(name)


def test_the_command_line_overrides_experiments_and_profile() -> None:
    """What is not overridden stays."""
    day = load_gameday("short")
    chosen = choose(day, experiments=("baseline",), profile="peak", catalog=CATALOG)
    assert chosen.experiments == ("baseline",)
    assert chosen.profile == "peak"
    assert chosen.timing == day.timing


def test_a_load_that_is_not_known_is_refused_before_anything_starts() -> None:
    """With the names of those that are."""
    with pytest.raises(GameDayError, match="'nope': expected one of peak, smoke, soak, spike, steady in"):
        choose(load_gameday("short"), experiments=(), profile="nope", catalog=CATALOG)


@pytest.mark.parametrize("names", [("nope",), ("baseline", "baseline")], ids=["unknown", "twice"])
def test_an_experiment_must_be_known_and_named_once(names: tuple[str, ...]) -> None:
    """A run names its parts by their experiment, so none can be there twice."""
    with pytest.raises(GameDayError, match="expected"):
        choose(load_gameday("short"), experiments=names, profile=None, catalog=CATALOG)


@pytest.mark.parametrize(
    ("name", "pace", "fits"), [("default", "fast", True), ("default", "real", False), ("real", "real", True)]
)
def test_a_game_day_that_is_timed_for_seconds_is_refused_on_a_system_that_takes_minutes(
    name: str, pace: str, fits: bool, target_at: Callable[..., Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would call everything "not back"."""
    monkeypatch.setattr(opening, "target_up", lambda *_, **__: nullcontext(target_at(None, pace=pace)))
    order = Order(load_gameday(name), {})
    refused = nullcontext() if fits else pytest.raises(GameDayError, match="gameday run real")
    with refused, region_up(order, Display(Console(quiet=True)), Stop()) as target:
        assert target.pace == pace


def test_the_phases_of_a_game_day_leave_room_for_its_own_waiting() -> None:
    """Chaos Toolkit is not stopped while it waits for the signs and for the steady state; a hold fits into a phase."""
    for timing in (load_gameday(name).timing for name in known()):
        assert timing.fault_s > timing.proof_s + timing.steady_s
        assert timing.recovery_max_s > timing.recovery_s


def test_an_action_waits_as_long_as_its_game_day_says(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    """And as long as the default one after a stock ``chaos run``, whose run directory has no timing."""
    monkeypatch.setattr(recording, "current_run", lambda: run)
    assert recording.current_timing() == Timing()
    timing = load_gameday("real").timing
    monkeypatch.setitem(run.facts, "timing", timing.model_dump())
    assert recording.current_timing() == timing


def test_the_objectives_of_the_real_pace_are_known_ones_and_the_fast_pace_has_those_as_shipped() -> None:
    """They are data of the region; the names are those of ``reports/objectives.toml``."""
    paces = {path.stem: tomllib.loads(path.read_text()) for path in PACES.glob("*.toml")}
    real = load_objectives(paces["real"]["objectives"])
    assert real.value("rto_s", "fail-over-rds-primary") >= 120
    assert "objectives" not in paces["fast"]


def test_a_game_day_says_for_how_long_its_load_is_on_at_most() -> None:
    """Every phase at its longest: the policy bounds it."""
    day = load_gameday(DEFAULT)
    timing = day.timing
    assert day.at_most_s == 5 + 5 * (10 + 150 + 60 + 2 * 10) + 60
    longer = timing.model_copy(update={"control_s": 3000.0})
    assert day.model_copy(update={"timing": longer}).at_most_s == 5 + 5 * (3000 + 2 * 10) + 60
