"""Latency against rate, as a picture: what was tried, what was kept, and where the curve bends. SVG."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from loadtests.capacity.steps import Capacity, Step

COLORS = {"PASS": "#2a7d4f", "FAIL": "#b3261e"}
NEITHER = "#8a6d00"


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
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": capacity.profile, "font.size": 9}):
        figure = Figure(figsize=(9, 4), layout="constrained")
        axes = figure.subplots()
        for name, style in (("p50_s", ":"), ("p95_s", "-"), ("p99_s", "--")):
            known = [(step.rate_per_s, 1000 * p) for step in steps if (p := step.percentiles.get(name)) is not None]
            axes.plot(*zip(*known, strict=True), style, color="#555", linewidth=1, label=name[:-2]) if known else None
        _mark(axes, steps)
        if capacity.rate_per_s is not None:
            axes.axvline(capacity.rate_per_s, color=COLORS["PASS"], linewidth=1)
            axes.annotate(
                f" kept at {capacity.rate_per_s:.0f}/s",
                (capacity.rate_per_s, 0.98),
                xycoords=("data", "axes fraction"),
                va="top",
            )
        axes.set(xlabel="requests a second, by the plan", ylabel="response time, ms", yscale="log")
        axes.set_title(f"{capacity.profile}: {capacity.found.because}", loc="left")
        figure.legend(loc="outside right upper", frameon=False)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _mark(axes: object, steps: Sequence[Step]) -> None:
    """A point a step at its p95, coloured by its verdict; and the knee."""
    known = [(step, 1000 * p) for step in steps if (p := step.percentiles.get("p95_s")) is not None]
    for word in ("PASS", "FAIL", None):
        of_it = [(s.rate_per_s, ms) for s, ms in known if (s.word if s.word in COLORS else None) == word]
        if of_it:
            color = NEITHER if word is None else COLORS[word]
            axes.plot(*zip(*of_it, strict=True), "o", color=color, label=f"p95, {word or 'UNKNOWN'}")  # type: ignore[attr-defined]
    bend = knee([step.rate_per_s for step, _ in known], [ms for _, ms in known])
    if bend is not None:
        step, ms = known[bend]
        axes.annotate("knee", (step.rate_per_s, ms), xytext=(0, -14), textcoords="offset points", ha="center")  # type: ignore[attr-defined]
