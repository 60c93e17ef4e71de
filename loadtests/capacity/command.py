"""``loadgate capacity``: how much the target bears."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from fixtures.target import DEFAULT_REGION
from loadtests.capacity.figure import draw
from loadtests.capacity.search import MOST_STEPS
from loadtests.capacity.steps import BETWEEN_S, CONFIRMING, Capacity, Search, look_for
from loadtests.gate.asking import asked
from loadtests.gate.display import Display
from loadtests.gate.generator import ROOT
from loadtests.gate.running import Order
from loadtests.gate.sharing import Sharing
from loadtests.gate.stopping import Stop
from loadtests.options import UsageError, as_seconds, require_place
from loadtests.profiles import load_profile
from reports.evidence import RUNS, utc_name
from reports.evidence.room import check_room
from reports.judge.length import duration

RULES = ROOT / "loadtests" / "rules" / "capacity.rules"
USUAL_STEPS = 6  # beside the one that confirms
EXIT_CODES = {"PASS": 0, "FAIL": 1, "UNKNOWN": 2, "ABORTED": 4}


def capacity(
    target: Annotated[str | None, typer.Option(metavar="NAME", help="A file of fixtures/targets.")] = None,
    profile: Annotated[str, typer.Option(metavar="NAME", help="What is sent; its rates are multiplied.")] = "steady",
    rules: Annotated[Path | None, typer.Option("--rules", metavar="FILE", help="What each rate is held to.")] = None,
    step: Annotated[float, typer.Option(metavar="TIME", parser=as_seconds, help="How long each rate counts.")] = "20s",  # type: ignore[assignment]
    warm_up: Annotated[
        float, typer.Option(metavar="TIME", parser=as_seconds, help="How long before that it does not count.")
    ] = "5s",  # type: ignore[assignment]
    at_most: Annotated[float, typer.Option(min=0.05, max=200, help="How many times the rate may be tried.")] = 8.0,
    resolution: Annotated[float, typer.Option(min=0.01, max=1, help="How near kept and too much have to come.")] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="Chooses when what is asked.")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the load, a core each.")] = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the run directories go.")] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="The curve as a picture, here, too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Find the highest rate at which the rules are kept: double until it is too much, halve, then confirm.

    Exit 0: found and confirmed; 1: not even a small part of the profile was kept; 2: it cannot be said.
    """
    if step == 0:
        raise UsageError("--step: expected a time over 0, since nothing else can be judged")
    require_place(svg)
    load, name = load_profile(profile), target or os.environ.get("SUITE_TARGET") or "local"
    if load.length_ns is not None:
        raise UsageError(f"--profile {profile}: expected one steady rate, found stages or a curve: choose another")
    folder = out or RUNS / f"{utc_name()}-capacity-{profile}"
    check_room(folder)
    like = {"profile": load.name, "target": {"name": name}, "load": load.model_dump(exclude_none=True)}
    order = Order(
        profile=load,
        asked=asked(rules or RULES, None, None, like),
        target=name,
        region=os.environ.get("SUITE_REGION") or DEFAULT_REGION,
        duration_s=step,
        warm_up_s=warm_up,
        seed=seed,
        sharing=Sharing(workers),
    )
    found = _look(Search(order, at_most, resolution, folder), as_json=as_json)
    for file in (folder / "capacity.svg", svg):
        if file is not None:
            draw(found, file)
    _tell(found, folder, as_json=as_json)
    raise typer.Exit(EXIT_CODES[found.found.word])


def _look(search: Search, *, as_json: bool) -> Capacity:
    stop, order = Stop(), search.order
    with stop.listening(), Display(Console(stderr=as_json)) as display:
        display.say(_beforehand(order, search.at_most))
        return look_for(search, display, stop)


def _beforehand(order: Order, at_most: float) -> str:
    """Say how long it is going to take, and how much load it may come to."""
    short_s, long_s = (BETWEEN_S + order.warm_up_s + times * order.duration_s for times in (1, CONFIRMING))
    return (
        f"about {USUAL_STEPS} runs and {duration(USUAL_STEPS * short_s + long_s)}, at most {MOST_STEPS} runs and "
        f"{duration(MOST_STEPS * long_s)}; up to {at_most * order.profile.rate:.0f} requests a second"
    )


def _tell(capacity: Capacity, folder: Path, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(capacity.facts(), indent=2))
        return
    Console().print(_table(capacity))
    found = capacity.found
    rate = "" if capacity.rate_per_s is None else f"{capacity.rate_per_s:.0f} requests a second: "
    typer.echo(f"{found.word}: {rate}{found.because} (exit {EXIT_CODES[found.word]})")
    typer.echo(f"picture: {folder / 'capacity.svg'}")


def _table(capacity: Capacity) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("times", "rate/s", "good/s", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(name, justify="right")
    for name in ("verdict", "because"):
        table.add_column(name)
    for step in sorted(capacity.steps, key=lambda one: one.rate_per_s):
        shown = [step.percentiles.get(name) for name in ("p50_s", "p95_s", "p99_s")]
        because = "" if step.word == "PASS" else step.because
        word = step.word + (", confirming" if step.confirming else "")
        figures = ["-" if seconds is None else f"{1000 * seconds:,.0f}" for seconds in shown]
        table.add_row(f"{step.times:.3g}", f"{step.rate_per_s:.0f}", f"{step.good_per_s:.0f}", *figures, word, because)
    return table
