"""The game day: hurt the system on purpose, under load, one fault at a time, and bring home the evidence.

This is the story and nothing else: it starts what runs beside it, plays the experiments in order, and makes sure that
everything done is undone however it ends. It asks no question about the evidence; ``judging.py`` does, once the
system is at rest. What happens in one experiment is in ``phases.py``, what happens after the last in ``settling.py``.
"""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from experiments import judging
from experiments.catalog import Entry
from experiments.day import WRITER, Day
from experiments.display import Display
from experiments.load import refusal, refuse_unless_allowed, start_load
from experiments.opening import Order, open_run, region_up
from experiments.phases import play
from experiments.probes import front_door
from experiments.probes.sampling import sampling
from experiments.safety import lock, policy, undo
from experiments.settling import end_load, read_jobs, settle
from experiments.sinks.landing import LandingPoller
from experiments.stopping import Stop, StopRequestedError
from fixtures.target import Target
from reports.evidence import RunDirectory
from reports.evidence.room import check_room
from reports.evidence.traffic import Traffic

LOAD_START_S = 45.0
HARMLESS = ("PASS", "UNKNOWN")
CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


class NoLoadError(Exception):
    """The load generator delivers nothing, so there is nothing to judge a fault by."""


class UnsafeError(Exception):
    """It ended with something that is not undone, or not read back."""


def game_day(order: Order, display: Display, stop: Stop) -> RunDirectory:
    """Play a whole game day and return its run directory, ready to be judged."""
    check_room(order.out)
    refuse_unless_allowed(order.gameday, order.target_name)
    with lock.only_one(order.target_name, order.region), region_up(order, display, stop) as target:
        policy.refuse_unless_local(target)
        front_door.require_trust(target)
        day = begin(order, target, display, stop)
        with unsafe_unless_clean(day.run), everything_undone(day), loaded(day, order), landing(day) as poller:
            hurt(day, order.entries)
            settle(day, poller)
        with suppress(OSError):
            day.record("run.finished")
    return day.run


def begin(order: Order, target: Target, display: Display, stop: Stop) -> Day:
    """Open the run directory and its timeline."""
    run = open_run(order, target)
    day = Day(order.gameday, order.region, target, run, run.events(WRITER), display, stop, Traffic(run))
    day.record("run.started")
    display.say(f"run directory {run.path}")
    return day


@contextmanager
def everything_undone(day: Day) -> Iterator[None]:
    """However the day goes, at its end every undo record is verified, or the ledger says that one is not."""
    try:
        yield
    except StopRequestedError as reason:
        _abort(day, str(reason))
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        _abort(day, f"evidence can no longer be written: {error}")
    except NoLoadError as reason:
        _not_run(day, str(reason))
    finally:
        day.stop.clean_up_begins()
        day.undo_everything()


@contextmanager
def unsafe_unless_clean(run: RunDirectory) -> Iterator[None]:
    """Turn any error into UnsafeError while something is not undone: that is what matters then."""
    try:
        yield
    except Exception as error:
        if undo.is_clean(run):
            raise
        raise UnsafeError(f"{error}; not everything is undone: run `gameday heal {run.path}`") from error


@contextmanager
def loaded(day: Day, order: Order) -> Iterator[None]:
    """Under load: from the first whole second of delivery until the block ends."""
    profile, seed = day.gameday.profile, order.seed
    day.display.phase("", "starting the load", at_most_s=LOAD_START_S)
    day.load = start_load(day.run.path, target=day.target.name, region=day.region, profile=profile, seed=seed)
    day.record("load.started", profile=profile, seed=seed, workers=1, **day.load.handle.data())
    try:
        began = day.stop.wait(lambda: day.traffic.beats() or day.load_is_dead(), within_s=LOAD_START_S)
        if not began or day.load_is_dead():
            raise refusal(day.load) or NoLoadError("the load generator delivered nothing: see logs/load.log")
        day.display.show_traffic(day.traffic.rate)
        day.stop.sleep(day.timing.warm_up_s)
        yield
    finally:
        end_load(day, "ended early" if day.stop.reason else "planned")


@contextmanager
def landing(day: Day) -> Iterator[LandingPoller]:
    """Watch from the beginning when each write lands where, so that freshness has a lower and an upper bound."""
    day.jobs_before = read_jobs(day, "before") or []
    poller = LandingPoller(day.target, day.run, day.run.facts["prefix"])
    poller.start()
    try:
        with sampling(day.target, day.run, writer=WRITER):
            yield poller
    finally:
        poller.stop()


def hurt(day: Day, entries: Sequence[Entry]) -> None:
    """Play the experiments in order; stop injecting after one that did harm which it should not have done."""
    why_not: str | None = None
    for entry in entries:
        if why_not is None and day.load_is_dead():
            why_not = "the load generator died, and without load there is nothing to judge"
        if why_not is not None:
            day.record("experiment.not_run", entry=entry, reason=why_not)
            day.display.say(f"{entry.name}: not run: {why_not}")
            continue
        ending = play(day, entry)
        word = judging.so_far(day.run, entry.name)
        day.display.say(f"{entry.name}: {ending.result}{f', {ending.reason}' if ending.reason else ''}: {word}")
        if ending.result in ("baseline_not_met", "refused", "aborted") or word not in HARMLESS:
            why_not = f"{entry.name} ended {word} ({ending.result}), and after that nothing more is injected"


def _abort(day: Day, reason: str) -> None:
    """Say why it ends here. What can still be written is written: the disk may be the reason."""
    day.stop.clean_up_begins()
    day.display.say(f"stopped: {reason}")
    with suppress(OSError):
        for name, at_us in day.stop.received:
            day.events.record("signal.received", subject=name, clock="person", at_us=at_us)
        day.record("abort", reason=reason)
        _not_run(day, reason)


def _not_run(day: Day, reason: str) -> None:
    for planned in day.run.facts["experiments"]:
        if planned["name"] not in day.played:
            day.events.record("experiment.not_run", experiment=planned["name"], data={"reason": reason})
