"""Ask a load to end as SIGTERM would, and wait until nothing of it lives."""

import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from fixtures.policy import RefusedError
from loadtests.stop.members import Member, alive, away, members
from reports.evidence import RunDirectory

WITHIN_S = 90.0  # requests get their time, everything is written down, and a gate judges what it has
LEADER_S = 15.0  # a worker whose leader is gone for so long is asked itself
LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Ending:
    """What was done: who was asked, how long it took, and who lives nevertheless."""

    asked: tuple[Member, ...] = ()
    took_s: float = 0.0
    left: tuple[Member, ...] = ()


def end(run: RunDirectory, *, within_s: float = WITHIN_S) -> Ending:
    """Ask whoever leads the load to end, its workers when nobody leads it any more; wait for all of them.

    Raises RefusedError for a process that we may not ask, or that is on another
    machine; nothing was asked then.
    """
    found = members(run)
    living = alive(found)
    if not any(member.is_leader for member in living):
        _require_near(found)
    if not living:
        return Ending()
    began = time.monotonic()
    asked = _ask_the_right(run, living)
    deadline, leaderless = began + within_s, None
    while (left := _left(run)) and time.monotonic() < deadline:
        time.sleep(LOOK_S)
        if any(member.is_leader for member in left):
            continue
        leaderless = leaderless or time.monotonic()
        if time.monotonic() - leaderless > LEADER_S:
            asked += _ask([member for member in left if member not in asked])
    return Ending(tuple(asked), time.monotonic() - began, tuple(left))


def _left(run: RunDirectory) -> list[Member]:
    """Return who lives here still, and who is on another machine and has not said its end."""
    found = members(run)
    return [*alive(found), *away(found)]


def _require_near(found: Sequence[Member]) -> None:
    for member in away(found):
        raise RefusedError(
            f"expected a load on this machine, found {member} on {member.identity.host}: run `loadgate stop` there"
        )


def _ask_the_right(run: RunDirectory, living: list[Member]) -> list[Member]:
    """Note in the timeline that somebody asked, then ask: the leader alone, who ends what it started."""
    leaders = [member for member in living if member.is_leader]
    chosen = leaders or living
    for member in chosen:
        _require_ours(member)
    if not run.sealed:
        with suppress(OSError):  # a full disk is no reason to let the load run on
            events = run.events("stop")
            events.record("stop.asked", clock="person", data={"of": [str(member) for member in chosen]})
            events.close()
    return _ask(chosen)


def _require_ours(member: Member) -> None:
    """Raise RefusedError before anything is done when it will not listen to us."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(member.identity.pid)
        try:
            process.send_signal(0)  # asks only whether we may
        except psutil.AccessDenied as error:
            raise RefusedError(
                f"expected a load of yours, found {member} of user {process.username()}: stop it as that user"
            ) from error


def _ask(chosen: Sequence[Member]) -> list[Member]:
    """Send SIGTERM to those that still live; psutil looks once more whether the pid is another's by now."""
    asked = []
    for member in alive(chosen):
        with suppress(psutil.NoSuchProcess):
            psutil.Process(member.identity.pid).send_signal(signal.SIGTERM)
            asked.append(member)
    return asked
