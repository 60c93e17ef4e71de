"""Our client in a closed loop, in stock Locust: each user asks again as soon as it has its answer.

``BENCH_LISTENER=1``: a foreign listener hears of each request. Every request is a row in the run directory.
"""

import os
from pathlib import Path
from typing import Any

from locust import events, task
from locust.env import Environment

from fixtures.target import load_target
from loadtests.bench.meter import attach
from loadtests.facts import facts
from loadtests.launch import feed_statistics
from loadtests.profiles import load_profile
from loadtests.user import TruthfulUser
from loadtests.worker import Plan, Worker
from reports.evidence import RunDirectory


class Closed(TruthfulUser):
    """The shortest task there is."""

    @task
    def ask(self) -> None:
        """Ask."""
        self.client.get("/")


@events.test_start.add_listener
def begin(environment: Environment, **_: Any) -> None:
    target, profile = load_target(), load_profile("smoke")
    known = facts(target, profile, 1)
    run = RunDirectory.create(Path(os.environ["BENCH_RUN"]), name="bench", kind="load", facts=known)
    if os.environ.get("BENCH_LISTENER"):
        environment.events.request.add_listener(lambda **_: None)
    environment.load_worker = Worker(Plan(target, profile, 1, run, known["prefix"]))  # type: ignore[attr-defined]
    feed_statistics(environment, environment.load_worker)  # type: ignore[attr-defined]


@events.test_stopping.add_listener
def end(environment: Environment, **_: Any) -> None:
    environment.load_worker.stop("end of the benchmark")  # type: ignore[attr-defined]


attach()  # after our own listeners: the last rows are counted by then
