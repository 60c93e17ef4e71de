"""Ties a load run to Locust: reads the settings, opens the run directory, starts and stops this process's worker.

Locust forks its workers (``--processes``) after it has loaded the locustfile and before the ``init`` event. So what is
decided when the locustfile is loaded (where the run directory will be) is the same in all of them, and no file is
opened before ``init``.
"""

import logging
import os
import secrets
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import gevent
import locust.log
import locust.runners
import psutil
import pyarrow as pa
from gevent.event import Event
from locust import events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from fixtures.policy import RefusedError
from fixtures.target import Target, TargetError, load_target
from loadtests.crew import Crew, Member
from loadtests.facilities import facilities_of
from loadtests.facts import facts
from loadtests.permission import require_allowed, require_reachable
from loadtests.profiles import DEFAULT_PROFILE, PROFILES_FILE, Profile, ProfileError, load_profile
from loadtests.recording.statistics import Statistics
from loadtests.stop.identity import this_process
from loadtests.storage.place import Place
from loadtests.storage.sink import StorageError
from loadtests.timelimit import TimeLimit
from loadtests.user import LoadUser
from loadtests.worker import MOST_WORKERS, Plan, Worker
from reports.evidence import RUNS, NotARunDirectoryError, RunDirectory, now_us, utc_name

logger = logging.getLogger(__name__)

USAGE = 64
MAIN_S = 30.0  # how long a worker waits for the main process's run directory
OTHERS_S = 8.0  # how long the main process waits for its workers' last lines
PARENT_CHECK_S = 1.0
MOST_ELSEWHERE = 100  # workers on machines of their own; each may begin again a few times, in a web page
BEGIN_US = 50_000  # from when all users are there to when the plan starts


class SettingError(Exception):
    """A setting cannot be used; the message is one clear line for a person."""


class Launch:
    """This process's part in a load run. Make it when the locustfile is loaded, then ``attach`` it to Locust.

    ``profiles`` is the TOML file that has the profiles by name, for a locustfile with journeys of its own.
    """

    def __init__(self, profiles: Path = PROFILES_FILE) -> None:
        self.profiles = profiles
        self.given_run = os.environ.get("SUITE_RUN")
        self.profile = os.environ.get("SUITE_PROFILE") or DEFAULT_PROFILE
        self.seed = os.environ.get("SUITE_SEED")
        self.scale = os.environ.get("SUITE_SCALE")
        name = f"{utc_name()}-load-{self.profile}-{secrets.token_hex(2)}"
        self.place = Place.of(self.given_run or os.environ.get("SUITE_OUT"))
        self.path = self.place.path or RUNS / name
        self.drawn_seed = secrets.randbelow(1_000_000)
        self.loaded_by = os.getpid()
        self.plan: Plan | None = None
        self.worker: Worker | None = None
        self.crew: Crew | None = None  # of the main process of several
        self.member: Member | None = None  # of one of several
        self.planned = Event()
        self.quitting = False
        self.has_quit = Event()

    def attach(self) -> None:
        """Add our listeners to Locust's events."""
        # Locust counts --run-time from when the event loop last looked at the clock: before the imports, seconds ago.
        gevent.get_hub().loop.update_now()
        events.init.add_listener(self.on_init)
        events.test_start.add_listener(self.on_test_start)
        events.spawning_complete.add_listener(self.on_spawning_complete)
        events.test_stopping.add_listener(self.on_test_stopping)
        events.quitting.add_listener(self.on_quitting)
        events.quit.add_listener(self.on_quit)

    def on_init(self, environment: Environment, **_: Any) -> None:
        """Check every setting and open the run directory; one line and exit 64 (or 6) when something is wrong."""
        try:
            target, profile = load_target(), load_profile(self.profile, self.profiles).scaled(self._scale())
            longest_s = _check(environment, target, profile)
            run = self._run_directory(environment, target, profile)
            seed = self._seed() if self.seed else int(run.facts.get("seed", 0))
            self.plan = Plan(target, profile, seed, run, run.facts["prefix"], self._numbers(environment))
        except RefusedError as error:
            self._end(str(error), error.exit_code)
        except (ProfileError, TargetError, NotARunDirectoryError, SettingError, StorageError) as error:
            self._end(str(error), USAGE)
        _set_users(environment, self.plan)
        if isinstance(environment.runner, MasterRunner):
            self.crew = Crew(environment.runner, [name for name, _ in profile.journeys()])
        elif isinstance(environment.runner, WorkerRunner):
            self.member = Member(environment.runner)
        TimeLimit(environment, longest_s, is_led=bool(self.given_run)).attach()
        gevent.signal_handler(signal.SIGINT, _terminate)
        pa.array([0])  # the first array imports pandas, 0.3 s that would otherwise be missing in mid-run
        if self.given_run or self._forked:
            gevent.spawn(_stop_when_orphaned, environment, os.getppid())
        self.planned.set()

    def on_test_start(self, environment: Environment, **_: Any) -> None:
        """Open this process's own files. The main process of several drives nothing and has none."""
        if self.crew is not None:
            self.crew.reset()
            return
        self.planned.wait()  # a worker is told to begin as soon as it is connected, which is before on_init
        assert self.plan is not None
        self.worker = environment.load_worker = Worker(self.plan)  # type: ignore[attr-defined]
        feed_statistics(environment, self.worker)
        if self.member is not None:
            self.member.worker = self.worker

    def on_spawning_complete(self, **_: Any) -> None:
        """All users of the run are there: begin. Of several processes the main one says when."""
        if self.crew is not None:
            self.crew.spawned()
        elif self.worker is not None and self.member is None:
            start_us = now_us() + BEGIN_US
            self.worker.share({}, start_us=start_us, from_us=start_us)

    def on_test_stopping(self, **_: Any) -> None:
        """The time is over, or somebody pressed stop."""
        if self.worker is not None:
            self.worker.stop("stopped")

    def on_quitting(self, environment: Environment, **_: Any) -> None:
        """Locust ends (SIGTERM and Ctrl-C come here first): the same as stop."""
        if self.worker is not None:
            self.worker.stop("quitting")
        crashed = locust.log.unhandled_greenlet_exception or (environment.runner and environment.runner.exceptions)
        if not crashed:
            environment.process_exit_code = 0  # Locust's own code is 1 when any request failed

    def on_quit(self, **_: Any) -> None:
        """The main process goes last: Locust itself does not wait for its workers' last lines.

        After a signal Locust comes here twice, in two greenlets, and whichever returns ends the process.
        """
        if self.quitting:
            self.has_quit.wait()
            return
        self.quitting = True
        try:
            self._quit()
        finally:
            self.has_quit.set()

    def _quit(self) -> None:
        if not self._forked:
            _wait_for_workers()
        if self.plan is not None and self._alone:
            _record(self.plan.run, "load.stopped", {"reason": "end of the load run"})
        if self.plan is not None and (self.given_run or not self._forked):
            self._bring(self.plan.run)

    @property
    def _forked(self) -> bool:
        """Whether this process is a worker that ``--processes`` made."""
        return os.getpid() != self.loaded_by

    @property
    def _alone(self) -> bool:
        """Whether the run directory is ours: nobody gave us one."""
        return not self.given_run and not self._forked

    def _run_directory(self, environment: Environment, target: Target, profile: Profile) -> RunDirectory:
        if self._forked or isinstance(environment.runner, WorkerRunner):
            self._find_main()
        elif self._alone:
            return self._create(target, profile, workers=_workers(environment))
        elif self.place.url:
            raise SettingError(
                f"SUITE_RUN: expected a directory on this machine, found {self.given_run}: only a worker's may be "
                "elsewhere, and SUITE_OUT says where a new one goes"
            )
        run = RunDirectory.open(self.path)
        if not str(run.facts.get("prefix", "")).startswith(target.writes.prefix):
            raise SettingError(f"{self.path}: run.json: expected a prefix that begins with {target.writes.prefix!r}")
        return run

    def _find_main(self) -> None:
        """Wait for the run directory of the main process; for one elsewhere, make our own, to be brought there."""
        if self._alone:
            raise SettingError("SUITE_RUN: expected the run directory of the main process, found none: set it")
        if self.given_run and self.place.url:
            self.path = RUNS / f"{self.path.name}-{os.getpid()}"
            self.place.join(self.path, within_s=MAIN_S)
        _wait_for(self.path / "run.json", within_s=MAIN_S)

    def _bring(self, run: RunDirectory) -> None:
        """Bring what this process has to where the run comes together: the main process, and a worker elsewhere."""
        if self.given_run and self.worker is None:
            return
        why_not = self.place.bring(run.path, writer=self.worker.name if self.given_run and self.worker else None)
        if why_not is not None:
            sys.stderr.write(f"load: {why_not}\n")

    def _create(self, target: Target, profile: Profile, *, workers: int) -> RunDirectory:
        seed = self._seed()
        run = RunDirectory.create(
            self.path, name=f"load-{profile.name}", kind="load", facts=facts(target, profile, seed)
        )
        self.place.announce(run.path)
        sys.stdout.write(f"run directory: {run.path}\n")
        sys.stdout.flush()
        started = this_process().data() | {"profile": profile.name, "seed": seed, "workers": workers}
        _record(run, "load.started", started)
        return run

    def _numbers(self, environment: Environment) -> range:
        """Which numbers a worker of this process may take: any that is free, or on another machine those of its own."""
        if self.given_run and self.place.url and isinstance(environment.runner, WorkerRunner):
            return range(environment.runner.worker_index, MOST_WORKERS, MOST_ELSEWHERE)
        return range(MOST_WORKERS)

    def _seed(self) -> int:
        if self.seed is None:
            return self.drawn_seed
        if not self.seed.isdecimal():
            raise SettingError(f"SUITE_SEED: expected a whole number, found {self.seed!r}")
        return int(self.seed)

    def _scale(self) -> float:
        try:
            return float(self.scale or 1)
        except ValueError as error:
            raise SettingError(f"SUITE_SCALE: expected a number, found {self.scale!r}") from error

    def _end(self, message: str, code: int) -> NoReturn:
        if not self._forked:  # one line, not one a worker
            sys.stderr.write(f"load: {message}\n")
            for worker in psutil.Process().children():  # they would look for us for five minutes
                worker.terminate()
        sys.exit(code)


def _check(environment: Environment, target: Target, profile: Profile) -> float:
    """Return for how long the policy lets this load be on, seconds."""
    options = environment.parsed_options
    policy = require_allowed(target.name, profile, seconds=getattr(options, "run_time", None))
    facilities_of(profile, target.writes)
    if environment.host:
        raise SettingError(f"--host: expected none, found {environment.host}: the target says where load goes")
    unknown = require_reachable(target)
    if unknown is not None:
        logger.warning("%s: %s; going on, every request will say so", target.web.name, unknown)
    return policy.limits.longest_s


def _set_users(environment: Environment, plan: Plan) -> None:
    """Take the users from the profile, whatever ``-u`` and ``-r`` said."""
    LoadUser.host = plan.target.web.base_url
    users = 0
    chosen = []
    for user_class in environment.user_classes:
        load = plan.profile.journey(user_class.journey) if issubclass(user_class, LoadUser) else None
        if load is not None:
            user_class.fixed_count = load.users
            users += load.users
            chosen.append(user_class)
    environment.user_classes = chosen
    options = environment.parsed_options
    if options is None or isinstance(environment.runner, WorkerRunner):
        return
    if options.num_users not in (None, users):
        logger.warning("-u %s is ignored: profile %s has %s users", options.num_users, plan.profile.name, users)
    options.num_users = options.spawn_rate = users


def feed_statistics(environment: Environment, worker: Worker) -> None:
    """Keep Locust's statistics from our rows; when somebody listens to each request, Locust hears of each itself."""
    listeners = environment.events.request._handlers
    worker.tells_each = any(listener.__module__ != locust.runners.__name__ for listener in listeners)
    if not worker.tells_each:
        worker.recorder.also = Statistics(environment.stats, worker.recorder.words).add


def _workers(environment: Environment) -> int:
    """How many processes will send."""
    options = environment.parsed_options
    if options is None or not isinstance(environment.runner, MasterRunner):
        return 1
    return int(options.expect_workers)


def _record(run: RunDirectory, kind: str, data: dict[str, Any]) -> None:
    writer = run.events("load")
    writer.record(kind, data=data)
    writer.close()


def _terminate() -> None:
    """End on Ctrl-C as on SIGTERM, whose handler Locust runs in a greenlet of its own.

    Python's own handler raises KeyboardInterrupt in whichever greenlet is running; in a user's it gets lost.
    """
    os.kill(os.getpid(), signal.SIGTERM)


def _wait_for(file: Path, *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not file.is_file() and time.monotonic() < deadline:
        gevent.sleep(0.05)


def _wait_for_workers() -> None:
    """Wait until the forked workers have ended; reaping them is left to Locust, which would stumble otherwise."""
    deadline = time.monotonic() + OTHERS_S
    while time.monotonic() < deadline:
        with suppress(psutil.NoSuchProcess):
            if all(child.status() == psutil.STATUS_ZOMBIE for child in psutil.Process().children()):
                return
        gevent.sleep(0.05)


def _stop_when_orphaned(environment: Environment, parent: int) -> None:
    """End the load when the process that started it is gone: nobody is there any more to stop it."""
    while os.getppid() == parent:
        gevent.sleep(PARENT_CHECK_S)
    logger.error("the process that started this load is gone: stopping")
    if environment.runner is not None:
        environment.runner.quit()
