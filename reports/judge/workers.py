"""Whether the load generator itself was well: its workers alive, its loops in time. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from reports.evidence import GENERATOR, Delivery
from reports.judge.case import Case
from reports.judge.promise import plural

Late = tuple[str, int, int]  # a worker, and the stretch (from, to] in microseconds in which it was late itself


def trouble(case: Case, from_us: int, to_us: int) -> str | None:
    """Return one sentence on what was wrong with the generator in that stretch; None when it was well."""
    if not case.delivery:
        return "no second of the load generator was recorded: delivery/ is empty"
    gap_s = case.objectives.value("beat_gap_s")
    workers = sorted({second.worker for second in case.delivery})
    for worker in workers:
        beats = [second.at_us for second in case.delivery if second.worker == worker]
        silence = longest_silence(beats, from_us, to_us)
        if silence[1] - silence[0] > gap_s * 1e6:
            return _silent(case, worker, silence)
        if worker in killed(case) and max(beats) < to_us:
            return (
                f"load worker {worker} was killed: its last second is {(to_us - max(beats)) / 1e6:.1f} s before the end"
            )
    expected = _expected_workers(case)
    if expected > len(workers):
        return f"{plural(len(workers), 'load worker')} recorded; {expected} were started"
    seconds = [second for second in case.delivery if from_us <= second.at_us <= to_us]
    return _own_fault(case, from_us, to_us) or _lagging(case, seconds) or _incomplete(case, seconds, from_us, to_us)


def _own_fault(case: Case, from_us: int, to_us: int) -> str | None:
    """Any at all: a machine out of descriptors or a task that falls over makes the load another than was planned."""
    found = [said for due_us, said in case.own_faults if from_us <= due_us < to_us]
    if not found:
        return None
    first = found[0].removeprefix(GENERATOR).strip()
    return f"{plural(len(found), 'request')} failed in the load generator itself: {first}"


def unstopped(case: Case) -> set[str]:
    """Return the workers that began and never wrote that they stopped: they go on, or were killed."""
    began = {str(event.subject) for event in case.of_kind("load.worker.started")}
    return began - {str(event.subject) for event in case.of_kind("load.worker.stopped")}


def killed(case: Case) -> set[str]:
    """Return the workers that were killed: the load is over, and they never wrote that they stopped."""
    return unstopped(case) if case.has_ended or case.of_kind("load.stopped") else set()


def lacking(case: Case) -> str | None:
    """Return one sentence on samples that cannot be read, though their worker came to its own end; None when whole."""
    ill = sorted(name for name in case.torn if name.startswith("samples/") and not _of_killed(case, name))
    return f"{ill[0]} is not whole: nobody knows how many requests it lacks" if ill else None


def _of_killed(case: Case, name: str) -> bool:
    """Whether it is the stream of a worker that was killed in mid-write, which ends where its worker did."""
    file = name.removeprefix("samples/")
    return file.endswith(".arrows") and file.removesuffix(".arrows") in unstopped(case)


def late(case: Case, lag_s: float | None = None) -> list[Late]:
    """When each worker itself was late: as long as its loop was, and as long as it wrote no second (it was frozen).

    ``lag_s``: from which lag of its loop on; that of the objectives when not given.
    """
    lag_s = case.objectives.value("loop_lag_s") if lag_s is None else lag_s
    return late_of(case.delivery, lag_s, case.objectives.value("beat_gap_s"))


def late_of(delivery: Sequence[Delivery], lag_s: float, gap_s: float) -> list[Late]:
    """When each worker itself was late, by its seconds: as ``late``."""
    found, before = list[Late](), dict[str, int]()
    for second in delivery:
        silent_us = second.at_us - before.get(second.worker, second.at_us)
        before[second.worker] = second.at_us
        if second.loop_lag_us > lag_s * 1e6 or silent_us > gap_s * 1e6:
            since_us = second.at_us - max(1_000_000, second.loop_lag_us, silent_us)
            found.append((second.worker, since_us, second.at_us))
    return found


def longest_silence(beats: Sequence[int], from_us: int, to_us: int) -> tuple[int, int]:
    """Return the longest stretch of ``[from_us, to_us]`` without a beat, as its two ends."""
    inside = [from_us, *sorted(beat for beat in beats if from_us < beat < to_us), to_us]
    return max(pairwise(inside), key=lambda stretch: stretch[1] - stretch[0])


def _silent(case: Case, worker: str, silence: tuple[int, int]) -> str:
    stopped = [event for event in case.of_kind("load.stopped") if event.at_us <= silence[1]]
    seconds = (silence[1] - silence[0]) / 1e6
    if stopped:
        reason = stopped[-1].data.get("reason") or "no reason given"
        return f"the load was stopped ({reason}) while it should run: worker {worker} silent for {seconds:.0f} s"
    since = f"from {_clock(silence[0])} on"
    return f"load worker {worker} dead or frozen: nothing from it for {seconds:.1f} s while it should run, {since}"


def _clock(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, tz=UTC).strftime("%H:%M:%S UTC")


def _expected_workers(case: Case) -> int:
    """How many workers the load said it starts, or said themselves that they began; 0 when nobody said anything."""
    began = len({event.writer for event in case.of_kind("load.worker.started")})
    return max([began, *(int(event.data.get("workers") or 0) for event in case.of_kind("load.started"))])


def _incomplete(case: Case, seconds: Sequence[Delivery], from_us: int, to_us: int) -> str | None:
    """The plan is written twice, by the second and by the request: what is due in the one must be in the other."""
    planned = sum(second.planned for second in seconds if second.at_us >= from_us + 1_000_000)
    rows = len(case.requests.between(from_us, to_us))
    if rows >= case.objectives.value("delivered_ratio") * planned:
        return None
    return f"samples are missing: {plural(planned, 'request')} due by the plan of each second, {rows:,} recorded"


def _lagging(case: Case, seconds: Sequence[Delivery]) -> str | None:
    limit_s, ratio = case.objectives.value("loop_lag_s"), case.objectives.value("loop_lag_ratio")
    late = [second for second in seconds if second.loop_lag_us > limit_s * 1e6]
    if not seconds or len(late) / len(seconds) <= ratio:
        return None
    worst = max(late, key=lambda second: second.loop_lag_us)
    return (
        f"the load generator's own loop was over {limit_s:g} s late in {len(late)} of {plural(len(seconds), 'second')}"
        f" (worst {worst.loop_lag_us / 1e6:.1f} s, until {_clock(worst.at_us)}; {ratio:.0%} allowed)"
    )
