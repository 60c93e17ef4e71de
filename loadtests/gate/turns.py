"""``--baseline-target``: the candidate and its baseline take turns under the same load, until it is decided.

Each run is a run directory of its own, in a folder beside that of the gate, which holds the timeline and the verdict.
Both runs of a pair have the same seed, so that they are asked the same at the same times.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from fixtures.target import RegionNotUpError, load_target, target_up
from loadtests.gate.asking import Asked
from loadtests.gate.display import Display
from loadtests.gate.running import AFTER_S, WRITER, Order, open_run, run_load
from loadtests.gate.stopping import Stop, StopRequestedError
from loadtests.options import UsageError
from loadtests.permission import require_ready
from loadtests.stop.identity import this_process
from loadtests.storage.place import Place
from reports.evidence import EventWriter, RunDirectory
from reports.judge import Verdict
from reports.judge.case import read_case
from reports.judge.comparison import Plan, interleaved
from reports.judge.comparison.plan import FIRST_LOOK
from reports.judge.loads import Load, read_load
from reports.judge.rules import Rule
from reports.judge.turns import Pair, is_decided, judge_turns, plan_of
from reports.judge.waivers import Waiver

BETWEEN_S = 8.0  # the generator starts, ends, and is judged: about so long a run
RUN_KIND = "turn.finished"


def elsewhere(given: str, order: Order) -> tuple[str, str]:
    """Return target and region of ``NAME[@REGION]``.

    Raises UsageError when that is where the candidate is, and for a run that goes to a URL, TargetError when there is
    no such target.
    """
    if order.place.url is not None:
        raise UsageError(f"--baseline-target {given}: expected --out with a directory, since its runs go beside it")
    name, _, region = given.partition("@")
    found = (name, region or order.region)
    if found == (order.target, order.region):
        said = "expected another target than that of the candidate, or another local region, as local@before"
        raise UsageError(f"--baseline-target {given}: {said}")
    with suppress(RegionNotUpError):  # it will be started
        load_target(name, region=found[1])
    return found


def runs_of(gate: Path) -> Path:
    """Return the folder of a gate's runs: not in the gate, whose seal nobody may break by judging one of them again."""
    return gate.with_name(f"{gate.name}-runs")


@dataclass(frozen=True)
class Turns:
    """The order of the candidate, where the baseline is, and how many pairs there are at most."""

    order: Order
    baseline_target: str
    baseline_region: str
    plan: Plan

    @property
    def told(self) -> str:
        """The budget in a sentence."""
        one_s = self.order.warm_up_s + self.order.duration_s + AFTER_S
        return self.plan.told(one_s, BETWEEN_S)

    def side(self, name: str, pair: int, beside: Path) -> Order:
        """Return what is run for one side of a pair."""
        out = runs_of(beside) / f"{beside.name}-{pair:02d}-{name}"
        found = replace(self.order, place=Place(path=out), seed=self.order.seed + pair - 1)
        if name == "baseline":
            found = replace(found, target=self.baseline_target, region=self.baseline_region)
            return replace(found, asked=_never_ending(found.asked), abort=False)
        return found


def _never_ending(asked: Asked) -> Asked:
    """Return what is asked without the rules that end a load: they are about the candidate."""
    return replace(asked, rules=tuple(replace(rule, stops=False) for rule in asked.rules))


def budgeted(rules: Sequence[Rule], order_s: float, budget_s: float | None) -> Plan:
    """Return the plan for runs of so many seconds; a budget of time is made one of pairs.

    Raises UsageError when there is no time for the first look.
    """
    if budget_s is None:
        return plan_of(rules)
    pair_s = 2 * (order_s + AFTER_S + BETWEEN_S)
    if budget_s < FIRST_LOOK * pair_s:
        least = f"{FIRST_LOOK} pairs of runs, {FIRST_LOOK * pair_s / 60:.1f} minutes"
        raise UsageError(f"--budget: expected time for at least {least}, found {budget_s / 60:g} minutes")
    return plan_of(rules, int(budget_s / pair_s))


def take_turns(turns: Turns, display: Display, stop: Stop) -> tuple[RunDirectory, Verdict]:
    """Run pairs until it is decided, the budget is spent or somebody asks to stop; return the gate's run and verdict.

    Raises what ``run_load`` raises.
    """
    order = turns.order
    display.say(turns.told)
    with ExitStack() as both:
        up = [
            both.enter_context(target_up(name, region, say=display.say, check=stop.check))
            for name, region in ((order.target, order.region), (turns.baseline_target, turns.baseline_region))
        ]
        for each in up:
            require_ready(each, order.profile)
        more = {"baseline_target": up[1].fingerprint(), "pairs": turns.plan.budget}
        gate = open_run(order, up[0], more)
        display.say(f"run directory {gate.path}")
        events = gate.events(WRITER)
        events.record("run.started", data=this_process().data())
        try:
            verdict = _until_decided(turns, gate, events, display, stop)
        finally:
            events.record("run.finished")
            events.close()
    return gate, verdict if stop.reason is None else judge_again(gate, order.asked.rules, order.asked.waivers)


def _until_decided(turns: Turns, gate: RunDirectory, events: EventWriter, display: Display, stop: Stop) -> Verdict:
    pairs: list[Pair] = []
    rules, waivers = turns.order.asked.rules, turns.order.asked.waivers
    verdict = judge_turns(read_case(gate), pairs, rules, turns.plan, waivers)
    for number, sides in enumerate(interleaved(turns.plan.budget), 1):
        display.say(f"pair {number} of at most {turns.plan.budget}: {sides[0]}, then {sides[1]}")
        try:
            runs = {side: _one(turns.side(side, number, gate.path), side, events, display, stop) for side in sides}
        except StopRequestedError as request:
            events.record("abort", clock="person", data={"reason": str(request)})
            break
        pairs.append(Pair(runs["baseline"], runs["candidate"]))
        verdict = judge_turns(read_case(gate), pairs, rules, turns.plan, waivers)
        display.say(f"after {number}: {verdict.verdict}: {verdict.because}")
        if is_decided(verdict):
            break
    return verdict


def _one(order: Order, side: str, events: EventWriter, display: Display, stop: Stop) -> Load:
    stop.check()
    run = run_load(order, display, stop, begun=True)
    run.compact_samples()
    run.seal()
    stop.check()
    events.record(RUN_KIND, subject=side, data={"run": run.path.name})
    return read_load(run)


def is_turns(run: RunDirectory) -> bool:
    """Whether it is a gate whose runs took turns."""
    return "baseline_target" in run.facts


def judge_again(gate: RunDirectory, rules: Sequence[Rule], waivers: Sequence[Waiver]) -> Verdict:
    """Judge a recorded gate by its runs. Raises NotARunDirectoryError when one is gone."""
    case = read_case(gate)
    plan = plan_of(rules, int(gate.facts["pairs"]))
    return judge_turns(case, list(_pairs(gate)), rules, plan, waivers)


def _pairs(gate: RunDirectory) -> Iterator[Pair]:
    """The pairs of which both runs ended."""
    runs = [(event.subject, event.data["run"]) for event in gate.read_events() if event.kind == RUN_KIND]
    for one, other in zip(runs[::2], runs[1::2], strict=False):
        loads = {side: read_load(RunDirectory.open(runs_of(gate.path) / str(name))) for side, name in (one, other)}
        yield Pair(loads["baseline"], loads["candidate"])
