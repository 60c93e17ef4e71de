"""Pairs of runs, judged: what is decided by them, and what is left out."""

from pathlib import Path

import pytest

from reports.judge.case import read_case
from reports.judge.loads import Load, read_load
from reports.judge.rules import Rule, Who
from reports.judge.turns import Pair, is_decided, judge_turns, plan_of
from reports.judge.verdict import Verdict
from reports.testing.loads import write_load

WORSE = Rule("worse", "p95", Who(), 0.1, inclusive=False, with_baseline=True)
QUICK = Rule("quick", "p95", Who(), 0.8, inclusive=False)
Loads = dict[str, Load]


@pytest.fixture(scope="module")
def loads(tmp_path_factory: pytest.TempPathFactory) -> Loads:
    root = tmp_path_factory.mktemp("loads")
    likes: dict[str, dict[str, object]] = {
        **{f"b{n}": {"seed": n} for n in range(6)},
        **{f"c{n}": {"seed": 10 + n} for n in range(6)},
        "ill": {"silent_from_s": 10},
        "short": {"duration_s": 90},
        "dead": {"bad_ratio": 1.0},
    }
    return {name: read_load(write_load(root / name, seconds=30, **like)) for name, like in likes.items()}  # type: ignore[arg-type]


def judged(loads: Loads, *pairs: tuple[str, str], rules: tuple[Rule, ...] = (WORSE, QUICK)) -> Verdict:
    case = next(iter(loads.values())).case
    return judge_turns(case, [Pair(loads[one], loads[other]) for one, other in pairs], rules, plan_of(rules))


ALIKE = [(f"b{n}", f"c{n}") for n in range(6)]


def test_pairs_of_one_build_pass(loads: Loads) -> None:
    found = judged(loads, *ALIKE)
    assert (found.verdict, found.held) == ("PASS", 3), found.because
    assert is_decided(found)


def test_before_the_first_look_nothing_is_decided(loads: Loads) -> None:
    found = judged(loads, *ALIKE[:3])
    assert (found.verdict, is_decided(found)) == ("UNKNOWN", False)


def test_no_pair_at_all_is_unknown(loads: Loads) -> None:
    found = judged(loads)
    assert [promise.status for promise in found.promises] == ["UNKNOWN"] * 3
    assert not is_decided(found)


def test_a_run_that_was_not_delivered_supports_no_pass(loads: Loads) -> None:
    found = judged(loads, *ALIKE, ("b0", "short"))
    assert [promise.status for promise in found.promises] == ["UNKNOWN"] * 3
    assert "not delivered in 1 of 14 runs, as short: the load ended after 30.0 of 90 s" in found.promises[0].because


def test_a_candidate_that_answers_nothing_well_fails(loads: Loads) -> None:
    """It has no p95: that is worse than any."""
    found = judged(loads, *(("b0", "dead"),) * 4)
    assert found.verdict == "FAIL"
    assert "FAIL in 4 of 4 runs" in found.promises[2].because


def test_a_baseline_that_answers_nothing_well_supports_nothing(loads: Loads) -> None:
    found = judged(loads, *(("dead", "c0"),) * 4, rules=(WORSE,))
    assert found.promises[1].status == "UNKNOWN"


def test_a_pair_with_an_ill_generator_is_left_out(loads: Loads) -> None:
    found = judged(loads, *ALIKE, ("ill", "c0"))
    assert found.verdict == "PASS"
    assert "6 pairs of runs; 1 more pair left out, as ill: load worker w0" in found.promises[0].because


def test_a_gate_without_a_run_has_a_case(tmp_path: Path) -> None:
    """It holds the timeline only."""
    run = write_load(tmp_path / "run", seconds=1)
    assert judge_turns(read_case(run), [], (WORSE,), plan_of((WORSE,))).verdict == "UNKNOWN"
