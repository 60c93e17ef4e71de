"""A timetable in use."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from loadtests.timetable import Due, Timetable

START_US = 1_700_000_000_000_000


def every(step_us: int) -> Timetable:
    return Timetable(itertools.count(step_us, step_us), START_US)


def test_nothing_is_due_before_its_time() -> None:
    """The first request waits for its moment, and says when that is."""
    timetable = every(100)
    assert timetable.take(START_US + 99) is None
    assert timetable.next_us == START_US + 100
    assert timetable.take(START_US + 100) == Due(0, START_US + 100)


def test_a_late_user_sends_everything_that_was_due_oldest_first() -> None:
    """After a stall each request keeps the moment at which it was due."""
    timetable = every(100)
    late_us = START_US + 350
    assert [timetable.take(late_us) for _ in range(4)] == [
        Due(0, START_US + 100),
        Due(1, START_US + 200),
        Due(2, START_US + 300),
        None,
    ]


def test_what_was_never_sent_is_left_at_the_end() -> None:
    """The end of a run hides nothing, and nothing becomes due after it."""
    timetable = every(100)
    timetable.take(START_US + 100)
    assert timetable.close(START_US + 300) == [Due(1, START_US + 200), Due(2, START_US + 300)]
    assert timetable.take(START_US + 10_000) is None
    assert timetable.close(START_US + 10_000) == []
    assert timetable.planned == 3


@given(looks=st.lists(st.integers(0, 5_000), max_size=30))
def test_the_plan_does_not_depend_on_when_it_is_looked_at(looks: list[int]) -> None:
    """Whether answers were slow or fast, the same requests were due at the same moments."""
    timetable, end_us = every(70), START_US + 5_000
    taken = [due for look in sorted(looks) if (due := timetable.take(START_US + look))]
    taken += timetable.close(end_us)
    assert [due.sched_us for due in taken] == list(range(START_US + 70, end_us + 1, 70))
    assert timetable.planned == len(taken)
