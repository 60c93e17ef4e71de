"""Latency against rate, as a picture: what was tried, what was kept, and where the curve bends. SVG."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from loadtests.capacity.steps import Capacity, Step

COLORS = {"PASS": "#2a7d4f", "FAIL": "#b3261e"}
NEITHER = "#8a6d00"
LINE = "#555"


def knee(rates: Sequence[float], latencies: Sequence[float]) -> int | None:
    """Return which point of a rising curve is its knee: the one farthest below the line from its first to its last.

    Satopää et al., Finding a "Kneedle" in a Haystack, ICDCS Workshops 2011. None for under three points, and for a
    curve that does not rise.
    """
    if len(rates) < 3 or latencies[-1] <= latencies[0] or rates[-1] <= rates[0]:
        return None
    x = (np.asarray(rates) - rates[0]) / (rates[-1] - rates[0])
    y = (np.asarray(latencies) - latencies[0]) / (latencies[-1] - latencies[0])
    below = x - y
    return int(below.argmax()) if below.max() > 0 else None


def draw(capacity: Capacity, file: Path) -> None:
    """Write the picture. Drawn with matplotlib (imported here, it is heavy)."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib.figure import Figure

    steps = sorted(capacity.steps, key=lambda step: step.rate_per_s)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": capacity.profile, "font.size": 11}):
        figure = Figure(figsize=(7.6, 4.4), layout="constrained")
        axes = figure.subplots()
        for name, style in (("p50_s", ":"), ("p95_s", "-"), ("p99_s", "--")):
            known = _curve(steps, name)
            axes.plot(*zip(*known, strict=True), style, color=LINE, linewidth=1, label=name[:-2]) if known else None
        for name, bound_s in capacity.bounds_s.items():
            axes.axhline(bound_s, color=COLORS["FAIL"], linewidth=0.8, linestyle=":", label=f"bound of {name}")
        _mark(axes, steps)
        if capacity.rate_per_s is not None:
            axes.axvline(capacity.rate_per_s, color=COLORS["PASS"], linewidth=1)
            kept, at = f"kept at {capacity.rate_per_s:.0f}/s", (capacity.rate_per_s, 0.02)
            place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
            axes.annotate(kept, at, (4, 0), **place, color=COLORS["PASS"])
        axes.set(xlabel="requests a second, by the plan", ylabel="response time", yscale="log", xlim=(0, None))
        axes.yaxis.set_major_formatter(lambda seconds, _: _in_words(seconds))
        axes.set_title(f"{capacity.profile}: {capacity.found.because}", loc="left", fontsize=11)
        axes.legend(loc="upper left", frameon=False, fontsize=10)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _in_words(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{1000 * seconds:g} ms"


def _curve(steps: Sequence[Step], name: str) -> list[tuple[float, float]]:
    """A point a rate; of several runs at one rate the last, which is the longest: it was to confirm."""
    known = {step.rate_per_s: p for step in steps if (p := step.percentiles.get(name)) is not None}
    return list(known.items())


def _mark(axes: object, steps: Sequence[Step]) -> None:
    """A point a step at its p95, coloured by its verdict; and the knee."""
    known = [(step, p) for step in steps if (p := step.percentiles.get("p95_s")) is not None]
    for word in ("PASS", "FAIL", None):
        of_it = [(s.rate_per_s, p) for s, p in known if (s.word if s.word in COLORS else None) == word]
        if of_it:
            color = NEITHER if word is None else COLORS[word]
            axes.plot(*zip(*of_it, strict=True), "o", color=color, label=f"p95, {word or 'UNKNOWN'}")  # type: ignore[attr-defined]
    curve = _curve(steps, "p95_s")
    bend = knee([rate for rate, _ in curve], [p for _, p in curve])
    if bend is not None:
        axes.annotate(  # type: ignore[attr-defined]
            "knee", curve[bend], xytext=(-42, 34), textcoords="offset points", arrowprops={"arrowstyle": "->"}
        )
