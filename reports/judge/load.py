"""The verdict of a load run: whether the load was delivered, and what became of each rule. Pure after reading.

A load that was not delivered supports no PASS. It still supports a FAIL when the generator itself was well: then what
was not sent in time waited for the system, and a system that hangs is a finding. A generator that was ill supports
nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reports.evidence import RunDirectory
from reports.judge.answers import Answers, of_samples
from reports.judge.case import Case, read_case
from reports.judge.delivery import NAME as DELIVERED
from reports.judge.delivery import delivered
from reports.judge.gate import judge_rule
from reports.judge.measures import Stretch
from reports.judge.promise import Promise, Status, plural, some
from reports.judge.rules import Rule, resolved
from reports.judge.timeline import Phase, own_phases
from reports.judge.verdict import Reason, Verdict
from reports.judge.words import WORST_FIRST, Word, worst
from reports.judge.workers import killed, lacking, late, trouble

MEASURED = "measured"  # the phase that counts; what is before it is the warm-up
NO_BASELINE = "there is no baseline to compare with: give one with --baseline RUN"
WHOLE = 0.98  # of the seconds that were planned


@dataclass(frozen=True)
class Soundness:
    """What is wrong with the evidence: ``ill`` with the generator, ``short`` with how much was sent; None is well."""

    ill: str | None
    short: str | None


def judge_load(run: RunDirectory, rules: Sequence[Rule]) -> Verdict:
    """Judge a load run by these rules. The same evidence and rules, the same verdict."""
    case = read_case(run)
    samples = run.read_samples()
    ended = {str(one.subject): one.at_us for one in case.of_kind("load.worker.stopped")}
    requests = of_samples(samples, ended)
    stretch = measured(case, requests)
    load = _load_delivered(case, stretch.from_us, stretch.to_us)
    ill = trouble(case, stretch.from_us, stretch.to_us) if len(requests) else None
    sound = Soundness(ill, None if load.status is Status.PASS else load.because)
    promises = (load, *(_supported(_judged(case, rule, stretch), sound) for rule in rules))
    return _verdict(case, promises)


def measured(case: Case, requests: Answers) -> Stretch:
    """Return what counts of a run."""
    from_us, to_us = measured_stretch(case)
    answer_s, late_ratio = (case.objectives.value(name) for name in ("answer_s", "loop_lag_ratio"))
    due = requests.due_between(from_us, to_us)
    return Stretch(due, requests, from_us, to_us, late(case), answer_s, late_ratio)


def _judged(case: Case, rule: Rule, stretch: Stretch) -> Promise:
    """Judge a rule in the phase that it names, by the number of the objective that it names."""
    rule = resolved(rule, case.objectives)
    if rule.with_baseline:
        return Promise(rule.text, Status.UNKNOWN, NO_BASELINE)
    if not rule.phase:
        return judge_rule(rule, stretch)
    phases = {phase.name: phase for phase in _phases(case)}
    if rule.phase not in phases:
        known = some(sorted(phases), 12) or "none at all"
        return Promise(rule.text, Status.UNKNOWN, f"no phase {rule.phase!r} in this run; there are {known}")
    phase = phases[rule.phase]
    return judge_rule(rule, stretch.between(phase.from_us, phase.to_us))


def measured_stretch(case: Case) -> tuple[int, int]:
    """Return from when to when requests count, in microseconds; of a run that does not say so, all of it."""
    phases = _phases(case)
    found = next((phase for phase in phases if phase.name == MEASURED), None)
    if found is not None:
        return found.from_us, found.to_us
    if any(phase.name == "warm-up" for phase in phases) or not len(case.requests):
        return case.end_us, case.end_us  # it ended before anything counted
    return int(case.requests.due_us[0]), int(case.requests.due_us[-1]) + 1


def _phases(case: Case) -> tuple[Phase, ...]:
    return own_phases((event for event in case.events if not event.experiment), case.end_us)


def _load_delivered(case: Case, from_us: int, to_us: int) -> Promise:
    planned_s = float(case.facts.get("duration_s") or 0)
    seconds = (to_us - from_us) / 1e6
    found = delivered(case, [(from_us, to_us)], where=f"in {seconds:.0f} s")
    if seconds < planned_s * WHOLE:
        because = f"the load ended after {seconds:.1f} of {planned_s:g} s; {found.because}"
        return replace(found, status=Status.UNKNOWN, because=because)
    return found


def _supported(promise: Promise, sound: Soundness) -> Promise:
    """What is not supported by the load is UNKNOWN."""
    if sound.ill and promise.status is not Status.UNKNOWN:
        return replace(promise, status=Status.UNKNOWN, because=f"{promise.because}; but {sound.ill}")
    if sound.short and promise.status is Status.PASS:
        return replace(
            promise, status=Status.UNKNOWN, because=f"{promise.because}; but the load was not delivered: {sound.short}"
        )
    return promise


def _verdict(case: Case, promises: tuple[Promise, ...]) -> Verdict:
    reasons = sorted(_reasons(case, promises), key=lambda reason: WORST_FIRST.index(reason.word))
    word = worst([Word.PASS, *(reason.word for reason in reasons)])
    because = reasons[0].because if reasons else f"{len(promises)} of {plural(len(promises), 'promise')} held"
    return Verdict(word, because, promises, (), (), tuple(reasons), case.torn)


def _reasons(case: Case, promises: tuple[Promise, ...]) -> Iterator[Reason]:
    for event in case.events:
        said = event.data.get("reason") or event.subject or "no reason given"
        if event.kind == "abort":
            yield Reason(Word.ABORTED, f"the run was aborted: {said}")
        elif event.kind == "bug":
            yield Reason(Word.BUG, f"a fault of the suite itself: {said}")
    for promise in promises:
        if promise.status is not Status.PASS:
            word = Word.FAIL if promise.status is Status.FAIL else Word.UNKNOWN
            yield Reason(word, f"{promise.name}: {promise.because}")
    if all(promise.name == DELIVERED for promise in promises):
        yield Reason(Word.UNKNOWN, "no rule is listed, so nothing was looked at")
    if killed(case):
        yield Reason(Word.UNKNOWN, f"load worker {', '.join(sorted(killed(case)))} was killed")
    if lacking(case):
        yield Reason(Word.UNKNOWN, str(lacking(case)))
    if case.altered:
        yield Reason(Word.UNKNOWN, f"the evidence is not as it was written: {case.altered[0]}")
