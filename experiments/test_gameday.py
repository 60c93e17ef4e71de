"""A whole short game day on a real local region, and what can be done with its run directory afterwards."""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from experiments.load import ROOT
from experiments.probes.cloudwatch import SIGNALS
from fixtures.target import Target
from reports.evidence import RunDirectory

pytestmark = pytest.mark.region

# What the contract says a run directory holds after a whole game day (report.pdf comes later).
FILES = (
    "run.json",
    "target.json",
    "signals.ndjson",
    "undo.ndjson",
    "journal/baseline.json",
    "journal/terminate-sync-instance.json",
    "landed/primary.parquet",
    "landed/replica.parquet",
    "landed/warehouse.parquet",
    "jobs.parquet",
    "checks.xml",
    "verdict.json",
    "report.html",
    "seal.json",
    "logs/load.log",
)


def run_gameday(*arguments: str, region: str, within_s: float = 280) -> subprocess.CompletedProcess[str]:
    """The command as a person gives it."""
    return run_suite("experiments", *arguments, region=region, within_s=within_s)


def run_suite(package: str, *arguments: str, region: str, within_s: float = 280) -> subprocess.CompletedProcess[str]:
    """``gameday``, ``loadgate`` or ``slareport``, named by its package."""
    env = {**os.environ, "SUITE_REGION": region}
    command = [sys.executable, "-m", package, *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=within_s)


@pytest.fixture(scope="module")
def played(region: Target, region_name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of a game day with the control and one fault."""
    out = tmp_path_factory.mktemp("runs") / "short"
    done = run_gameday("run", "short", "--seed", "3", "--out", str(out), region=region_name)
    assert done.returncode in (0, 2), done.stdout + done.stderr  # 2: this machine was too busy to deliver the load
    return out


def test_what_cloudwatch_said_is_recorded_beside_what_we_measured(played: Path) -> None:
    """The promises are never judged by it."""
    values = {name: [s.value for s in RunDirectory.open(played).read_signals() if s.name == name] for name in SIGNALS}
    assert 4 in values["cloudwatch_healthy_targets"]
    assert any(value is not None and value >= 0 for value in values["cloudwatch_replica_lag_s"])


def test_nothing_fails_on_a_healthy_system(played: Path) -> None:
    """And the only thing that may not be known is whether a busy machine delivered the load."""
    verdict = json.loads((played / "verdict.json").read_text())
    assert [one for one in verdict["promises"] if one["status"] == "FAIL"] == []
    assert {one["name"] for one in verdict["experiments"]} == {"baseline", "terminate-sync-instance"}
    assert verdict["not_run"] == []


@pytest.mark.parametrize("file", FILES)
def test_the_run_directory_is_as_the_contract_says(played: Path, file: str) -> None:
    """Every part is there and holds something."""
    assert (played / file).stat().st_size > 0


def test_the_fault_left_two_signs_and_nothing_to_undo(played: Path) -> None:
    """One sign from the API, one from the data plane, and every undo record verified."""
    run = RunDirectory.open(played)
    assert {event.data["plane"] for event in run.read_events() if event.kind == "sign"} == {"api", "data"}
    assert run.read_undo()
    assert not any(record.is_open for record in run.read_undo())


def test_checks_say_what_the_verdict_says(played: Path) -> None:
    """PASS is a passed test, FAIL a failure, UNKNOWN an error; nothing is skipped."""
    verdict = json.loads((played / "verdict.json").read_text())
    statuses = [one["status"] for one in verdict["promises"]]
    suite = ET.parse(played / "checks.xml").getroot().find("testsuite")
    assert suite is not None
    counted = [int(suite.attrib[key]) for key in ("tests", "failures", "errors", "skipped")]
    assert counted == [len(statuses), statuses.count("FAIL"), statuses.count("UNKNOWN"), 0]


def test_a_copy_is_judged_the_same(played: Path, tmp_path: Path) -> None:
    """Judging asks the evidence alone, writes beside it, and changes nothing that was sealed."""
    copy = tmp_path / "copy"
    shutil.copytree(played, copy)
    before = json.loads((copy / "verdict.json").read_text())
    done = run_gameday("judge", str(copy), "--json", region="a-region-that-is-not-up")
    again = json.loads(done.stdout)
    assert done.returncode == before["exit_code"]
    assert again["promises"] == before["promises"]
    assert list(copy.glob("derived/*/report.html"))
    RunDirectory.open(copy, verify=True)


def test_a_second_game_day_on_the_same_directory_is_refused(played: Path, region_name: str) -> None:
    """Evidence is never written over."""
    done = run_gameday("run", "--out", str(played), region=region_name)
    assert done.returncode == 64
    assert "choose another" in done.stderr


def test_a_front_door_that_is_not_proven_is_refused(region: Target, region_name: str, tmp_path: Path) -> None:
    """Another authority than the one that signed: one line, exit 64, nothing injected and no run directory."""
    assert region.web.ca_file is not None
    ca_file = Path(region.web.ca_file)
    right = ca_file.read_bytes()
    ca_file.write_bytes(trustme.CA().cert_pem.bytes())
    try:
        done = run_gameday("run", "--out", str(tmp_path / "run"), region=region_name)
    finally:
        ca_file.write_bytes(right)
    assert done.returncode == 64, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        f"gameday: expected a certificate for {region.web.name} signed by the CA in {ca_file}, found at"
    )
    assert not (tmp_path / "run").exists()


def test_a_gate_and_a_report_over_both(played: Path, region_name: str, tmp_path: Path) -> None:
    """The other two jobs: a gate on the same region, judged again by another rule, and the month's report over both."""
    gate, report, kept, nobody = (tmp_path / name for name in ("gate", "report", "kept.rules", "nobody.rules"))
    kept.write_text("p90 of * < 2s\nerrors of * < 1%\nrate >= 20/s\n")
    nobody.write_text("p90 of POST /api/nobodyCallsIt < 2s\n")
    load = ["--profile", "smoke", "--warm-up", "2s", "--duration", "10s", "--rules", str(kept)]
    gated = run_suite("loadtests", "run", *load, "--out", str(gate), region=region_name)
    said = {one["name"]: one["status"] for one in json.loads((gate / "verdict.json").read_text())["promises"]}
    expected = 0 if said.pop("load_delivered") == "PASS" else 2  # as above: the machine may be too busy
    assert gated.returncode == expected, gated.stdout + gated.stderr
    assert said == dict.fromkeys(kept.read_text().splitlines(), "PASS")
    again = run_suite("loadtests", "judge", str(gate), "--rules", str(nobody), region="none")
    assert again.returncode == 2, again.stdout + again.stderr
    assert "no request to POST /api/nobodyCallsIt in this run; there are GET /" in again.stdout

    starts = RunDirectory.open(gate).read_samples().column("sched_us")[0].as_py() / 1e6
    month = datetime.fromtimestamp(starts, UTC).strftime("%Y-%m")
    runs = ["--from", str(played), str(gate)]
    built = run_suite("reports", "build", "--period", month, *runs, "--out", str(report), region="none")
    facts = json.loads((report / "report.json").read_text())
    assert built.returncode == facts["exit_code"], built.stdout + built.stderr
    assert {one["kind"] for one in facts["runs"]} == {"gameday", "load"}
    assert "https://" not in re.sub(r">[^<]*<", "><", (report / "report.html").read_text())


def test_plan_names_what_would_be_touched(region_name: str, played: Path) -> None:
    """By id, with its share of role and zone; and it changes nothing."""
    done = run_gameday("plan", "short", "--json", region=region_name)
    assert done.returncode == 0, done.stderr
    fault = json.loads(done.stdout)["experiments"][1]
    assert len(fault["candidates"]) == 4
    assert {one["share_of_role"] for one in fault["candidates"]} == {0.25}
