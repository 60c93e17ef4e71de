"""The pictures of a report: which minutes were measured, and each budget with what spent it. SVG, by matplotlib."""

import io
from typing import Any

from reports.render.svg import FAILED, GOOD, INK, LINE, PAPER, SOFT, UNKNOWN, as_element, settings
from reports.sla.report import Report
from reports.sla.statement import Cause, Statement, share
from reports.sla.wording import minutes

DAY_MINUTES = 1440
FULL = 1.35  # a bar is drawn to this much of its budget; what is spent beyond is written
HATCHES = ("////", "....", "xxxx", "----")  # game days; the service itself is solid


def picture(report: Report, *, wide: bool) -> str:
    """Return the figure as an SVG element; ``wide`` for a desk and for print, else for a phone."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib.figure import Figure

    rows = report.ratios
    with mpl.rc_context(settings("wide" if wide else "narrow")):
        height = 1.0 + 1.15 * len(rows)
        figure = Figure(figsize=(10.4 if wide else 3.9, height))
        axes = figure.subplots(
            1 + len(rows), 1, squeeze=False, gridspec_kw={"height_ratios": [0.55, *[1.15] * len(rows)], "hspace": 0.75}
        )[:, 0]
        _measured(axes[0], report, wide=wide)
        for place, one in zip(axes[1:], rows, strict=True):
            _budget(place, one, report, wide=wide)
        top = 1 - 0.26 / height
        figure.subplots_adjust(left=0.005, right=0.995, top=top, bottom=0.12 / height)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return as_element(out.getvalue(), _label(report))


def _measured(axes: Any, report: Report, *, wide: bool) -> None:
    """A strip as long as the period, with a stroke for each minute in which something was measured."""
    period, total = report.period, report.period.minutes
    found = report.gathered.requests.ask(
        "SELECT DISTINCT due_us // 60000000 AS minute FROM requests WHERE measured ORDER BY 1"
    )
    first = period.from_us // 60_000_000
    axes.set_xlim(0, total)
    axes.set_ylim(0, 1)
    axes.barh(0.5, total, 0.62, color="none", edgecolor=LINE, linewidth=0.8)
    thin = total / (700 if wide else 260)  # a minute of a month is thinner than a pixel
    for minute in found["minute"]:
        axes.barh(0.5, max(1, thin), 0.62, left=min(minute - first, total - thin), color=GOOD, linewidth=0)
    _bare(axes)
    days = total // DAY_MINUTES
    step = 1 if days <= 7 else 7 if days <= 31 else 30
    for day in range(0, days, step):
        axes.text(day * DAY_MINUTES, -0.02, f"day {day + 1}", fontsize=7, color=SOFT, va="top", clip_on=False)
    _title(axes, f"Measured: {minutes(report.seconds)} of {total:,} minutes ({share(report.coverage)})")


def _budget(axes: Any, one: Statement, report: Report, *, wide: bool) -> None:
    """Two bars: the budget of what was measured, and that of the whole period."""
    noun = report.period.noun
    axes.set_xlim(0, FULL)
    axes.set_ylim(-0.1, 2)
    for y, allowed, of in (
        (1.35, one.allowed_measured, "of what was measured"),
        (0.4, one.allowed_period, f"of the {noun}"),
    ):
        axes.barh(y, 1, 0.42, color="none", edgecolor=SOFT, linewidth=0.8)
        _segments(axes, y, one.causes, allowed or 0)
        axes.text(0, y + 0.26, _said(one, allowed, of, wide=wide), fontsize=7.5, color=SOFT, va="bottom")
    axes.plot([1, 1], [0.1, 1.65], color=INK, linewidth=1.2)
    axes.text(1.006, 0.86, "all spent", fontsize=7, color=INK, va="center")
    _bare(axes)
    _title(axes, f"{one.commitment.name}: {one.commitment.says}" if wide else one.commitment.name)


def _segments(axes: Any, y: float, causes: tuple[Cause, ...], allowed: float) -> None:
    left, days = 0.0, 0
    for each in causes:
        width = min(each.spent / allowed if allowed else 0.0, FULL - left)
        hatch, colour = "", FAILED
        if each.experiment:
            hatch, colour, days = HATCHES[days % len(HATCHES)], UNKNOWN, days + 1
        if width > 0:
            axes.barh(y, width, 0.42, left=left, facecolor=colour, edgecolor=PAPER, hatch=hatch, linewidth=0)
            left += width


def _said(one: Statement, allowed: float | None, of: str, *, wide: bool) -> str:
    if allowed is None:
        return f"budget {of}: nothing was measured"
    times = f", {one.spent / allowed:.3g} times as many" if allowed and one.spent > allowed else ""
    if wide:
        return f"Budget {of}: {allowed:,.0f} bad requests allowed, {one.spent:,} spent{times}"
    return f"{of}: {allowed:,.0f} allowed, {one.spent:,} spent"


def _bare(axes: Any) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)


def _title(axes: Any, text: str) -> None:
    axes.text(0, 1.12, text, transform=axes.transAxes, fontsize=8.5, color=INK, va="bottom", weight="bold")


def _label(report: Report) -> str:
    spent = "; ".join(
        f"{one.commitment.name}: {one.spent:,} bad requests, {one.allowed_measured:,.0f} allowed in what was measured"
        for one in report.ratios
    )
    return f"Measured {minutes(report.seconds)} of {report.period.minutes:,} minutes. {spent}"
