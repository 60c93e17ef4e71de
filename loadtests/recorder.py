"""Every request as a row, and every second as a line: what was due, sent, answered, and how late the generator was.

A request is known here from the moment it starts, so that one that is still in flight when the run stops becomes a row
too (outcome censored) instead of vanishing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from loadtests.api.answers import Answer, Judged
from loadtests.api.call import Call
from loadtests.client import Exchange
from loadtests.writes import Intent
from reports.evidence import NdjsonWriter, SampleWriter, now_us


@dataclass(slots=True, eq=False)
class Flight:
    """A request from its start to its answer."""

    call: Call
    journey: str
    sched_us: int
    start_us: int
    trace_id: str
    writes: Sequence[Intent] = ()


@dataclass(slots=True)
class Counts:
    """What happened since the last line of ``delivery/``."""

    sent: int = 0
    completed: int = 0
    censored: int = 0
    schedule_lag_us: int = 0
    loop_lag_us: int = 0


@dataclass(slots=True)
class Recorder:
    """Writes ``samples/`` and ``delivery/`` of one worker."""

    samples: SampleWriter
    delivery: NdjsonWriter
    in_flight: dict[Flight, None] = field(default_factory=dict)  # an ordered set
    counts: Counts = field(default_factory=Counts)
    unplanned: int = 0  # requests that are on no timetable: logins
    _planned_before: int = 0

    def start(self, flight: Flight) -> None:
        """A request starts now; it is late by the difference to its ``sched_us``."""
        self.in_flight[flight] = None
        self.counts.sent += 1
        self.counts.schedule_lag_us = max(self.counts.schedule_lag_us, flight.start_us - flight.sched_us)

    def end(self, flight: Flight, answer: Answer, exchange: Exchange, judged: Judged) -> int:
        """The request has its answer, or will never have one. Returns the time, microseconds."""
        end_us = now_us()
        if self.in_flight.pop(flight, self) is self:
            return end_us  # the run stopped before: it is written as censored already
        self.counts.completed += 1
        self.samples.add(
            **_known(flight),
            first_byte_us=exchange.first_byte_us,
            end_us=end_us,
            status=answer.status,
            outcome=judged.outcome,
            error=judged.error,
            bytes=len(answer.body),
            peer=exchange.peer,
            address=exchange.address,
            server=answer.instance,
            dns_us=exchange.dns_us,
            connect_us=exchange.connect_us,
            tls_us=exchange.tls_us,
            wire_attempts=exchange.wire_attempts,
        )
        return end_us

    def never_sent(self, *, sched_us: int, endpoint: str, journey: str, outcome: str, error: str) -> None:
        """A request was due and no byte of it will ever be sent."""
        if outcome == "censored":
            self.counts.censored += 1
        self.samples.add(
            sched_us=sched_us, endpoint=endpoint, journey=journey, outcome=outcome, error=error, wire_attempts=0
        )

    def censor_in_flight(self) -> list[Flight]:
        """Write what is still in flight as censored rows, and return it."""
        flights = list(self.in_flight)
        self.in_flight.clear()
        for flight in flights:
            self.counts.censored += 1
            self.samples.add(**_known(flight), outcome="censored", error="in flight when the run stopped")
        return flights

    def second(self, *, planned: int, cpu_ratio: float) -> None:
        """Write one line of ``delivery/``. ``planned`` is how much has become due since the start, by timetable."""
        counts, self.counts = self.counts, Counts()
        planned += self.unplanned
        self.delivery.write(
            {
                "at_us": now_us(),
                "planned": planned - self._planned_before,
                "sent": counts.sent,
                "completed": counts.completed,
                "in_flight": len(self.in_flight),
                "censored": counts.censored,
                "schedule_lag_us": counts.schedule_lag_us,
                "loop_lag_us": counts.loop_lag_us,
                "cpu_ratio": round(cpu_ratio, 3),
            }
        )
        self._planned_before = planned

    def close(self) -> None:
        """Flush and close; safe to call twice."""
        self.samples.close()
        self.delivery.close()


def _known(flight: Flight) -> dict[str, object]:
    return {
        "sched_us": flight.sched_us,
        "start_us": flight.start_us,
        "endpoint": flight.call.endpoint,
        "journey": flight.journey,
        "trace_id": flight.trace_id,
    }
