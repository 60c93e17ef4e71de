"""Who takes part in a load, as its run directory tells: who leads it, its workers, and whether they said their ends."""

from collections.abc import Iterable
from dataclasses import dataclass

from loadtests.stop.identity import Identity, identity_of
from reports.evidence import RUNS, Event, NotARunDirectoryError, RunDirectory

# The leader of a load is whoever wrote one of these, and says its end with the other.
LEADERS = {("run.started", "loadgate"): "run.finished", ("load.started", "load"): "load.stopped"}
NAMES = {"loadgate": "loadgate run", "load": "locust"}


@dataclass(frozen=True, slots=True)
class Member:
    """One process of a load. ``said_end``: its end is on record."""

    name: str
    identity: Identity
    is_leader: bool
    said_end: bool

    def __str__(self) -> str:
        return f"{self.name} (pid {self.identity.pid})"


def members(run: RunDirectory) -> list[Member]:
    """Return who takes or took part, the leader first; none for a run whose timeline names no process."""
    events = run.read_events()
    found = [*_leaders(events), *_workers(events)]
    return sorted(found, key=lambda member: not member.is_leader)


def alive(found: Iterable[Member]) -> list[Member]:
    """Return those that live on this machine."""
    return [member for member in found if member.identity.whereabouts() == "here"]


def away(found: Iterable[Member]) -> list[Member]:
    """Return those on other machines that have not said their end: whether they live, nobody here can tell."""
    return [one for one in found if not one.said_end and one.identity.whereabouts() == "elsewhere"]


def running() -> list[RunDirectory]:
    """Return the runs under ``reports/runs`` that have a process on this machine, oldest first."""
    found = []
    for file in sorted(RUNS.glob("*/run.json")):
        if file.parent.is_symlink():
            continue
        try:
            run = RunDirectory.open(file.parent, verify=False)
        except NotARunDirectoryError:
            continue
        if not run.sealed and run.facts.get("kind") == "load" and alive(members(run)):
            found.append(run)
    return found


def _leaders(events: list[Event]) -> list[Member]:
    found = []
    for event in events:
        end, identity = LEADERS.get((event.kind, event.writer)), identity_of(event.data)
        if end is not None and identity is not None:
            said = any(one.kind == end and one.writer == event.writer for one in events)
            found.append(Member(NAMES[event.writer], identity, is_leader=True, said_end=said))
    return found


def _workers(events: list[Event]) -> list[Member]:
    ended = {event.subject for event in events if event.kind == "load.worker.stopped"}
    found = []
    for event in events:
        identity = identity_of(event.data) if event.kind == "load.worker.started" else None
        if identity is not None:
            found.append(Member(f"worker {event.subject}", identity, is_leader=False, said_end=event.subject in ended))
    return found
