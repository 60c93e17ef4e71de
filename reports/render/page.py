"""``report.html``: one self-contained page about a run."""

import html
from pathlib import Path

from reports.evidence import RunDirectory
from reports.judge import Verdict


def report_html(run: RunDirectory, verdict: Verdict) -> Path:
    """Write ``report.html`` into the run, or into ``derived/<time>/`` when it is sealed; return its path."""
    rows = "".join(
        f"<tr><td>{html.escape(p.status)}<td>{html.escape(p.name)}<td>{html.escape(p.experiment or p.sink or 'run')}"
        f"<td>{html.escape(p.because)}"
        for p in verdict.promises
    )
    path = run.output / "report.html"
    path.write_text(f"<!doctype html><title>{verdict.verdict}</title><h1>{verdict.verdict}</h1><table>{rows}</table>")
    return path
