"""Which run a fault belongs to, and its timeline.

Inside a game day that is ``SUITE_RUN``. After a stock ``chaos run`` there is none: one is opened and its path is said,
so that ``gameday heal`` works after that, too. The only place here that reads the process's environment.
"""

import base64
import logging
import os
import random
import secrets
from functools import cache

from experiments.planning import Timing
from fixtures.target import DEFAULT_REGION, Target, load_target
from reports.evidence import EventWriter, NdjsonWriter, RunDirectory

logger = logging.getLogger("chaostoolkit")

KEY_RANDOM_BYTES = 3  # five base32 digits, of which four are used: a million runs


def current_target() -> Target:
    """The target that this process works on (``SUITE_TARGET``, ``SUITE_REGION``)."""
    return load_target()


def current_region() -> str:
    """The name of the local region that this process works on."""
    return os.environ.get("SUITE_REGION") or DEFAULT_REGION


def current_experiment() -> str:
    """The name of the experiment that runs in this process."""
    return os.environ.get("SUITE_EXPERIMENT") or "unnamed"


def name_experiment(name: str) -> None:
    """Say which experiment this process runs, unless whoever started it did."""
    os.environ.setdefault("SUITE_EXPERIMENT", name)


@cache
def current_run() -> RunDirectory:
    """The run directory of this process: the one of the game day, else a new one, whose path is said."""
    path = os.environ.get("SUITE_RUN")
    if path:
        return RunDirectory.open(path)
    target, experiment = current_target(), current_experiment()
    run = RunDirectory.create(
        None,
        name=f"stock-{experiment}",
        kind="gameday",
        facts={
            "target": target.fingerprint(),
            "region": current_region(),
            "prefix": new_prefix(target),
            "seed": secrets.randbelow(2**31),
        },
    )
    os.environ["SUITE_RUN"] = str(run.path)
    logger.info("Run directory: %s (what is left of a fault: gameday heal %s)", run.path, run.path)
    return run


@cache
def current_events() -> EventWriter:
    """The timeline of this process."""
    return current_run().events(f"chaos-{current_experiment()}")


@cache
def current_signals() -> NdjsonWriter:
    """Where this process writes probe values."""
    return current_run().signals(f"chaos-{current_experiment()}")


def current_timing() -> Timing:
    """How long this run waits for what; a stock ``chaos run`` has no game day, and waits as long as the default one."""
    return Timing.model_validate(current_run().facts.get("timing", {}))


def rng(run: RunDirectory) -> random.Random:
    """Chance for the experiment of this process: the same seed chooses the same victims."""
    return random.Random(f"{run.facts.get('seed')}:{current_experiment()}")


def new_prefix(target: Target) -> str:
    """What every key of a new run begins with."""
    return target.writes.prefix + base64.b32encode(secrets.token_bytes(KEY_RANDOM_BYTES)).decode()[:4]
