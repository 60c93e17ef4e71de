"""Five runs, one of them FAIL and one killed: the report's figures are those of plain SQL over the raw files."""

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from reports.commitments import load_commitments
from reports.evidence import RunDirectory
from reports.sla import Built, build
from reports.testing import Story, tell
from reports.testing.story import START_US

HOUR_US = 3_600_000_000
TERMINATE, FAIL_OVER = "terminate-sync-instance", "fail-over-rds-primary"
STORIES = {
    "quiet": Story(chapters=("baseline",), sealed=True),
    "terminated": Story(chapters=("baseline", TERMINATE), sealed=True, seed=8, start_us=START_US + HOUR_US),
    "failed-over": Story(chapters=(FAIL_OVER,), sealed=True, seed=9, start_us=START_US + 2 * HOUR_US),
    "lossy": Story(chapters=(TERMINATE,), sealed=True, lost=3, duplicated=2, seed=10, start_us=START_US + 3 * HOUR_US),
    "killed": Story(chapters=(TERMINATE,), killed_in=TERMINATE, seed=11, start_us=START_US + 4 * HOUR_US),
}
GOOD = """
    start_us IS NOT NULL AND start_us - sched_us <= 2000000 AND end_us IS NOT NULL
    AND (outcome = 'ok' OR (outcome = 'refused' AND error LIKE 'business:%'))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("runs")
    return [tell(root / name, story).path for name, story in STORIES.items()]


@pytest.fixture(scope="module")
def built(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build("2026-11", runs, out=tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="module")
def plain(runs: list[Path]) -> Iterator[sqlite3.Connection]:
    """The raw files in SQLite, read without anything of the report: tables samples and faults."""
    with sqlite3.connect(":memory:") as db:
        for run in runs:
            rows = _raw_samples(run / "samples").to_pandas()
            rows.assign(run=run.name).to_sql("samples", db, if_exists="append", index=False)
            _raw_fault(run).to_sql("faults", db, if_exists="append", index=False)
        db.execute(f"CREATE VIEW judged AS SELECT *, ({GOOD}) AS good FROM samples")
        yield db


def test_counts_and_ratios_are_those_of_plain_sql(built: Built, plain: sqlite3.Connection) -> None:
    """n, good, minutes and measured seconds of every commitment about requests.

    A second is measured when anything was asked in it, in a run in which the commitment's endpoints were called at all.
    """
    for one in _ratios(built):
        fast = "" if one["kind"] == "availability" else f" AND end_us - sched_us <= {_under_us(one['name'])}"
        n, good, minutes = plain.execute(
            f"SELECT count(*), sum(good{fast}), count(DISTINCT sched_us / 60000000) FROM judged"
            f" WHERE {_endpoints(one['name'])}"
        ).fetchone()
        assert n > 1000
        (seconds,) = plain.execute(
            "SELECT count(DISTINCT sched_us / 1000000) FROM judged"
            f" WHERE run IN (SELECT run FROM judged WHERE {_endpoints(one['name'])})"
        ).fetchone()
        assert (one["n"], one["good"], one["minutes"], one["seconds"]) == (n, good, minutes, seconds)
        assert one["spent"] == n - good
        assert one["measured"] == pytest.approx(good / n)
        assert one["coverage"] == pytest.approx(seconds / 2_592_000)
        assert seconds < minutes * 60, "a minute that was begun is no whole one"
        assert one["allowed_measured"] == pytest.approx((1 - one["objective"]) * n)
        assert one["allowed_period"] == pytest.approx((1 - one["objective"]) * n * 2_592_000 / seconds)
    assert built.facts["seconds_measured"] == _ratios(built)[0]["seconds"]


def test_the_harm_of_each_experiment_is_charged_to_it(built: Built, plain: sqlite3.Connection) -> None:
    """Requests in flight while a fault was on are its own, the others are the service's."""
    query = """
        SELECT (SELECT f.experiment FROM faults f WHERE f.run = j.run AND sched_us < f.to_us
                AND max(sched_us, coalesce(start_us, 0), coalesce(end_us, 0)) >= f.from_us) AS experiment,
            count(*), sum(NOT good)
        FROM judged j GROUP BY 1
    """
    expected = {experiment: (n, bad) for experiment, n, bad in plain.execute(query)}
    found = {one["experiment"]: (one["requests"], one["spent"]) for one in _ratios(built)[0]["causes"]}

    assert found == expected
    assert found.keys() == {None, TERMINATE, FAIL_OVER}
    assert found[None][1] == 0
    assert found[FAIL_OVER][1] > 100


def test_incidents_are_those_of_plain_sql(built: Built, plain: sqlite3.Connection) -> None:
    """Each made-up outage is one incident, from its first to its last bad request."""
    found = built.facts["incidents"]
    expected = plain.execute(
        "SELECT run, min(sched_us), max(sched_us), sum(NOT good) FROM judged WHERE NOT good GROUP BY run ORDER BY 2"
    ).fetchall()

    assert [(one["run"], one["from_us"], one["to_us"], one["bad"]) for one in found] == expected
    assert [one["experiment"] for one in found] == [TERMINATE, FAIL_OVER, TERMINATE, TERMINATE]
    for one in found:
        worst, count = plain.execute(
            "SELECT endpoint, count(*) FROM judged WHERE run = ? AND NOT good GROUP BY 1 ORDER BY 2 DESC, 1",
            [one["run"]],
        ).fetchone()
        assert (one["worst_endpoint"], one["worst_bad"]) == (worst, count)


def test_writes_are_added_up_over_the_runs(built: Built, runs: list[Path]) -> None:
    """The three lost and the two doubled are found; what the killed run wrote is not known."""
    sinks = {one["sink"]: one for one in built.facts["writes"]}
    acknowledged = {run.name: _acknowledged(run) for run in runs}

    assert sinks["primary"]["acknowledged"] == sum(acknowledged.values())
    assert (sinks["primary"]["lost"], sinks["primary"]["duplicated"]) == (3, 2)
    assert (sinks["replica"]["lost"], sinks["warehouse"]["lost"]) == (0, 0)
    lossy = acknowledged["killed"] + 3  # what the primary lost is not there behind it either, and charged once
    assert sinks["replica"]["landed"] == sum(acknowledged.values()) - lossy
    assert sinks["primary"]["unread"] == acknowledged["killed"]
    assert sinks["primary"]["landed"] == sum(acknowledged.values()) - acknowledged["killed"] - 3
    assert "killed: primary was not read back" in sinks["primary"]["why_unread"][0]


def test_the_verdict_is_the_worst_and_says_why(built: Built) -> None:
    """A lost write is FAIL however little was measured; requests measured for minutes of a month are UNMEASURED."""
    standing = {one["name"]: one["standing"] for one in built.facts["commitments"]}

    assert standing.pop("No order lost or doubled") == "FAIL"
    assert set(standing.values()) == {"UNMEASURED"}
    assert (built.facts["verdict"], built.exit_code) == ("FAIL", 1)
    killed = next(one for one in built.facts["runs"] if one["run"] == "killed")
    assert not killed["ended"]


def test_the_files_say_what_the_json_says(built: Built) -> None:
    """The CSV files are the tables of the JSON."""
    assert json.loads((built.out / "report.json").read_text()) == built.facts
    for name, key in (("incidents", "incidents"), ("runs", "runs"), ("commitments", "commitments")):
        assert len(pd.read_csv(built.out / f"{name}.csv")) == len(built.facts[key]) > 0
    minutes = pd.read_csv(built.out / "minutes.csv")
    assert minutes["requests"].sum() == _ratios(built)[0]["n"]
    assert minutes["minute_us"].nunique() == _ratios(built)[0]["minutes"]
    budget = pd.read_csv(built.out / "budget.csv")
    assert budget["spent"].sum() == sum(one["spent"] for one in _ratios(built))
    assert pd.read_csv(built.out / "writes.csv")["lost"].sum() == 3


def test_the_page_stands_alone_and_speaks_plainly(built: Built) -> None:
    """No address outside, no script; the promise, the measure and the gap in words, on the first screen."""
    page = (built.out / "report.html").read_text()
    availability = _ratios(built)[0]

    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#)[^"']*|url\((?!#)[^)]*|@import|<script|https?:""", page) == []
    assert len(page.encode()) < 1_000_000
    assert page.count("<figure") == 2
    top = page[: page.index("</header>")]
    assert top.index("No order lost or doubled</span>") < top.index("Availability</span>")  # what is broken comes first
    assert "November 2026: we promised that 99.9 % of requests" in top
    assert f"{availability['n']:,} requests measured" in top
    assert "of 43,200" in top
    assert f"{TERMINATE} " in top
    assert "What was measured is below 99.9 %" in top


def test_met_needs_coverage_and_enough_requests(runs: list[Path], tmp_path: Path) -> None:
    """With a minimum that was reached and a quiet run, the promise is met."""
    promised = _promised(tmp_path, minimum_coverage=0.0002, objective=0.9)
    built = build("2026-11-18", runs[:1], commitments=promised, out=tmp_path / "out")

    assert built.facts["commitments"][0]["standing"] == "MET"
    assert (built.facts["verdict"], built.exit_code) == ("PASS", 0)
    assert "was kept" in (built.out / "report.html").read_text()


def test_a_broken_promise_about_requests_is_fail(runs: list[Path], tmp_path: Path) -> None:
    """Enough was measured, and too much of it was bad."""
    promised = _promised(tmp_path, minimum_coverage=0.0005, objective=0.99)
    built = build("2026-11-18", runs[2:3], commitments=promised, out=tmp_path / "out")

    assert built.facts["commitments"][0]["standing"] == "FAIL"
    assert built.exit_code == 1


def test_a_run_without_a_request_measures_nothing(runs: list[Path], tmp_path: Path) -> None:
    """Empty is UNMEASURED, and there is a page that says so."""
    shutil.copytree(runs[4], tmp_path / "empty")
    for folder in ("samples", "ledger", "delivery"):
        shutil.rmtree(tmp_path / "empty" / folder)
    built = build("2026-11", [tmp_path / "empty"], out=tmp_path / "out")

    assert {one["standing"] for one in built.facts["commitments"]} == {"UNMEASURED"}
    assert (built.exit_code, built.facts["seconds_measured"], built.facts["incidents"]) == (2, 0, [])
    assert "No such request was measured" in (built.out / "report.html").read_text()


def test_a_run_whose_ledger_is_lost_is_not_met(runs: list[Path], tmp_path: Path) -> None:
    """Its requests say that it wrote; the other run's writes are no answer for it."""
    promised = tmp_path / "c.toml"
    text = _promised(tmp_path, minimum_coverage=0.0001, objective=0.9).read_text()
    writes = '[[commitment]]\nkind = "writes"\nname = "W"\norigin = "t"\n'
    promised.write_text(text.replace("[incidents]", f"{writes}[incidents]"))
    other = tell(tmp_path / "other", Story(chapters=("baseline",), seed=12, start_us=START_US + HOUR_US)).path
    shutil.rmtree(other / "ledger")
    built = build("2026-11-18", [runs[0], other], commitments=promised, out=tmp_path / "out")

    assert [one["standing"] for one in built.facts["commitments"]] == ["MET", "UNMEASURED"]
    assert "other: ledger" in built.facts["commitments"][1]["because"]
    assert "not whole" in (built.out / "report.html").read_text()


def test_a_load_test_feels_the_fault_of_a_game_day_beside_it(runs: list[Path], tmp_path: Path) -> None:
    """Same target, same time: the harm is the game day's in both."""
    beside = shutil.copytree(runs[2], tmp_path / "beside")
    (beside / "seal.json").unlink()
    facts = json.loads((beside / "run.json").read_text()) | {"run": "beside", "kind": "load", "experiments": []}
    (beside / "run.json").write_text(json.dumps(facts))
    shutil.rmtree(beside / "events")
    built = build("2026-11-18", [runs[2], beside], out=tmp_path / "out")

    assert {one["experiment"]: one["spent"] > 0 for one in _ratios(built)[0]["causes"]} == {
        None: False,
        FAIL_OVER: True,
    }
    assert {one["experiment"] for one in built.facts["incidents"]} == {FAIL_OVER}


def test_an_incident_that_began_before_the_fault_says_so(tmp_path: Path) -> None:
    """What was bad in normal service is no game day's, though the two are near."""
    run = tell(tmp_path / "run", Story(chapters=(TERMINATE,))).path
    out = RunDirectory.open(run).samples("w9")
    for n in range(40):
        due = START_US + 10_000_000 + n * 100_000
        out.add(sched_us=due, start_us=due, end_us=due + 1, endpoint="GET /x", outcome="failed")
    out.close()
    built = build("2026-11-18", [run], out=tmp_path / "out")
    (incident,) = built.facts["incidents"]

    assert (incident["experiment"], incident["bad_in_service"]) == (TERMINATE, 40)
    assert f"game day: {TERMINATE}; 40 of the bad in normal service" in (built.out / "report.html").read_text()


def test_samples_that_cannot_be_read_are_not_met(tmp_path: Path) -> None:
    """What they held may have been bad."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",))).path
    (run / "samples" / "w1.parquet").write_bytes(b"not whole")
    promised = _promised(tmp_path, minimum_coverage=0.0002, objective=0.9)
    built = build("2026-11-18", [run], commitments=promised, out=tmp_path / "out")

    assert (built.facts["commitments"][0]["standing"], built.exit_code) == ("UNMEASURED", 2)
    assert "samples/w1.parquet is not whole" in (built.out / "report.html").read_text()


def test_requests_outside_the_period_do_not_count(runs: list[Path], tmp_path: Path) -> None:
    """A run over midnight is cut there."""
    midnight_us = 1_795_046_400_000_000  # 2026-11-19
    run = tell(tmp_path / "late", Story(chapters=("baseline",), start_us=midnight_us - 10_000_000, sealed=True)).path
    first = build("2026-11-18", [run], out=tmp_path / "a").facts
    second = build("2026-11-19", [run], out=tmp_path / "b").facts
    both = build("2026-11-18..2026-11-19", [run], out=tmp_path / "c").facts

    counts = [facts["commitments"][0]["n"] for facts in (first, second, both)]
    assert counts == [facts["runs"][0]["requests"] for facts in (first, second, both)], "those that were counted"
    assert counts[0] > 100
    assert counts[1] > 100
    assert counts[0] + counts[1] == counts[2]


def test_the_writes_of_a_run_over_midnight_belong_to_the_day_in_which_it_started(tmp_path: Path) -> None:
    """Not to both: what is lost is lost once."""
    midnight_us = 1_795_046_400_000_000  # 2026-11-19
    story = Story(chapters=("baseline",), start_us=midnight_us - 10_000_000, sealed=True, lost=2)
    run = tell(tmp_path / "late", story).path
    first = build("2026-11-18", [run], out=tmp_path / "a").facts
    second = build("2026-11-19", [run], out=tmp_path / "b").facts

    assert (first["writes"][0]["acknowledged"], first["writes"][0]["lost"]) == (_acknowledged(run), 2)
    assert (second["writes"], second["verdict"]) == ([], "UNKNOWN")
    assert "in the runs that started in the period" in second["commitments"][-1]["because"]
    assert "in which the run started" in (tmp_path / "b" / "report.html").read_text()


def test_a_run_that_started_before_midnight_and_sent_after_it_is_in_the_day_of_its_start(tmp_path: Path) -> None:
    """Or its writes would be in no report at all."""
    midnight_us = 1_795_046_400_000_000
    run = tell(tmp_path / "late", Story(chapters=("baseline",), start_us=midnight_us)).path
    facts = json.loads((run / "run.json").read_text()) | {"started_us": midnight_us - 1}
    (run / "run.json").write_text(json.dumps(facts))
    built = build("2026-11-18", [run], out=tmp_path / "a")

    assert built.facts["writes"][0]["acknowledged"] == _acknowledged(run)
    assert built.facts["runs"][0]["requests"] == 0


def test_the_page_says_how_it_was_measured(built: Built) -> None:
    """What counts as measured, and that the warm-up of a gate does."""
    page = (built.out / "report.html").read_text()

    assert "A second counts as measured when" in page
    assert "The warm-up of a load gate is measured traffic, too" in page


def _ratios(built: Built) -> list[dict[str, Any]]:
    return [one for one in built.facts["commitments"] if "n" in one]


def _under_us(name: str) -> int:
    return {"Storefront is fast": 800_000, "Back office is fast": 2_000_000}[name]


def _endpoints(name: str) -> str:
    said = next(one for one in load_commitments().commitment if one.name == name)
    patterns = [pattern.replace("*", "%") for pattern in said.endpoints]  # type: ignore[union-attr]
    return "(" + " OR ".join(f"endpoint LIKE '{pattern}'" for pattern in patterns) + ")"


def _raw_samples(directory: Path) -> pa.Table:
    """Without the suite's reader: Parquet, or the whole messages of a torn stream."""
    tables = [parquet.read_table(path) for path in directory.glob("*.parquet")]
    for path in directory.glob("*.arrows"):
        reader, batches = pa.ipc.open_stream(path.read_bytes()), []
        try:
            while True:
                batches.append(reader.read_next_batch())
        except (StopIteration, pa.ArrowInvalid, OSError):
            tables.append(pa.Table.from_batches(batches))
    return pa.concat_tables(tables)


def _raw_fault(run: Path) -> pd.DataFrame:
    """From the first API call to the end of the recovery; of a run that was killed, for ever."""
    events = [json.loads(line) for path in (run / "events").glob("*") for line in path.read_text().splitlines()]
    calls = [(one["experiment"], one["at_us"]) for one in events if one["kind"] == "fault.called"]
    ends = {
        one["experiment"]: one["at_us"]
        for one in events
        if one["kind"] == "phase.finished" and one["subject"] == "recovery"
    }
    rows = [(run.name, name, at_us, ends.get(name, 2**62)) for name, at_us in calls]
    return pd.DataFrame(rows, columns=["run", "experiment", "from_us", "to_us"])


def _acknowledged(run: Path) -> int:
    lines = [json.loads(line) for path in (run / "ledger").glob("*") for line in path.read_text().splitlines()]
    return len({one["key"] for one in lines if one.get("outcome") == "acknowledged"})


def _promised(directory: Path, *, minimum_coverage: float, objective: float) -> Path:
    path = directory / "commitments.toml"
    path.write_text(
        f'service = "S"\nminimum_coverage = {minimum_coverage}\n'
        f'[[commitment]]\nkind = "availability"\nname = "A"\nobjective = {objective}\nendpoints = ["*"]\norigin = "t"\n'
        "[incidents]\nwindow_s = 10\nbad_ratio = 0.01\nbad_requests = 2\nmerge_s = 30\n"
    )
    return path
