"""Objectives are resolved by name, and every number says where it comes from."""

import tomllib

import pytest

from reports.objectives import SHIPPED, ObjectivesError, from_facts, load_objectives


@pytest.mark.parametrize(
    ("experiment", "rto_s", "budget_s"),
    [
        ("terminate-sync-instance", 15, 4),
        ("fail-over-rds-primary", 30, 20),
        ("stall-async-workers", 10, 1),
        ("terminate-async-instance", 10, 1),
    ],
)
def test_the_shipped_objectives_are_those_of_the_design(experiment: str, rto_s: float, budget_s: float) -> None:
    """Nobody widens one unseen."""
    shipped = load_objectives()

    assert shipped.value("rto_s", experiment) == rto_s
    assert shipped.value("budget_outage_s", experiment) == budget_s
    assert (shipped.value("hold_s"), shipped.value("freshness_s"), shipped.value("drained_s")) == (5, 30, 60)


def test_every_shipped_objective_says_where_it_comes_from() -> None:
    """Each number in the file has a comment on its line."""
    lines = [line for line in SHIPPED.read_text().splitlines() if "=" in line and not line.startswith("#")]

    assert [line for line in lines if "#" not in line and not line.startswith(("rto_s", "budget_outage_s"))] == []
    assert len(lines) == sum(len(v) if isinstance(v, dict) else 1 for v in tomllib.loads(SHIPPED.read_text()).values())


def test_a_target_overrides_by_name_and_is_named_as_the_origin() -> None:
    """An experiment's own number wins over the bare one."""
    found = load_objectives({"terminate-sync-instance.rto_s": 40, "freshness_s": 90}, origin="fixtures/targets/x.toml")

    assert found.value("rto_s", "terminate-sync-instance") == 40
    assert found.value("rto_s", "some-other") == load_objectives().value("rto_s")
    assert found.find("freshness_s").origin == "fixtures/targets/x.toml"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        pytest.param("fresh", 1, "expected a name", id="unknown name"),
        pytest.param("freshness_s", -1, "0 or more", id="negative"),
        pytest.param("freshness_s", "soon", "a number", id="no number"),
    ],
)
def test_an_override_that_means_nothing_is_refused(name: str, value: float, message: str) -> None:
    """A misspelt objective must not silently leave the shipped one in force."""
    with pytest.raises(ObjectivesError, match=message):
        load_objectives({name: value})


def test_a_run_is_judged_again_by_its_own_objectives() -> None:
    """What is in run.json comes back with its origin, as numbers or with one."""
    found = from_facts(load_objectives({"freshness_s": 90}, origin="x").to_facts())

    assert (found.value("freshness_s"), found.find("freshness_s").origin) == (90, "x")
    assert from_facts({"freshness_s": 7}).value("freshness_s") == 7
    assert from_facts(None).value("freshness_s") == 30
