"""A game day names only what exists, and what is wrong with it is one clear line."""

import pytest

from experiments.planning import DEFAULT, GameDayError, choose, known, load_gameday

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


@pytest.mark.parametrize("names", [("nope",), ("baseline", "baseline")], ids=["unknown", "twice"])
def test_an_experiment_must_be_known_and_named_once(names: tuple[str, ...]) -> None:
    """A run names its parts by their experiment, so none can be there twice."""
    with pytest.raises(GameDayError, match="expected"):
        choose(load_gameday("short"), experiments=names, profile=None, catalog=CATALOG)
