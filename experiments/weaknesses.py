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
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from experiments.children import Child, start
from experiments.load import ROOT
from reports.evidence import RUNS, utc_name

GAME_DAY_S = 600.0
UNDO_S = 120.0
LOOK_EVERY_S = 0.5
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

    @property
    def word(self) -> str:
        return "caught" if self.caught else "MISSED"


def known() -> list[Weakness]:
    """Every weakness that the reference system has."""
    command = [sys.executable, "-m", "fixtures", "weaknesses", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    keys = Weakness.__dataclass_fields__
    entries = [{key: entry[key] for key in keys} for entry in json.loads(done.stdout)]
    return [Weakness(**{**entry, "may_fail_too": tuple(entry["may_fail_too"])}) for entry in entries]


@dataclass(frozen=True)
class Trial:
    """A game day that is looking for a weakness, on a region that has it."""

    weakness: Weakness
    seed: int
    region: str
    out: Path
    day: Child
    until: float  # monotonic seconds

    @property
    def over(self) -> bool:
        return self.day.exit_code is not None or time.monotonic() > self.until

    def end(self) -> Finding:
        """Make sure that the game day and its region are gone; return what was found."""
        self.day.end(within_s=UNDO_S)
        try:
            return weigh(self.weakness, json.loads((self.out / "verdict.json").read_text()))
        except (OSError, ValueError):
            said = self.day.last_line() or f"exit code {self.day.exit_code}"
            return Finding(self.weakness, "none", caught=False, because=said)


def begin(weakness: Weakness, *, seed: int, region: str, logs: Path) -> Trial:
    """Start the weakness's own experiment on a region of that name."""
    out = RUNS / f"{utc_name()}-{region}"
    command = [sys.executable, "-m", "experiments", "run", "--experiment", weakness.experiment]
    command += ["--weakness", weakness.name, "--seed", str(seed), "--out", str(out)]
    # Tethered: when we are killed, the game day hears it, undoes what it did and takes its region down.
    log = logs / f"{weakness.name}-{seed}.log"
    day = start("gameday", command, env={**os.environ, "SUITE_REGION": region}, log=log, cwd=ROOT)
    return Trial(weakness, seed, region, out, day, time.monotonic() + GAME_DAY_S)


def find(
    wanted: Sequence[tuple[Weakness, int]], *, regions: Sequence[str], say: Callable[[str], None]
) -> list[Finding]:
    """Look for each weakness with its seed, as many at once as there are regions; return what was found, in order."""
    waiting, free = deque(enumerate(wanted)), deque(regions)
    running: dict[int, Trial] = {}
    found: dict[int, Finding] = {}
    with tempfile.TemporaryDirectory() as logs:
        try:
            while waiting or running:
                while waiting and free:
                    number, (weakness, seed) = waiting.popleft()
                    running[number] = begin(weakness, seed=seed, region=free.popleft(), logs=Path(logs))
                    say(f"{weakness.name}, seed {seed}: {weakness.experiment} on region {running[number].region}")
                for number in [number for number, trial in running.items() if trial.over]:
                    trial = running[number]
                    found[number] = trial.end()
                    free.append(running.pop(number).region)
                    say(f"{trial.weakness.name}, seed {trial.seed}: {found[number].word}: {found[number].because}")
                time.sleep(LOOK_EVERY_S)
        finally:
            for trial in running.values():
                trial.day.ask_to_end()
            for trial in running.values():
                trial.day.end(within_s=UNDO_S)
    return [found[number] for number in sorted(found)]


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


def table(findings: Sequence[Finding]) -> Table:
    """One row a weakness: its promise, how many of its runs caught it, and what the last one that counts said."""
    shown = Table("weakness", "promise", "must be", "caught", "verdicts", "because")
    by_weakness: dict[Weakness, list[Finding]] = {}
    for one in findings:
        by_weakness.setdefault(one.weakness, []).append(one)
    for weakness, runs in by_weakness.items():
        sink = f" ({weakness.sink})" if weakness.sink else ""
        caught = sum(one.caught for one in runs)
        word = f"{caught} of {len(runs)}" + ("" if caught == len(runs) else " MISSED")
        told = next((one for one in runs if not one.caught), runs[-1])
        verdicts = ", ".join(dict.fromkeys(one.verdict for one in runs))
        shown.add_row(weakness.name, f"{weakness.promise}{sink}", weakness.status, word, verdicts, told.because)
    return shown


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which; all unless told.")] = None,
    times: Annotated[int, typer.Option(min=1, max=20, help="How often each, with another seed each time.")] = 1,
    lanes: Annotated[int, typer.Option(min=1, max=8, help="How many game days at once, each in its own region.")] = 1,
    name: Annotated[str, typer.Option("--name", metavar="REGION", help="What the regions are called.")] = REGION,
) -> None:
    """Prove that each known weakness is found. Exit 0: all caught.

    Example: python -m experiments.weaknesses --times 3 --lanes 2
    """
    everything = known()
    unknown = set(names or ()) - {one.name for one in everything}
    if unknown:
        expected = ", ".join(one.name for one in everything)
        typer.echo(f"weaknesses: expected some of {expected}, found {', '.join(sorted(unknown))}", err=True)
        raise typer.Exit(64)
    wanted = [(one, seed) for one in everything if not names or one.name in names for seed in range(1, times + 1)]
    regions = [name if lane == 1 else f"{name}-{lane}" for lane in range(1, lanes + 1)]
    findings = find(wanted, regions=regions, say=typer.echo)
    Console(width=None if sys.stdout.isatty() else 160).print(table(findings))
    raise typer.Exit(0 if all(one.caught for one in findings) else 1)


if __name__ == "__main__":
    typer.run(main)
