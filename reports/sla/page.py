"""``report.html`` of a period: one page that needs nothing but itself. Its numbers are those of ``report.json``."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.commitments import percent
from reports.judge import Word
from reports.render import wording as times
from reports.sla import wording
from reports.sla.figure import picture
from reports.sla.files import not_measured, requests_by_run
from reports.sla.report import Report
from reports.sla.statement import Standing, share
from reports.sla.writes import WritesStatement

HERE = Path(__file__).parent
RENDER = HERE.parent / "render"
LOOKS = {"PASS": "pass", "MET": "pass", "FAIL": "fail", "UNSAFE": "fail", "BUG": "fail"}  # any other: unknown
ANSWERS_FIRST = (Standing.FAIL, Standing.UNMEASURED, Standing.MET)
SAID = {Word.PASS: "MET", Word.FAIL: "FAIL", Word.UNKNOWN: "UNMEASURED"}


def page(report: Report) -> str:
    """Return the page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader([HERE, RENDER]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "look": look,
        "share": share,
        "percent": percent,
        "wording": wording,
        "times": times,
        "interval": interval,
    }
    return environment.get_template("sla.html.j2").render(
        css=Markup((RENDER / "report.css").read_text() + (HERE / "sla.css").read_text()),
        figures=[Markup(picture(report, wide=wide)) for wide in (True, False)],
        report=report,
        word=SAID[report.verdict],
        answers=sorted(report.statements, key=lambda one: ANSWERS_FIRST.index(one.standing)),
        ratios=report.ratios,
        writes=[one for one in report.statements if isinstance(one, WritesStatement)],
        incidents=[_incident(row) for row in report.incidents.itertuples(index=False)],
        not_measured=not_measured(report),
        counted=requests_by_run(report),
    )


def look(word: object) -> str:
    """Return the class of a word: pass, fail or unknown."""
    return LOOKS.get(str(word), "unknown")


def interval(one: tuple[float, float] | None) -> str:
    """Return an interval as "98.91 to 99.44 %"."""
    if one is None:
        return times.DASH
    low, high = (share(edge).removesuffix(" %") for edge in one)
    return f"{low} to {high} %"


def _incident(row: Any) -> dict[str, Any]:
    took_s = (row.to_us - row.from_us) / 1e6
    return {
        "when": datetime.fromtimestamp(row.from_us / 1e6, tz=UTC).strftime("%-d %b %H:%M:%S"),
        "until": datetime.fromtimestamp(row.to_us / 1e6, tz=UTC).strftime("%H:%M:%S"),
        "took": f"{took_s:.1f} s" if took_s < 60 else times.duration(took_s),
        "bad": int(row.bad),
        "requests": int(row.requests),
        "worst": row.worst_endpoint,
        "worst_bad": int(row.worst_bad),
        "during": _during(row),
        "run": row.run,
    }


def _during(row: Any) -> str:
    """What an incident is charged to; with how much of it when that is both."""
    if not row.experiment:
        return "normal service"
    beside = f"; {row.bad_in_service:,} of the bad in normal service" if row.bad_in_service else ""
    return f"game day: {row.experiment}{beside}"
