"""``make accuracy``: how far off each load generator's figures are, fault by fault."""

import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from loadtests.accuracy.campaign import Run, kept, played, quiet
from loadtests.accuracy.faults import KINDS, Kind
from loadtests.accuracy.generators import GENERATORS, RATE, Generator
from loadtests.accuracy.judging import BARS, NAMES, WITH_A_PLAN, Word, cell, worst
from loadtests.accuracy.suite import Outcome
from loadtests.accuracy.table import Cells, table

CODES: dict[Word, int] = {"PASS": 0, "FAIL": 1, "UNKNOWN": 2}
USAGE = 64
RUN_S = 12  # about what one takes

Outcomes = Mapping[tuple[Kind, Generator], Sequence[Outcome]]


def main(
    runs: Annotated[int, typer.Option(min=1, max=50, help="How many quiet runs a figure is the median of.")] = 5,
    fault: Annotated[list[str] | None, typer.Option(help="Only this fault; may be given several times.")] = None,
    generator: Annotated[list[str] | None, typer.Option(help="Only this generator; several times, too.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to keep what was written down.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the moments of arrivals and faults.")] = 1,
    again: Annotated[Path | None, typer.Option(metavar="DIR", help="Play nothing: read what was kept there.")] = None,
) -> None:
    """Play each fault against each generator and print the error table. Example: make accuracy ARGS="--runs 1"

    The exit code is about our own engine: 0 when it keeps every bar, 1 when it does not, 2 when nobody knows.
    """
    kinds = [kind for kind in KINDS if kind in _chosen("--fault", fault, KINDS)]
    generators = [one for one in GENERATORS if one in _chosen("--generator", generator, GENERATORS)]
    if again is not None:
        found = quiet(_kept(again, kinds, generators), _say)
    else:
        directory = _new(out)
        minutes = runs * len(kinds) * len(generators) * RUN_S / 60
        typer.echo(f"about {minutes:.0f} minutes on a quiet machine, kept in {directory}", err=True)
        found = quiet(played(range(seed, seed + runs), kinds, generators, directory), _say)
    raise typer.Exit(CODES[_tell(found, runs)])


def _tell(found: Outcomes, runs: int) -> Word:
    """Print the table; return the word on our own engine, or on all when it was not asked for."""
    lines = {key: _line(key[1], outcomes, runs) for key, outcomes in found.items()}
    typer.echo(f"\n{RATE} arrivals a second; each figure true → reported, medians of {runs} quiet runs\n")
    typer.echo(table(lines))
    added = [outcome.added for outcomes in found.values() for outcome in outcomes]
    if added:
        typical, rare = (statistics.median(each) for each in zip(*added, strict=True))
        typer.echo(
            f"\nserver and proxy answer {typical:.2f} ms late (median; p99 {rare:.2f} ms), which is in the truth"
        )
    ours = [word for (_, generator), (_, word) in lines.items() if generator == "ours"]
    return worst(ours or [word for _, word in lines.values()])


def _line(generator: Generator, outcomes: Sequence[Outcome], runs: int) -> tuple[Cells, Word]:
    compared = [outcome.compared for outcome in outcomes if outcome.compared is not None]
    bars = WITH_A_PLAN if generator == "ours" else BARS
    sleeps = core_sleeps()
    cells = {name: cell(name, compared, least_runs=runs, core_sleeps=sleeps, bars=bars) for name in NAMES}
    return cells, worst([each.word for each in cells.values()])


def core_sleeps() -> bool:
    """Whether an idle core halts on this machine, so that waking it up takes time."""
    try:
        return "idle=poll" not in Path("/proc/cmdline").read_text().split()
    except OSError:
        return True


def _chosen(option: str, given: list[str] | None, known: Sequence[str]) -> Sequence[str]:
    for name in given or ():
        if name not in known:
            typer.echo(f"accuracy: {option}: expected one of {', '.join(known)}, found {name!r}", err=True)
            raise typer.Exit(USAGE)
    return given or known


def _kept(directory: Path, kinds: Sequence[Kind], generators: Sequence[Generator]) -> Iterator[Run]:
    try:
        yield from (run for run in kept(directory) if run.kind in kinds and run.generator in generators)
    except (OSError, ValueError) as error:
        typer.echo(f"accuracy: --again: {error}", err=True)
        raise typer.Exit(USAGE) from error


def _new(out: Path | None) -> Path:
    directory = out or Path(tempfile.mkdtemp(prefix="accuracy-"))
    if directory.exists() and any(directory.iterdir()):
        typer.echo(f"accuracy: --out: expected a new or empty directory, found files in {directory}", err=True)
        raise typer.Exit(USAGE)
    return directory


def _say(run: Run) -> None:
    sys.stderr.write(f"seed {run.seed} {run.kind} {run.generator}: {_in_words(run.outcome)}\n")
    sys.stderr.flush()


def _in_words(outcome: Outcome) -> str:
    said = f"not quiet ({'; '.join(outcome.disturbed)}) " if outcome.disturbed else ""
    if outcome.compared is None:
        return said
    true, told = outcome.compared.true, outcome.compared.reported
    return said + ", ".join(f"{name} {_brief(getattr(true, name))} → {_brief(getattr(told, name))}" for name in NAMES)


def _brief(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"


if __name__ == "__main__":
    typer.run(main)
