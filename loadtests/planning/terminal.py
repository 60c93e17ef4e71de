"""A plan for a person at a terminal: bars over time, the sums per journey, and what will be made of it."""

import math
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadtests.planning.outline import Outline, Sums

ROWS = 8
EIGHTHS = " ▁▂▃▄▅▆▇█"
AXIS = 9  # characters in front of the bars


def show(told: Outline, console: Console) -> None:
    """Print the plan."""
    for line in (_title(told), "", *bars(told, console.width - AXIS), ""):
        console.print(Text(line), highlight=False, soft_wrap=True)
    console.print(_table(told))
    peak = f"\npeak: {told.total.peak_per_s:.4g} arrivals a second, first at {told.peak_at_s:g} s"
    console.print(Text(peak), highlight=False)
    console.print(Text(told.played), highlight=False)


def bars(told: Outline, width: int) -> Iterator[str]:
    """Yield the lines of a bar chart of arrivals a second, as the seed planned them."""
    heights = [planned / (to_s - from_s) for from_s, to_s, _, planned in told.columns]
    top = nice(max(*heights, told.total.peak_per_s))
    wide = max(1, width // len(heights))
    for row in range(ROWS, 0, -1):
        label = f"{top * row / ROWS:>{AXIS - 2},.6g}" if row in (ROWS, ROWS // 2) else " " * (AXIS - 2)
        drawn = "".join(_cell(height / top * ROWS - row + 1) * wide for height in heights)
        yield f"{label} ┤{drawn}".rstrip()
    yield f"{'0':>{AXIS - 2}} └" + "─" * (wide * len(heights))
    end = f"{told.duration_s:g} s"
    yield " " * (AXIS - 1) + "0 s" + end.rjust(max(len(end) + 1, wide * len(heights) - 2))


def nice(value: float) -> float:
    """Return the next round number: 1, 1.5, 2, 3, 4, 5, 6, 8 or 10 times a power of ten; 1 for 0."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * (1 - 1e-9))


def _cell(filled: float) -> str:
    """One character of a bar; ``filled`` from 0 to 1, and what is there never drawn as nothing."""
    return EIGHTHS[math.ceil(min(1.0, max(0.0, filled)) * 8 - 1e-9)]


def _title(told: Outline) -> str:
    about = f": {told.about}" if told.about else ""
    return f"{told.profile}{about}\n{told.duration_s:g} s, seed {told.seed}, spacing {told.spacing}; arrivals a second:"


def _table(told: Outline) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("journey", no_wrap=True)
    for name in ("mean/s", "peak/s", "expected", f"by seed {told.seed}", "requests"):
        table.add_column(name, justify="right")
    for each in told.journeys:
        table.add_row(*_row(each))
    table.add_section()
    table.add_row(*_row(told.total))
    return table


def _row(sums: Sums) -> Sequence[str]:
    return (
        sums.name,
        f"{sums.rate_per_s:.4g}",
        f"{sums.peak_per_s:.4g}",
        f"{sums.expected:,.0f}",
        f"{sums.planned:,}",
        f"{sums.requests:,.0f}",
    )
