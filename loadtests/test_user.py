"""Users in Locust's own runner, against a real server: who decides when something is sent."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest

from loadtests.loopback import FrontDoor, answer, local_target
from loadtests.profiles import Profile, VisitLoad
from reports.evidence import now_us

with pytest.MonkeyPatch.context() as patch:
    patch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")  # the threads of whoever runs these tests stay what they are
    from locust import TaskSet, User, constant, task
    from locust.env import Environment
    from locust.exception import StopUser

    from loadtests.bench.setting import set_worker
    from loadtests.tasksets import Turns
    from loadtests.user import LoadUser, TruthfulUser

WITHIN_S = 30.0
Play = Callable[..., Environment]


@pytest.fixture
def door() -> Iterator[FrontDoor]:
    with FrontDoor("127.0.0.1", 0, lambda line, body: answer({"ok": line})) as open_door:
        yield open_door


@pytest.fixture
def play(door: FrontDoor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    """Starts users of some classes, one of each; they are stopped at the end."""
    started: list[Environment] = []
    monkeypatch.setenv("BENCH_RUN", str(tmp_path / "run"))

    def start(*classes: type[User], rate: float = 1.0) -> Environment:
        environment = Environment(user_classes=list(classes), stop_timeout=WITHIN_S)
        runner = environment.create_local_runner()
        load = VisitLoad.model_construct(users=1, rate=rate)
        set_worker(environment, Profile.model_construct(name="test", shopper=load))
        started.append(environment)
        runner.start(len(classes), spawn_rate=100)
        return environment

    web = {"name": "127.0.0.1", "scheme": "http", "ca_file": None, "port": door.port, "username": "u", "password": "p"}
    with local_target(
        f"user-{os.getpid()}", dns_port=1, web_port=door.port, ca_file=Path("-"), dns=None, web=web
    ) as chosen:
        for name, value in chosen.items():
            monkeypatch.setenv(name, value)
        yield start
        for environment in started:
            environment.load_worker.stop("end of the test")  # type: ignore[attr-defined]
            assert environment.runner is not None
            environment.runner.quit()


def until(there: Callable[[], bool]) -> None:
    with gevent.Timeout(WITHIN_S):
        while not there():
            gevent.sleep(0.01)


def test_a_user_without_a_pause_asks_again_at_once_and_stops_when_it_is_told(door: FrontDoor, play: Play) -> None:
    """Each request is a row, and what the server saw."""
    pauses: list[int] = []

    class Counted(Turns):
        def wait(self) -> None:
            pauses.append(len(door.seen))
            super().wait()

    class Asks(TruthfulUser):
        turns_by = Counted

        @task
        def ask(self) -> None:
            assert self.client.get("/x").json() == {"ok": "GET /x HTTP/1.1"}

    environment = play(Asks)
    worker = environment.load_worker  # type: ignore[attr-defined]
    until(lambda: len(door.seen) > 200)
    assert not pauses
    assert environment.runner is not None
    environment.runner.stop()
    until(lambda: not environment.runner.user_count)  # type: ignore[union-attr]
    sent = len(door.seen)
    worker.stop("told")
    assert worker.plan.run.read_samples().num_rows == sent == environment.stats.total.num_requests


def test_a_task_that_is_put_in_between_is_done_once(door: FrontDoor, play: Play) -> None:
    class Asks(TruthfulUser):
        turns = 0

        @task
        def ask(self) -> None:
            self.client.get("/always")
            self.turns += 1
            if self.turns == 3:
                assert self._turns is not None
                self._turns.schedule_task(Asks.once)

        def once(self) -> None:
            self.client.get("/once")

    play(Asks)
    until(lambda: len(door.seen) > 20)
    asked = [seen.line.split()[1] for seen in door.seen[:20]]
    assert asked == ["/always"] * 3 + ["/once"] + ["/always"] * 16


def test_a_cookie_is_the_users_own_and_shown_again(door: FrontDoor, play: Play) -> None:
    """As a load balancer's stickiness wants it."""

    def handler(line: str, body: bytes) -> bytes:
        said = b"\r\nSet-Cookie: AWSALB=%b; Path=/\r\n" % line.split()[1][1:].encode()
        return answer({"ok": line}).replace(b"\r\n", said, 1)

    class One(TruthfulUser):
        @task
        def ask(self) -> None:
            self.client.get("/one")

    class Other(TruthfulUser):
        @task
        def ask(self) -> None:
            self.client.get("/other")

    door.handler = handler
    play(One, Other)
    for name in ("one", "other"):
        until(lambda name=name: sum(f"/{name} " in seen.line for seen in door.seen) > 5)  # type: ignore[misc]
        shown = [seen.headers.get("cookie") for seen in door.seen if f"/{name} " in seen.line]
        assert shown == [None, *[f"AWSALB={name}"] * (len(shown) - 1)]


def test_a_user_that_sends_nothing_lets_others_have_their_turn(play: Play) -> None:
    turns: list[str] = []

    def turn(user: User) -> None:
        turns.append(type(user).__name__)
        if turns.count(type(user).__name__) >= 50:
            raise StopUser

    class One(TruthfulUser):
        @task
        def idle(self) -> None:
            turn(self)

    class Other(TruthfulUser):
        @task
        def idle(self) -> None:
            turn(self)

    play(One, Other)
    until(lambda: len(turns) >= 100)
    assert set(turns[:10]) == {"One", "Other"}


def test_a_pause_between_two_tasks_is_what_wait_time_says_each_time(door: FrontDoor, play: Play) -> None:
    pauses: list[int] = []

    class Waits(TruthfulUser):
        def wait_time(self) -> float:
            pauses.append(len(door.seen))
            return 0.001

        @task
        def ask(self) -> None:
            self.client.get("/x")

    play(Waits)
    until(lambda: len(pauses) >= 5)
    assert pauses[:5] == [1, 2, 3, 4, 5]


def test_a_journey_that_has_its_own_start_still_waits_for_its_arrivals(door: FrontDoor, play: Play) -> None:
    """As Locust's users have it, and without a word to ours."""
    begun: list[int] = []

    class Shopper(LoadUser):
        journey = "shopper"
        endpoints = ("GET /x",)
        wait_time = constant(0)

        def on_start(self) -> None:
            begun.append(self.ordinal)

        @task
        def ask(self) -> None:
            self.client.get("/x")

    environment = play(Shopper, rate=200.0)
    worker = environment.load_worker  # type: ignore[attr-defined]
    until(lambda: begun == [0])
    gevent.sleep(0.1)
    assert not door.seen
    start_us = now_us()
    worker.share({}, start_us=start_us, from_us=start_us)
    until(lambda: len(door.seen) > 20)
    worker.stop("enough")
    due = [row["sched_us"] for row in worker.plan.run.read_samples().to_pylist() if row["outcome"] == "ok"]
    assert worker.recorder.unplanned == 0
    assert len(set(due)) == len(due) > 20


def test_tasks_within_a_task_wait_for_the_next_arrival_when_they_are_done(door: FrontDoor, play: Play) -> None:
    class Visit(TaskSet):
        @task
        def ask(self) -> None:
            self.user.client.get("/x")  # type: ignore[attr-defined]
            self.interrupt()

    class Shopper(LoadUser):
        journey = "shopper"
        endpoints = ("GET /x",)
        tasks = [Visit]  # noqa: RUF012  as Locust's users have it

    environment = play(Shopper, rate=200.0)
    worker = environment.load_worker  # type: ignore[attr-defined]
    start_us = now_us()
    worker.share({}, start_us=start_us, from_us=start_us)
    until(lambda: len(door.seen) > 20)
    worker.stop("enough")
    assert worker.recorder.unplanned == 0


def test_a_user_that_is_to_go_takes_no_arrival_any_more(door: FrontDoor, play: Play) -> None:
    """Locust told it so while it waited for the others; it must not go on for as long as Locust is patient."""
    users: list[User] = []

    class Shopper(LoadUser):
        journey = "shopper"
        endpoints = ("GET /x",)

        def on_start(self) -> None:
            users.append(self)

        @task
        def ask(self) -> None:
            self.client.get("/x")

    environment = play(Shopper, rate=200.0)
    worker, runner = environment.load_worker, environment.runner  # type: ignore[attr-defined]
    assert runner is not None
    until(lambda: bool(users))
    leaving = gevent.spawn(runner.stop)
    until(lambda: users[0]._state == "stopping")
    start_us = now_us()
    worker.share({}, start_us=start_us, from_us=start_us)
    leaving.join(WITHIN_S)
    assert not runner.user_count
    assert not door.seen
