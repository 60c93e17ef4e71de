"""One experiment of a game day: baseline, fault, recovery.

The fault is in the hands of Chaos Toolkit; whatever happens meanwhile, this module does not leave the fault's phase
before everything that was done is undone and read back.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from experiments import chaos, expecting, roster, snapshot
from experiments.catalog import Entry
from experiments.chaos import Ending
from experiments.children import Child
from experiments.day import Day
from experiments.probes import steady
from experiments.probes.capacity import Member
from experiments.safety.environment import clean_environment
from experiments.stopping import StopRequestedError
from reports.evidence import now_us

Roster = tuple[Member, ...] | None

NOTHING_DONE = ("baseline_not_met", "refused")
ROLLBACK_S = 20.0  # what Chaos Toolkit gets for its rollbacks before its group is killed and we undo ourselves


def play(day: Day, entry: Entry) -> Ending:
    """Run one experiment and say how it ended. Raises StopRequestedError when stopped, with everything undone."""
    day.record("experiment.started", entry=entry, title=entry.title)
    ending = Ending("aborted", "the game day was stopped")
    try:
        ending = _play(day, entry)
    except StopRequestedError as request:
        ending = Ending("aborted", str(request))
        raise
    except OSError as error:  # the disk or the network of this machine; whoever called knows which
        ending = Ending("aborted", str(error))
        raise
    except Exception as error:
        ending = Ending("failed", f"a fault of the suite itself: {type(error).__name__}: {error}")
        day.record("bug", entry=entry, reason=ending.reason)
        raise
    finally:
        day.record("experiment.finished", entry=entry, result=ending.result, reason=ending.reason)
        day.played.append(entry.name)
    return ending


def _play(day: Day, entry: Entry) -> Ending:
    """Baseline, fault, recovery. Without steady state or without load nothing is injected."""
    if not entry.fault:
        return _control(day, entry)
    began_us = now_us()
    with phase(day, "baseline", entry, at_most_s=day.timing.baseline_s + day.timing.after_s):
        before, refusal = _look_before(day, entry, for_s=day.timing.baseline_s)
        _expectations(day, entry)
    if refusal:
        return refusal
    with phase(day, "fault", entry, at_most_s=day.timing.fault_s):
        ending = _hurt(day, entry)
    if ending.result not in NOTHING_DONE:
        with phase(day, "recovery", entry, at_most_s=day.timing.recovery_max_s):
            _recover(day, before, since_us=began_us)
    _look_after(day, entry)
    return ending


def _control(day: Day, entry: Entry) -> Ending:
    """The experiment without a fault is a baseline and nothing else."""
    with phase(day, "baseline", entry, at_most_s=day.timing.control_s + day.timing.after_s):
        _, refusal = _look_before(day, entry, for_s=day.timing.control_s)
        ending = refusal or _hurt(day, entry)
    _look_after(day, entry)
    return ending


def _look_before(day: Day, entry: Entry, *, for_s: float) -> tuple[Roster, Ending | None]:
    """Hold the baseline, then measure. Returns who is there, and why nothing may be injected if so."""
    day.stop.wait(lambda: _tick(day) or day.load_is_dead(), within_s=for_s)
    unmet = _steady_state(day, entry, "before", within_s=day.timing.after_s)
    before = _capacity(day, entry, "before")
    if day.load_is_dead():
        return before, Ending("failed", "the load generator died before the fault, so nothing was injected")
    return before, unmet


def _look_after(day: Day, entry: Entry) -> None:
    _steady_state(day, entry, "after", within_s=day.timing.after_s)
    _capacity(day, entry, "after")


@contextmanager
def phase(day: Day, name: str, entry: Entry | None = None, *, at_most_s: float | None = None) -> Iterator[None]:
    """Mark a phase in the timeline and on the display."""
    day.record("phase.started", subject=name, entry=entry)
    day.display.phase(entry.name if entry else "", name, at_most_s=at_most_s)
    try:
        yield
    finally:
        day.record("phase.finished", subject=name, entry=entry)


def _hurt(day: Day, entry: Entry) -> Ending:
    """Let Chaos Toolkit play the experiment; on return or on any exception it has ended and all is undone."""
    env = clean_environment(day.target, day.run.path, entry.name)
    child = chaos.start_chaos(day.run.path, experiment=entry.name, file=entry.path, env=env)
    day.record("process.started", subject=child.name, entry=entry, **child.handle.data())
    try:
        in_time = _wait_for(day, child)
    finally:
        child.end(within_s=ROLLBACK_S)  # no-op when it has ended; else SIGTERM once: a second would cut its rollbacks
        day.undo_everything()
    return chaos.ending(day.run.path, entry.name, child.exit_code if in_time else None)


def _tick(day: Day) -> bool:
    """Let the display say something; False, so that it can stand in a condition."""
    day.display.tick()
    return False


def _wait_for(day: Day, child: Child) -> bool:
    def ended() -> bool:
        day.load_is_dead()  # notices it; the fault is not cut short for it, since it undoes itself
        return _tick(day) or child.exit_code is not None

    return day.stop.wait(ended, within_s=day.timing.fault_s)


def _recover(day: Day, before: Roster, *, since_us: int) -> None:
    """Hold until capacity is back and the traffic is calm again, within bounds. What is seen is judged later."""
    hold_s = day.timing.recovery_s
    limit_s = day.timing.recovery_max_s
    if not day.load_is_dead():
        day.stop.sleep(hold_s)

    def back() -> bool:
        _tick(day)
        if day.load_is_dead():
            return True  # nothing answers for us any more: no point in waiting
        now = roster.members(day.target, answered=day.traffic.answered(since_us=since_us))
        return roster.is_back(before, now) and day.traffic.calm_for(hold_s)

    day.stop.wait(back, within_s=max(0.0, limit_s - hold_s), every_s=1.0)


def _steady_state(day: Day, entry: Entry, when: str, *, within_s: float) -> Ending | None:
    """Measure each probe, again until all hold or the time is over; record the last reading.

    Returns how an experiment ends that cannot begin like this: not met, or not known since a probe gave no value.
    """
    readings = steady.measure(day.target)

    def met() -> bool:
        nonlocal readings
        if not all(reading.held for reading in readings):
            readings = steady.measure(day.target)
        return all(reading.held for reading in readings)

    day.stop.wait(met, within_s=within_s, every_s=1.0)
    for reading in readings:
        day.record(
            "steady_state",
            entry=entry,
            when=when,
            probe=reading.probe,
            value=reading.value,
            tolerance=reading.tolerance,
            held=reading.held,
        )
    off = next((reading for reading in readings if reading.held is False), None)
    if off is not None:
        return Ending("baseline_not_met", f"{off.probe} was {off.value!r}, expected {off.tolerance}")
    silent = next((reading for reading in readings if reading.held is None), None)
    return None if silent is None else Ending("failed", f"{silent.probe} gave no value, so nothing was injected")


def _capacity(day: Day, entry: Entry, when: str) -> Roster:
    found = roster.members(day.target, answered=day.traffic.answered())
    day.record("capacity", entry=entry, when=when, members=[one.data() for one in found] if found is not None else None)
    return found


def _expectations(day: Day, entry: Entry) -> None:
    """Save the live configuration before the fault, and what it lets us expect."""
    if not entry.fault:
        return
    day.snapshots[entry.name] = snapshot.take(day.target)
    (day.run.path / "target.json").write_text(json.dumps(day.snapshots, indent=2, default=str) + "\n")
    for expected in expecting.expected_after(entry.subject, day.snapshots[entry.name], day.target):
        day.record("expected", entry=entry, **expected.data())
