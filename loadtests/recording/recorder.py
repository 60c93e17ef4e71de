"""Every request as a row, and every second as a line: what was due, sent, answered, and how late the generator was.

A request is known here from the moment it starts, so that one that is still in flight when the run stops becomes a row
too (outcome censored) instead of vanishing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from loadtests.api.answers import Answer, Judged
from loadtests.api.call import Call
from loadtests.client import Exchange
from loadtests.recording.rows import NONE, PACKED, ROW, Labels, Rows, Vocabulary, table
from loadtests.writes import Intent
from reports.evidence import NdjsonWriter, SampleWriter, now_us

SIZE = PACKED.size  # bytes of a row
ROOM = 16_384 * SIZE  # before they are written out of turn: 1 MB
MOST_WORDS = 1000  # more are forgotten between two flushes: a flush takes its time for each that is known
NO_TRACE = bytes(16)


@dataclass(slots=True, eq=False)
class Flight:
    """A request from its start to its answer."""

    call: Call
    journey: str
    sched_us: int
    start_us: int
    trace: bytes  # 16
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
    """Writes ``samples/`` and ``delivery/`` of one worker. ``flush`` has to be called four times a second."""

    samples: SampleWriter
    delivery: NdjsonWriter
    words: Vocabulary = field(default_factory=Vocabulary)
    also: Callable[[Rows], None] | None = None  # gets the rows of each flush; they are valid during the call
    in_flight: dict[Flight, None] = field(default_factory=dict)  # an ordered set
    counts: Counts = field(default_factory=Counts)
    unplanned: int = 0  # requests that no plan knows of: logins
    _planned_before: int = 0
    _buffer: bytearray = field(default_factory=lambda: bytearray(ROOM))
    _used: int = 0  # bytes of it

    def start(self, flight: Flight) -> None:
        """A request starts now; it is late by the difference to its ``sched_us``."""
        self.in_flight[flight] = None
        counts = self.counts
        counts.sent += 1
        lag_us = flight.start_us - flight.sched_us
        if lag_us > counts.schedule_lag_us:
            counts.schedule_lag_us = lag_us

    def end(self, flight: Flight, answer: Answer, exchange: Exchange, judged: Judged) -> int:
        """The request has its answer, or will never have one. Returns when that was, microseconds."""
        end_us = exchange.end_us or now_us()
        if self.in_flight.pop(flight, self) is self:
            return end_us  # the run stopped before: it is written as censored already
        self.counts.completed += 1
        first_us, dns_us, connect_us, tls_us = (
            exchange.first_byte_us, exchange.dns_us, exchange.connect_us, exchange.tls_us,
        )  # fmt: skip
        # Written out: a call for each of these would be the dearest part of a row.
        PACKED.pack_into(
            self._buffer, self._used, flight.sched_us, flight.start_us, NONE if first_us is None else first_us, end_us,
            len(answer.body), flight.trace, NONE if dns_us is None else dns_us,
            NONE if connect_us is None else connect_us, NONE if tls_us is None else tls_us,
            self.words[
                flight.call.endpoint, flight.journey, judged.outcome, judged.error,
                exchange.peer, answer.instance, exchange.address, answer.status, exchange.wire_attempts,
            ],
        )  # fmt: skip
        self._keep()
        return end_us

    def never_sent(self, *, sched_us: int, endpoint: str, journey: str, outcome: str, error: str) -> None:
        """A request was due and no byte of it will ever be sent."""
        if outcome == "censored":
            self.counts.censored += 1
        self._unanswered(sched_us, NONE, NO_TRACE, Labels(endpoint, journey, outcome, error, wire_attempts=0))

    def censor_in_flight(self) -> list[Flight]:
        """Write what is still in flight as censored rows, and return it."""
        flights = list(self.in_flight)
        for flight in flights:
            self.censor(flight, "in flight when the run stopped")
        return flights

    def censor(self, flight: Flight, why: str) -> bool:
        """Write a request as one whose answer nobody waits for; False when it has its row already."""
        if self.in_flight.pop(flight, self) is self:
            return False
        self.counts.censored += 1
        labels = Labels(flight.call.endpoint, flight.journey, "censored", why)
        self._unanswered(flight.sched_us, flight.start_us, flight.trace, labels)
        return True

    def second(self, *, planned: int, cpu_ratio: float) -> None:
        """Write one line of ``delivery/``. ``planned`` is how much has become due since the start, by the plan."""
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

    def flush(self) -> None:
        """Hand the rows to the kernel, and to whoever wants them too; nothing when there are none."""
        if not self._used:
            return
        rows: Rows = np.frombuffer(self._buffer, ROW, self._used // SIZE)
        self._used = 0
        self.samples.write(table(rows, self.words, self.samples.worker))
        if self.also is not None:
            self.also(rows)
        if len(self.words) > MOST_WORDS:
            self.words.clear()

    def close(self) -> None:
        """Flush and close; safe to call twice."""
        self.flush()
        self.samples.close()
        self.delivery.close()

    def _unanswered(self, sched_us: int, start_us: int, trace: bytes, labels: Labels) -> None:
        row = sched_us, start_us, NONE, NONE, NONE, trace, NONE, NONE, NONE, self.words[labels]
        PACKED.pack_into(self._buffer, self._used, *row)
        self._keep()

    def _keep(self) -> None:
        """What was packed last is a row."""
        self._used += SIZE
        if self._used == ROOM:
            self.flush()
