"""The dispatcher against a real event loop: who gets what, when it was due, and what is left at the end."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import gevent
import pytest

from loadtests.arrivals import NS, Intensity, JourneyPlan, Plan, Share, share
from loadtests.dispatch import Dispatcher, Shares
from reports.evidence import now_us

RATE = 400.0


def plan_of(*names: str, rate: float = RATE, seed: int = 3) -> Plan:
    return Plan(tuple(JourneyPlan(name, Intensity.constant(rate), seed, 3600 * NS) for name in names))


def due_of(plan: Plan, start_us: int, until_us: int) -> list[int]:
    """When a plan's arrivals are due, microseconds since the epoch, drawn without a dispatcher."""
    found: list[int] = []
    for batch in plan.batches():
        found += [start_us + due_ns // 1000 for due_ns in batch.due_ns.tolist()]
        if found[-1] > until_us:
            break
    return [due_us for due_us in found if due_us <= until_us]


@dataclass
class Played:
    """Users that write down when what they took was due, and keep it for ``busy_s``."""

    dispatcher: Dispatcher
    taken: dict[str, list[int]] = field(default_factory=dict)
    users: list[gevent.Greenlet] = field(default_factory=list)

    def user(self, journey: str, busy_s: float) -> None:
        while True:
            self.taken.setdefault(journey, []).append(self.dispatcher.take(journey))
            if busy_s:
                gevent.sleep(busy_s)

    def add(self, journey: str, count: int = 1, busy_s: float = 0.0) -> None:
        self.users += [gevent.spawn(self.user, journey, busy_s) for _ in range(count)]


@pytest.fixture
def play() -> Iterator[list[Played]]:
    """Ends whatever a test has begun."""
    begun: list[Played] = []
    yield begun
    for played in begun:
        gevent.killall(played.users)
        played.dispatcher.close(now_us())


def begin(play: list[Played], plan: Plan, start_us: int, shares: Shares | None = None) -> Played:
    played = Played(Dispatcher(plan, start_us, shares or {}))
    play.append(played)
    return played


def test_every_arrival_is_handed_out_once_in_the_order_of_the_plan(play: list[Played]) -> None:
    plan, start_us = plan_of("a", "b"), now_us() + 20_000
    played = begin(play, plan, start_us)
    played.add("a", 3)
    played.add("b", 3)
    gevent.sleep(0.5)
    stop_us = now_us()
    left = played.dispatcher.close(stop_us)
    taken = sorted(due_us for each in played.taken.values() for due_us in each)
    assert len(taken) > 300
    assert sorted(taken + left["a"] + left["b"]) == due_of(plan, start_us, stop_us)
    assert all(each == sorted(each) for each in played.taken.values())
    assert played.dispatcher.planned(stop_us) == len(due_of(plan, start_us, stop_us))


def test_nothing_is_handed_out_before_it_is_due(play: list[Played]) -> None:
    early: list[int] = []

    def watch(dispatcher: Dispatcher) -> None:
        while True:
            due_us = dispatcher.take("a")
            if now_us() < due_us:
                early.append(due_us)

    played = begin(play, plan_of("a"), now_us())
    played.users.append(gevent.spawn(watch, played.dispatcher))
    gevent.sleep(0.3)
    assert played.dispatcher.planned(now_us()) > 50
    assert early == []


def test_who_finds_nobody_free_waits_in_line_and_keeps_its_time(play: list[Played]) -> None:
    """One user that needs 50 ms for what comes every 2.5 ms: a line, oldest first, nothing dropped."""
    plan, start_us = plan_of("a"), now_us()
    played = begin(play, plan, start_us)
    played.add("a", 1, busy_s=0.05)
    gevent.sleep(0.5)
    stop_us = now_us()
    left = played.dispatcher.close(stop_us)["a"]
    assert len(left) > 10 * len(played.taken["a"])
    assert played.taken["a"] + left == due_of(plan, start_us, stop_us)


def test_users_take_turns(play: list[Played]) -> None:
    """The one that is free for longest is next, so that all connections are used."""
    order: list[int] = []

    def user(number: int, dispatcher: Dispatcher) -> None:
        while True:
            dispatcher.take("a")
            order.append(number)

    played = begin(play, plan_of("a"), now_us() + 10_000)
    played.users += [gevent.spawn(user, number, played.dispatcher) for number in range(4)]
    gevent.sleep(0.2)
    assert len(order) > 20
    assert order == [place % 4 for place in range(len(order))]


def test_a_user_that_is_taken_away_while_it_is_free_gets_nothing_more(play: list[Played]) -> None:
    plan, start_us = plan_of("a"), now_us() + 30_000
    played = begin(play, plan, start_us)
    played.add("a", 2)
    gevent.sleep(0.01)
    played.users.pop(0).kill()
    gevent.sleep(0.2)
    stop_us = now_us()
    left = played.dispatcher.close(stop_us)["a"]
    assert played.taken["a"] + left == due_of(plan, start_us, stop_us)
    assert len(played.taken["a"]) > 20


def test_two_workers_send_everything_between_them_and_nothing_twice(play: list[Played]) -> None:
    plan, start_us = plan_of("a"), now_us() + 20_000
    both = [begin(play, plan, start_us, {"a": share(number, 2)}) for number in (0, 1)]
    for each in both:
        each.add("a", 2)
    gevent.sleep(0.4)
    stop_us = now_us()
    sent = [each.taken["a"] + each.dispatcher.close(stop_us)["a"] for each in both]
    assert sorted(sent[0] + sent[1]) == due_of(plan, start_us, stop_us)
    assert min(len(each) for each in sent) > 30


def test_what_a_lost_worker_had_goes_to_the_others_from_the_moment_that_was_said(play: list[Played]) -> None:
    """Before it is the gap that the lost one leaves, after it all is sent."""
    plan, start_us = plan_of("a"), now_us() + 20_000
    stays = begin(play, plan, start_us, {"a": share(0, 2)})
    stays.add("a", 2)
    gevent.sleep(0.2)
    from_us = now_us() + 100_000
    assert stays.dispatcher.share_anew({"a": Share(0, (0,))}, from_us) == from_us
    gevent.sleep(0.3)
    stop_us = now_us()
    sent = stays.taken["a"] + stays.dispatcher.close(stop_us)["a"]
    due = due_of(plan, start_us, stop_us)
    assert [each for each in sent if each >= from_us] == [each for each in due if each >= from_us]
    early = [each for each in due if each < from_us]
    assert 0.3 < len([each for each in sent if each < from_us]) / len(early) < 0.7
    assert len(sent) == len(set(sent))
    assert stays.dispatcher.planned(stop_us) == len(sent)


def test_shares_that_are_told_too_late_begin_where_the_old_ones_have_come_to(play: list[Played]) -> None:
    """Nothing is sent twice."""
    plan, start_us = plan_of("a"), now_us() + 20_000
    stays = begin(play, plan, start_us, {"a": share(0, 2)})
    stays.add("a", 2)
    gevent.sleep(0.2)
    come_to_us = stays.taken["a"][-1]
    assert stays.dispatcher.share_anew({"a": Share(0, (0,))}, start_us) == come_to_us + 1
    gevent.sleep(0.2)
    assert not [due_us for due_us, count in Counter(stays.taken["a"]).items() if count > 1]


def test_a_worker_without_a_part_in_a_journey_sends_none_of_it(play: list[Played]) -> None:
    played = begin(play, plan_of("a", "b"), now_us(), {"a": None})
    played.add("a")
    played.add("b")
    gevent.sleep(0.2)
    assert (len(played.taken["a"]), len(played.taken["b"]) > 20) == (0, True)


def test_after_the_end_of_its_lease_a_worker_hands_out_nothing_until_it_is_renewed(play: list[Played]) -> None:
    """Somebody else may have got what is due from then on."""
    plan, start_us = plan_of("a"), now_us()
    lease_us = start_us + 100_000
    played = Played(Dispatcher(plan, start_us, {}, lease_us=lease_us))
    play.append(played)
    played.add("a", 2)
    gevent.sleep(0.3)
    assert max(played.taken["a"]) <= lease_us
    assert played.dispatcher.planned(now_us()) == len(due_of(plan, start_us, lease_us))
    played.dispatcher.renew(now_us() + 10_000_000)
    gevent.sleep(0.1)
    assert played.taken["a"] == due_of(plan, start_us, played.taken["a"][-1])
    assert max(played.taken["a"]) > lease_us


def test_a_worker_that_comes_late_plays_the_same_plan_from_then_on(play: list[Played]) -> None:
    plan, start_us = plan_of("a"), now_us() - 10_000_000
    from_us = now_us() + 50_000
    played = Played(Dispatcher(plan, start_us, {}, from_us))
    play.append(played)
    played.add("a", 2)
    gevent.sleep(0.2)
    until_us = played.taken["a"][-1]
    assert played.taken["a"] == [due_us for due_us in due_of(plan, start_us, until_us) if due_us >= from_us]
