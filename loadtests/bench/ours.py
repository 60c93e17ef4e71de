"""Our engine in stock Locust: in a closed loop, or on a plan of ``BENCH_RATE`` arrivals a second, by chance.

Every request is a row in the run directory.
"""

import os
from typing import Any

from locust import events, task
from locust.env import Environment

from loadtests.bench.meter import attach
from loadtests.bench.setting import set_worker
from loadtests.profiles import Profile, VisitLoad
from loadtests.user import LoadUser, TruthfulUser
from reports.evidence import now_us

RATE = float(os.environ.get("BENCH_RATE", "0"))
USERS = int(os.environ["BENCH_USERS"])


class Closed(TruthfulUser):
    """Each user asks again as soon as it has its answer."""

    abstract = RATE > 0

    @task
    def ask(self) -> None:
        """Ask."""
        self.client.get("/")


class Open(LoadUser):
    """Each asks when an arrival is due."""

    abstract = RATE == 0
    fixed_count = USERS
    journey = "shopper"
    endpoints = ("GET /",)

    @task
    def ask(self) -> None:
        """Ask."""
        self.client.get("/")


@events.test_start.add_listener
def begin(environment: Environment, **_: Any) -> None:
    # Without the checks of what a person may write into a file: no front door answers so much.
    load = VisitLoad.model_construct(users=USERS, rate=RATE)
    worker = set_worker(environment, Profile.model_construct(name="bench", shopper=load))

    def play(**_: Any) -> None:
        start_us = now_us() + 1_000_000  # what is due first is drawn by then
        worker.share({}, start_us=start_us, from_us=start_us)

    if RATE:
        environment.events.spawning_complete.add_listener(play)


@events.test_stopping.add_listener
def end(environment: Environment, **_: Any) -> None:
    environment.load_worker.stop("end of the benchmark")  # type: ignore[attr-defined]


attach()  # after our own listeners: the last rows are counted by then
