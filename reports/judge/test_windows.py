"""Rules over windows of time and for a time on end, outages, and what was open for too long."""

from dataclasses import replace

import numpy as np
import pytest

from reports.judge.answers import Answers
from reports.judge.gate import judge_rule
from reports.judge.promise import Promise
from reports.judge.rules import Rule, Who, resolved
from reports.judge.stretch import Stretch
from reports.objectives import load_objectives

S = 1_000_000
RATE = 20


def stretch(seconds: int, *, slow: tuple[int, int] = (0, 0), bad: tuple[int, int] = (0, 0), quiet: int = -1) -> Stretch:
    """Return a load at 20/s with 100 ms; slow (2 s) and bad stretches, and a second in which nothing was due."""
    due = np.arange(seconds * RATE, dtype=np.int64) * S // RATE
    due = due[due // S != quiet]
    second = due // S
    took = np.where((second >= slow[0]) & (second < slow[1]), 2.0, 0.1)
    good = ~((second >= bad[0]) & (second < bad[1]))
    names = np.full(len(due), "GET /x", dtype=object)
    found = Answers(
        due, names, names, took, due + (took * S).astype(np.int64), good, np.full(len(due), "w0", object), names
    )
    return Stretch(found, found, 0, seconds * S)


def rule(measure: str, bound: float, **when: float) -> Rule:
    return Rule("a rule", measure, Who(), bound, inclusive=False, **when)  # type: ignore[arg-type]


def judged(one: Rule, found: Stretch) -> Promise:
    return judge_rule(one, found)


@pytest.mark.parametrize(
    ("one", "found", "status", "because"),
    [
        pytest.param(
            rule("p95", 0.8, over_s=10), stretch(60), "PASS", "PASS over 6 of 6 windows of 10 s", id="all windows"
        ),
        pytest.param(
            rule("p95", 0.8, over_s=10),
            stretch(60, slow=(22, 24)),
            "FAIL",
            "FAIL over 1 of 6 windows of 10 s; from 20 s to 30 s: p95 is 2.00 s",
            id="one window, though 3 % of all is no p95",
        ),
        pytest.param(
            rule("p95", 0.8, over_s=25),
            stretch(60, slow=(56, 60)),
            "FAIL",
            "from 35 s to 60 s",
            id="last",
        ),
        pytest.param(
            rule("p95", 0.8, over_s=61),
            stretch(60),
            "UNKNOWN",
            "only 60 s count, and the rule is about 61 s",
            id="short",
        ),
        pytest.param(rule("p99.9", 0.8, over_s=10), stretch(60), "UNKNOWN", "needs 2,995", id="too few in a window"),
        pytest.param(rule("rate", 10, over_s=10), stretch(60, bad=(30, 36)), "FAIL", "8/s good answers", id="rate"),
        pytest.param(
            rule("errors", 0.001, for_s=5), stretch(60, bad=(10, 14)), "PASS", "4 seconds on end at most", id="forgiven"
        ),
        pytest.param(
            rule("errors", 0.001, for_s=5), stretch(60, bad=(10, 15)), "FAIL", "from 10 s to 15 s", id="for so long"
        ),
        pytest.param(
            rule("errors", 0.001, for_s=5),
            stretch(60, bad=(10, 14), quiet=14),
            "UNKNOWN",
            "broken or unknown for 5 s on end",
            id="nothing was due in the fifth",
        ),
        pytest.param(rule("p95", 0.8, for_s=5), stretch(60, slow=(10, 15)), "FAIL", "5 s on end", id="p95 for long"),
        pytest.param(rule("rate", 10, for_s=5), stretch(60, bad=(9, 16)), "FAIL", "on end", id="a rate for so long"),
        pytest.param(rule("errors", 0.5, for_s=61), stretch(60), "UNKNOWN", "only 60 s count", id="for: too short"),
        pytest.param(rule("errors", 0.5, for_s=1), stretch(1), "UNKNOWN", "only 20 requests", id="for: too few"),
        pytest.param(
            rule("outage", 4), stretch(60, bad=(10, 13)), "PASS", "3.00 outage-seconds: 60 of 1,200", id="outage"
        ),
        pytest.param(rule("outage", 3), stretch(60, bad=(10, 13)), "FAIL", "3.00 outage-seconds", id="over budget"),
        pytest.param(rule("outage", 0.01), stretch(60), "UNKNOWN", "needs 18,000", id="outage: too few to tell"),
    ],
)
def test_a_rule_over_time(one: Rule, found: Stretch, status: str, because: str) -> None:
    promise = judged(one, found)
    assert (promise.status, because in promise.because) == (status, True), promise.because


@pytest.mark.parametrize(("late_s", "slow", "status"), [(0.2, False, "PASS"), (2, False, "UNKNOWN"), (2, True, "FAIL")])
def test_a_window_in_which_the_generator_was_late_supports_no_pass(late_s: float, slow: bool, status: str) -> None:
    """But still a FAIL by what was due while it was well."""
    found = stretch(60, slow=(20, 30) if slow else (0, 0))
    late = ("w0", 24 * S, int((24 + late_s) * S))
    assert judged(rule("p95", 0.8, over_s=10), replace(found, late=[late])).status == status


def test_a_second_in_which_the_generator_was_late_is_no_broken_one() -> None:
    found = replace(stretch(60, bad=(10, 15)), late=[("w0", 12 * S - 1, 13 * S)])
    assert judged(rule("errors", 0.001, for_s=5), found).status == "UNKNOWN"


@pytest.mark.parametrize(
    ("age_s", "status"),
    [
        pytest.param(9.0, "UNKNOWN", id="it may still be good"),
        pytest.param(10.0, "FAIL", id="for longer than an answer may take"),
    ],
)
@pytest.mark.parametrize(("measure", "bound"), [("errors", 0.01), ("outage", 0.6)])
def test_what_is_open_is_bad_against_a_pass_and_against_a_fail_only_when_overdue(
    measure: str, bound: float, age_s: float, status: str
) -> None:
    """2 % of 1,200 have no answer when the load ends."""
    found = stretch(60)
    still_open = np.arange(len(found.due)) % 50 == 0
    answers = replace(
        found.due,
        good=~still_open,
        end_us=np.where(still_open, 0, found.due.end_us),
        took_s=np.where(still_open, age_s, 0.1),
    )
    assert judged(rule(measure, bound), replace(found, due=answers, run=answers)).status == status
    assert judged(rule(measure, 10 * bound), replace(found, due=answers, run=answers)).status == "PASS"


def test_a_rule_takes_the_number_of_its_objective_from_the_run() -> None:
    """And says whose it is."""
    one = replace(rule("outage", 1), objective="budget_outage_s")
    found = resolved(one, load_objectives({"budget_outage_s": 7}, origin="fixtures/targets/x.toml"))
    assert (found.bound, found.origin) == (7, "fixtures/targets/x.toml: budget_outage_s")


def test_a_journey_is_found_by_its_bare_name() -> None:
    found = stretch(60)
    answers = replace(found.due, journey=np.full(len(found.due), "pos", dtype=object))
    one = replace(rule("p95", 0.8), who=Who("endpoint", "pos"))
    assert judged(one, replace(found, due=answers, run=answers)).status == "PASS"
