"""What the README claims about speed, measured: ``make bench``.

Each figure is the median of several runs on this machine, printed with the single values. Nothing here is a test: these
machines are noisy, and a figure over its claim is for a person to look at.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

STACK_UP_CLAIM_S = 12.0
GAMEDAY_CLAIM_S = 360.0
REGION = "bench"


def stack_up_s() -> float:
    """Seconds from ``stack up`` to the first 200 through DNS and load balancer, schema and seed included."""
    started = time.monotonic()
    _call("fixtures", "up", "--detach", "--name", REGION)
    took = time.monotonic() - started
    _call("fixtures", "down", "--name", REGION)
    return took


def gameday_s() -> float:
    """Seconds for the whole default game day, start and end of the region included."""
    started = time.monotonic()
    _call("experiments", "run", accepted=(0, 2))
    return time.monotonic() - started


def _call(module: str, *arguments: str, accepted: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in accepted:
        raise typer.Exit(_complain(module, arguments, done))


def _complain(module: str, arguments: tuple[str, ...], done: subprocess.CompletedProcess[str]) -> int:
    last = (done.stderr or done.stdout).strip().splitlines()[-1:]
    typer.echo(f"bench: {module} {' '.join(arguments)} ended with {done.returncode}: {' '.join(last)}", err=True)
    return 70


def measure(what: str, once: Callable[[], float], runs: int, claim_s: float) -> dict[str, object]:
    """Run ``once`` several times; print and return the median in seconds."""
    values = []
    for run in range(runs):
        values.append(round(once(), 2))
        typer.echo(f"{what}: run {run + 1} of {runs}: {values[-1]} s")
    median = statistics.median(values)
    typer.echo(f"{what}: median {median} s (claim: under {claim_s:g} s)")
    return {"what": what, "median_s": median, "values_s": values, "claim_s": claim_s}


def main(
    runs: Annotated[int, typer.Option(min=1, max=20, help="How many runs the median is taken of.")] = 3,
    only: Annotated[str | None, typer.Option(help="Measure one thing only: stack-up or gameday.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON at the end.")] = False,
) -> None:
    """Measure what the README claims. Example: python -m experiments.bench --runs 3 --only stack-up"""
    things = {"stack-up": (stack_up_s, STACK_UP_CLAIM_S), "gameday": (gameday_s, GAMEDAY_CLAIM_S)}
    if only is not None and only not in things:
        typer.echo(f"bench: expected one of {', '.join(things)}, found {only!r}", err=True)
        raise typer.Exit(64)
    chosen = {only: things[only]} if only else things
    figures = [measure(what, once, runs, claim) for what, (once, claim) in chosen.items()]
    if as_json:
        typer.echo(json.dumps(figures))


if __name__ == "__main__":
    typer.run(main)
