"""One load worker: its files, its users, its share of the plan, and its end.

Locust may run several (``--processes``, master and workers); each opens its own files after the fork under a name that
no other worker of the run has. Whatever ends the run (time, SIGTERM, Ctrl-C, master gone) goes through ``stop``.
"""

import gc
import os
import random
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import gevent
import psutil
from gevent.event import Event

from fixtures.target import Target
from loadtests.arrivals import NS
from loadtests.client import tls_of
from loadtests.dispatch import NEVER_US, Dispatcher, Shares
from loadtests.facilities import facilities_of
from loadtests.ledger import Ledger
from loadtests.login import Token
from loadtests.namejournal import NameJournal
from loadtests.profiles import Profile
from loadtests.recording.recorder import Flight, Recorder
from loadtests.resolver import resolver_of
from loadtests.stop.identity import this_process
from loadtests.tracing import Traces
from loadtests.writes import Allowed, keys
from reports.evidence import RunDirectory, now_us

FLUSH_S = 0.25
SECOND_S = 1.0
LAG_STEP_S = 0.05  # how often the event loop's own lateness is looked at
DRAIN_S = 3.0  # what is in flight at the stop may take so long
MOST_WORKERS = 1000
PLANNED_S = 7 * 24 * 3600  # a plan costs nothing before it is played
REMEMBERED_ORDERS = 500
NOT_SENT = "not sent before the run stopped"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a load run is: where to, how much, where it is written. The same in every worker."""

    target: Target
    profile: Profile
    seed: int
    run: RunDirectory
    prefix: str
    numbers: range = range(MOST_WORKERS)  # those that a worker of this process may take


class Worker:
    """The state that the users of one process share."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.number = _claim(plan.run, plan.numbers)
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
        self.traces = Traces(random.Random())  # two runs of one seed have other names
        self.tells_each = False  # somebody wants to hear of each request
        self.stopping = Event()
        self.dispatcher: Dispatcher | None = None
        self._begun = Event()
        self._stopped = Event()
        self._users: list[Any] = []
        self._gone: set[Any] = set()
        self._lease_us = NEVER_US
        self._planned = 0
        self._process = psutil.Process()
        self._process.cpu_percent()  # the first call only starts the measurement
        self._events = plan.run.events(f"load-{self.name}")
        self._events.record(
            "load.worker.started",
            subject=self.name,
            data={**this_process().data(), "profile": plan.profile.name, "seed": plan.seed},
        )
        self._background = [gevent.spawn(each) for each in (self._flush, self._seconds, self._watch_loop)]

    def join(self, user: Any) -> int:
        """A user has come; return its number among all of this worker."""
        self._users.append(user)
        return len(self._users) - 1

    def place_of(self, user: Any) -> int:
        """Return a user's number among those of its journey here."""
        return sum(each.journey == user.journey for each in self._users) - 1

    def users(self) -> dict[str, int]:
        """How many users each journey has here."""
        return Counter(user.journey for user in self._users if user not in self._gone)

    def share(self, shares: Shares, *, start_us: int, from_us: int) -> None:
        """Play the plan that started at one time, from another on: of these journeys a share, all of the others."""
        if self.stopping.is_set():
            return
        if self.dispatcher is None:
            plan = self.plan.profile.plan(seed=self.plan.seed, end_ns=PLANNED_S * NS)
            self.dispatcher = Dispatcher(plan, start_us, shares, from_us, lease_us=self._lease_us)
            gc.collect()
            gc.freeze()  # what is here now stays: nobody has to look through it again in mid-run
            self._begun.set()
        else:
            from_us = self.dispatcher.share_anew(shares, from_us)
        workers = {journey: [] if each is None else list(each.workers) for journey, each in shares.items()}
        data = {"number": self.number, "start_us": start_us, "from_us": from_us, "workers": workers}
        self._events.record("load.share", subject=self.name, data=data)

    def renew(self, lease_us: int) -> None:
        """Nothing that is due later than this is handed out."""
        self._lease_us = lease_us
        if self.dispatcher is not None and not self.stopping.is_set():
            self.dispatcher.renew(lease_us)

    def note_clock(self, offset_us: int, err_us: int) -> None:
        """Put on record how far the master's clock is ahead of this machine's."""
        if not self._begun.is_set():
            self._events.record("load.clock", subject=self.name, data={"offset_us": offset_us, "err_us": err_us})

    def take(self, journey: str) -> int:
        """Wait in a user for its next arrival; return when it was due."""
        assert self.dispatcher is not None, "begin comes first"
        return self.dispatcher.take(journey)

    def wait_for_begin(self) -> None:
        """Block a user until all are there (or the run stops before)."""
        gevent.wait([self._begun, self.stopping], count=1)

    def leave(self, user: Any) -> None:
        """A user goes while the others stay (fewer users, or another worker takes it over)."""
        if not self.stopping.is_set():
            self._gone.add(user)
            self._censor_taken(user)

    def abandon(self, flight: Flight) -> None:
        """Locust took a user away while it waited for an answer: nobody will know what became of the request."""
        if self.recorder.censor(flight, "in flight when its user was taken away"):
            self.ledger.outcome(flight.writes, "unknown", "in flight when its user was taken away")

    def note_unsent(self, user: Any) -> None:
        """A task is over; when it has sent nothing of what was due, that is a row all the same, and our own failure."""
        due_us, user.due_us = user.due_us, None
        if due_us is not None:
            self._never_sent(user.journey, user.endpoint, due_us, "failed", "generator: the task sent nothing")

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
        waiting = self._close_plan(now_us())
        deadline = time.monotonic() + DRAIN_S
        while self.recorder.in_flight and time.monotonic() < deadline:
            gevent.sleep(0.02)
        for flight in self.recorder.censor_in_flight():
            self.ledger.outcome(flight.writes, "unknown", "in flight when the run stopped")
        for user in self._users:
            self._censor_taken(user)
        self._censor_waiting(waiting)
        gevent.killall(self._background)
        self._second()
        self.recorder.close()
        self.ledger.close()
        self.resolver.close()
        self._names.close()
        self._events.record("load.worker.stopped", subject=self.name, data={"reason": reason})
        self._events.close()
        self._stopped.set()

    def _censor_taken(self, user: Any) -> None:
        """What a user took and did not send."""
        due_us, user.due_us = user.due_us, None
        if due_us is not None:
            self._never_sent(user.journey, user.endpoint, due_us, "censored", NOT_SENT)

    def _close_plan(self, stop_us: int) -> dict[str, list[int]]:
        """Hand out nothing more; return when what was due by then and no user took was due, by journey."""
        if self.dispatcher is None:
            return {}
        waiting = self.dispatcher.close(stop_us)
        self._planned = self.dispatcher.planned(stop_us)
        return waiting

    def _censor_waiting(self, waiting: dict[str, list[int]]) -> None:
        """What no user took: it was of each of the journey's endpoints in turn."""
        endpoints = {user.journey: user.endpoints for user in self._users if hasattr(user, "endpoints")}
        for journey, due in waiting.items():
            each = cycle(endpoints.get(journey, (f"{journey}: no user",)))
            for due_us, endpoint in zip(due, each, strict=False):
                self._never_sent(journey, endpoint, due_us, "censored", NOT_SENT)

    def _never_sent(self, journey: str, endpoint: str, due_us: int, outcome: str, why: str) -> None:
        self.recorder.never_sent(sched_us=due_us, endpoint=endpoint, journey=journey, outcome=outcome, error=why)

    def _flush(self) -> None:
        while True:
            gevent.sleep(FLUSH_S)
            self.recorder.flush()

    def _seconds(self) -> None:
        due = time.monotonic()
        while True:
            due += SECOND_S
            gevent.sleep(max(0.0, due - time.monotonic()))
            self._second()

    def _second(self) -> None:
        if self.dispatcher is not None and not self.stopping.is_set():
            self._planned = self.dispatcher.planned(now_us())
        cpu_ratio = self._process.cpu_percent() / 100
        self.recorder.second(planned=self._planned, cpu_ratio=cpu_ratio)

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


def _claim(run: RunDirectory, numbers: range) -> int:
    """Take the first number that no worker of this run has had, also not one of another process or one that is dead."""
    directory = run.path / "ledger"
    directory.mkdir(exist_ok=True)
    for number in numbers:
        with suppress(FileExistsError):
            os.close(os.open(directory / f"{worker_name(number)}.ndjson", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
            return number
    raise FileExistsError(f"{directory}: expected a free worker name, found {len(numbers)} workers")
