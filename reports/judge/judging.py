"""From a case to its verdict: which promises apply, and which word wins. Pure.

A promise that does not apply is not listed; one that applies and has no evidence is UNKNOWN; no promise listed at all
is UNKNOWN. A check that breaks over evidence that it did not expect makes its own promise UNKNOWN and nothing else.
"""

from collections.abc import Callable, Iterator
from functools import partial

from reports.evidence import RunDirectory
from reports.judge import fault, ledgers
from reports.judge.availability import availability_within_budget
from reports.judge.capacity import capacity_restored
from reports.judge.case import Case, read_case
from reports.judge.delivery import load_delivered
from reports.judge.fault import fault_happened
from reports.judge.freshness import landed_within_freshness
from reports.judge.jobs import jobs_drained, no_job_orphaned, no_job_run_twice, schedules_kept
from reports.judge.latency import latency_back_in_band
from reports.judge.measured import expected, measured
from reports.judge.promise import Promise, Status, plural, some
from reports.judge.recovery import recovered_within_rto
from reports.judge.replica import replica_caught_up
from reports.judge.steady import steady_state_after, steady_state_before
from reports.judge.timeline import Experiment
from reports.judge.undone import undone
from reports.judge.verdict import ExperimentVerdict, NotRun, Reason, Sign, Verdict
from reports.judge.words import WORST_FIRST, Word, worst
from reports.judge.workers import killed
from reports.judge.writes import BREAKS, Reading, declared_sinks, no_sink, read_sink, writes_at
from reports.objectives import Objectives

Judge = Callable[[Case, Experiment], Promise]

PER_EXPERIMENT: dict[str, Judge] = {
    "fault_happened": fault_happened,
    "steady_state_before": steady_state_before,
    "load_delivered": load_delivered,
    "recovered_within_rto": recovered_within_rto,
    "availability_within_budget": availability_within_budget,
    "latency_back_in_band": latency_back_in_band,
    "capacity_restored": capacity_restored,
    "steady_state_after": steady_state_after,
    "undone": undone,
}
PER_RUN: dict[str, Callable[[Case], Promise]] = {
    "replica_caught_up": replica_caught_up,
    "jobs_drained": jobs_drained,
    "no_job_orphaned": no_job_orphaned,
    "no_job_run_twice": no_job_run_twice,
    "schedules_kept": schedules_kept,
}
FRESHNESS = "landed_within_freshness"
PER_SINK = (*BREAKS, FRESHNESS)
# What a fault does to the system; of an experiment that was cut short it says nothing, since the cut did it, too.
FOUNDATIONS = ("undone", "load_delivered", "fault_happened")
COURSE = (
    "recovered_within_rto",
    "availability_within_budget",
    "latency_back_in_band",
    "capacity_restored",
    "steady_state_after",
)


def judge(run: RunDirectory, *, objectives: Objectives | None = None) -> Verdict:
    """Judge a run directory, by its own objectives unless others are given. The same evidence, the same verdict."""
    return verdict_of(read_case(run, objectives))


def verdict_of(case: Case) -> Verdict:
    """Judge a case. Pure."""
    ran = [one for one in case.experiments if not one.not_run]
    not_run = tuple(NotRun(one.name, one.reason or _silence(case)) for one in case.experiments if one.not_run)
    by_experiment = {one.name: [_judged(case, one, name) for name in _applicable(case, one)] for one in ran}
    of_run = list(_run_promises(case))
    experiments = tuple(_experiment(case, one, by_experiment[one.name]) for one in ran)
    promises = (*(promise for listed in by_experiment.values() for promise in listed), *of_run)
    found = _after_a_call(ran, _reasons(case, ran, not_run, promises))
    reasons = sorted(found, key=lambda r: WORST_FIRST.index(r.word))
    word = worst([Word.PASS, *(reason.word for reason in reasons)])
    because = reasons[0].because if reasons else f"{len(promises)} of {plural(len(promises), 'promise')} held"
    return Verdict(word, because, promises, experiments, not_run, tuple(reasons), case.torn)


def _silence(case: Case) -> str:
    """Why nobody says why an experiment was not run."""
    return "" if case.has_ended else "the run was killed"


def _applicable(case: Case, experiment: Experiment) -> list[str]:
    """The promises that the experiment's file lists; where nothing was injected only the one about before it."""
    names = [name for name in PER_EXPERIMENT if name in experiment.promises]
    if experiment.called_us is None and experiment.result in ("baseline_not_met", "refused"):
        names = [name for name in names if name == "steady_state_before"]
    if "undone" not in names and any(record.experiment == experiment.name for record in case.undo):
        names.append("undone")  # whatever is listed: what was done must be undone
    return names


def _judged(case: Case, experiment: Experiment, name: str) -> Promise:
    if name in COURSE and experiment.result in (None, "aborted"):
        why = experiment.reason or "it never finished"
        return Promise(name, Status.UNKNOWN, f"the experiment was cut short: {why}", experiment.name)
    try:
        return PER_EXPERIMENT[name](case, experiment)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        return Promise(name, Status.UNKNOWN, _broken_check(error), experiment.name)


def _run_promises(case: Case) -> Iterator[Promise]:
    listed = {*(case.facts.get("promises") or ()), *(name for one in case.experiments for name in one.promises)}
    sinks = declared_sinks(case)
    readings = {sink: read_sink(case, sink) for sink in sinks}
    for name in (one for one in PER_SINK if one in listed):
        if not sinks:
            yield no_sink(name)
        for sink in sinks:
            found = _safely(name, sink, partial(_at_sink, case, name, sink, readings[sink]))
            if found is not None:
                yield found
    for name, check in PER_RUN.items():
        if name in listed:
            found = _safely(name, None, partial(check, case))
            if found is not None:
                yield found


def _at_sink(case: Case, name: str, sink: str, reading: Reading | None) -> Promise | None:
    return landed_within_freshness(case, sink) if name == FRESHNESS else writes_at(case, name, sink, reading)


def _safely(name: str, sink: str | None, check: Callable[[], Promise | None]) -> Promise | None:
    try:
        return check()
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        return Promise(name, Status.UNKNOWN, _broken_check(error), None, sink)


def _broken_check(error: Exception) -> str:
    return f"the check could not read the evidence: {type(error).__name__}: {error}"


def _experiment(case: Case, one: Experiment, promises: list[Promise]) -> ExperimentVerdict:
    broken = [Reason(_word(promise), promise.line) for promise in promises if promise.status is not Status.PASS]
    reasons = sorted([*_from_result(one, promises), *broken], key=lambda reason: WORST_FIRST.index(reason.word))
    signs = tuple(
        Sign(sign.clock, fault.plane(sign), sign.at_us, str(sign.data.get("what") or sign.subject or ""))
        for sign in fault.signs(one)
    )
    return ExperimentVerdict(
        name=one.name,
        verdict=worst([Word.PASS, *(reason.word for reason in reasons)]),
        because=reasons[0].because if reasons else f"{len(promises)} of {plural(len(promises), 'promise')} held",
        called_us=one.called_us,
        phases=one.phases,
        signs=signs,
        measured=measured(case, one),
        expected=expected(one),
    )


def _from_result(one: Experiment, promises: list[Promise]) -> Iterator[Reason]:
    """Every word other than PASS that the way in which an experiment ended asks for."""
    why = f"{one.name}: {one.reason}" if one.reason else one.name
    if one.result in ("baseline_not_met", "refused"):
        word = Word.BASELINE_NOT_MET if one.result == "baseline_not_met" else Word.REFUSED
        yield Reason(word if one.called_us is None else Word.ABORTED, why)
    elif one.result == "aborted":
        yield Reason(Word.ABORTED, why)
    elif one.result is None:
        yield Reason(Word.ABORTED, f"{one.name}: started and never finished; whoever ran it was killed")
    elif one.result != "completed":
        yield Reason(Word.UNKNOWN, f"{one.name}: the fault was not carried out as planned: {one.reason or one.result}")
    if not promises:
        yield Reason(Word.UNKNOWN, f"{one.name}: no promise is listed")


def _word(promise: Promise) -> Word:
    """The word that a promise asks for."""
    if promise.status is Status.PASS:
        return Word.PASS
    if promise.name == "undone":
        return Word.UNSAFE
    if promise.status is Status.UNKNOWN:
        return Word.UNKNOWN
    return Word.BASELINE_NOT_MET if promise.name == "steady_state_before" else Word.FAIL


def _reasons(
    case: Case, ran: list[Experiment], not_run: tuple[NotRun, ...], promises: tuple[Promise, ...]
) -> Iterator[Reason]:
    """Every word that something in the run asks for, other than PASS."""
    yield from _from_events(case)
    for one in ran:
        yield from _from_result(one, [promise for promise in promises if promise.experiment == one.name])
    # Of equal words the first is said: what makes everything else unknown, then the data, then the course of a fault.
    ordered = sorted(promises, key=lambda promise: (promise.name not in FOUNDATIONS, promise.experiment is not None))
    yield from (Reason(_word(promise), promise.line) for promise in ordered if promise.status is not Status.PASS)
    if not_run:
        yield Reason(Word.UNKNOWN, f"{plural(len(not_run), 'experiment')} not run: {not_run[0]}")
    if not promises:
        yield Reason(Word.UNKNOWN, "no promise is listed, so nothing was looked at")


def _after_a_call(ran: list[Experiment], reasons: Iterator[Reason]) -> Iterator[Reason]:
    """Two words say that nothing was injected. A run in which something was is ABORTED instead."""
    injected = any(one.called_us is not None for one in ran)
    for reason in reasons:
        untouched = reason.word in (Word.BASELINE_NOT_MET, Word.REFUSED)
        yield Reason(Word.ABORTED, reason.because) if injected and untouched else reason


def _from_events(case: Case) -> Iterator[Reason]:
    known = {one.name for one in case.experiments if not one.not_run}
    for record in case.undo:
        if record.is_open and record.experiment not in known:
            yield Reason(
                Word.UNSAFE, f"{record.action} on {record.resource} is not read back as undone ({record.state})"
            )
    for event in case.events:
        said = event.data.get("reason") or event.subject or "no reason given"
        if event.kind == "abort":
            yield Reason(Word.ABORTED, f"the run was aborted: {said}")
        elif event.kind == "bug":
            yield Reason(Word.BUG, f"a fault of the suite itself: {said}")
    hole = ledgers.hole(case)
    if hole:
        yield Reason(Word.UNKNOWN, hole)
    if killed(case):
        yield Reason(
            Word.UNKNOWN, f"load worker {some(sorted(killed(case)))} never wrote that it stopped: it was killed"
        )
    if case.torn.get("undo.ndjson") and not case.was_killed:
        yield Reason(Word.UNKNOWN, "undo.ndjson is not whole: what else was done and undone is not known")
    if case.altered:
        yield Reason(Word.UNKNOWN, f"the evidence is not as it was written: {case.altered[0]}")
