"""Before a game day: is it allowed, is there a region, is there room; then the run directory with its facts."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from experiments import recording
from experiments.catalog import Entry
from experiments.display import Display
from experiments.load import ROOT
from experiments.planning import GameDay, GameDayError
from experiments.stopping import Stop
from fixtures.target import (
    DEFAULT_REGION,
    RegionNotUpError,
    Target,
    TargetError,
    load_target,
    region_is_up,
    start_region,
    stop_region,
)
from reports.evidence import RUNS, RunDirectory
from reports.objectives import load_objectives

FREE_MB_MIN = 500
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


def check_room(out: Path | None) -> None:
    """Raise GameDayError when the run directory is taken or the disk is nearly full."""
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise GameDayError(f"{out}: expected a new or empty directory, found files: choose another --out")
    place = out or RUNS
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        raise GameDayError(
            f"{out}: expected a place for a directory, found that {place} is a file: choose another --out"
        )
    free_mb = shutil.disk_usage(place).free // 2**20
    if free_mb < FREE_MB_MIN:
        raise GameDayError(f"{place}: expected {FREE_MB_MIN} MB free for evidence, found {free_mb} MB: make room")


@contextmanager
def region_up(order: Order, display: Display, stop: Stop) -> Iterator[Target]:
    """The target. A local region that is not up is started, and stopped at the end whatever happens.

    Raises TargetError when the target cannot be used, GameDayError for a weakness on a system that is up already.
    """
    try:
        target = load_target(order.target_name, region=order.region)
    except RegionNotUpError:
        pass
    else:
        if order.weaknesses:
            raise GameDayError(
                f"region {order.region!r} is up already and --weakness needs a new one: `stack down` first"
            )
        _require_time(order.gameday, target)
        yield target
        return
    try:
        display.phase("", f"starting region {order.region} at the {order.gameday.pace} pace")
        start_region(order.region, weaknesses=order.weaknesses, pace=order.gameday.pace)
        stop.check()
        yield load_target(order.target_name, region=order.region)
    except TargetError:
        stop.check()  # Ctrl-C in the terminal reaches `stack up`, too: then that is why
        raise
    finally:
        _take_down(order.region, display)


def _require_time(gameday: GameDay, target: Target) -> None:
    """A game day that waits for seconds says "not back" of a system that takes AWS's minutes."""
    if gameday.pace != "real" and target.pace == "real":
        raise GameDayError(
            f"game day {gameday.name!r} is timed for the fast pace, and {target.name!r} takes AWS's own times: "
            'expected one with pace = "real", such as `gameday run real`'
        )


def _take_down(region: str, display: Display) -> None:
    """A second Ctrl-C ends the `stack down` that runs, so it is asked again."""
    display.phase("", f"stopping region {region}")
    for _ in range(3):
        stop_region(region)
        if not region_is_up(region):
            return
    display.say(f"region {region!r} is still up: run `stack down --name {region}`")


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
        "git_commit": _git_commit(),
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


def _git_commit() -> str | None:
    """The commit of this checkout, with + behind it when files differ; None outside a checkout."""
    try:
        commit = _git("rev-parse", "HEAD")
        return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()
