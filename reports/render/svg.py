"""What all figures of the reports share: their colours, and how matplotlib's SVG becomes an element of a page.

The colours are placeholders that become CSS variables, so that the same figure is right on paper, on a screen and
in the dark.
"""

import html
import re
from typing import Any

# What matplotlib draws with, and the CSS variable that it becomes.
INK, SOFT, LINE, FAULT, GOOD, FAILED, UNKNOWN, UNSENT, PAPER = (
    "#010101",
    "#020202",
    "#030303",
    "#040404",
    "#050505",
    "#060606",
    "#070707",
    "#080808",
    "#090909",
)
VARIABLES = {
    INK: "--ink",
    SOFT: "--soft",
    LINE: "--line",
    FAULT: "--fault",
    GOOD: "--good",
    FAILED: "--fail",
    UNKNOWN: "--unknown",
    UNSENT: "--unsent",
    PAPER: "--paper",
}


def settings(name: str) -> Any:
    """Return matplotlib's settings for a figure. ``name`` is its own on the page: it makes the ids of its hatches, and
    those of a figure that is not shown are not found by another one."""
    return {
        "font.size": 8.5,
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "hatch.linewidth": 0.6,
        "svg.hashsalt": name,
    }


def as_element(svg: str, label: str) -> str:
    """Strip what only a file of its own needs, let CSS size it, name the figure, turn the colours into variables."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg)
    svg = svg.replace("xlink:href", "href")
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    svg = re.sub(r"(\d+\.\d\d)\d+", r"\1", svg)
    return svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(label)}"', 1)
