"""``loadgate plan``: draws what a profile is going to send. Touches no target."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from loadtests.arrivals import NS
from loadtests.options import UsageError, as_seconds, require_place
from loadtests.planning.figure import draw
from loadtests.planning.outline import outline
from loadtests.planning.terminal import show
from loadtests.profiles import load_profile

SHORTEST_S = 1.0
DURATION_S = 45.0  # of one rate for ever: what `loadgate run` takes by itself, its warm-up too


def plan(
    profile: Annotated[str, typer.Argument(metavar="PROFILE", help="A load of loadtests/profiles.toml.")],
    seed: Annotated[int, typer.Option(min=0, help="Chooses the moments.")] = 1,
    duration: Annotated[
        float | None,
        typer.Option(metavar="TIME", parser=as_seconds, help="How long: 30s, 2m; by itself as long as its stages."),
    ] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw it as a picture, too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Draw what a profile is going to send. Starts nothing."""
    chosen = load_profile(profile)
    length_s = DURATION_S if chosen.length_ns is None else max(SHORTEST_S, chosen.length_ns / NS)
    duration_s = length_s if duration is None else duration
    if duration_s < SHORTEST_S:
        raise UsageError(f"--duration: expected at least {SHORTEST_S:g}s to plan, found {duration_s:g}s")
    require_place(svg)
    told = outline(chosen, seed=seed, duration_s=duration_s)
    if svg is not None:
        draw(told, chosen.plan(seed=seed, end_ns=round(duration_s * NS)), svg)
    if as_json:
        typer.echo(json.dumps(told.facts(), indent=2))
    else:
        show(told, Console())
