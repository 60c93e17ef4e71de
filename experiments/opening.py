"""Before a game day: what was asked for, is there a region; then the run directory with its facts."""

import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

from experiments import recording
from experiments.catalog import Entry
from experiments.display import Display
from experiments.planning import GameDay, GameDayError
from experiments.stopping import Stop
from fixtures.target import DEFAULT_REGION, Target, suite_commit, target_up
from reports.evidence import RunDirectory
from reports.objectives import load_objectives

VERSIONS_OF = ("chaostoolkit", "chaostoolkit-lib", "boto3", "locust", "pytest", "pyarrow", "psycopg", "moto")


@dataclass(frozen=True)
class Order:
    """What was asked for on the command line, checked as far as that goes without touching anything."""

    gameday: GameDay
    catalog: Mapping[str, Entry]
    target: str | None = None
    out: Path | None = None
    weaknesses: tuple[str, ...] = ()
    seed: int = 1

    @property
    def target_name(self) -> str:
        return self.target or os.environ.get("SUITE_TARGET") or "local"

    @property
    def region(self) -> str:
        return os.environ.get("SUITE_REGION") or DEFAULT_REGION

    @property
    def entries(self) -> list[Entry]:
        return [self.catalog[name] for name in self.gameday.experiments]


@contextmanager
def region_up(order: Order, display: Display, stop: Stop) -> Iterator[Target]:
    """The target, up. As ``fixtures.target.target_up``; StopRequestedError when somebody asked to stop meanwhile.

    Raises GameDayError when the target takes longer for everything than the game day is timed for.
    """
    target_name, region, pace = order.target_name, order.region, order.gameday.pace
    say = partial(display.phase, "")
    with target_up(target_name, region, weaknesses=order.weaknesses, pace=pace, say=say, check=stop.check) as target:
        _require_time(order.gameday, target)
        yield target


def _require_time(gameday: GameDay, target: Target) -> None:
    """A game day that waits for seconds says "not back" of a system that takes AWS's minutes."""
    if gameday.pace != "real" and target.pace == "real":
        raise GameDayError(
            f"game day {gameday.name!r} is timed for the fast pace, and {target.name!r} takes AWS's own times: "
            'expected one with pace = "real", such as `gameday run real`'
        )


def open_run(order: Order, target: Target) -> RunDirectory:
    """Make the run directory with everything that its judge needs to know. No weakness is ever named in it."""
    listed = [name for entry in order.entries for name in entry.promises]
    facts = {
        "gameday": order.gameday.name,
        "title": order.gameday.title,
        "target": target.fingerprint(),
        "region": order.region,
        "profile": order.gameday.profile,
        "seed": order.seed,
        "prefix": recording.new_prefix(target),
        "experiments": [
            {"name": e.name, "title": e.title, "subject": e.subject, "fault": e.fault, "promises": list(e.promises)}
            for e in order.entries
        ],
        "promises": list(dict.fromkeys(listed)),
        "objectives": load_objectives(target.objectives, origin=_origin(target)).to_facts(),
        "jobs": {"lease_s": target.jobs.lease_s, "grace_s": target.jobs.grace_s},
        "timing": order.gameday.timing.model_dump(),
        "versions": _versions(),
        "git_commit": suite_commit(),
        "host": {"cpus": os.cpu_count(), "system": platform.platform(terse=True)},
    }
    return RunDirectory.create(order.out, name=order.gameday.name, kind="gameday", facts=facts)


def _origin(target: Target) -> str:
    return target.objectives_from or f"fixtures/targets/{target.name}.toml"


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("oms-chaos-suite", *VERSIONS_OF):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "unknown"
    return found
