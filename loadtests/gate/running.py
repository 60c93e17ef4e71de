"""A gate's run: load alone at a target, for a time, with everything it leaves in a run directory. Judges nothing."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fixtures.target import DEFAULT_REGION, Target, target_up
from loadtests.facts import facts
from loadtests.gate.asking import Asked
from loadtests.gate.display import Display
from loadtests.gate.generator import Generator
from loadtests.gate.sharing import COMING_S, Sharing, wait_for_last_lines
from loadtests.gate.stopping import Stop, StopRequestedError
from loadtests.gate.watching import Watching
from loadtests.permission import require_allowed, require_ready
from loadtests.profiles import Profile
from loadtests.stop.identity import this_process
from loadtests.storage.place import Place
from reports.evidence import EventWriter, RunDirectory
from reports.evidence.room import check_room
from reports.evidence.traffic import Traffic
from reports.judge.loads import MEASURED
from reports.objectives import load_objectives

WRITER = "loadgate"
START_S = 45.0
AFTER_S = 1.5  # the load goes on so long when all is measured, so that the last requests have their time, too
WRONG_SETTING = (6, 64)  # with these the generator ends before it sends anything


class NotStartedError(Exception):
    """The generator refused to start; the message is its line, ``exit_code`` its code."""

    def __init__(self, line: str, exit_code: int) -> None:
        super().__init__(line)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Order:
    """What was asked for, checked as far as that goes without touching anything. Times in seconds."""

    profile: Profile
    asked: Asked
    target: str = "local"
    region: str = DEFAULT_REGION
    duration_s: float = 30.0
    warm_up_s: float = 5.0
    seed: int = 1
    sharing: Sharing = field(default_factory=Sharing)
    scale: float = 1.0  # by how much the profile is scaled already
    place: Place = field(default_factory=Place)
    abort: bool = False  # end it when a rule on a percentile is broken by more than chance, or nothing is in time

    @property
    def at_most_s(self) -> float:
        return self.warm_up_s + self.duration_s + AFTER_S


@dataclass
class Gate:
    """A run under way."""

    order: Order
    run: RunDirectory
    events: EventWriter
    display: Display
    stop: Stop
    traffic: Traffic
    load: Generator
    watching: Watching
    why_dead: str | None = field(default=None)

    def died(self) -> bool:
        """Whether the generator ended although nobody asked it to; said once in the timeline."""
        code = self.load.exit_code
        if code is not None and self.why_dead is None:
            self.why_dead = f"died with exit code {code}: {self.load.last_words() or 'it said nothing'}"
            self.events.record("load.stopped", subject="died", data={"reason": self.why_dead})
            self.display.say(f"the load generator {self.why_dead}")
        return code is not None


def run_load(order: Order, display: Display, stop: Stop, *, begun: bool = False) -> RunDirectory:
    """Run the load and return its run directory, ready to be judged.

    ``begun``: it is one of several, and whoever wants them has looked at the front door before the first.
    Raises StopRequestedError when stopped before there is anything to keep, TargetError, NotARunDirectoryError,
    RefusedError and NotStartedError.
    """
    require_allowed(order.target, order.profile, seconds=order.at_most_s)
    check_room(order.place.path)
    with target_up(order.target, order.region, say=display.say, check=stop.check) as target:
        if not begun:
            require_ready(target, order.profile)
        stop.check()
        run = open_run(order, target)
        display.say(f"run directory {run.path}")
        with loading(order, run, display, stop) as gate:
            measure(gate)
    return run


def open_run(order: Order, target: Target, more: Mapping[str, Any] | None = None) -> RunDirectory:
    """Make the run directory with everything that its judge needs to know."""
    origin = target.objectives_from or f"fixtures/targets/{target.name}.toml"
    told = facts(target, order.profile, order.seed) | order.asked.facts() | dict(more or {})
    told |= {"region": order.region, "duration_s": order.duration_s, "warm_up_s": order.warm_up_s}
    told |= {"objectives": load_objectives(target.objectives, origin=origin).to_facts(), "scale": order.scale}
    run = RunDirectory.create(order.place.path, name=f"load-{order.profile.name}", kind="load", facts=told)
    order.asked.write(run.path)
    order.place.announce(run.path)
    return run


@contextmanager
def loading(order: Order, run: RunDirectory, display: Display, stop: Stop) -> Iterator[Gate]:
    """Under load. However it ends, the load has ended and the timeline says how."""
    events = run.events(WRITER)
    events.record("run.started", data=this_process().data())
    load = Generator(run, target=order.target, region=order.region, sharing=order.sharing)
    watching = Watching(run, order.asked.rules, abort=order.abort)
    gate = Gate(order, run, events, display, stop, Traffic(run), load, watching)
    profile = order.profile.name
    started = {"pid": load.pid, "profile": profile, "seed": order.seed, "workers": order.sharing.count}
    events.record("load.started", data=started)
    try:
        yield gate
    except StopRequestedError as request:
        display.say(f"stopped: {request}")
        events.record("abort", clock="person", data={"reason": str(request)})
    finally:
        if not gate.died():
            load.end()
            wait_for_last_lines(run, order.sharing)
            broken = watching.broken and f"rule: {watching.broken.rule.text}"
            reason = stop.reason or broken or "planned"
            events.record("load.stopped", data={"reason": reason, "exit_code": load.exit_code})
        events.record("run.finished")
        events.close()
        display.end()


def measure(gate: Gate) -> None:
    """Warm up, then let it count. Raises NotStartedError when the generator says that a setting is wrong."""
    start_s = START_S + (COMING_S if gate.order.sharing.elsewhere else 0)
    began = gate.stop.wait(lambda: gate.died() or gate.traffic.beats(), within_s=start_s)
    if gate.died() and gate.load.exit_code in WRONG_SETTING:
        raise NotStartedError(gate.load.last_words(), gate.load.exit_code)
    if not began:
        gate.display.say(f"no request was answered within {start_s:.0f} s")
    _phase(gate, "warm-up", gate.order.warm_up_s)
    gate.watching.begin()
    _phase(gate, MEASURED, gate.order.duration_s)
    if gate.watching.broken:
        gate.display.say(f"ended by {gate.watching.broken.rule.text}: {gate.watching.broken.because}")
    gate.stop.wait(gate.died, within_s=AFTER_S)


def _phase(gate: Gate, name: str, seconds: float) -> None:
    gate.events.record("phase.started", subject=name)
    gate.display.begin("warming up, not counted" if name == "warm-up" else "measuring", seconds=seconds)
    began = time.monotonic()

    def over() -> bool:
        passed_s = time.monotonic() - began
        gate.display.show(passed_s, gate.traffic.rate())
        return passed_s >= seconds or gate.died() or gate.watching.look(gate.events)

    try:
        gate.stop.wait(over, within_s=seconds + 1)
    finally:
        gate.events.record("phase.finished", subject=name)
