"""A simulated client: it follows its timetable, whatever the system does.

A request that is due while the one before it has no answer yet is sent as soon as it has, late and recorded as late. A
journey's file says what is sent at each turn; sending, judging and writing down are here.
"""

import random
import time
from typing import ClassVar

from locust import User, constant, task
from locust.env import Environment
from locust.exception import StopUser

from loadtests.api import ofbiz
from loadtests.api.answers import Answer, Judged, judge
from loadtests.api.call import Call
from loadtests.client import TruthfulPool
from loadtests.login import NoTokenError
from loadtests.recorder import Flight
from loadtests.session import Session
from loadtests.timetable import Due, Timetable
from loadtests.tracing import new_trace
from loadtests.worker import Worker
from loadtests.writes import Intent
from reports.evidence import BUSINESS, now_us


class LoadUser(User):
    """Follows a timetable; a journey is a subclass that says what is sent."""

    abstract = True
    wait_time = constant(0)  # the timetable decides
    journey: ClassVar[str]
    endpoints: ClassVar[tuple[str, ...]]  # in the order of the turns

    def __init__(self, environment: Environment) -> None:
        self.worker: Worker = environment.load_worker  # type: ignore[attr-defined]
        self.timetable: Timetable | None = None
        self.unsent: Due | None = None  # taken from the timetable, not yet started
        self.ordinal = 0  # among all users of the worker
        self.place = 0  # among those of the journey
        self.worker.join(self)
        base_url = self.worker.plan.target.web.base_url
        self.wire = TruthfulPool(base_url, self.worker.resolver, self.ordinal, self.worker.tls)
        super().__init__(environment)
        self.client = Session(self._plain, self.wire.path_of)
        self.rng = self.worker.rng(self.journey, self.ordinal, "content")
        self._ids = random.Random()

    def on_start(self) -> None:
        """Wait until all users are there, so that the journey's slots are shared out evenly."""
        self.worker.wait_for_begin()

    def on_stop(self) -> None:
        """Locust took this user away; the worker's own end is not our business."""
        self.worker.leave(self)
        self.wire.close()

    def step_of(self, n: int) -> int:
        """Return which of the journey's endpoints the n-th request asks for.

        Neighbours begin at different steps, so that every second holds the whole mix.
        """
        return (n + self.place) % len(self.endpoints)

    def endpoint_of(self, n: int) -> str:
        """Return what the n-th request of the timetable asks for."""
        return self.endpoints[self.step_of(n)]

    def turn(self, due: Due) -> None:
        """Send what is due. A journey's file says what."""
        raise NotImplementedError

    @task
    def follow_timetable(self) -> None:
        """Wait for the next request of the timetable and send it."""
        if self.worker.stopping.is_set() or self.timetable is None:
            raise StopUser
        due = self.timetable.take(now_us())
        if due is None:
            self.worker.stopping.wait(max(0.001, (self.timetable.next_us - now_us()) / 1e6))
        else:
            self.unsent = due
            self.turn(due)
            self.unsent = None

    def send(self, call: Call, due: Due, writes: tuple[Intent, ...] = ()) -> Judged:
        """Send one request that is due and return what its answer means; both are on record by then."""
        headers = {}
        if call.needs_token:
            try:
                headers["Authorization"] = f"Bearer {self.worker.token.get(self.log_in)}"
            except NoTokenError as error:
                return self._not_sent(call, due, writes, str(error))
        self._unless_stopping()
        self.unsent = None
        _, judged = self._exchange(call, due.sched_us, writes, headers)
        if judged.error == "401":
            self.worker.token.drop()
        return judged

    def log_in(self) -> Judged:
        """Send a login; it is on no timetable."""
        self._unless_stopping()
        web = self.worker.plan.target.web
        self.worker.recorder.unplanned += 1
        return self._exchange(ofbiz.login(web.username, web.password.get_secret_value()), now_us(), (), {})[1]

    def _plain(self, call: Call, headers: dict[str, str]) -> Answer:
        """Send what ``self.client`` was asked for: the first of a turn is what was due, others are on no timetable."""
        self._unless_stopping()
        due, self.unsent = self.unsent, None
        if due is None:
            self.worker.recorder.unplanned += 1
        return self._exchange(call, now_us() if due is None else due.sched_us, (), headers)[0]

    def _exchange(
        self, call: Call, sched_us: int, writes: tuple[Intent, ...], headers: dict[str, str]
    ) -> tuple[Answer, Judged]:
        trace = new_trace(self._ids, time.time())
        flight = Flight(call, self.journey, sched_us, now_us(), trace.trace_id, writes)
        headers = {"Accept": "*/*" if call.proof is None else "application/json", **headers, **trace.headers()}
        if call.body:
            headers.setdefault("Content-Type", call.content_type)
        ledger, recorder = self.worker.ledger, self.worker.recorder
        ledger.intend(writes)
        recorder.start(flight)
        answer, exchange = self.wire.fetch(call.method, call.path, call.body, headers, lambda: ledger.sent(writes))
        judged = judge(call, answer)
        if flight in recorder.in_flight:
            ledger.answered(writes, judged)
        end_us = recorder.end(flight, answer, exchange, judged)
        self._tell_locust(flight, end_us, len(answer.body), judged)
        return answer, judged

    def _not_sent(self, call: Call, due: Due, writes: tuple[Intent, ...], error: str) -> Judged:
        """Nothing can be sent: for a write that is the proof that it did not happen."""
        self._unless_stopping()
        self.unsent = None
        judged = Judged("refused" if call.write else "failed", error, {})
        self.worker.ledger.intend(writes)
        self.worker.ledger.outcome(writes, "refused", error)
        self.worker.recorder.never_sent(
            sched_us=due.sched_us, endpoint=call.endpoint, journey=self.journey, outcome=judged.outcome, error=error
        )
        return judged

    def _unless_stopping(self) -> None:
        """Nothing is started after the stop; what was taken and not sent, the worker writes down."""
        if self.worker.stopping.is_set():
            raise StopUser

    def _tell_locust(self, flight: Flight, end_us: int, size: int, judged: Judged) -> None:
        """Feed Locust's own statistics (console, web page, ``--html``)."""
        good = judged.outcome == "ok" or (judged.error or "").startswith(BUSINESS)
        self.environment.events.request.fire(
            request_type=flight.call.method,
            name=flight.call.endpoint.partition(" ")[2],
            response_time=(end_us - flight.start_us) / 1000,
            response_length=size,
            exception=None if good else RuntimeError(f"{judged.outcome}: {judged.error}"),
            context={"sched_us": flight.sched_us, "outcome": judged.outcome},
            start_time=flight.start_us / 1e6,
            url=f"{self.host}{flight.call.path}",
        )
