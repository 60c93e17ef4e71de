"""The chapters of a made-up game day: what each fault does to the traffic, and the events that a real one leaves."""

from collections.abc import Iterable
from dataclasses import dataclass

from reports.evidence import EventWriter, RunDirectory

S = 1_000_000
ZONES = ("eu-central-1a", "eu-central-1b")
ALWAYS = ("steady_state_before", "load_delivered", "availability_within_budget", "steady_state_after")
OF_RUN = (
    "no_acknowledged_write_lost",
    "no_write_duplicated",
    "no_phantom_write",
    "no_write_corrupted",
    "landed_within_freshness",
    "replica_caught_up",
    "jobs_drained",
    "no_job_orphaned",
    "no_job_run_twice",
    "schedules_kept",
)
OF_FAULT = ("fault_happened", "recovered_within_rto", "latency_back_in_band", "capacity_restored", "undone")


@dataclass(frozen=True)
class Chapter:
    """One experiment of the story."""

    name: str
    title: str
    fault: bool
    promises: tuple[str, ...]
    outage_s: float = 0.0  # how long requests are bad after the effect sets in
    bad_ratio: float = 0.0  # of the requests in that time
    effect_s: float = 0.6  # from the first API call until the effect sets in
    fault_s: float = 16.0
    api: tuple[str, str] = ("", "")  # service, operation
    signs: tuple[str, str] = ("", "")  # API, data plane
    expected: tuple[tuple[str, float, float, str], ...] = ()


@dataclass(frozen=True)
class Moment:
    """When a chapter happens, microseconds."""

    chapter: Chapter
    from_us: int
    called_us: int | None
    fault_from_us: int
    recovery_from_us: int
    to_us: int

    @property
    def bad_us(self) -> tuple[int, int]:
        """When requests are bad."""
        if self.called_us is None:
            return 0, 0
        begin = self.called_us + int(self.chapter.effect_s * S)
        return begin, begin + int(self.chapter.outage_s * S)


CHAPTERS = {
    "baseline": Chapter("baseline", "Nothing is done: the control", False, ALWAYS + OF_RUN, fault_s=0),
    "terminate-sync-instance": Chapter(
        "terminate-sync-instance",
        "One of four sync servers is terminated",
        True,
        ALWAYS + OF_FAULT + OF_RUN,
        outage_s=2.4,
        bad_ratio=0.26,
        api=("ec2", "TerminateInstances"),
        signs=("EC2: i-0a1 is shutting-down", "nothing accepts connections at 127.3.32.4:8080 any more"),
        expected=(
            ("target unhealthy", 1.0, 4.0, "2 failed health checks, one each 1 s, 2 s for the last to time out"),
        ),
    ),
    "stall-async-workers": Chapter(
        "stall-async-workers",
        "Both async servers are stopped for longer than a job's lease",
        True,
        ALWAYS + OF_FAULT + OF_RUN,
        api=("ssm", "SendCommand"),
        signs=("SSM: command on i-0b1, i-0b2 Success", "i-0b1 began no job for 4.1 s, while jobs were due"),
        expected=(("job taken over", 0, 10, "a lease of 6 s runs out, found 4 s later at most"),),
    ),
    "terminate-async-instance": Chapter(
        "terminate-async-instance",
        "An async server is terminated in the middle of an import",
        True,
        ALWAYS + OF_FAULT + OF_RUN,
        api=("ec2", "TerminateInstances"),
        signs=("EC2: i-0b1 is shutting-down", "i-0b1 renewed no lease for 3.0 s, while others began jobs"),
        expected=(("job taken over", 0, 10, "a lease of 6 s runs out, found 4 s later at most"),),
    ),
    "fail-over-rds-primary": Chapter(
        "fail-over-rds-primary",
        "The primary database fails over to its standby",
        True,
        ALWAYS + OF_FAULT + OF_RUN,
        outage_s=9.5,
        bad_ratio=0.8,
        fault_s=22.0,
        api=("rds", "RebootDBInstance"),
        signs=("RDS: oms moved from eu-central-1a to eu-central-1b", "the primary's name leads to 127.3.6.10"),
        expected=(("clients on the new primary", 0, 5, "the name has a TTL of 5 s, from the moment it changes"),),
    ),
}


def of(names: Iterable[str]) -> list[Chapter]:
    """Return the chapters of these names."""
    return [CHAPTERS[name] for name in names]


def moments(chapters: list[Chapter], start_us: int) -> list[Moment]:
    """Lay the chapters one after the other, after five seconds of warm-up."""
    found, at = [], start_us + 5 * S
    for chapter in chapters:
        fault_from = at + 12 * S
        called = fault_from + 3 * S if chapter.fault else None
        recovery_from = fault_from + int(chapter.fault_s * S)
        to = recovery_from + (14 * S if chapter.fault else 0)
        found.append(Moment(chapter, at, called, fault_from, recovery_from, to))
        at = to + 4 * S
    return found


def write_events(
    run: RunDirectory, day: EventWriter, moment: Moment, *, without_sign: str | None, undo_open: str | None
) -> None:
    """Write what the game day and the experiment's own process leave of a chapter."""
    name, chapter = moment.chapter.name, moment.chapter
    day.record("experiment.started", experiment=name, data={"title": chapter.title}, at_us=moment.from_us)
    _phase(day, name, "baseline", moment.from_us, moment.fault_from_us)
    _probes(day, name, "before", moment.fault_from_us - S)
    if chapter.fault:
        _capacity(day, name, "before", moment.fault_from_us - S // 2)
        for phase, low, high, why in chapter.expected:
            data = {"phase": phase, "seconds_from": low, "seconds_to": high, "why": why}
            day.record("expected", experiment=name, data=data, at_us=moment.fault_from_us - S // 4)
        _phase(day, name, "fault", moment.fault_from_us, moment.recovery_from_us)
        _fault(run, moment, without_sign=without_sign, undo_open=undo_open)
        _phase(day, name, "recovery", moment.recovery_from_us, moment.to_us)
        _capacity(day, name, "after", moment.to_us + S // 2)
    _probes(day, name, "after", moment.to_us + S)
    done = {"result": "completed", "reason": None}
    day.record("experiment.finished", experiment=name, data=done, at_us=moment.to_us + 2 * S)


def _fault(run: RunDirectory, moment: Moment, *, without_sign: str | None, undo_open: str | None) -> None:
    chapter, called = moment.chapter, moment.called_us or 0
    undo = run.undo()
    way_back = {"kind": "none"}
    record = undo.intent(
        "i-0a1", ":".join(chapter.api), experiment=chapter.name, before={}, way_back=way_back, at_us=called
    )
    chaos = run.events(f"chaos-{chapter.name}")
    call = {"service": chapter.api[0], "operation": chapter.api[1], "parameters": {}}
    chaos.record("fault.called", subject="i-0a1", data=call, experiment=chapter.name, at_us=called)
    undo.applied(record, at_us=called)
    for plane, clock, what, after_s in zip(("api", "data"), ("aws", "traffic"), chapter.signs, (0.7, 1.1), strict=True):
        if plane != without_sign:
            data = {"plane": plane, "what": what}
            at_us = called + int(after_s * S)
            chaos.record("sign", subject="i-0a1", data=data, experiment=chapter.name, clock=clock, at_us=at_us)
    chaos.record("fault.returned", subject="i-0a1", experiment=chapter.name, at_us=called + 8 * S)
    undo.undone(record, at_us=moment.recovery_from_us)
    if chapter.name != undo_open:
        undo.verified(record, at_us=moment.recovery_from_us)
    _signals(run, moment)


def _signals(run: RunDirectory, moment: Moment) -> None:
    called, name = moment.called_us or 0, moment.chapter.name
    out = run.signals(f"chaos-{name}")
    if name == "terminate-sync-instance":
        old = {"i-0a1": "healthy", "i-0a2": "healthy"}
        for after_s, health in (
            (-1.0, old),
            (2.9, {**old, "i-0a1": "unhealthy (Target.FailedHealthChecks)"}),
            (6.2, {"i-0a2": "healthy", "i-0a9": "initial (Elb.InitialHealthChecking)"}),
            (8.3, {"i-0a2": "healthy", "i-0a9": "healthy"}),
        ):
            at_us = called + int(after_s * S)
            out.write({"at_us": at_us, "name": "target_health", "value": health, "experiment": name})
    if name == "fail-over-rds-primary":
        for after_s, signal, value in (
            (-1.0, "dns_answer", ["127.3.5.10"]),
            (0.2, "db_status", "rebooting"),
            (4.6, "dns_answer", ["127.3.6.10"]),
            (11.9, "db_status", "available"),
        ):
            out.write({"at_us": called + int(after_s * S), "name": signal, "value": value, "experiment": name})


def _phase(day: EventWriter, name: str, phase: str, from_us: int, to_us: int) -> None:
    day.record("phase.started", subject=phase, experiment=name, at_us=from_us)
    day.record("phase.finished", subject=phase, experiment=name, at_us=to_us)


def _probes(day: EventWriter, name: str, when: str, at_us: int) -> None:
    for probe, value in (("web_answers", True), ("targets_missing", 0), ("replica_streaming", True)):
        data = {"when": when, "probe": probe, "value": value, "tolerance": value, "held": True}
        day.record("steady_state", experiment=name, data=data, at_us=at_us)


def _capacity(day: EventWriter, name: str, when: str, at_us: int) -> None:
    after = when == "after"
    sync = ["i-0a9" if after and name == "terminate-sync-instance" else "i-0a1", "i-0a2", "i-0a3", "i-0a4"]
    swapped = after and name == "fail-over-rds-primary"
    members = [
        {"role": "sync", "zone": ZONES[n % 2], "id": one, "healthy": True, "proof": "answered a request"}
        for n, one in enumerate(sync)
    ]
    for role, zone in (("primary", ZONES[swapped]), ("standby", ZONES[not swapped]), ("replica", ZONES[1])):
        proof = "answers SQL" if role == "primary" else "streams"
        members.append({"role": role, "zone": zone, "id": f"oms-{role}", "healthy": True, "proof": proof})
    day.record("capacity", experiment=name, data={"when": when, "members": members}, at_us=at_us)
