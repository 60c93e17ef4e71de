"""After the last experiment: the load ends, the sinks catch up, what landed is read back. Barriers, never sleeps."""

from experiments import roster
from experiments.day import WRITER, Day
from experiments.load import DRAIN_S
from experiments.phases import phase
from experiments.sinks.barrier import reach
from experiments.sinks.landing import LandingPoller
from experiments.sinks.read import SinkUnreadableError, open_sink
from reports.evidence import Job


def settle(day: Day, poller: LandingPoller) -> None:
    """End the load, wait until every sink shows all that was written, read back. What fails is evidence, too."""
    with phase(day, "settle", at_most_s=day.timing.barrier_s + DRAIN_S):
        end_load(day, "planned")
        with day.stop.interruptible():
            reach(day.target, day.run, within_s=day.timing.barrier_s, writer=WRITER)
    with phase(day, "read-back"):
        poller.stop()
        with day.stop.interruptible():
            poller.write()
        _save_jobs(day)


def end_load(day: Day, reason: str) -> None:
    """Ask the generator to end; it lets requests end and writes what it has."""
    if day.load is None or day.load_is_dead() or day.load_ended:
        return
    by_itself = day.load.end(within_s=DRAIN_S)
    day.load_ended = True
    day.display.show_traffic(None)
    day.record("load.stopped", subject=reason, reason=reason, exit_code=day.load.exit_code, by_itself=by_itself)


def read_jobs(day: Day, when: str) -> list[Job] | None:
    """The job table of the primary; None, and a note, when it cannot be read."""
    sink = open_sink(day.target, "primary")
    try:
        return sink.jobs(when)
    except SinkUnreadableError as error:
        day.record("note", what="jobs not readable", when=when, reason=str(error))
        return None
    finally:
        sink.close()


def _save_jobs(day: Day) -> None:
    after = read_jobs(day, "after")
    if after is None:
        return
    day.run.write_jobs([*day.jobs_before, *after])
    members = roster.members(day.target, answered=set())
    if members is None:
        day.record("note", what="live instances not readable")
        return
    live = sorted(member.id for member in members if member.role in ("sync", "async"))
    day.record("jobs.snapshot", when="after", live_instances=live, rows=len(after), file="jobs.parquet")
