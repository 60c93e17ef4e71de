"""Whole runs of ``loadgate``: what a run and its judgement leave."""

import json
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from loadtests.__main__ import _code
from loadtests.gatework import KEPT, QUICK, System, slow, up, verdict_of
from reports.evidence import RunDirectory
from reports.testing.loads import write_load

Passed = tuple[System, Path, "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def passed(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[System, Path, "subprocess.CompletedProcess[str]"]]:
    """A run that passed, which the tests look at and judge again."""
    folder = tmp_path_factory.mktemp("gate")
    (folder / "my.rules").write_text(KEPT)
    files = ["--junit", str(folder / "gate.xml"), "--markdown", str(folder / "gate.md")]
    with up("pass") as system:
        done = system.run("run", *QUICK, "--rules", str(folder / "my.rules"), "--out", str(folder / "run"), *files)
        yield system, folder, done


def test_a_run_that_keeps_every_rule_passes(passed: Passed) -> None:
    """Exit 0, and the evidence is sealed with its verdict in it."""
    _, folder, done = passed
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS: 4 of 4 promises held (exit 0)" in done.stdout
    run = RunDirectory.open(folder / "run")
    assert run.sealed
    verdict = verdict_of(run.path)
    assert (verdict["kind"], verdict["verdict"], verdict["exit_code"]) == ("load", "PASS", 0)
    names = [promise["name"] for promise in verdict["promises"]]  # type: ignore[attr-defined]
    assert names == ["load_delivered", *KEPT.splitlines()]


def test_the_warm_up_does_not_count_and_is_on_record(passed: Passed) -> None:
    """In run.json, in the timeline, and where people read."""
    _, folder, done = passed
    run = RunDirectory.open(folder / "run")
    assert (run.facts["warm_up_s"], run.facts["duration_s"]) == (1, 5)
    phases = {(e.kind, e.subject): e.at_us for e in run.read_events() if e.kind.startswith("phase.")}
    began, ended = phases["phase.started", "measured"], phases["phase.finished", "measured"]
    due = run.read_samples()["sched_us"].to_pylist()
    counted = sum(began <= at < ended for at in due)
    assert 0 < counted < len(due)
    assert f"0 errors in {counted} requests" in done.stdout
    assert "5 s after a warm-up of 1 s that does not count" in done.stdout
    assert "5 s after a warm-up of 1 s that does not count" in (folder / "gate.md").read_text()


def test_what_a_pipeline_reads(passed: Passed) -> None:
    """One test a promise in JUnit, one row a promise in Markdown."""
    _, folder, _ = passed
    (suite,) = ET.parse(folder / "gate.xml").getroot()
    assert suite[0].tag == "properties", "where the schema of JUnit has them"
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == ["load_delivered", *KEPT.splitlines()]
    assert not [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    markdown = (folder / "gate.md").read_text()
    assert markdown.startswith("## Load gate: PASS\n")
    assert markdown.count("| ✅ PASS |") == 4


def test_the_same_judge_says_the_same(passed: Passed, capsys: pytest.CaptureFixture[str]) -> None:
    """By the rules that the run holds; what is sealed stays as it is."""
    _, folder, _ = passed
    assert _code(["judge", str(folder / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["promises"] == verdict_of(folder / "run")["promises"]
    assert RunDirectory.open(folder / "run").sealed


@pytest.mark.parametrize(
    ("rule", "code", "mark", "because"),
    [
        pytest.param("p90 of * < 10ms", 1, "failure", "the bound is", id="FAIL"),
        pytest.param("p90 of nobodyCallsIt < 2s", 2, "error", "no request to nobodyCallsIt in this run", id="UNKNOWN"),
        pytest.param("errors of * < 0.001%", 2, "error", "needs 299,572", id="UNKNOWN-too-short"),
    ],
)
def test_an_old_run_is_held_to_other_rules(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    rule: str,
    code: int,
    mark: str,
    because: str,
) -> None:
    """FAIL is a failure in JUnit, UNKNOWN an error. The run is made up: its generator was never late, by no means."""
    folder = tmp_path
    write_load(folder / "run", seconds=60).seal()
    (tmp_path / "other.rules").write_text(rule)
    assert _code(["judge", str(folder / "run"), "--rules", str(tmp_path / "other.rules")]) == code
    out = capsys.readouterr().out
    assert because in out
    output = Path(out.splitlines()[-1].removeprefix("run directory: "))
    assert output.parent == (folder / "run" / "derived").resolve()
    (case,) = [case for case in ET.parse(output / "junit.xml").findall(".//testcase") if case.get("name") == rule]
    found = case.find(mark)
    assert found is not None
    assert because in (found.get("message") or "")
    assert f"`{rule}`: " in (output / "summary.md").read_text(), "the rule that decides, first and as it was written"


def test_a_system_that_is_too_slow_fails(tmp_path: Path) -> None:
    """Exit 1: its answers took longer than the rule allows; whether all were asked in time changes nothing."""
    (tmp_path / "my.rules").write_text("p50 of * < 100ms\n")
    with up("slow", slow) as system:
        done = system.run("run", *QUICK, "--rules", str(tmp_path / "my.rules"), "--out", str(tmp_path / "run"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert verdict_of(tmp_path / "run")["verdict"] == "FAIL"


def test_a_front_door_that_nobody_trusts_is_one_line_and_64(tmp_path: Path) -> None:
    """It is asked before anything is made."""
    with up("trust") as system:
        trustme.CA().cert_pem.write_to_path(str(system.ca_file))
        done = system.run("run", *QUICK, "--out", str(tmp_path / "run"))
    assert done.returncode == 64, done.stdout + done.stderr
    assert "expected a certificate for www.oms.test" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()
    assert not system.door.seen
