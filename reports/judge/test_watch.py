"""Rules that act on a running load: what stops it, when, and what does not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from reports.evidence import Delivery
from reports.judge.answers import Answers
from reports.judge.rules import Rule, Who
from reports.judge.watch import Broken, S, Sight, Watch
from reports.judge.workers import Late

RATE, ANSWER_S = 200, 10.0


@dataclass(frozen=True)
class Course:
    """A load of five minutes at 200/s with 20 to 120 ms; from ``from_s`` to ``to_s`` something happens."""

    slower: float = 1.0
    bad: float = 0.0
    hangs: bool = False
    from_s: int = 100
    to_s: int = 300
    late: Sequence[Late] = ()

    def requests(self) -> Answers:
        rng = np.random.default_rng(1)
        due = np.arange(300 * RATE, dtype=np.int64) * S // RATE
        took, good = rng.uniform(0.02, 0.12, len(due)), np.full(len(due), True)
        inside = (due >= self.from_s * S) & (due < self.to_s * S)
        took = np.where(inside, took * self.slower, took)
        good &= ~(inside & (rng.random(len(due)) < self.bad))
        if self.hangs:
            took, good = np.where(inside, 10.0, took), good & ~inside
        names = np.full(len(due), "GET /x", dtype=object)
        end = due + (took * S).astype(np.int64)
        return Answers(due, names, names, took, end, good, np.full(len(due), "w0", object), names)


SECONDS = [
    Delivery(at_us=n * S, worker="w0", planned=RATE, sent=RATE, completed=RATE, in_flight=1) for n in range(1, 301)
]


def stopped(course: Course, *rules: Rule, abort: bool = False) -> tuple[int, Broken] | None:
    """Return after how many seconds the load is ended, and by what; None: never. A look a second."""
    watch, requests = Watch(rules, 0, ANSWER_S, abort), course.requests()
    for now in range(1, 300):
        ended = requests.where(requests.end_us <= now * S)
        late = [one for one in course.late if one[2] <= now * S]
        found = watch.look(Sight(now * S, ended, SECONDS[:now], late))
        if found:
            return now, found
    return None


def rule(measure: str = "p95", bound: float = 0.2, who: Who | None = None, **when: object) -> Rule:
    return Rule("a rule", measure, who or Who(), bound, inclusive=False, **when)  # type: ignore[arg-type]


ERRORS = rule("errors", 0.01, for_s=10, stops=True)


def test_a_healthy_load_goes_on() -> None:
    """With all rules on it."""
    rules = [ERRORS, rule(), rule(who=Who("endpoint", "GET /x")), rule("outage", 3, stops=True)]
    assert stopped(Course(), *rules, abort=True) is None


@pytest.mark.parametrize(
    ("course", "one", "at_s"),
    [
        pytest.param(Course(bad=0.5), ERRORS, 100 + 10 + 11, id="errors for ten seconds"),
        pytest.param(Course(bad=0.5, to_s=109), ERRORS, None, id="errors for nine are forgiven"),
        pytest.param(Course(bad=0.5), rule("errors", 0.01, for_s=10), None, id="a rule that does not stop"),
        pytest.param(Course(slower=9), rule(over_s=30, stops=True), 120 + 11, id="over the window that is full"),
        pytest.param(Course(bad=0.5), rule("outage", 3, stops=True), 100 + 7 + 11, id="a budget that is used up"),
        pytest.param(
            Course(bad=0.5, late=[("w0", n * S, (n + 1) * S) for n in range(100, 300, 5)]), ERRORS, None, id="late"
        ),
    ],
)
def test_a_rule_that_stops(course: Course, one: Rule, at_s: int | None) -> None:
    """As soon as it is broken and old enough to be known."""
    found = stopped(course, one)
    assert (found and found[0]) == at_s
    assert found is None or found[1].rule is one


@pytest.mark.parametrize(
    ("course", "within_s"),
    [
        pytest.param(Course(hangs=True), 6, id="a stall"),
        pytest.param(Course(slower=2), 30, id="twice as slow"),
        pytest.param(Course(bad=0.5), 9, id="half fail"),
    ],
)
def test_the_abort_rule(course: Course, within_s: int) -> None:
    """A bound a tenth over the p95 of 115 ms."""
    found = stopped(course, rule(bound=0.127), abort=True)
    assert found is not None
    assert 100 < found[0] <= 100 + within_s


def test_the_abort_rule_is_asked_for() -> None:
    assert stopped(Course(hangs=True), rule(bound=0.127)) is None


def test_the_abort_rule_of_one_endpoint_waits_for_its_answers() -> None:
    """How many of its requests are still open nobody says while it runs."""
    found = stopped(Course(hangs=True), rule(bound=0.127, who=Who("endpoint", "GET /x")), abort=True)
    assert found is not None
    assert 110 < found[0] <= 118


def test_a_generator_that_is_late_itself_stops_nothing() -> None:
    late = [("w0", 99 * S, 130 * S)]
    assert (
        stopped(Course(slower=20, to_s=129, late=[(w, f, 101 * S) for w, f, _ in late]), rule(), abort=True) is not None
    )
    course = Course(slower=20, to_s=129, late=[("w0", n * S, (n + 1) * S) for n in range(99, 130)])
    assert stopped(course, rule(), abort=True) is None
