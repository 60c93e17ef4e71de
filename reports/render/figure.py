"""The timeline of a run as one SVG: traffic, errors and latency over the same seconds, faults shaded, signs marked.

Drawn with matplotlib (imported when it is drawn, it is heavy).
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.render.series import LATENCY_WINDOW_S, Series
from reports.render.svg import FAILED, FAULT, GOOD, INK, LINE, PAPER, SOFT, UNKNOWN, UNSENT, as_element, settings

# Hatches beside the colours: what went wrong must be told apart in grey, too.
BAD = (("failed", FAILED, ""), ("unknown", UNKNOWN, "////"), ("not sent in time", UNSENT, "...."))

BAD_MARKS_MAX = 2000  # more of them are one blot anyway, and heavy


@dataclass(frozen=True)
class Span:
    """One experiment on the time axis, in seconds since the series' start."""

    label: str
    from_s: float
    to_s: float
    fault_s: tuple[float, float] | None
    recovered_s: float | None
    signs: tuple[tuple[float, str], ...]  # when, and api or data


def timeline(series: Series, spans: Sequence[Span], *, wide: bool) -> str:
    """Return the figure as an SVG element; ``wide`` for a desk and for print, else for a phone."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib.figure import Figure

    with mpl.rc_context(settings("wide" if wide else "narrow")):
        figure = Figure(figsize=(10.4, 5.4) if wide else (3.9, 6.2))
        top, middle, bottom = figure.subplots(
            3, 1, sharex=True, gridspec_kw={"height_ratios": (3, 2, 3.4), "hspace": 0.24}
        )
        # An experiment without traffic is shown, too: the empty stretch is the news.
        length_s = max([float(series.seconds[-1]) + 1, *(span.to_s for span in spans)])
        for axes in (top, middle, bottom):
            _frame(axes, length_s)
            _faults(axes, spans)
        _traffic(top, series)
        _errors(middle, series)
        _latency(bottom, series, wide=wide)
        _labels(top, spans, wide=wide)
        _clock(bottom, length_s)
        left = 0.055 if wide else 0.13
        figure.subplots_adjust(left=left, right=0.995, top=0.9 if wide else 0.92, bottom=0.065)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    named = ", ".join(f"{number} {span.label}" for number, span in enumerate(spans, 1))
    return as_element(out.getvalue(), f"Traffic, errors and latency over time. Experiments: {named}")


def _frame(axes: Any, length_s: float) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LINE)
    axes.tick_params(length=0, colors=SOFT, labelsize=8)
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlim(0, length_s)


def _faults(axes: Any, spans: Sequence[Span]) -> None:
    for span in spans:
        if span.fault_s is not None:
            axes.axvspan(*span.fault_s, color=FAULT, alpha=0.13, linewidth=0, zorder=0)
            axes.axvline(span.fault_s[0], color=FAULT, linewidth=0.9, zorder=1)
        if span.recovered_s is not None:
            axes.axvline(span.recovered_s, color=GOOD, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)


def _traffic(axes: Any, series: Series) -> None:
    edges = np.append(series.seconds, series.seconds[-1] + 1)
    axes.stairs(series.due["answered"], edges, fill=True, color=GOOD, alpha=0.28, linewidth=0)
    axes.stairs(series.due["answered"], edges, color=GOOD, linewidth=0.9)
    base = series.due["answered"].astype(float)
    for kind, colour, hatch in BAD:
        if series.due[kind].any():
            axes.stairs(
                base + series.due[kind],
                edges,
                baseline=base,
                fill=True,
                facecolor=colour,
                edgecolor=PAPER,
                hatch=hatch,
                linewidth=0,
            )
            base = base + series.due[kind]
    axes.set_ylim(0, max(base.max() * 1.25, 1))
    axes.locator_params(axis="y", nbins=4, integer=True)
    _title(axes, "Requests due each second")


def _errors(axes: Any, series: Series) -> None:
    base = np.zeros(len(series.seconds))
    names = []
    for kind, colour, hatch in BAD:
        if series.due[kind].any():
            axes.bar(
                series.seconds + 0.5,
                series.due[kind],
                0.86,
                bottom=base,
                color=colour,
                hatch=hatch,
                edgecolor=PAPER,
                linewidth=0,
                alpha=0.95,
            )
            base = base + series.due[kind]
            names.append(f"{int(series.due[kind].sum()):,} {kind}")
    axes.set_ylim(0, max(base.max() * 1.35, 4))
    axes.locator_params(axis="y", nbins=3, integer=True)
    _title(axes, f"Of these bad: {', '.join(names)}" if names else "Of these bad: none")


def _latency(axes: Any, series: Series, *, wide: bool) -> None:
    middle = series.seconds + 0.5
    ms = {name: values * 1e3 for name, values in series.good_s.items()}
    axes.fill_between(middle, ms["p50"], ms["p95"], color=GOOD, alpha=0.22, linewidth=0)
    axes.plot(middle, ms["p50"], color=GOOD, linewidth=1.4)
    axes.plot(middle, ms["p95"], color=GOOD, linewidth=0.9)
    axes.plot(middle, ms["p99"], color=SOFT, linewidth=0.7)
    every = len(series.bad_s[0]) // BAD_MARKS_MAX + 1
    at, took = (values[::every] for values in series.bad_s)
    if len(at):
        axes.plot(
            at, took * 1e3, linestyle="none", marker="x", markersize=3, markeredgewidth=0.7, color=FAILED, alpha=0.75
        )
    axes.set_yscale("log")
    axes.minorticks_off()
    low, high = _limits(series)
    axes.set_ylim(low, high)
    ticks = [tick for tick in (1, 10, 100, 1000, 10_000, 100_000) if low <= tick <= high]
    axes.set_yticks(ticks, [f"{tick} ms" if tick < 1000 else f"{tick // 1000} s" for tick in ticks])
    for name, shift in (("p50", -7), ("p99", 4)):
        values = ms[name][~np.isnan(ms[name])]
        if len(values):
            axes.annotate(
                name,
                (middle[-1], values[-1]),
                (-2, shift),
                textcoords="offset points",
                ha="right",
                fontsize=7.5,
                color=SOFT,
            )
    long = f"Latency of good requests: p50 to p95, and p99, over {LATENCY_WINDOW_S} s; × how long a bad one took"
    _title(axes, long if wide else "Latency: p50 to p95, and p99; × a bad request")


def _limits(series: Series) -> tuple[float, float]:
    values = np.concatenate([*series.good_s.values(), series.bad_s[1]]) * 1e3
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return 1, 1000
    return max(0.5, float(values.min()) * 0.5), float(values.max()) * 3


def _labels(axes: Any, spans: Sequence[Span], *, wide: bool) -> None:
    """Number the experiments over the figure, with their names where these fit; mark the signs."""
    transform = axes.get_xaxis_transform()
    points_a_second = axes.figure.get_figwidth() * 68 / axes.get_xlim()[1]
    for number, span in enumerate(spans, 1):
        named = f"{number}  {span.label}"
        fits = wide and len(named) * 4.7 < (span.to_s - span.from_s) * points_a_second
        middle = (span.from_s + span.to_s) / 2
        axes.plot([span.from_s, span.to_s], [1.2, 1.2], transform=transform, color=SOFT, linewidth=0.8, clip_on=False)
        axes.text(
            middle, 1.23, named if fits else str(number), transform=transform, ha="center", fontsize=8.5, color=INK
        )
        for at_s, plane in span.signs:
            shape, y = ("^", 0.99) if plane == "api" else ("v", 0.91)
            look = {"marker": shape, "markersize": 4.2, "markeredgewidth": 0, "color": FAULT, "linestyle": "none"}
            axes.plot([at_s], [y], transform=transform, clip_on=False, **look)


def _clock(axes: Any, length_s: float) -> None:
    step = next((s for s in (5, 10, 15, 30, 60, 120, 300, 600) if length_s / s <= 13), 1800)
    ticks = np.arange(0, length_s, step, dtype=int)
    axes.set_xticks(ticks, [f"{tick // 60}:{tick % 60:02d}" for tick in ticks])


def _title(axes: Any, text: str) -> None:
    axes.text(0, 1.03, text, transform=axes.transAxes, fontsize=8, color=SOFT, va="bottom")
