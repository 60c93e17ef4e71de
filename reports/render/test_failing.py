"""A FAIL reads well: what was promised, what was measured, which ones, and where to look."""

from dataclasses import replace
from pathlib import Path

import pytest

from reports.evidence import Job, RunDirectory
from reports.judge import Status, judge
from reports.judge.case import read_case
from reports.judge.judging import FRESHNESS, PER_EXPERIMENT, PER_RUN
from reports.judge.promise import Promise
from reports.judge.writes import BREAKS
from reports.render.failing import Finding, findings
from reports.render.page import page
from reports.render.promised import SENTENCES, promised
from reports.testing import Story, tell

TERMINATE, FAIL_OVER = "terminate-sync-instance", "fail-over-rds-primary"


def failed(run: RunDirectory) -> dict[tuple[str, str], Finding]:
    found, _ = findings(run, read_case(run), judge(run))
    return {(one.promise.name, one.where): one for one in found}


def test_a_lost_order_is_named_with_its_lines(tmp_path: Path) -> None:
    """The key, the answer, the time to the fault, every sink, and the lines of the ledger."""
    run = tell(tmp_path / "run", Story(chapters=("baseline", TERMINATE), lost=2))
    one = failed(run)["no_acknowledged_write_lost", "primary"]

    assert one.promised == "Every write that was acknowledged is there."
    assert one.table is not None
    assert one.table.columns == ("Key", "Kind", "Answer", "When", "On primary", "On replica", "On warehouse")
    assert len(one.table.rows) == 2
    for row in one.table.rows:
        key, kind, answer, _, *sinks = row
        assert (kind, answer, sinks) == ("order", "acknowledged", ["not there"] * 3)
        lines = (run.path / "ledger" / "w0.ndjson").read_text().splitlines()
        numbers = [n for n, line in enumerate(lines, 1) if f'"{key}"' in line]
        assert len(numbers) == 3
        assert all(str(n) in one.look[0] for n in numbers)
    assert one.look[-1] == "landed/primary.parquet: what the primary held at the end"


def test_a_missing_unit_of_stock_names_its_sum_and_a_clue(tmp_path: Path) -> None:
    """Units acknowledged and there, and the write that was acknowledged nearest to the fault."""
    run = tell(tmp_path / "run", Story(chapters=(TERMINATE,)))
    rows = run.read_landed("primary") or []
    short = next(row for row in rows if row.kind == "stock_delta")
    run.write_landed("primary", [replace(row, units=(row.units or 0) - 9) if row is short else row for row in rows])
    one = failed(run)["no_acknowledged_write_lost", "primary"]
    units = sum(w.units or 0 for w in run.read_ledger() if w.sum_key == short.key and w.outcome == "acknowledged")

    assert one.table is not None
    key, kind, answer, clue, primary, replica, warehouse = one.table.rows[0]
    assert (key, kind) == (short.key, "stock")
    assert answer.startswith(f"{units} units acknowledged")
    assert primary == f"{(short.units or 0) - 9} units"
    assert replica == warehouse == f"{short.units} units"
    assert clue.startswith("nearest to a fault: GD7K3Q")
    assert clue.endswith(f"the fault of {TERMINATE}")
    assert any("with such a sum_key" in line for line in one.look)


def test_a_doubled_order_says_how_often_it_is_there(tmp_path: Path) -> None:
    """Twice on each sink; charged to the primary alone."""
    found = failed(tell(tmp_path / "run", Story(chapters=(TERMINATE,), duplicated=1)))
    one = found["no_write_duplicated", "primary"]

    assert one.table is not None
    assert one.table.rows[0][4:] == ("there 2 times",) * 3
    assert ("no_write_duplicated", "replica") not in found


def test_an_outage_shows_its_bad_requests(tmp_path: Path) -> None:
    """By endpoint and error, the most frequent first, and the stretch of the samples."""
    found = failed(tell(tmp_path / "run", Story(chapters=(FAIL_OVER,), outage_s={FAIL_OVER: 30})))
    one = found["availability_within_budget", FAIL_OVER]

    assert one.promised == "The fault costs customers at most 20 s of outage."
    assert one.table is not None
    counts = [int(row[2]) for row in one.table.rows]
    assert counts == sorted(counts, reverse=True)
    assert {row[1] for row in one.table.rows} == {"status 502"}
    assert "samples/w0.parquet: sched_us from" in one.look[0]


def test_an_orphaned_job_is_shown(tmp_path: Path) -> None:
    """With its owner that is gone."""
    one = failed(tell(tmp_path / "run", Story(chapters=(TERMINATE,), orphans=1)))["no_job_orphaned", "whole run"]

    assert one.table is not None
    assert len(one.table.rows) == 1
    assert one.table.rows[0][2] in ("running", "queued", "pending")
    assert one.table.rows[0][5] in one.promise.because
    assert one.look == ("jobs.parquet: the rows of these 1 job ids",)


def test_what_failed_comes_before_what_happened(tmp_path: Path) -> None:
    """And says how much; a run that PASSes has no such part."""
    bad = tell(tmp_path / "bad", Story(chapters=("baseline",), lost=1))
    verdict = judge(bad)
    text = page(bad, verdict)
    assert text.index("What failed</h2>") < text.index("What happened</h2>")
    assert f"2 of {len(verdict.promises)} promises were broken." in text  # what is lost is late, too

    good = tell(tmp_path / "good", Story(chapters=("baseline",)))
    assert "What failed" not in page(good, judge(good))


def test_what_is_not_known_says_why(tmp_path: Path) -> None:
    """UNKNOWN has no examples, but a reason."""
    run = tell(tmp_path / "run", Story(chapters=(TERMINATE,), without_sign="api"))
    broken, unknown = findings(run, read_case(run), judge(run))

    assert broken == []
    assert [one.promise.name for one in unknown] == ["fault_happened"]
    assert unknown[0].table is None
    assert "What is not known</h2>" in page(run, judge(run))


def test_a_reason_that_is_no_promise_is_told(tmp_path: Path) -> None:
    """An abort stands beside the findings, and is not lost."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",), lost=1))
    run.events("guard").record("abort", data={"reason": "the guard saw too many errors"})
    text = page(run, judge(run))

    assert "ABORTED</b> the run was aborted: the guard saw too many errors" in text


@pytest.mark.parametrize("name", [*PER_EXPERIMENT, *BREAKS, FRESHNESS, *PER_RUN])
def test_every_promise_has_its_sentence(name: str) -> None:
    """With and without an objective; none with a hole in it."""
    assert name in SENTENCES
    for numbers in ({}, {"objective": 15.0, "unit": "s"}):
        said = promised(Promise(name, Status.FAIL, "", numbers=numbers))
        assert said.endswith(".")
        assert "{" not in said
        assert "–" not in said


def test_examples_survive_what_the_job_table_lacks() -> None:
    """A job that is not among the rows that were read has a row of dashes."""
    from reports.render.failing import _job

    assert _job("J1", None) == ("J1", *["–"] * 6)
    assert _job("J1", Job(when="after", job_id="J1", service_name="import", status_id="SERVICE_FAILED"))[2] == "failed"
