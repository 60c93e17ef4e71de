"""The command ``loadgate baseline``: which runs others are compared with, and who said so."""

import getpass
import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from loadtests.gate import baselines
from loadtests.gate.baselines import Baseline
from loadtests.options import UsageError
from reports.evidence import RunDirectory, now_us
from reports.judge.loads import read_load

app = typer.Typer(no_args_is_help=True, help="Which runs others are compared with, and who said so.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the baseline is called, as release-2026.11.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@app.command("set", epilog="Example: loadgate baseline set release latest --because 'went live on Monday'")
def set_(
    name: Name,
    runs: Annotated[str, typer.Argument(metavar="RUN[,RUN...]", help="Recorded runs of one load.")],
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why these.")],
    by: Annotated[str | None, typer.Option(metavar="WHO", help="Who promotes them; you, unless told.")] = None,
) -> None:
    """Promote recorded runs to a baseline. The one of that name, if any, is replaced."""
    found = baselines.find_runs(runs)
    baselines.require_alike(found[0].facts, found[1:])
    for run in found:
        _require_sound(run)
    made = Baseline(
        name=name,
        runs=tuple(str(run.path) for run in found),
        profile=str(found[0].facts.get("profile")),
        target=str((found[0].facts.get("target") or {}).get("name")),
        promoted_by=by or _user(),
        promoted_us=now_us(),
        because=because,
    )
    path = baselines.save(made)
    typer.echo(f"{_line(made)}\n{path}")


@app.command(epilog="Example: loadgate baseline show release")
def show(name: Name, as_json: AsJson = False) -> None:
    """Say which runs a baseline stands for, who promoted them, and whether they are still there."""
    found = baselines.load(name)
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
        return
    typer.echo(f"{_line(found)}\n{baselines.file_of(name)}")
    for path in found.runs:
        typer.echo(f"  {path}{'' if (_there(path)) else '  (not there any more)'}")


@app.command("list", epilog="Example: loadgate baseline list")
def list_(as_json: AsJson = False) -> None:
    """List all baselines, and where they live."""
    found = baselines.every()
    if as_json:
        typer.echo(json.dumps([one.model_dump() for one in found], indent=1))
        return
    for one in found:
        typer.echo(_line(one))
    typer.echo(f"{len(found) or 'no'} baseline{'' if len(found) == 1 else 's'} in {baselines.folder()}")


def _line(one: Baseline) -> str:
    on = datetime.fromtimestamp(one.promoted_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M UTC")
    runs = f"{len(one.runs)} run{'' if len(one.runs) == 1 else 's'}"
    what = f"{runs} of profile {one.profile} at {one.target}"
    return f"{one.name}: {what}, promoted by {one.promoted_by} on {on}: {one.because}"


def _require_sound(run: RunDirectory) -> None:
    load = read_load(run)
    wrong = load.ill or load.short
    if wrong:
        raise UsageError(f"{run.path}: expected a run whose load was delivered: {wrong}")


def _there(path: str) -> bool:
    try:
        baselines.find_runs(path)
    except UsageError:
        return False
    return True


def _user() -> str:
    try:
        return getpass.getuser()
    except OSError as error:
        raise UsageError("--by: expected who promotes it, since this user has no name") from error
