"""Who sends what, and whose clock says so; with real messages it is in ``test_locustfile_processes.py``."""

import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from loadtests.crew import BEAT, LEAD_S, LEASE_S, LOST_S, SHARES, Beat, Clock, Crew, share_of, sharers


def beat(number: int, **users: int) -> Beat:
    return Beat(number, users, 0.0)


@pytest.mark.parametrize(
    ("live", "members"),
    [
        pytest.param([beat(0, a=1, b=1)], {"a": [0], "b": [0]}, id="one"),
        pytest.param([beat(1, a=1, b=1), beat(0, a=1, b=2)], {"a": [0, 1], "b": [0, 1]}, id="two"),
        pytest.param([beat(0, a=1), beat(1, a=1, b=1)], {"a": [0, 1], "b": [1]}, id="who-has-no-user-has-no-part"),
        pytest.param([beat(0, a=1), beat(2, a=1, b=0)], {"a": [0, 2], "b": [0, 2]}, id="nobody-has-one-so-all-owe-it"),
    ],
)
def test_who_sends_each_journey(live: list[Beat], members: dict[str, list[int]]) -> None:
    assert sharers(["a", "b"], live) == members


def test_a_worker_that_is_not_named_has_no_part() -> None:
    assert share_of(1, [0, 2]) is None
    share = share_of(2, [0, 2])
    assert share is not None
    assert (share.worker, share.workers) == (2, (0, 2))


def test_a_frozen_worker_stops_before_its_share_is_given_away() -> None:
    """Its lease runs from when it sent the beat, the master's patience from when it heard it, which is later."""
    assert LEASE_S < LOST_S
    assert LEAD_S > 0


@dataclass
class Runner:
    """What a crew sees of Locust's master."""

    sent: list[tuple[str, Any]] = field(default_factory=list)
    dead: str | None = None  # who cannot be reached
    hears: dict[str, Any] = field(default_factory=dict)

    def register_message(self, kind: str, listener: Any) -> None:
        self.hears[kind] = listener

    def send_message(self, kind: str, data: Any, client_id: str | None = None) -> None:
        if client_id == self.dead:
            raise OSError("no route to host")
        self.sent.append((kind, data))

    def beat(self, name: str, number: int, **users: int) -> None:
        data = {"number": number, "users": users, "sent_us": 1}
        self.hears[BEAT](environment=None, msg=SimpleNamespace(node_id=name, data=data))

    @property
    def shares(self) -> list[dict[str, Any]]:
        """What was told, each once: everybody hears the same."""
        told = [data for kind, data in self.sent if kind == SHARES]
        return [data for place, data in enumerate(told) if data not in told[:place]]


def heard(runner: Runner, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 60
    while len(runner.shares) < count and time.monotonic() < deadline:
        gevent.sleep(0.02)
    return runner.shares


def test_all_begin_together_when_each_has_said_that_it_is_there() -> None:
    runner = Runner()
    crew = Crew(runner, ["a"])  # type: ignore[arg-type]
    runner.beat("x", 0, a=1)
    runner.beat("y", 1, a=1)
    gevent.sleep(0.2)
    assert runner.shares == []
    crew.spawned()
    runner.beat("x", 0, a=1)
    gevent.sleep(0.2)
    assert runner.shares == []
    runner.beat("y", 1, a=1)
    (told,) = heard(runner, 1)
    assert told["members"] == {"a": [0, 1]}
    assert told["start_us"] == told["from_us"]


def test_who_is_not_heard_of_is_left_out_from_a_moment_ahead_on_and_the_plan_goes_on() -> None:
    runner = Runner()
    crew = Crew(runner, ["a"])  # type: ignore[arg-type]
    crew.spawned()
    deadline = time.monotonic() + 60
    runner.beat("y", 1, a=1)
    while len(runner.shares) < 2 and time.monotonic() < deadline:
        runner.beat("x", 0, a=1)
        gevent.sleep(0.1)
    begun, lost = runner.shares
    assert (begun["members"], lost["members"]) == ({"a": [0, 1]}, {"a": [0]})
    assert lost["start_us"] == begun["start_us"]
    assert lost["from_us"] > begun["from_us"]


def test_who_dies_while_it_is_told_does_not_keep_the_others_from_hearing() -> None:
    """Its connection is closed before it is missed."""
    runner = Runner(dead="y")
    crew = Crew(runner, ["a"])  # type: ignore[arg-type]
    crew.spawned()
    with pytest.raises(OSError, match="no route"):
        runner.beat("y", 1, a=1)
    runner.beat("x", 0, a=1)
    assert heard(runner, 1)[0]["members"] == {"a": [0, 1]}
    deadline = time.monotonic() + 60
    while len(runner.shares) < 2 and time.monotonic() < deadline:
        runner.beat("x", 0, a=1)
        gevent.sleep(0.1)
    assert runner.shares[-1]["members"] == {"a": [0]}


def test_the_next_test_begins_anew() -> None:
    runner = Runner()
    crew = Crew(runner, ["a"])  # type: ignore[arg-type]
    for count in (1, 2):
        crew.reset()
        crew.spawned()
        runner.beat("x", 0, a=1)
        heard(runner, count)
    first, second = runner.shares
    assert second["start_us"] == second["from_us"] > first["start_us"]


@pytest.mark.parametrize(
    ("answers", "here"),
    [
        pytest.param([], 1_000_000, id="nothing-known-is-one-clock"),
        pytest.param([(0, 40, 100)], 1_000_000, id="within-the-error-is-one-clock"),
        pytest.param([(0, 5_050, 100)], 995_000, id="ahead"),
        pytest.param([(0, -4_950, 100)], 1_005_000, id="behind"),
        pytest.param([(0, 9_000, 8_000), (0, 5_050, 100), (0, 9_999, 4_000)], 995_000, id="the-quickest-answer-counts"),
    ],
)
def test_a_time_of_the_masters_clock_here(answers: list[tuple[int, int, int]], here: int) -> None:
    clock = Clock()
    for answer in answers:
        clock.hear(*answer)
    assert clock.here(1_000_000) == here
