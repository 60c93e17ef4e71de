"""The verdict of a load run: whether the load was delivered, and what became of each rule. Pure after reading.

A load that was not delivered supports no PASS. It still supports a FAIL when the generator itself was well: then what
was not sent in time waited for the system, and a system that hangs is a finding. A generator that was ill supports
nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reports.evidence import RunDirectory
from reports.judge.baseline import Sides, compared
from reports.judge.case import Case
from reports.judge.delivery import NAME as DELIVERED
from reports.judge.gate import judge_rule
from reports.judge.loads import Load, phases, read_load
from reports.judge.promise import Promise, Status, plural, some
from reports.judge.rules import LATENCIES, Rule, resolved
from reports.judge.verdict import Reason, Verdict
from reports.judge.waivers import Waiver, day_of, is_waived, waived
from reports.judge.words import WORST_FIRST, Word, worst
from reports.judge.workers import killed, lacking, late

LAG_SHARE = 0.1  # of a rule's bound: a generator whose own loop is later than that may break it alone
STOPPED_BY = "rule.stopped"  # the kind of the event: the rule that ended the load, and why


def judge_load(
    run: RunDirectory,
    rules: Sequence[Rule],
    *,
    baseline: Sequence[RunDirectory] = (),
    waivers: Sequence[Waiver] = (),
) -> Verdict:
    """Judge a load run by these rules. The same evidence and rules, the same verdict."""
    load = read_load(run)
    sides = Sides(load, [read_load(one) for one in baseline] if any(rule.with_baseline for rule in rules) else [])
    count = sum(rule.with_baseline for rule in rules)
    found = (_supported(_judged(rule, sides, comparisons=count), load) for rule in rules)
    day = day_of(run.facts)
    return verdict_on(load.case, (load.delivered, *(waived(promise, waivers, day) for promise in found)))


def _judged(rule: Rule, sides: Sides, *, comparisons: int) -> Promise:
    if rule.with_baseline:
        return compared(rule, sides, comparisons=comparisons) if sides.baseline else _no_baseline(rule)
    return judge_absolute(rule, sides.candidate)


def _stopped(promise: Promise, load: Load) -> Promise:
    """A rule that ended the load is broken, whatever the requests before that may outweigh."""
    found = next((event for event in load.case.of_kind(STOPPED_BY) if event.subject == promise.name), None)
    if found is None:
        return promise
    after_s = (found.at_us - load.stretch.from_us) / 1e6
    because = f"it ended the load after {after_s:.0f} s: {found.data.get('because')}; in all {promise.because}"
    return replace(promise, status=Status.FAIL, because=because)


def judge_absolute(rule: Rule, load: Load) -> Promise:
    """Judge a rule that needs no baseline; one that ended the load is broken."""
    rule = resolved(rule, load.case.objectives)
    return _stopped(_of_the_system(rule, _in_its_phase(rule, load), load), load)


def _of_the_system(rule: Rule, found: Promise, load: Load) -> Promise:
    """A latency that may be over its bound by the generator's own loop alone is UNKNOWN.

    It is the system's when it is over it also without what was due in the seconds in which the loop was late, and with
    what was read in them that much sooner; or by more than the loop can have added, once when a request was sent and
    once when its answer was read.
    """
    lag_s = min(LAG_SHARE * rule.bound, load.case.objectives.value("loop_lag_s"))
    worst_s = max((one.loop_lag_us / 1e6 for one in load.case.delivery), default=0.0)
    if found.status is not Status.FAIL or rule.measure not in LATENCIES or worst_s <= lag_s:
        return found
    when, all_of_it = late(load.case, lag_s), load.stretch
    due, run = (answers.sooner(when, worst_s) for answers in (all_of_it.due, all_of_it.run))
    without = _in_its_phase(rule, replace(load, stretch=replace(all_of_it, due=due, run=run, late=when)))
    by_far = _in_its_phase(replace(rule, bound=rule.bound + 2 * worst_s, objective=""), load)
    if Status.FAIL in (without.status, by_far.status):
        return found
    said = f"but the load generator's own loop was up to {worst_s * 1e3:.0f} ms late; without that {without.because}"
    return replace(found, status=Status.UNKNOWN, because=f"{found.because}; {said}")


def _in_its_phase(rule: Rule, load: Load) -> Promise:
    """Judge a rule in the phase that it names."""
    if not rule.phase:
        return judge_rule(rule, load.stretch)
    known = {phase.name: phase for phase in phases(load.case)}
    if rule.phase not in known:
        names = some(sorted(known), 12) or "none at all"
        return Promise(rule.text, Status.UNKNOWN, f"no phase {rule.phase!r} in this run; there are {names}")
    phase = known[rule.phase]
    return judge_rule(rule, load.stretch.between(phase.from_us, phase.to_us))


def _no_baseline(rule: Rule) -> Promise:
    return Promise(rule.text, Status.UNKNOWN, "there is no baseline to compare with: give one with --baseline RUN")


def _supported(promise: Promise, sound: Load) -> Promise:
    """What is not supported by the load is UNKNOWN."""
    if sound.ill and promise.status is not Status.UNKNOWN:
        return replace(promise, status=Status.UNKNOWN, because=f"{promise.because}; but {sound.ill}")
    if sound.short and promise.status is Status.PASS:
        return replace(
            promise, status=Status.UNKNOWN, because=f"{promise.because}; but the load was not delivered: {sound.short}"
        )
    return promise


def verdict_on(case: Case, promises: tuple[Promise, ...]) -> Verdict:
    """Return the verdict on a load run with these promises, and with what the timeline says of it."""
    reasons = sorted(_reasons(case, promises), key=lambda reason: WORST_FIRST.index(reason.word))
    word = worst([Word.PASS, *(reason.word for reason in reasons)])
    held = sum(promise.status is Status.PASS for promise in promises)
    because = reasons[0].because if reasons else f"{held} of {plural(len(promises), 'promise')} held"
    return Verdict(word, because, promises, (), (), tuple(reasons), case.torn)


def _reasons(case: Case, promises: tuple[Promise, ...]) -> Iterator[Reason]:
    for event in case.events:
        said = event.data.get("reason") or event.subject or "no reason given"
        if event.kind == "abort":
            yield Reason(Word.ABORTED, f"the run was aborted: {said}")
        elif event.kind == "bug":
            yield Reason(Word.BUG, f"a fault of the suite itself: {said}")
    for promise in promises:
        if promise.status is not Status.PASS and not is_waived(promise):
            word = Word.FAIL if promise.status is Status.FAIL else Word.UNKNOWN
            yield Reason(word, f"{promise.name}: {promise.because}")
    if all(promise.name == DELIVERED or is_waived(promise) for promise in promises):
        said = "every rule is waived" if len(promises) > 1 else "no rule is listed"
        yield Reason(Word.UNKNOWN, f"{said}, so nothing was looked at")
    if killed(case):
        yield Reason(Word.UNKNOWN, f"load worker {', '.join(sorted(killed(case)))} was killed")
    if lacking(case):
        yield Reason(Word.UNKNOWN, str(lacking(case)))
    if case.altered:
        yield Reason(Word.UNKNOWN, f"the evidence is not as it was written: {case.altered[0]}")
