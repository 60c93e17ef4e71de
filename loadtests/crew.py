"""The workers of one load run, kept together by Locust's own messages: who sends what, and what when one is lost.

Each worker tells the master four times a second that it lives and whom it has. The master says who shares each
journey's arrivals; every worker draws the same plan and plays its own part, so nothing else has to be agreed on. A
worker that is not heard of is left out from a moment in the near future on. One that hears nothing stops handing out
before that moment, so no arrival is sent twice, whatever froze it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

import gevent

from loadtests.arrivals import Share
from loadtests.worker import Worker
from reports.evidence import now_us

if TYPE_CHECKING:  # importing Locust patches the sockets of the whole process
    from locust.runners import MasterRunner, WorkerRunner

logger = logging.getLogger(__name__)

BEAT_S = 0.25
LEASE_S = 1.75  # a worker goes on for so long after a beat that the master has answered
LOST_S = 2.0  # so long without a beat, and it is left out; longer than a lease
LEAD_S = 0.5  # from when new shares are told to when they hold
WATCH_S = 0.05
BEAT, PULSE, SHARES = "load.beat", "load.pulse", "load.shares"


@dataclass(frozen=True, slots=True)
class Beat:
    """What the master knows of a worker: its number, its users by journey, and when it was heard (monotonic)."""

    number: int
    users: Mapping[str, int]
    heard_at: float


class Crew:
    """The master's side."""

    def __init__(self, runner: "MasterRunner", journeys: Sequence[str]) -> None:
        self._runner = runner
        self._journeys = journeys
        self._beats: dict[str, Beat] = {}  # by Locust's name of the worker
        self._spawned_at: float | None = None
        self._start_us: int | None = None
        self._told: dict[str, list[int]] = {}
        runner.register_message(BEAT, self._hear)
        gevent.spawn(self._watch)

    def reset(self) -> None:
        """A test begins: nobody is there yet."""
        self._beats.clear()
        self._told, self._spawned_at, self._start_us = {}, None, None

    def spawned(self) -> None:
        """All users are there. Begin when every worker has said so since."""
        self._spawned_at = monotonic()

    def _hear(self, environment: Any, msg: Any, **_: Any) -> None:
        said = msg.data
        self._beats[msg.node_id] = Beat(said["number"], said["users"], monotonic())
        self._runner.send_message(PULSE, {"sent_us": said["sent_us"], "at_us": now_us()}, msg.node_id)

    def _watch(self) -> None:
        while True:
            gevent.sleep(WATCH_S)
            now = monotonic()
            live = {name: beat for name, beat in self._beats.items() if now - beat.heard_at < LOST_S}
            if not live or self._spawned_at is None or any(b.heard_at < self._spawned_at for b in live.values()):
                continue
            members = sharers(self._journeys, list(live.values()))
            if members != self._told:
                self._tell(members, list(live))

    def _tell(self, members: dict[str, list[int]], names: Sequence[str]) -> None:
        from_us = now_us() + int(LEAD_S * 1e6)
        if self._start_us is None:
            self._start_us = from_us
        self._told = members
        for name in names:
            try:
                self._runner.send_message(
                    SHARES, {"start_us": self._start_us, "from_us": from_us, "members": members}, name
                )
            except Exception as error:  # noqa: BLE001  # it has just died, and the others have to hear all the same
                logger.warning("worker %s: cannot be told its share: %s", name, error)


def sharers(journeys: Sequence[str], live: Sequence[Beat]) -> dict[str, list[int]]:
    """Return who sends each journey: the workers that have users of it, or where none has any, all that are there."""
    everybody = sorted(beat.number for beat in live)
    return {
        journey: sorted(beat.number for beat in live if beat.users.get(journey)) or everybody for journey in journeys
    }


class Member:
    """A worker's side; ``worker`` is that of the test under way."""

    def __init__(self, runner: "WorkerRunner") -> None:
        self.worker: Worker | None = None
        self._runner = runner
        self._clock = Clock()
        runner.register_message(PULSE, self._on_pulse)
        runner.register_message(SHARES, self._on_shares)
        gevent.spawn(self._beat)

    def _beat(self) -> None:
        while True:
            gevent.sleep(BEAT_S)
            worker = self.worker
            if worker is not None and not worker.stopping.is_set():
                said = {"number": worker.number, "users": worker.users(), "sent_us": now_us()}
                self._runner.send_message(BEAT, said)

    def _on_pulse(self, environment: Any, msg: Any, **_: Any) -> None:
        self._clock.hear(msg.data["sent_us"], msg.data["at_us"], now_us())
        if self.worker is not None:
            self.worker.renew(msg.data["sent_us"] + int(LEASE_S * 1e6))

    def _on_shares(self, environment: Any, msg: Any, **_: Any) -> None:
        worker, said = self.worker, msg.data
        if worker is None:
            return
        shares = {journey: share_of(worker.number, members) for journey, members in said["members"].items()}
        start_us, from_us = (self._clock.here(said[name]) for name in ("start_us", "from_us"))
        worker.note_clock(self._clock.offset_us, self._clock.err_us)
        worker.share(shares, start_us=start_us, from_us=from_us)


def share_of(number: int, members: Sequence[int]) -> Share | None:
    """Return a worker's share of a journey; None when it has no part in it."""
    return Share(number, tuple(members)) if number in members else None


class Clock:
    """How far the master's clock is ahead of this machine's, from the quickest answer so far.

    As in NTP (RFC 5905, section 8): half of the way there and back is how far off it may be.
    """

    def __init__(self) -> None:
        self.offset_us = 0
        self.err_us = 1 << 40

    def hear(self, sent_us: int, at_us: int, heard_us: int) -> None:
        """The master's clock said ``at_us`` somewhere between the two others."""
        err_us = max(heard_us - sent_us, 1) // 2
        if heard_us - sent_us > 0 and err_us < self.err_us:
            self.offset_us, self.err_us = at_us - (sent_us + heard_us) // 2, err_us

    def here(self, master_us: int) -> int:
        """Return a time of the master's as this machine's clock says it; one clock when nothing speaks against it."""
        return master_us if abs(self.offset_us) <= self.err_us else master_us - self.offset_us
