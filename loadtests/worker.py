"""One load worker: its files, its users' timetables, and its end.

Locust may run several (``--processes``, master and workers); each opens its own files after the fork under a name that
no other worker of the run has. Whatever ends the run (time, SIGTERM, Ctrl-C, master gone) goes through ``stop``.
"""

import os
import random
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import gevent
import psutil
from gevent.event import Event

from fixtures.target import Target
from loadtests.client import tls_of
from loadtests.facilities import facilities_of
from loadtests.ledger import Ledger
from loadtests.login import Token
from loadtests.namejournal import NameJournal
from loadtests.profiles import Profile
from loadtests.recorder import Recorder
from loadtests.resolver import resolver_of
from loadtests.slots import Place, arrivals
from loadtests.timetable import Timetable
from loadtests.writes import Allowed, keys
from reports.evidence import RunDirectory, now_us

FLUSH_S = 0.25
SECOND_S = 1.0
LAG_STEP_S = 0.05  # how often the event loop's own lateness is looked at
DRAIN_S = 3.0  # what is in flight at the stop may take so long
MOST_WORKERS = 1000
REMEMBERED_ORDERS = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """What a load run is: where to, how much, where it is written. The same in every worker."""

    target: Target
    profile: Profile
    seed: int
    run: RunDirectory
    prefix: str


class Worker:
    """The state that the users of one process share."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.number = _claim(plan.run)
        self.name = worker_name(self.number)
        self._names = NameJournal(plan.run.signals(self.name), plan.target.web.name)
        self.resolver = resolver_of(plan.target, keep=plan.profile.dns, on_lookup=self._names.heard)
        self.tls = tls_of(plan.target.web)
        self.recorder = Recorder(plan.run.samples(self.name), plan.run.delivery(self.name))
        self.ledger = Ledger(plan.run.write_ledger(self.name))
        self.allowed = Allowed(plan.target.writes, plan.prefix)
        self.keys = keys(plan.prefix, self.number)
        self.acknowledged: deque[str] = deque(maxlen=REMEMBERED_ORDERS)  # orders that a lookup may ask for
        self.stores = facilities_of(plan.profile, plan.target.writes)["bopis"]
        self.errands: dict[str, Any] = {}  # orders that an associate took, by external id
        self.token = Token()
        self.stopping = Event()
        self._begun = Event()
        self._stopped = Event()
        self._users: list[Any] = []
        self._process = psutil.Process()
        self._process.cpu_percent()  # the first call only starts the measurement
        self._events = plan.run.events(f"load-{self.name}")
        self._events.record(
            "load.worker.started",
            subject=self.name,
            data={"pid": os.getpid(), "profile": plan.profile.name, "seed": plan.seed},
        )
        self._background = [gevent.spawn(each) for each in (self._flush, self._seconds, self._watch_loop)]

    def join(self, user: Any) -> None:
        """A user has come: number it. One that comes when all have begun gets a timetable of its own."""
        user.ordinal = len(self._users)
        self._users.append(user)
        if self._begun.is_set():
            self._give_timetable(user, place=0, of=1)

    def begin(self) -> None:
        """All users are there: give each its timetable, which starts now."""
        if self._begun.is_set():
            return
        journeys: dict[str, list[Any]] = {}
        for user in self._users:
            journeys.setdefault(user.journey, []).append(user)
        for users in journeys.values():
            for place, user in enumerate(users):
                self._give_timetable(user, place=place, of=len(users))
        self._begun.set()

    def wait_for_begin(self) -> None:
        """Block a user until all are there (or the run stops before)."""
        gevent.wait([self._begun, self.stopping], count=1)

    def leave(self, user: Any) -> None:
        """A user goes while the others stay (fewer users, or another worker takes it over)."""
        if not self.stopping.is_set():
            self._censor(user, now_us())

    def rng(self, *what: object) -> random.Random:
        """Return a random source of its own for something, the same for the same seed."""
        return random.Random("/".join(map(str, (self.plan.seed, self.name, *what))))

    def stop(self, reason: str) -> None:
        """Send nothing more, wait a little for what is in flight, write down the rest, close.

        Safe to call again: a later call waits for the first.
        """
        if self.stopping.is_set():
            self._stopped.wait(DRAIN_S + 2)
            return
        self.stopping.set()
        stop_us = now_us()
        deadline = time.monotonic() + DRAIN_S
        while self.recorder.in_flight and time.monotonic() < deadline:
            gevent.sleep(0.02)
        for flight in self.recorder.censor_in_flight():
            self.ledger.outcome(flight.writes, "unknown", "in flight when the run stopped")
        for user in self._users:
            self._censor(user, stop_us)
        gevent.killall(self._background)
        self._second()
        self.recorder.close()
        self.ledger.close()
        self._names.close()
        self._events.record("load.worker.stopped", subject=self.name, data={"reason": reason})
        self._events.close()
        self._stopped.set()

    def _censor(self, user: Any, stop_us: int) -> None:
        if user.timetable is None:
            return
        taken = [] if user.unsent is None else [user.unsent]
        for due in taken + user.timetable.close(stop_us):
            self.recorder.never_sent(
                sched_us=due.sched_us,
                endpoint=user.endpoint_of(due.n),
                journey=user.journey,
                outcome="censored",
                error="not sent before the run stopped",
            )

    def _give_timetable(self, user: Any, *, place: int, of: int) -> None:
        load = self.plan.profile.journey(user.journey)
        assert load is not None, f"journey {user.journey} is not in profile {self.plan.profile.name}"
        user.place = place
        seed = f"{self.plan.seed}/{self.name}/{user.journey}/{user.ordinal}"
        user.timetable = Timetable(arrivals(Place(place, of, load.rate_per_user), seed), now_us())

    def _flush(self) -> None:
        while True:
            gevent.sleep(FLUSH_S)
            self.recorder.samples.flush()

    def _seconds(self) -> None:
        due = time.monotonic()
        while True:
            due += SECOND_S
            gevent.sleep(max(0.0, due - time.monotonic()))
            self._second()

    def _second(self) -> None:
        now = now_us()
        tables = [user.timetable for user in self._users if user.timetable is not None]
        if not self.stopping.is_set():
            for table in tables:
                table.advance(now)
        cpu_ratio = self._process.cpu_percent() / 100
        self.recorder.second(planned=sum(table.planned for table in tables), cpu_ratio=cpu_ratio)

    def _watch_loop(self) -> None:
        """Measure how late the event loop runs what is due: the generator's own share of every lateness."""
        while True:
            before = time.monotonic()
            gevent.sleep(LAG_STEP_S)
            late_us = int((time.monotonic() - before - LAG_STEP_S) * 1e6)
            self.recorder.counts.loop_lag_us = max(self.recorder.counts.loop_lag_us, late_us)


def worker_name(number: int) -> str:
    """Return the name of a worker's files: ``w0``, ``w1``, ..."""
    return f"w{number}"


def _claim(run: RunDirectory) -> int:
    """Take the first number that no worker of this run has had, also not one of another process or one that is dead."""
    directory = run.path / "ledger"
    directory.mkdir(exist_ok=True)
    for number in range(MOST_WORKERS):
        with suppress(FileExistsError):
            os.close(os.open(directory / f"{worker_name(number)}.ndjson", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
            return number
    raise FileExistsError(f"{directory}: expected a free worker name, found {MOST_WORKERS} workers")
