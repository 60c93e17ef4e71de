"""The catalogue: valid for stock Chaos Toolkit, and each file says all that the suite needs."""

from typing import Any

import pytest
import yaml
from chaoslib.experiment import ensure_experiment_is_valid

from experiments.catalog import CATALOG_DIR, CatalogError, Entry, find, load_catalog, name_of
from experiments.probes.steady import PROBES

NAMES = (
    "baseline",
    "fail-over-rds-primary",
    "stall-async-workers",
    "terminate-async-instance",
    "terminate-sync-instance",
)
OF_THE_RUN = {
    "no_acknowledged_write_lost",
    "no_write_duplicated",
    "no_phantom_write",
    "no_write_corrupted",
    "landed_within_freshness",
    "replica_caught_up",
    "jobs_drained",
    "no_job_orphaned",
    "no_job_run_twice",
    "schedules_kept",
}
OF_EVERY_EXPERIMENT = {"steady_state_before", "steady_state_after", "load_delivered", "availability_within_budget"}
OF_A_FAULT = {"fault_happened", "recovered_within_rto", "latency_back_in_band", "capacity_restored", "undone"}


def read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((CATALOG_DIR / f"{name}.yaml").read_text())
    return loaded


def test_the_catalogue_is_complete() -> None:
    assert tuple(load_catalog()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_chaos_toolkit_accepts_it(name: str) -> None:
    ensure_experiment_is_valid(read(name))


@pytest.mark.parametrize("entry", load_catalog().values(), ids=lambda entry: entry.name)
def test_it_lists_the_promises_that_apply(entry: Entry) -> None:
    """Design.md section 6: all of the run's, and of the experiment's those that a fault gives a meaning."""
    of_the_fault = OF_A_FAULT if entry.fault else set()

    assert set(entry.promises) == OF_THE_RUN | OF_EVERY_EXPERIMENT | of_the_fault
    assert len(entry.promises) == len(set(entry.promises))


@pytest.mark.parametrize("name", NAMES)
def test_its_hypothesis_is_the_steady_state_that_the_suite_measures(name: str) -> None:
    """Each probe by its own name and with its own tolerance, which is one exact value."""
    probes = read(name)["steady-state-hypothesis"]["probes"]

    assert {p["name"]: p["tolerance"] for p in probes} == {probe: tolerance for probe, (_, tolerance) in PROBES.items()}
    assert all(p["provider"]["func"] == p["name"] for p in probes)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_it_does_is_put_back_however_it_ends(name: str) -> None:
    """By the method itself, and by rollbacks that are always played."""
    experiment = read(name)
    put_back = {"type": "python", "module": "experiments.actions.undoing", "func": "put_back"}
    in_method = [a for a in experiment["method"] if a["provider"] == put_back]

    assert experiment["runtime"]["rollbacks"]["strategy"] == "always"
    if find(name).fault:
        assert len(in_method) == 1
        assert [a["provider"] for a in experiment["rollbacks"]] == [put_back]
    else:
        assert not in_method


def test_an_experiment_that_nobody_knows_is_one_clear_line() -> None:
    with pytest.raises(CatalogError, match="experiment 'x': expected one of baseline, fail-over-rds-primary"):
        find("x")


def test_a_loaded_experiment_is_told_by_its_title() -> None:
    assert name_of(read("baseline")) == "baseline"
    assert name_of({"title": "something of somebody's own"}) == "unnamed"
