"""The command ``slareport``: hold what runs measured against what was promised to customers."""

import json
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from reports.commitments import CommitmentsError
from reports.evidence import RUNS, NotARunDirectoryError
from reports.render.wording import moment
from reports.sla import SlaError, build
from reports.sla.wording import headline
from reports.sources.runs import Recorded, find

USAGE, ABORTED, BUG = 64, 4, 70

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

AsJson = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]


@app.command("build", epilog="Example: slareport build --period 2026-11 --from reports/runs/2026*")
def build_(
    period: Annotated[
        str, typer.Option(metavar="PERIOD", help="2026-11, 2026-Q4, 2026, 2026-11-18 or 2026-11-01..2026-11-30, UTC.")
    ],
    from_: Annotated[
        list[Path], typer.Option("--from", metavar="RUN [RUN ...]", help="Run directories of that period.")
    ],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[RUN ...]", help="More of them.", hidden=True)] = None,
    commitments: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What was promised; reports/commitments.toml when not given.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where it goes; reports/runs/sla-PERIOD when not given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the report: a page, report.json and CSV files. Exit 0: all met; 1: one broken; 2: not enough measured."""
    built = build(period, [*from_, *(more or [])], commitments=commitments, out=out)
    if as_json:
        typer.echo(json.dumps(built.facts))
    else:
        for one in built.report.statements:
            typer.echo(f"{one.standing:<10} {one.commitment.name}: {one.because}")
        typer.echo(f"{built.report.verdict}: {headline(built.report)} (exit {built.exit_code})")
        typer.echo(f"report: {built.out / 'report.html'}")
    raise typer.Exit(built.exit_code)


@app.command(epilog="Example: slareport sources reports/runs --json")
def sources(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where runs are.")] = RUNS,
    as_json: AsJson = False,
) -> None:
    """List the runs that a report can be made of: how many requests each has, from when to when."""
    if not directory.is_dir():
        raise SlaError(f"{directory}: expected a directory with runs in it, found none")
    found, unreadable = find(directory)
    if as_json:
        typer.echo(json.dumps({"sources": [_facts(one) for one in found], "unreadable": unreadable}))
        return
    if not found:
        typer.echo(f"no run in {directory}: `gameday run` and `loadgate run` make some")
    else:
        Console().print(_table(found))
    for line in unreadable:
        typer.echo(f"not readable: {line}")


def _facts(one: Recorded) -> dict[str, Any]:
    return {
        "path": str(one.run.path),
        "run": one.name,
        "kind": one.kind,
        "target": one.target,
        "requests": one.requests,
        "from_us": one.from_us,
        "to_us": one.to_us,
        "sealed": one.run.sealed,
    }


def _table(found: list[Recorded]) -> Table:
    shown = Table("run", "kind", "target", "requests", "from", "to", "")
    for one in found:
        state = "" if one.run.sealed else "not sealed: killed, or still running"
        times = (moment(one.from_us), moment(one.to_us))
        shown.add_row(one.run.path.name, one.kind, one.target, f"{one.requests:,}", *times, state)
    return shown


def main(arguments: list[str] | None = None) -> None:
    """Run the command and end the process with an exit code of ``design.md`` section 4."""
    sys.exit(_code(arguments))


def _code(arguments: list[str] | None) -> int:
    """Everything that can go wrong, as an exit code and one line; only a bug shows its traceback."""
    try:
        code: Any = app(arguments, standalone_mode=False)
        return int(code or 0)
    except typer.TyperException as error:
        said = getattr(error, "format_message", error.__str__)()
        return _say(USAGE, str(said) or "expected a command, see above")
    except typer.Abort:
        return _say(ABORTED, "stopped")
    except (SlaError, CommitmentsError, NotARunDirectoryError) as error:
        return _say(USAGE, str(error))
    except OSError as error:
        return _say(USAGE, f"expected to read the runs and write the report, found {error}")
    except Exception as error:  # noqa: BLE001  # the border of the process: whatever is left is a fault of ours
        traceback.print_exc()
        return _say(BUG, f"a fault of the suite itself: {type(error).__name__}: {error}")


def _say(code: int, line: str) -> int:
    typer.echo(f"slareport: {line}", err=True)
    return code


if __name__ == "__main__":
    main()
