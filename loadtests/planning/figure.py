"""A plan as a picture: the expected rate of each journey, one on the other, and what the seed made of it. SVG."""

from pathlib import Path

import numpy as np

from loadtests.arrivals import NS, Plan
from loadtests.arrivals.intensity import Int64s
from loadtests.planning.outline import Outline


def draw(told: Outline, plan: Plan, file: Path) -> None:
    """Write the picture; the same plan gives the same bytes. Drawn with matplotlib (imported here, it is heavy)."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib.figure import Figure

    at_ns = _moments(plan)
    rates = [each.intensity.rate(at_ns) for each in plan.journeys]
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": told.profile, "font.size": 9}):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        axes = figure.subplots()
        axes.stackplot(at_ns / NS, rates, labels=[each.name for each in plan.journeys], alpha=0.75, linewidth=0)
        edges_s = [told.columns[0][0], *(column[1] for column in told.columns)]
        planned = [planned / (to_s - from_s) for from_s, to_s, _, planned in told.columns]
        axes.stairs(planned, edges_s, color="black", linewidth=0.8, label=f"by seed {told.seed}")
        axes.set(xlim=(0, told.duration_s), ylim=(0, None), xlabel="seconds", ylabel="arrivals a second")
        axes.set_title(f"{told.profile}, spacing {told.spacing}", loc="left")
        figure.legend(loc="outside right upper", frameon=False, reverse=True)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _moments(plan: Plan) -> Int64s:
    """Where the straight lines begin and end: on both sides of each edge, so that a step is a step."""
    edges_ns = np.cumsum([0, *(piece.for_ns for piece in plan.journeys[0].intensity.pieces)])
    both = np.concatenate((edges_ns[1:] - 1, edges_ns, [plan.end_ns - 1]))
    return np.unique(both[both < plan.end_ns])
