"""``loadgate stop``: the command."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from loadtests.options import UsageError
from loadtests.stop.ending import WITHIN_S, Ending, end
from loadtests.stop.members import members, running
from reports.evidence import RUNS, RunDirectory

UNSAFE = 5


def stop(
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="A run directory; without it the one that runs."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """End a running load from any shell, and wait until it has. Exit 0: nothing of it runs; 5: something still does."""
    opened = _only_one() if run is None else _load(run)
    with Console(stderr=True).status(f"waiting for the end of {opened.path.name}"):
        ending = end(opened, within_s=WITHIN_S)
    told = _told(opened, ending)
    typer.echo(json.dumps(told, indent=2) if as_json else told["said"])
    raise typer.Exit(UNSAFE if ending.left else 0)


def _only_one() -> RunDirectory:
    found = running()
    if len(found) > 1:
        names = ", ".join(str(one.path) for one in found)
        raise UsageError(f"RUN: expected one, since {len(found)} loads run: {names}")
    if not found:
        raise UsageError(f"RUN: expected the directory of a load, since none of {RUNS} runs on this machine")
    return found[0]


def _load(run: str) -> RunDirectory:
    opened = RunDirectory.open(RUNS / "latest" if run == "latest" else Path(run), verify=False)
    kind = opened.facts.get("kind")
    if kind != "load":
        raise UsageError(
            f"{run}: expected the run of a load, found one of kind {kind!r}: a game day ends its own load, stop that"
        )
    return opened


def _told(run: RunDirectory, ending: Ending) -> dict[str, Any]:
    verdict = _verdict(run)
    return {
        "run": str(run.path),
        "asked": [str(member) for member in ending.asked],
        "took_s": round(ending.took_s, 1),
        "still_running": [str(member) for member in ending.left],
        "verdict": verdict,
        "said": _said(run, ending, verdict),
    }


def _said(run: RunDirectory, ending: Ending, verdict: str | None) -> str:
    """One line of what was done, or of why there was nothing to do."""
    if ending.left:
        left = ", ".join(map(str, ending.left))
        return f"{run.path}: still running {ending.took_s:.0f} s after it was asked to end: {left}: end it by hand"
    judged = f", verdict {verdict}" if verdict else ""
    if ending.asked:
        asked = ", ".join(map(str, ending.asked))
        return f"{run.path}: asked {asked} to end, which it had after {ending.took_s:.1f} s{judged}{_unsaid(run)}"
    if not members(run):
        return f"{run.path}: nothing to stop: no process is on record"
    return f"{run.path}: nothing to stop: it has ended already{judged}{_unsaid(run)}"


def _unsaid(run: RunDirectory) -> str:
    """Name those that did not get to say their end: they were killed, and what they had last may be missing."""
    silent = [str(member) for member in members(run) if not member.said_end]
    return f"; without a word of {', '.join(silent)}, as when killed" if silent else ""


def _verdict(run: RunDirectory) -> str | None:
    try:
        return str(json.loads((run.path / "verdict.json").read_text())["verdict"])
    except (OSError, ValueError, KeyError):
        return None
