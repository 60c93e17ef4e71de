"""``report.html``: one page about a run that needs nothing but itself. Its numbers are those of ``verdict.json``."""

from pathlib import Path
from typing import Any

from reports.evidence import RunDirectory
from reports.evidence.seal import digests
from reports.judge import ExperimentVerdict, Promise, Verdict, Word
from reports.judge.case import Case, read_case
from reports.judge.verdict import Reason
from reports.render import wording
from reports.render.course import course
from reports.render.drawing import draw
from reports.render.failing import findings
from reports.render.figure import timeline
from reports.render.ladder import orders
from reports.render.region import picture
from reports.render.series import Series, of_samples
from reports.render.spans import spans

HERE = Path(__file__).parent
LOOKS = {Word.PASS: "pass", Word.FAIL: "fail", Word.UNSAFE: "fail", Word.BUG: "fail"}  # any other: unknown


def report_html(run: RunDirectory, verdict: Verdict) -> Path:
    """Write ``report.html`` into the run, or into ``derived/<time>/`` when it is sealed; return its path."""
    path = run.output / "report.html"
    part = path.with_suffix(".part")
    part.write_text(page(run, verdict))
    part.replace(path)
    return path


def page(run: RunDirectory, verdict: Verdict) -> str:
    """Return the page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    case = read_case(run)
    series = of_samples(run.read_samples(), late_s=case.objectives.value("late_s"))
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {"wording": wording, "look": look, "sign": _sign}
    failed, unknown = findings(run, case, verdict)
    template = environment.get_template("report.html.j2")
    return template.render(
        css=Markup((HERE / "report.css").read_text()),
        figures=[Markup(svg) for svg in _figures(case, verdict, series)],
        title=str(run.facts.get("title") or run.facts.get("name") or run.path.name),
        kind=run.facts.get("kind"),
        versions=run.facts.get("versions") or {},
        verdict=verdict,
        meta=_meta(run, case, series),
        failed=failed,
        unknown=unknown,
        reasons=_beside(verdict),
        experiments=[_experiment(run, case, verdict, one) for one in verdict.experiments],
        of_run=_of_run(verdict),
        ladder=orders(case),
        files=_files(run),
        torn=case.torn,
    )


def look(word: object) -> str:
    """Return the class of a word or a status: pass, fail or unknown."""
    return LOOKS.get(Word(str(word)), "unknown")


def _sign(plane: str) -> str:
    return {"api": "▲ AWS API", "data": "▼ data plane"}.get(plane, plane)


def _figures(case: Case, verdict: Verdict, series: Series | None) -> list[str]:
    if series is None:
        return []
    where = spans(case, verdict, series.start_us)
    return [timeline(series, where, wide=True), timeline(series, where, wide=False)]


def _meta(run: RunDirectory, case: Case, series: Series | None) -> list[tuple[str, str]]:
    facts = run.facts
    target = facts.get("target") or {}
    began = int(facts.get("started_us") or 0)
    ended = max((event.at_us for event in case.events), default=began)
    requests = int(sum(int(count.sum()) for count in series.due.values())) if series else 0
    return [
        ("Target", str(target.get("name") if isinstance(target, dict) else target)),
        ("Started", wording.moment(began)),
        ("Took", wording.duration((ended - began) / 1e6)),
        ("Load", f"{facts.get('profile', wording.DASH)}, seed {facts.get('seed', wording.DASH)}"),
        ("Requests", f"{requests:,}"),
        ("Writes", f"{len(case.writes):,}"),
        ("Commit", str(facts.get("git_commit") or wording.DASH)[:10]),
    ]


def _beside(verdict: Verdict) -> list[Reason]:
    """The reasons for the verdict that are not a promise's: those stand in the findings."""
    said = {promise.line for promise in verdict.promises}
    return [reason for reason in verdict.reasons if reason.because not in said]


def _experiment(run: RunDirectory, case: Case, verdict: Verdict, one: ExperimentVerdict) -> dict[str, Any]:
    went = next(each for each in case.experiments if each.name == one.name)
    seen = picture(case, went, run.read_target().get(one.name) or {})
    planned = {item.get("name"): item for item in run.facts.get("experiments") or []}
    return {
        "verdict": one,
        "title": str(planned.get(one.name, {}).get("title") or ""),
        "promises": [promise for promise in verdict.promises if promise.experiment == one.name],
        "course": course(one),
        "drawing": draw(seen) if seen else None,
    }


def _of_run(verdict: Verdict) -> list[tuple[str, list[Promise]]]:
    """The promises of the whole run, by name, in their order."""
    grouped: dict[str, list[Promise]] = {}
    for promise in verdict.promises:
        if promise.experiment is None:
            grouped.setdefault(promise.name, []).append(promise)
    return list(grouped.items())


def _files(run: RunDirectory) -> list[tuple[str, str, str]]:
    skip = {"report.html", "report.part", "verdict.json", "checks.xml"}
    found = {name: digest for name, digest in digests(run.path).items() if name not in skip}
    return [(name, wording.size((run.path / name).stat().st_size), digest) for name, digest in found.items()]
