"""The command ``loadgate``: run load at a system, and say by rules that people can read whether it may be released."""

import os
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from fixtures.policy import RefusedError
from fixtures.target import DEFAULT_REGION, TargetError
from loadtests.capacity.command import capacity
from loadtests.gate import baseline_command, telling
from loadtests.gate.asking import asked, asked_again, compared
from loadtests.gate.beforehand import too_short
from loadtests.gate.display import Display
from loadtests.gate.parsing import RulesError
from loadtests.gate.running import NotStartedError, Order, run_load
from loadtests.gate.sharing import PORT, Sharing
from loadtests.gate.stopping import Stop, StopRequestedError
from loadtests.gate.turns import Turns, budgeted, elsewhere, is_turns, judge_again, take_turns
from loadtests.options import UsageError, as_seconds, require_place
from loadtests.planning.command import plan
from loadtests.profiles import ProfileError, load_profile
from loadtests.purge.command import purge
from loadtests.stop.command import stop
from loadtests.storage.command import fetch
from loadtests.storage.place import Place
from loadtests.storage.sink import StorageError
from reports.evidence import RUNS, NotARunDirectoryError, RunDirectory
from reports.judge import Verdict

ABORTED, USAGE, BUG = 4, 64, 70
DEFAULT_PROFILE = "steady"

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

RulesFile = Annotated[
    Path | None, typer.Option("--rules", metavar="FILE", help="Rules, one a line, as: p95 of * < 800ms")
]
Baseline = Annotated[
    str | None,
    typer.Option(metavar="RUN[,RUN...]", help="Recorded runs, or a baseline by its name, to compare with."),
]
WaiversFile = Annotated[Path | None, typer.Option("--waivers", metavar="FILE", help="Rules that may fail for a while.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")]


@app.command(epilog="Example: loadgate run --profile steady --rules my.rules --duration 2m --junit gate.xml")
def run(
    target: Annotated[str | None, typer.Option(metavar="NAME", help="A file of fixtures/targets.")] = None,
    profile: Annotated[str, typer.Option(metavar="NAME", help="A load of loadtests/profiles.toml.")] = DEFAULT_PROFILE,
    rules: RulesFile = None,
    baseline: Baseline = None,
    baseline_target: Annotated[
        str | None,
        typer.Option(metavar="NAME[@REGION]", help="Compare with another target, by runs that take turns."),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(metavar="TIME", parser=as_seconds, help="How long they may take turns at most: 90m."),
    ] = None,
    waivers: WaiversFile = None,
    duration: Annotated[
        float, typer.Option(metavar="TIME", parser=as_seconds, help="How long it counts: 30s, 2m.")
    ] = "40s",  # type: ignore[assignment]
    warm_up: Annotated[
        float, typer.Option(metavar="TIME", parser=as_seconds, help="How long before that it does not count.")
    ] = "5s",  # type: ignore[assignment]
    seed: Annotated[int, typer.Option(min=0, help="Chooses when what is asked.")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the load, a core each.")] = 1,
    abort: Annotated[
        bool, typer.Option("--abort", help="End it as soon as a percentile is over its bound by more than chance.")
    ] = False,
    expect_workers: Annotated[
        int, typer.Option(metavar="N", min=0, max=100, help="Wait for workers on other machines instead.")
    ] = 0,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where those workers come to.")] = PORT,
    out: Annotated[str | None, typer.Option(metavar="DIR|URL", help="Where the run goes: s3://b/p, too.")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="JUnit XML for a pipeline, too.")] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="A summary in Markdown, too.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run load alone at a target and hold it to rules. The exit code is the verdict."""
    if duration == 0:
        raise UsageError("--duration: expected a time over 0, since nothing else can be judged")
    for path in (junit, markdown):
        require_place(path)
    if baseline is not None and baseline_target is not None:
        raise UsageError("--baseline: expected either it or --baseline-target, found both")
    if budget is not None and baseline_target is None:
        raise UsageError("--budget: expected --baseline-target with it, found none: one run takes as long as it takes")
    name, load = target or os.environ.get("SUITE_TARGET") or "local", load_profile(profile)
    like = {"profile": load.name, "target": {"name": name}, "load": load.model_dump(exclude_none=True)}
    if baseline_target is not None and out is not None and Place.of(out).url is not None:
        raise UsageError(
            f"--out {out}: expected a directory with --baseline-target, found a URL: fetch them from there"
        )
    place = Place.of(out)
    place.require_new()
    order = Order(
        profile=load,
        asked=asked(rules, waivers, baseline, like),
        target=name,
        region=os.environ.get("SUITE_REGION") or DEFAULT_REGION,
        duration_s=duration,
        warm_up_s=warm_up,
        seed=seed,
        sharing=_sharing(workers, expect_workers, port, place),
        place=place,
        abort=abort,
    )
    if baseline_target is not None:
        order = replace(order, asked=compared(order.asked))
        other = elsewhere(baseline_target, order)
        plan = budgeted(order.asked.rules, warm_up + duration, budget)
        recorded, verdict = _run(Turns(order, *other, plan), as_json=as_json)
    else:
        recorded, verdict = _run(order, as_json=as_json)
    told = {
        path: (recorded.output / name).read_bytes()
        for path, name in ((junit, telling.JUNIT), (markdown, telling.SUMMARY))
        if path
    }
    recorded.seal()
    for path, body in told.items():
        path.write_bytes(body)
    _tell(recorded, verdict, as_json=as_json)
    _bring(order.place, recorded)
    raise typer.Exit(verdict.exit_code)


@app.command(epilog="Example: loadgate judge reports/runs/latest --rules stricter.rules")
def judge(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or latest.")],
    rules: RulesFile = None,
    baseline: Baseline = None,
    waivers: WaiversFile = None,
    as_json: AsJson = False,
) -> None:
    """Judge an old run again, by the rules that it holds or by others. The exit code is the verdict."""
    opened = RunDirectory.open(RUNS / "latest" if run == "latest" else Path(run))
    if opened.facts.get("kind") != "load":
        raise UsageError(f"{run}: expected the run of a load, found one of kind {opened.facts.get('kind')!r}")
    to = asked_again(opened, rules, waivers, baseline)
    verdict = judge_again(opened, to.rules, to.waivers) if is_turns(opened) else to.judge(opened)
    if (rules, waivers, baseline) != (None, None, None):
        to.write(opened.output)
    telling.publish(opened, verdict, rules_from=to.rules_from)
    _tell(opened, verdict, as_json=as_json)
    raise typer.Exit(verdict.exit_code)


app.command(epilog="Example: loadgate plan spike --svg spike.svg")(plan)
app.command(epilog="Example: loadgate capacity --profile steady --svg capacity.svg")(capacity)
app.command(epilog="Example: loadgate purge latest --cancel")(purge)
app.command(epilog="Example: loadgate fetch s3://evidence/runs/1 --out run")(fetch)
app.command(epilog="Example: loadgate stop reports/runs/latest")(stop)
app.add_typer(baseline_command.app, name="baseline")


def _run(what: Order | Turns, *, as_json: bool) -> tuple[RunDirectory, Verdict]:
    """Run, judge and write down."""
    stop, order = Stop(), what if isinstance(what, Order) else what.order
    with stop.listening(), Display(Console(stderr=as_json)) as display:
        recorded_side = not isinstance(what, Turns)
        for line in too_short(order.asked.rules, order.profile, order.duration_s, recorded=recorded_side):
            display.say(line)
        if isinstance(what, Turns):
            recorded, verdict = take_turns(what, display, stop)
        else:
            recorded = run_load(what, display, stop)
            display.say("judging")
            recorded.compact_samples()
            verdict = order.asked.judge(RunDirectory.open(recorded.path))
        telling.publish(recorded, verdict, rules_from=order.asked.rules_from)
    return recorded, verdict


def _sharing(here: int, elsewhere: int, port: int, place: Place) -> Sharing:
    """Who sends. Workers elsewhere write into the run directory, so that has to be where they reach it."""
    if elsewhere and here > 1:
        raise UsageError("--expect-workers: expected instead of --workers, found both")
    if elsewhere and place.path is None:
        raise UsageError(
            "--expect-workers: expected --out with a directory that the workers reach, too (SUITE_RUN there)"
        )
    return Sharing(here, elsewhere, port)


def _tell(run: RunDirectory, verdict: Verdict, *, as_json: bool) -> None:
    if as_json:
        typer.echo((run.output / "verdict.json").read_text().strip())
        return
    for line in telling.lines(run, verdict):
        typer.echo(line)
    typer.echo(f"run directory: {run.output}")


def _bring(place: Place, run: RunDirectory) -> None:
    """Bring a run to where it was wanted; the verdict is the same when that does not work."""
    why_not = place.bring(run.path)
    if why_not is not None:
        typer.echo(f"loadgate: {why_not}", err=True)
    elif place.url is not None:
        typer.echo(f"brought to {place.url}", err=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the command and end the process with an exit code of ``design.md`` section 4."""
    sys.exit(_code(arguments))


def _code(arguments: list[str] | None) -> int:
    """Everything that can go wrong, as an exit code and one line; only a bug shows its traceback."""
    try:
        code: Any = app(arguments, standalone_mode=False)
        return int(code or 0)
    except typer.TyperException as error:
        said = str(getattr(error, "format_message", error.__str__)())  # with the name of the option
        return _say(USAGE, said or "expected a command, see above")
    except (typer.Abort, StopRequestedError) as error:
        return _say(ABORTED, f"{error or 'stopped'}: nothing was measured")
    except (UsageError, RulesError, ProfileError, TargetError, NotARunDirectoryError, StorageError) as error:
        return _say(USAGE, str(error))
    except (RefusedError, NotStartedError) as error:
        return _say(error.exit_code, str(error))
    except Exception as error:  # noqa: BLE001  # the border of the process: whatever is left is a fault of ours
        traceback.print_exc()
        return _say(BUG, f"a fault of the suite itself: {type(error).__name__}: {error}")


def _say(code: int, line: str) -> int:
    typer.echo(f"loadgate: {line}", err=True)
    return code


if __name__ == "__main__":
    main()
