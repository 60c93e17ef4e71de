"""What takes too long is ended, the oldest first, and nothing else is."""

import gevent
import pytest

from loadtests.wire.deadlines import Deadlines, OverdueError

LONG_S = 30.0


@pytest.fixture
def over() -> list[str]:
    """Who was ended, in that order."""
    return []


def work(deadlines: Deadlines, name: str, over: list[str], for_s: float = LONG_S) -> None:
    deadlines.begin(name)
    try:
        gevent.sleep(for_s)
    except OverdueError:
        over.append(name)
    finally:
        deadlines.end(name)


def test_all_that_is_overdue_is_ended_in_the_order_in_which_it_began(over: list[str]) -> None:
    deadlines = Deadlines(gevent.get_hub(), 0.05)
    users = [gevent.spawn(work, deadlines, name, over) for name in "abc"]
    assert gevent.joinall(users, timeout=LONG_S / 2) == users
    assert (over, len(deadlines)) == (["a", "b", "c"], 0)


def test_what_ends_in_time_is_left_alone(over: list[str]) -> None:
    """And does not keep what began after it from being ended; what is under way is counted."""
    deadlines = Deadlines(gevent.get_hub(), 0.2)
    users = [gevent.spawn(work, deadlines, "quick", over, 0.0), gevent.spawn(work, deadlines, "slow", over)]
    gevent.sleep(0)
    gevent.sleep(0)
    assert len(deadlines) == 1
    assert gevent.joinall(users, timeout=LONG_S / 2) == users
    assert over == ["slow"]


def test_deadlines_are_looked_at_again_after_a_time_without_any(over: list[str]) -> None:
    """The sweeper rests when nothing is under way."""
    deadlines = Deadlines(gevent.get_hub(), 0.02)
    for name in "ab":
        user = gevent.spawn(work, deadlines, name, over)
        assert gevent.joinall([user], timeout=LONG_S / 2) == [user]
        while deadlines._swept:
            gevent.sleep(0.01)
    assert over == ["a", "b"]


def test_nobody_takes_the_end_for_trouble_of_his_own(over: list[str]) -> None:
    """Libraries on the way catch every Exception."""
    deadlines = Deadlines(gevent.get_hub(), 0.02)

    def careless() -> None:
        try:
            gevent.sleep(LONG_S)
        except Exception:  # noqa: BLE001
            over.append("swallowed")

    def user() -> None:
        deadlines.begin("a")
        try:
            careless()
        except OverdueError:
            over.append("ended")

    assert gevent.joinall([gevent.spawn(user)], timeout=LONG_S / 2)
    assert over == ["ended"]
