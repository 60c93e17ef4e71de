"""The load generators that are compared: how each is started, and how what it told is read."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from loadtests.accuracy.figures import Floats, Told
from loadtests.accuracy.telling import told_by_samples, told_by_stock
from loadtests.arrivals import NS
from loadtests.loopback import local_target
from loadtests.profiles import load_profile
from reports.evidence import RunDirectory

Generator = Literal["HttpUser", "FastHttpUser", "ours"]
GENERATORS: tuple[Generator, ...] = ("HttpUser", "FastHttpUser", "ours")

NAME = "www.oms.test"  # as in fixtures/targets/local.toml
PROFILE = "accuracy"
RATE = 200  # arrivals a second, as in that profile
LENGTH_S = 6.0  # after the first request
SETTLE_S = 1.5  # of these are for everybody to come
SPARE_S = 2.0  # for the way to the first request
PREFIX = "GDACC"

FOLDER = Path(__file__).parent
PROFILES = FOLDER / "profiles.toml"
LOCUST = (sys.executable, "-m", "locust", "--headless", "--only-summary", "--loglevel", "WARNING", "-f")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one run takes place: its directory, where the faulty server listens, the seed, the generator's core."""

    directory: Path
    web_port: int
    dns_port: int
    seed: int
    core: int


@contextmanager
def prepared(generator: Generator, place: Place) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Yield the command line of a run and its environment."""
    length = ("-t", f"{LENGTH_S + SPARE_S:.0f}s")
    common = {**os.environ, "ACCURACY_CORE": str(place.core)}
    if generator != "ours":
        own = ("-u", str(RATE), "-r", str(RATE), "--host", f"http://{NAME}:{place.web_port}")
        # gevent's other resolver can be pointed at a name server without touching the machine's own configuration.
        names = {
            "GEVENT_RESOLVER": "ares",
            "GEVENTARES_SERVERS": "127.0.0.1",
            "GEVENTARES_UDP_PORT": str(place.dns_port),
        }
        where = {"ACCURACY_COLUMN": generator, "ACCURACY_EVENTS": str(_events(place.directory))}
        yield (*LOCUST, str(FOLDER / "stock_locustfile.py"), *length, *own), common | names | where
        return
    facts = {"prefix": PREFIX, "seed": place.seed}
    run = RunDirectory.create(_run(place.directory), name=PROFILE, kind="load", facts=facts)
    web = {"name": NAME, "scheme": "http", "port": place.web_port, "password": "none"}
    with local_target(
        f"accuracy-{os.getpid()}", dns_port=place.dns_port, web_port=place.web_port, ca_file=Path("none"), web=web
    ) as target:
        settings = {"SUITE_RUN": str(run.path), "SUITE_PROFILE": PROFILE, "SUITE_SEED": str(place.seed)}
        yield (*LOCUST, str(FOLDER / "our_locustfile.py"), *length), common | target | settings


def told(generator: Generator, directory: Path) -> Told:
    """Read what a generator told of a run. Raises OSError, ValueError or NotARunDirectoryError when it did not."""
    return told_by_samples(_run(directory)) if generator == "ours" else told_by_stock(_events(directory))


def plan_us(generator: Generator, directory: Path, started_us: float, seed: int) -> Floats:
    """Return when each arrival of the plan was due, epoch microseconds; ``started_us``: the server's first request.

    Of ours the start is on its timeline. Stock Locust has no plan: it is held against the same load, open. Raises
    OSError, ValueError or NotARunDirectoryError when nothing was begun.
    """
    plan = load_profile(PROFILE, PROFILES).plan(seed=seed, end_ns=round((LENGTH_S + SPARE_S) * NS))
    due_us = np.concatenate([batch.due_ns // 1000 for batch in plan.batches()])
    return due_us + (_began_us(_run(directory)) if generator == "ours" else started_us)


def _began_us(run: Path) -> int:
    for event in RunDirectory.open(run, verify=False).read_events():
        if event.kind == "load.share":
            return int(event.data["start_us"])
    raise ValueError("our engine never began")


def write_plan(file: Path, arrivals_us: Floats) -> None:
    """Write a plan down as JSON: a list of epoch microseconds."""
    file.write_text(json.dumps(arrivals_us.tolist()))


def read_plan(file: Path) -> Floats:
    """Read what ``write_plan`` wrote."""
    return np.array(json.loads(file.read_text()), dtype=np.float64)


def _events(directory: Path) -> Path:
    return directory / "events.ndjson"


def _run(directory: Path) -> Path:
    return directory / "run"
