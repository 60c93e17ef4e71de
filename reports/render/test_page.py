"""The page stands alone, says the verdict, and is never blank when evidence is missing."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reports.evidence import RunDirectory
from reports.judge import judge
from reports.judge.verdict import Reason
from reports.judge.words import Word
from reports.render import report_html
from reports.render.wording import duration, number, size
from reports.testing import Story, tell


def page_of(run: RunDirectory) -> str:
    run = RunDirectory.open(run.path)
    return report_html(run, judge(run)).read_text()


def test_the_page_needs_nothing_but_itself(tmp_path: Path) -> None:
    """No address outside, no script, under 2 MB, with both figures and a picture for each fault."""
    page = page_of(tell(tmp_path / "run"))

    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#)[^"']*|url\((?!#)[^)]*|@import|<script""", page) == []
    # What is left of "http" is text about the target, in no attribute.
    assert "https://" not in re.sub(r">[^<]*<", "><", page)
    assert len(page.encode()) < 2_000_000
    assert [page.count(f'<figure class="{name}">') for name in ("wide", "narrow", "region")] == [1, 1, 4]


def test_the_page_says_the_verdict_and_every_promise(tmp_path: Path) -> None:
    """The word, the worst reason, and each sentence."""
    run = tell(tmp_path / "run", Story(lost=2, chapters=("baseline", "terminate-sync-instance")))
    verdict = judge(run)
    page = page_of(run)

    assert '<span class="word">FAIL</span>' in page
    assert "2 lost of" in page
    assert page.count('<tr class="') >= len(verdict.promises)
    assert "terminate-sync-instance" in page
    assert "expected 1 to 4 s" in page


@pytest.mark.parametrize("what", ["samples", "ledger", "landed", "events", "delivery"])
def test_a_page_is_made_of_whatever_there_is(tmp_path: Path, what: str) -> None:
    """A half-written run has a report, too."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",)))
    shutil.rmtree(run.path / what)

    assert "UNKNOWN" in page_of(run)


def test_a_run_with_nothing_in_it_has_a_page(tmp_path: Path) -> None:
    """Nothing was looked at, and it says so."""
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={})
    page = page_of(run)

    assert "No request was recorded" in page
    assert '<span class="word">UNKNOWN</span>' in page


def test_text_of_the_evidence_is_escaped(tmp_path: Path) -> None:
    """An error text is text."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",)))
    run.events("x").record("abort", data={"reason": "<b>oh</b>"})

    assert "<b>oh</b>" not in page_of(run)
    assert "&lt;b&gt;oh&lt;/b&gt;" in page_of(run)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "s", "–"),
        (2.64, "s", "2.6 s"),
        (0.25, "s", "0.25 s"),
        (15.0, "s", "15 s"),
        (41.3, "ms", "41 ms"),
        (0.998, "ratio", "99.8 %"),
        (5774, "writes", "5,774"),
    ],
)
def test_numbers_read_well(value: float | None, unit: str, text: str) -> None:
    """With their unit, and no more digits than they mean."""
    assert number(value, unit) == text


def test_durations_and_sizes_read_well() -> None:
    """Minutes and seconds; kilobytes and megabytes."""
    assert [duration(12), duration(312)] == ["12 s", "5 min 12 s"]
    assert [size(812), size(41_200), size(1_230_000)] == ["812 B", "41 kB", "1.2 MB"]


def test_every_reason_that_is_no_promise_is_said_once(tmp_path: Path) -> None:
    """A run that was stopped and has a second thing against it: the first leads, the second follows."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",)))
    verdict = judge(run)
    beside = (Reason(Word.ABORTED, "SIGINT received"), Reason(Word.UNKNOWN, "the clocks were apart"))
    page = report_html(run, replace(verdict, verdict=Word.ABORTED, reasons=beside)).read_text()

    assert page.count("SIGINT received") == 1
    assert page.count("the clocks were apart") == 1
