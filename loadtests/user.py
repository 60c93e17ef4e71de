"""A simulated client. Its requests go over a connection of its own, once each, and every one is on record.

``TruthfulUser`` is an ordinary Locust user with another ``client``. ``LoadUser`` begins a task when an arrival of its
journey's plan is due, whatever the system does: an arrival that finds no user free waits in line, and is charged for
it. A journey's file says what is sent; sending, judging and writing down are here.
"""

from functools import partial
from typing import ClassVar

import gevent
from locust import User, constant
from locust.env import Environment
from locust.exception import StopUser
from locust.user.task import TaskSet

from loadtests.api import ofbiz
from loadtests.api.answers import Answer, Judged, judge
from loadtests.api.call import Call
from loadtests.client import TruthfulPool
from loadtests.cookies import Cookies
from loadtests.login import NoTokenError
from loadtests.profiles import VisitLoad
from loadtests.recording.recorder import Flight
from loadtests.session import Session
from loadtests.tasksets import Arrivals, Turns
from loadtests.wire.request import Headers
from loadtests.worker import Worker
from loadtests.writes import Intent
from reports.evidence import BUSINESS, now_us

ANYTHING: Headers = (("Accept", "*/*"),)
JSON: Headers = (("Accept", "application/json"),)


class TruthfulUser(User):
    """Sends, judges and records; when it sends is its tasks' and its ``wait_time``'s business, as Locust's users do."""

    abstract = True
    wait_time = constant(0)
    journey: ClassVar[str] = "user"
    turns_by: ClassVar[type[TaskSet]] = Turns

    def __init__(self, environment: Environment) -> None:
        self.worker: Worker = environment.load_worker  # type: ignore[attr-defined]
        self.ordinal = self.worker.join(self)  # among all users of the worker
        base_url = self.worker.plan.target.web.base_url
        self.wire = TruthfulPool(base_url, self.worker.resolver, self.ordinal, self.worker.tls)
        self.cookies = Cookies(base_url)
        super().__init__(environment)
        self.client = Session(self._plain, self.wire.path_of)
        self.rng = self.worker.rng(self.journey, self.ordinal, "content")
        self.due_us: int | None = None  # when what is sent next was due; None: nobody has planned it
        self.gave_way = False  # it waited for an answer since its last task
        self.at_once = type(self).wait_time is TruthfulUser.wait_time  # nobody wants a pause between two tasks

    def on_stop(self) -> None:
        """Locust took this user away; the worker's own end is not our business."""
        self.worker.leave(self)
        self.wire.close()

    @property
    def _taskset_instance(self) -> TaskSet | None:
        return self._turns

    @_taskset_instance.setter
    def _taskset_instance(self, locusts: TaskSet | None) -> None:
        """Locust sets its own, in ``run``: whatever a journey's ``on_start`` does, the loop is ours."""
        self._turns = None if locusts is None else self.turns_by(self)

    def send(self, call: Call, writes: tuple[Intent, ...] = ()) -> Judged:
        """Send one request and return what its answer means; both are on record by then.

        The first request of a task was due when the task was, any other is due when it is sent.
        """
        headers: Headers = ()
        if call.needs_token:
            try:
                headers = (("Authorization", f"Bearer {self.worker.token.get(self.log_in)}"),)
            except NoTokenError as error:
                return self._not_sent(call, writes, str(error))
        _, judged = self._exchange(call, self._due(), writes, headers)
        if judged.error == "401":
            self.worker.token.drop()
        return judged

    def log_in(self) -> Judged:
        """Send a login; nobody has planned it."""
        if self.worker.stopping.is_set():
            raise StopUser
        web = self.worker.plan.target.web
        self.worker.recorder.unplanned += 1
        login = ofbiz.login(web.username, web.password.get_secret_value())
        return self._exchange(login, None, (), ())[1]

    def _plain(self, call: Call, headers: Headers) -> Answer:
        """Send what ``self.client`` was asked for."""
        return self._exchange(call, self._due(), (), headers)[0]

    def _due(self) -> int | None:
        """Let a request be sent; return when it was due, None when nobody has planned it."""
        if self.worker.stopping.is_set():
            raise StopUser  # nothing is started after the stop; what was taken and not sent, the worker writes down
        due_us, self.due_us = self.due_us, None
        if due_us is None:
            self.worker.recorder.unplanned += 1
        return due_us

    def _exchange(
        self, call: Call, due_us: int | None, writes: tuple[Intent, ...], headers: Headers
    ) -> tuple[Answer, Judged]:
        worker = self.worker
        start_us = now_us()
        name, traced = worker.traces.new(start_us)
        flight = Flight(call, self.journey, start_us if due_us is None else due_us, start_us, name, writes)
        if writes:
            worker.ledger.intend(writes)
        sent = partial(worker.ledger.sent, writes) if writes else None
        worker.recorder.start(flight)
        try:
            answer, exchange = self.wire.fetch(
                call.method, call.path, call.body, self._said(call, headers), sent, traced
            )
        except BaseException:
            worker.abandon(flight)
            raise
        self.gave_way = answer.status is not None
        judged = judge(call, answer)
        if writes and flight in worker.recorder.in_flight:
            worker.ledger.answered(writes, judged)
        end_us = worker.recorder.end(flight, answer, exchange, judged)
        self.cookies.hear(call.path, answer.head)
        if worker.tells_each:
            self._tell_listeners(flight, end_us, len(answer.body), judged)
        return answer, judged

    def _said(self, call: Call, headers: Headers) -> Headers:
        """What a request carries besides what HTTP and its trace want; a journey's own come last, and so count."""
        said = ANYTHING if call.proof is None else JSON
        if call.body:
            said += (("Content-Type", call.content_type),)
        cookie = self.cookies.header(call.path)
        if cookie is not None:
            said += (("Cookie", cookie),)
        return said + headers

    def _not_sent(self, call: Call, writes: tuple[Intent, ...], error: str) -> Judged:
        """Nothing can be sent: for a write that is the proof that it did not happen."""
        due_us = self._due()
        judged = Judged("refused" if call.write else "failed", error, {})
        self.worker.ledger.intend(writes)
        self.worker.ledger.outcome(writes, "refused", error)
        self.worker.recorder.never_sent(
            sched_us=now_us() if due_us is None else due_us,
            endpoint=call.endpoint,
            journey=self.journey,
            outcome=judged.outcome,
            error=error,
        )
        return judged

    def _tell_listeners(self, flight: Flight, end_us: int, size: int, judged: Judged) -> None:
        """Fire Locust's event for each request: somebody listens who is not Locust itself."""
        good = judged.outcome == "ok" or (judged.error or "").startswith(BUSINESS)
        self.environment.events.request.fire(
            request_type=flight.call.method,
            name=flight.call.endpoint.partition(" ")[2],
            response_time=(end_us - flight.sched_us) / 1000,
            response_length=size,
            exception=None if good else RuntimeError(f"{judged.outcome}: {judged.error}"),
            context={"sched_us": flight.sched_us, "outcome": judged.outcome},
            start_time=flight.start_us / 1e6,
            url=f"{self.host}{flight.call.path}",
        )


class LoadUser(TruthfulUser):
    """Begins a task at each arrival that it takes from its journey's line; its tasks say what is sent."""

    abstract = True
    turns_by = Arrivals
    endpoints: ClassVar[tuple[str, ...]]  # what its tasks ask for, in their order

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        load = self.worker.plan.profile.journey(self.journey)
        self.think_s = load.think_s if isinstance(load, VisitLoad) else None
        self.turns = 0  # tasks begun
        # A visit begins at its beginning; single requests at different steps, so that every second holds the whole mix.
        self.place = 0 if self.think_s else self.worker.place_of(self)

    @property
    def step(self) -> int:
        """Which of the journey's endpoints this turn asks for."""
        return (self.turns - 1 + self.place) % len(self.endpoints)

    @property
    def endpoint(self) -> str:
        """What is asked for in this turn."""
        return self.endpoints[self.step]

    def next_arrival(self) -> None:
        """Wait for what is to be done next: an arrival, or in a visit that goes on, the end of a pause to think."""
        self.worker.note_unsent(self)
        if self.think_s is not None and self.turns % len(self.endpoints):
            self._think(self.rng.uniform(*self.think_s))
        else:
            self.due_us = self.worker.take(self.journey)
        self.turns += 1

    def _think(self, pause_s: float) -> None:
        due_us = now_us() + int(pause_s * 1e6)
        gevent.sleep(pause_s)
        self.worker.recorder.unplanned += 1
        self.due_us = due_us
