"""The command ``gameday``: hurt a system on purpose, undo it, and say whether it kept its promises."""

import json
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from experiments import healing, judging, listing
from experiments.catalog import CatalogError, load_catalog
from experiments.display import Display
from experiments.gameday import CANNOT_WRITE, UnsafeError, game_day, unsafe_unless_clean
from experiments.opening import Order
from experiments.planning import DEFAULT, GameDayError, choose, load_gameday
from experiments.safety.lock import BusyError
from experiments.stopping import Stop, StopRequestedError
from fixtures.policy import RefusedError
from fixtures.target import TargetError
from reports.evidence import RUNS, NotARunDirectoryError, RunDirectory
from reports.judge import Verdict
from reports.objectives import ObjectivesError

ABORTED, UNSAFE, REFUSED, USAGE, BUG = 4, 5, 6, 64, 70

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

AsJson = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]
Gameday = Annotated[str, typer.Argument(metavar="[GAMEDAY]", help="A file of experiments/gamedays.")]
Experiments = Annotated[
    list[str] | None, typer.Option("--experiment", metavar="NAME", help="Only this experiment; may be given again.")
]
TargetName = Annotated[str | None, typer.Option("--target", metavar="NAME", help="A file of fixtures/targets.")]


@app.command(epilog="Example: gameday run --experiment terminate-sync-instance --seed 7")
def run(
    gameday: Gameday = DEFAULT,
    target: TargetName = None,
    experiment: Experiments = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="A load of loadtests/profiles.toml.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the run directory goes.")] = None,
    weakness: Annotated[
        list[str] | None, typer.Option("--weakness", metavar="NAME", help="Switch on a real flaw of the local region.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the victims and when requests are due.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Play a game day: load, faults, undo, evidence, verdict. The exit code is the verdict."""
    order = _order(gameday, target, experiment, profile=profile, out=out, weaknesses=weakness, seed=seed)
    try:
        code = _play(order, as_json=as_json)
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        code = _say(ABORTED, f"evidence can no longer be written, everything is undone: {error}")
    raise typer.Exit(code)


@app.command(epilog="Example: gameday heal reports/runs/latest")
def heal(
    run: Annotated[str, typer.Argument(metavar="[RUN]", help="A run directory, or latest.")] = "latest",
    as_json: AsJson = False,
) -> None:
    """Put the world back after a killed game day. Exit 0: undone and read back, or the region is gone; 5: neither."""
    healed = healing.heal(_open(run, verify=False))
    if as_json:
        typer.echo(json.dumps({"run": run, "clean": healed.clean, "lines": healed.lines}))
    else:
        for line in healed.lines:
            typer.echo(line)
        typer.echo(healed.ending)
    raise typer.Exit(healed.exit_code)


@app.command(epilog="Example: gameday judge reports/runs/latest --json")
def judge(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or latest.")],
    as_json: AsJson = False,
) -> None:
    """Judge an old run again, from its evidence alone. The exit code is the verdict."""
    opened = _open(run)
    verdict = judging.judge_again(opened)
    _tell(opened, verdict, as_json=as_json)
    raise typer.Exit(verdict.exit_code)


@app.command("list", epilog="Example: gameday list --json")
def list_(as_json: AsJson = False) -> None:
    """List the game days, and the experiments with their promises."""
    facts = listing.everything()
    if as_json:
        typer.echo(json.dumps(facts))
        return
    listing.show(facts, Console())


@app.command(epilog="Example: gameday plan short")
def plan(
    gameday: Gameday = DEFAULT,
    target: TargetName = None,
    experiment: Experiments = None,
    as_json: AsJson = False,
) -> None:
    """Show what a game day would touch on a target that is up. Changes nothing."""
    facts = listing.plan(_order(gameday, target, experiment))
    if as_json:
        typer.echo(json.dumps(facts))
        return
    listing.show_plan(facts, Console())


def _play(order: Order, *, as_json: bool) -> int:
    """Play, judge and tell; returns the exit code. While something is not undone, any error is an UnsafeError."""
    stop = Stop()
    with stop.listening(), Display(Console(stderr=as_json)) as display:
        played = game_day(order, display, stop)
        display.phase("", "judging")
        with unsafe_unless_clean(played):
            verdict = judging.conclude(played)
    _tell(played, verdict, as_json=as_json)
    return verdict.exit_code


def _order(
    gameday: str,
    target: str | None,
    experiment: list[str] | None,
    *,
    profile: str | None = None,
    out: Path | None = None,
    weaknesses: list[str] | None = None,
    seed: int = 1,
) -> Order:
    """What was asked for, checked against what there is. Raises GameDayError or CatalogError."""
    catalog = load_catalog()
    day = choose(load_gameday(gameday), experiments=tuple(experiment or ()), profile=profile, catalog=set(catalog))
    return Order(day, catalog, target, out, tuple(weaknesses or ()), seed)


def _open(run: str, *, verify: bool = True) -> RunDirectory:
    return RunDirectory.open(RUNS / "latest" if run == "latest" else Path(run), verify=verify)


def _tell(run: RunDirectory, verdict: Verdict, *, as_json: bool) -> None:
    if as_json:
        typer.echo((run.output / "verdict.json").read_text().strip())
        return
    for line in judging.lines(verdict):
        typer.echo(line)
    typer.echo(f"report: {run.output / 'report.html'}")


def main(arguments: list[str] | None = None) -> None:
    """Run the command and end the process with an exit code of ``design.md`` section 4."""
    sys.exit(_code(arguments))


def _code(arguments: list[str] | None) -> int:
    """Everything that can go wrong, as an exit code and one line; only a bug shows its traceback."""
    try:
        code: Any = app(arguments, standalone_mode=False)
        return int(code or 0)
    except typer.TyperException as error:
        return _say(USAGE, _message(error) or "expected a command, see above")
    except typer.Abort:
        return _say(ABORTED, "stopped")
    except (GameDayError, CatalogError, TargetError, ObjectivesError, NotARunDirectoryError, BusyError) as error:
        return _say(USAGE, str(error))
    except RefusedError as error:
        return _say(REFUSED, str(error))
    except StopRequestedError as error:
        return _say(ABORTED, f"{error}: nothing was injected")
    except (UnsafeError, healing.NotHealedError) as error:
        return _say(UNSAFE, str(error))
    except Exception as error:  # noqa: BLE001  # the border of the process: whatever is left is a fault of ours
        if isinstance(error, OSError) and error.errno in CANNOT_WRITE:
            return _say(USAGE, f"expected room to write, found {error}: make some, then try again")
        traceback.print_exc()
        return _say(BUG, f"a fault of the suite itself: {type(error).__name__}: {error}")


def _message(error: typer.TyperException) -> str:
    """With the name of the option, which str() leaves out."""
    return str(getattr(error, "format_message", error.__str__)())


def _say(code: int, line: str) -> int:
    typer.echo(f"gameday: {line}", err=True)
    return code


if __name__ == "__main__":
    main()
