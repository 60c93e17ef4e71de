"""Switch on each known weakness of the reference system, and see that the suite finds it: ``make weaknesses``.

Each gets a fresh region of its own and one game day of its own experiment. The weakness is named to the region alone;
the run directory and the judge never hear of it. *Caught* is what the judge says then: the promise is FAIL (UNKNOWN for
one that never FAILs), and nothing FAILs that the weakness does not break as well.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from experiments.children import start
from experiments.load import ROOT
from reports.evidence import RUNS, utc_name

GAME_DAY_S = 600.0
UNDO_S = 120.0
REGION = "proof"


@dataclass(frozen=True)
class Weakness:
    """One entry of ``stack weaknesses --json``."""

    name: str
    experiment: str
    promise: str
    sink: str | None
    may_fail_too: tuple[str, ...]
    status: str = "FAIL"


@dataclass(frozen=True)
class Finding:
    """What one game day said of one weakness."""

    weakness: Weakness
    verdict: str
    caught: bool
    because: str


def known() -> list[Weakness]:
    """Every weakness that the reference system has."""
    command = [sys.executable, "-m", "fixtures", "weaknesses", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    keys = Weakness.__dataclass_fields__
    entries = [{key: entry[key] for key in keys} for entry in json.loads(done.stdout)]
    return [Weakness(**{**entry, "may_fail_too": tuple(entry["may_fail_too"])}) for entry in entries]


def find(weakness: Weakness, *, seed: int, region: str = REGION) -> Finding:
    """Run the weakness's own experiment on a region that has it."""
    out = RUNS / f"{utc_name()}-{region}"
    command = [sys.executable, "-m", "experiments", "run", "--experiment", weakness.experiment]
    command += ["--weakness", weakness.name, "--seed", str(seed), "--out", str(out)]
    with tempfile.TemporaryDirectory() as directory:
        # Tethered: when we are killed, the game day hears it, undoes what it did and takes its region down.
        day = start(
            "gameday", command, env={**os.environ, "SUITE_REGION": region}, log=Path(directory) / "log", cwd=ROOT
        )
        try:
            day.wait(within_s=GAME_DAY_S)
        finally:
            day.end(within_s=UNDO_S)
        said = day.last_line()
    try:
        return weigh(weakness, json.loads((out / "verdict.json").read_text()))
    except (OSError, ValueError):
        return Finding(weakness, "none", caught=False, because=said or f"exit code {day.exit_code}")


def weigh(weakness: Weakness, verdict: dict[str, Any]) -> Finding:
    """Whether that verdict catches the weakness. Pure."""
    failed = [one for one in verdict["promises"] if one["status"] == "FAIL"]
    named = [one for one in verdict["promises"] if _is_it(one, weakness)]
    hit = next((one for one in named if one["status"] == weakness.status), None)
    allowed = {weakness.promise, *weakness.may_fail_too}
    beside = sorted({one["name"] for one in failed} - allowed)
    word = str(verdict["verdict"])
    if hit is None:
        seen = ", ".join(f"{one['status']}: {one['because']}" for one in named) or "it was not judged"
        return Finding(weakness, word, caught=False, because=seen)
    if beside:
        return Finding(weakness, word, caught=False, because=f"{', '.join(beside)} failed, too, and should not")
    return Finding(weakness, word, caught=True, because=hit["because"])


def _is_it(promise: dict[str, Any], weakness: Weakness) -> bool:
    return promise["name"] == weakness.promise and promise["sink"] == weakness.sink


def table(findings: list[Finding]) -> Table:
    """Weakness, promise, verdict, caught or missed."""
    shown = Table("weakness", "promise", "verdict", "", "because")
    for one in findings:
        sink = f" ({one.weakness.sink})" if one.weakness.sink else ""
        word = "caught" if one.caught else "MISSED"
        shown.add_row(one.weakness.name, f"{one.weakness.promise}{sink}", one.verdict, word, one.because)
    return shown


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which; all unless told.")] = None,
    times: Annotated[int, typer.Option(min=1, max=20, help="How often each, with another seed each time.")] = 1,
    name: Annotated[
        str, typer.Option("--name", metavar="REGION", help="Name of the regions that are started.")
    ] = REGION,
) -> None:
    """Prove that each known weakness is found. Exit 0: all caught.

    Example: python -m experiments.weaknesses --times 3
    """
    everything = known()
    unknown = set(names or ()) - {one.name for one in everything}
    if unknown:
        expected = ", ".join(one.name for one in everything)
        typer.echo(f"weaknesses: expected some of {expected}, found {', '.join(sorted(unknown))}", err=True)
        raise typer.Exit(64)
    findings = []
    for weakness in everything:
        for seed in range(1, times + 1):
            if names and weakness.name not in names:
                continue
            typer.echo(f"{weakness.name}: {weakness.experiment}, seed {seed}")
            findings.append(find(weakness, seed=seed, region=name))
            typer.echo(f"  {'caught' if findings[-1].caught else 'MISSED'}: {findings[-1].because}")
    Console(width=None if sys.stdout.isatty() else 160).print(table(findings))
    raise typer.Exit(0 if all(one.caught for one in findings) else 1)


if __name__ == "__main__":
    typer.run(main)
