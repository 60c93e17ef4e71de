"""The error table: a line for each fault and generator, in Markdown. Pure."""

import math
from collections.abc import Mapping, Sequence

from loadtests.accuracy.faults import KINDS, Kind
from loadtests.accuracy.generators import GENERATORS, Generator
from loadtests.accuracy.judging import COUNTS, NAMES, Cell, Word

HEAD = ("fault", "generator", "outage", "p50", "p95", "p99", "on the wire", "arrivals", "failed", "")
MARK: dict[Word | None, str] = {"PASS": "", "FAIL": " ✗", "UNKNOWN": " ?", None: ""}

Cells = Mapping[str, Cell]


def table(lines: Mapping[tuple[Kind, Generator], tuple[Cells, Word]]) -> str:
    """Return the table. Each figure is ``true → reported``, medians of the runs; ✗ is too far off, ? not known."""
    rows: list[Sequence[str]] = [HEAD]
    for kind in KINDS:
        for generator in GENERATORS:
            if (kind, generator) in lines:
                cells, word = lines[kind, generator]
                rows.append((kind, generator, *(_shown(name, cells[name]) for name in NAMES), word))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    drawn = [" | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows]
    drawn.insert(1, " | ".join("-" * max(width, 3) for width in widths))
    return "\n".join(f"| {line} |" for line in drawn)


def _shown(name: str, cell: Cell) -> str:
    if cell.true is None or cell.reported is None:
        return "-" if cell.word is None else "?"
    return f"{_figure(name, cell.true)} → {_figure(name, cell.reported)}{MARK[cell.word]}"


def _figure(name: str, value: float) -> str:
    if math.isnan(value):
        return "none"
    if math.isinf(value):
        return "never"
    if name in COUNTS:
        return f"{value:,.0f}"
    return f"{value:.3f} s" if name == "outage_s" else f"{value:,.1f} ms"
