"""A run against a baseline: which runs may be compared, and what is said when they are."""

from pathlib import Path
from typing import Any

import pytest

from reports.evidence import RunDirectory
from reports.judge.baseline import differs
from reports.judge.load import judge_load
from reports.judge.promise import Promise
from reports.judge.rules import Rule, Who
from reports.testing.loads import FACTS, write_load

WORSE = Rule("the rule", "p95", Who(), 0.1, inclusive=False, with_baseline=True)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> list[RunDirectory]:
    """Three runs of the build before."""
    return [write_load(tmp_path_factory.mktemp("before") / f"r{seed}", seed=seed) for seed in (1, 2, 3)]


def judged(run: RunDirectory, baseline: list[RunDirectory], *, slower_ok: float = 0.1) -> Promise:
    rule = Rule("r", "p95", Who(), slower_ok, inclusive=False, with_baseline=True)
    return judge_load(run, [rule], baseline=baseline).promises[1]


def test_a_build_that_is_as_quick_passes_and_one_that_is_not_fails(tmp_path: Path, before: list[RunDirectory]) -> None:
    same, slow = write_load(tmp_path / "same", seed=7), write_load(tmp_path / "slow", seed=7, slower=1.5)

    passed, failed = judged(same, before), judged(slow, before)
    assert (passed.status, failed.status) == ("PASS", "FAIL"), (passed.because, failed.because)
    assert "(0.9" in passed.because
    assert "24 recorded blocks against 8); the limit is 1.1 times" in passed.because
    assert failed.numbers["measured"] == pytest.approx(1.5, abs=0.1)
    assert (failed.numbers["unit"], failed.numbers["objective"]) == ("times the baseline", 1.1)


@pytest.mark.parametrize(
    ("like", "because"),
    [
        pytest.param({"seconds": 100}, "5 of the candidate missing; a block is 30 s", id="too short"),
        pytest.param({"endpoint": "GET /y"}, "no request to GET /x in this run", id="never asked"),
        pytest.param({"silent_from_s": 200}, "dead or frozen", id="the generator was ill"),
    ],
)
def test_what_cannot_be_told_is_unknown(
    tmp_path: Path, before: list[RunDirectory], like: dict[str, Any], because: str
) -> None:
    rule = Rule("r", "p95", Who("endpoint", "GET /x"), 0.1, False, with_baseline=True)
    (_, found) = judge_load(write_load(tmp_path / "run", seed=7, **like), [rule], baseline=before).promises
    assert (found.status, because in found.because) == ("UNKNOWN", True), found.because


def test_a_baseline_whose_own_load_was_not_delivered_says_nothing(tmp_path: Path, before: list[RunDirectory]) -> None:
    """However good its numbers are."""
    ill = write_load(tmp_path / "ill", seed=4, silent_from_s=200)
    found = judged(write_load(tmp_path / "run", seed=7), [*before, ill])
    assert found.status == "UNKNOWN"
    assert found.because.startswith("the baseline ill says nothing: load worker w0 dead or frozen")


def test_one_run_of_a_side_cannot_tell_how_far_runs_differ(tmp_path: Path, before: list[RunDirectory]) -> None:
    """So that a margin of 10 % is too narrow for it, and one of 40 % is not."""
    run = write_load(tmp_path / "run", seed=7)
    narrow, wide = judged(run, before[:1]), judged(run, before[:1], slower_ok=0.4)
    assert (narrow.status, "runs are assumed to differ by more" in narrow.because) == ("UNKNOWN", True), narrow.because
    assert (wide.status, "how far runs differ is assumed" in wide.because) == ("PASS", True), wide.because


def test_without_a_baseline_nothing_is_known(tmp_path: Path) -> None:
    (_, found) = judge_load(write_load(tmp_path / "run", seconds=30), [WORSE]).promises
    assert (found.status, "--baseline RUN" in found.because) == ("UNKNOWN", True)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"seed": 2, "git_commit": "x"}, None),
        ({"load": {**FACTS["load"], "about": "reworded"}}, None),  # type: ignore[dict-item]
        ({"profile": "peak"}, "it is of profile 'peak', and this is of 'smoke'"),
        ({"target": {"name": "staging"}}, "it is of target 'staging', and this is of 'local'"),
        ({"target": {"name": "local", "web": "https://other"}}, None),
        (
            {"load": {"pos": {"users": 10, "rate": 30.0}}},
            "its profile was another: pos was {'users': 10, 'rate': 30.0}",
        ),
        ({"load": {**FACTS["load"], "csr": {"rate": 1}}}, "csr was {'rate': 1}, and is not there"),  # type: ignore[dict-item]
    ],
)
def test_which_runs_may_be_compared(changed: dict[str, Any], why: str | None) -> None:
    found = differs(FACTS, {**FACTS, **changed})
    assert found == why if why is None else why in (found or "")
