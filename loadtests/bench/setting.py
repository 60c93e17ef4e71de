"""What our benchmarks in Locust share: a worker at the benchmark's server, with a run directory of its own."""

import gc
import os
from pathlib import Path

import pyarrow as pa
from locust.env import Environment

from fixtures.target import load_target
from loadtests.facts import facts
from loadtests.launch import feed_statistics
from loadtests.profiles import Profile
from loadtests.worker import Plan, Worker
from reports.evidence import RunDirectory


def set_worker(environment: Environment, profile: Profile) -> Worker:
    """Make the worker that the users of this process ask for. ``BENCH_LISTENER``: somebody listens to each request."""
    target = load_target()
    known = facts(target, profile, 1)
    run = RunDirectory.create(Path(os.environ["BENCH_RUN"]), name="bench", kind="load", facts=known)
    pa.array([0])
    gc.collect()
    gc.freeze()
    if os.environ.get("BENCH_LISTENER"):
        environment.events.request.add_listener(lambda **_: None)
    worker = Worker(Plan(target, profile, 1, run, known["prefix"]))
    environment.load_worker = worker  # type: ignore[attr-defined]
    feed_statistics(environment, worker)
    return worker
