"""Whole runs of ``loadgate`` against small real servers."""

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import trustme

from loadtests.__main__ import _code
from loadtests.loopback import FrontDoor, NameServer, healthy, local_target, show, wait_until
from loadtests.profiles import load_profile
from reports.evidence import RunDirectory

ROOT = Path(__file__).parents[1]
QUICK = ["--profile", "smoke", "--warm-up", "1s", "--duration", "5s"]
KEPT = "p90 of * < 2s\nerrors of * < 5%\nrate >= 5/s\n"


@dataclass
class System:
    """A front door that answers well, and a region's name under which it is found."""

    door: FrontDoor
    environment: dict[str, str]
    ca_file: Path

    def loadgate(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "loadtests", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        with self.loadgate(*arguments) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


Passed = tuple[System, Path, "subprocess.CompletedProcess[str]"]


@contextmanager
def up(name: str, handler: Callable[[str, bytes], bytes | None] = healthy, **more: object) -> Iterator[System]:
    authority, region = trustme.CA(), f"gate-{name}-{os.getpid()}"
    with (
        authority.cert_pem.tempfile() as ca_file,
        FrontDoor("127.0.0.1", 0, handler, show(authority, "www.oms.test")) as door,
        NameServer(["127.0.0.1"]) as names,
        local_target(region, dns_port=names.port, web_port=door.port, ca_file=Path(ca_file), **more) as environment,
    ):
        yield System(door, environment, Path(ca_file))


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


def verdict_of(output: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((output / "verdict.json").read_text())
    return found


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
        pytest.param("p90 of * < 0.001ms", 1, "failure", "the bound is", id="FAIL"),
        pytest.param("p90 of nobodyCallsIt < 2s", 2, "error", "no request to nobodyCallsIt in this run", id="UNKNOWN"),
        pytest.param("errors of * < 0.001%", 2, "error", "needs 299,572", id="UNKNOWN-too-short"),
    ],
)
def test_an_old_run_is_held_to_other_rules(
    passed: Passed,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    rule: str,
    code: int,
    mark: str,
    because: str,
) -> None:
    """FAIL is a failure in JUnit, UNKNOWN an error."""
    _, folder, _ = passed
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

    def slow(line: str, body: bytes) -> bytes:
        time.sleep(0.3)
        return healthy(line, body)

    with up("slow", slow) as system:
        done = system.run("run", *QUICK, "--rules", str(tmp_path / "my.rules"), "--out", str(tmp_path / "run"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert verdict_of(tmp_path / "run")["verdict"] == "FAIL"


class Failing:
    """Answers well at first; then ``then`` is what it does."""

    def __init__(self, then: Callable[[str, bytes], bytes | None], after: int = 150) -> None:
        self.then, self.left = then, after

    def __call__(self, line: str, body: bytes) -> bytes | None:
        self.left -= 1
        return healthy(line, body) if self.left > 0 else self.then(line, body)


def no_server(line: str, body: bytes) -> bytes:
    return b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


def hung(line: str, body: bytes) -> None:
    time.sleep(20)


@pytest.mark.parametrize(
    ("then", "rule", "option", "because"),
    [
        pytest.param(no_server, "errors of * < 5% for 3s, stop", None, "broken for 3 s on end", id="stop"),
        pytest.param(hung, "p95 of * < 500ms", "--abort", "not one of", id="abort"),
    ],
)
def test_a_rule_ends_the_load_that_breaks_it(
    tmp_path: Path, then: Callable[[str, bytes], bytes | None], rule: str, option: str | None, because: str
) -> None:
    """Long before its time, and it is FAIL, not ABORTED."""
    (tmp_path / "my.rules").write_text(f"{rule}\n")
    options = ["--profile", "smoke", "--warm-up", "1s", "--duration", "3m", "--rules", str(tmp_path / "my.rules")]
    with up("rule", Failing(then), objectives={"answer_s": 2}) as system:
        done = system.run("run", *options, "--out", str(tmp_path / "run"), *([option] if option else []))
    assert done.returncode == 1, done.stdout + done.stderr
    run = RunDirectory.open(tmp_path / "run")
    assert run.facts["objectives"]["answer_s"] == {"value": 2.0, "origin": "fixtures/targets/local.toml"}
    (event,) = [event for event in run.read_events() if event.kind == "rule.stopped"]
    assert (event.subject, because in event.data["because"]) == (rule, True), event.data
    promises = verdict_of(run.path)["promises"]
    assert isinstance(promises, list)
    assert [(one["name"], one["status"]) for one in promises] == [("load_delivered", "UNKNOWN"), (rule, "FAIL")]
    assert "it ended the load after" in promises[1]["because"]


def test_a_run_that_is_stopped_is_4_with_its_evidence_sealed(tmp_path: Path) -> None:
    """The load is gone when it ends, and nothing that was cut short passes."""
    (tmp_path / "my.rules").write_text("p90 of * < 2s\n")
    options = ["--profile", "smoke", "--duration", "2m", "--rules", str(tmp_path / "my.rules")]
    with up("stop") as system:
        process = system.loadgate("run", *options, "--out", str(tmp_path / "run"))
        deadline = time.monotonic() + 60
        while len(system.door.seen) < 100 and time.monotonic() < deadline:
            time.sleep(0.05)
        load = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 4, out + err
    assert "ABORTED: 0 of 2 promises held (exit 4)" in out
    run = RunDirectory.open(tmp_path / "run")
    assert run.sealed
    assert verdict_of(run.path)["because"] == "the run was aborted: SIGINT received"
    assert load
    assert not [pid for pid in load if psutil.pid_exists(pid)]


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


def due_in(run: RunDirectory, from_us: int, to_us: int) -> set[int]:
    """When the arrivals of a run's plan were due, drawn anew from what the run directory says."""
    (start_us,) = {event.data["start_us"] for event in run.read_events() if event.kind == "load.share"}
    plan = load_profile(run.facts["profile"]).plan(seed=run.facts["seed"], end_ns=(to_us - start_us) * 1000)
    due = {start_us + at_ns // 1000 for batch in plan.batches() for at_ns in batch.due_ns.tolist()}
    return {at_us for at_us in due if from_us <= at_us < to_us}


def test_a_worker_that_is_killed_leaves_its_share_to_the_others_and_a_gap_that_is_seen(tmp_path: Path) -> None:
    """From the moment that the others have its share on everything that is due is there again; no PASS is given."""
    rules, out = tmp_path / "my.rules", tmp_path / "run"
    rules.write_text(KEPT)
    with up("killed") as system:
        process = system.loadgate(
            "run", "--profile", "smoke", "--warm-up", "1s", "--duration", "15s", "--workers", "3",
            "--rules", str(rules), "--out", str(out),
        )  # fmt: skip
        wait_until("three workers", lambda: _workers(out) == {"w0", "w1", "w2"})
        victim, killed_us = _kill_a_worker(out), time.time_ns() // 1000
        out_text, err = process.communicate(timeout=120)
    assert process.returncode == 2, out_text + err
    run = RunDirectory.open(out)
    shares = {
        (e.data["from_us"], e.subject): e.data["workers"]["shopper"]
        for e in run.read_events()
        if e.kind == "load.share"
    }
    again_us = max(from_us for from_us, _ in shares)
    left = sorted({0, 1, 2} - {int(victim[1:])})
    assert [members for (from_us, _), members in sorted(shares.items()) if from_us == again_us] == [left, left]
    rows = run.read_samples().to_pylist()
    ended_us = max(e.at_us for e in run.read_events() if e.kind == "phase.finished")
    sent = {row["sched_us"] for row in rows}
    assert due_in(run, again_us, ended_us) <= sent
    gap = due_in(run, killed_us, again_us) - sent
    assert gap, "what the lost worker had is missing for as long as nobody knew"
    delivered = verdict_of(run.path)["promises"][0]  # type: ignore[index]
    assert delivered["status"] == "UNKNOWN"
    assert victim in delivered["because"]


def _workers(out: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in (out / "samples").glob("*.arrows") if path.stat().st_size > 5000}


def _kill_a_worker(out: Path) -> str:
    """End one with SIGKILL; return its name."""
    started = [e for e in RunDirectory.open(out).read_events() if e.kind == "load.worker.started"]
    psutil.Process(started[0].data["pid"]).kill()
    return str(started[0].subject)


def test_capacity_that_may_not_be_exceeded_is_at_least_that_much_and_unknown(tmp_path: Path) -> None:
    """Each rate is a run directory of its own, scaled and sealed."""
    out = tmp_path / "found"
    (tmp_path / "my.rules").write_text("p90 of * < 5s\n")
    with up("capacity") as system:
        done = system.run(
            "capacity", "--profile", "smoke", "--step", "5s", "--warm-up", "1s", "--at-most", "0.8",
            "--rules", str(tmp_path / "my.rules"), "--out", str(out),
        )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    assert "UNKNOWN: 32 requests a second: 0.8 times the rate were kept, and more was not to be tried" in done.stdout
    told = json.loads((out / "capacity.json").read_text())
    assert [(step["times"], step["word"], step["confirming"]) for step in told["steps"]] == [
        (0.8, "PASS", False),
        (0.8, "PASS", True),
    ]
    assert ET.parse(out / "capacity.svg").getroot().tag.endswith("svg")
    for step in told["steps"]:
        run = RunDirectory.open(out / step["run"])
        assert run.sealed
        assert run.facts["scale"] == 0.8
        due = run.read_samples()["sched_us"].to_pylist()
        assert len(due) / (max(due) - min(due)) * 1e6 == pytest.approx(32, rel=0.3)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["--profile", "spike"], "expected one steady rate", id="stages"),
        pytest.param(["--step", "0s"], "--step: expected a time over 0", id="no-time"),
        pytest.param(["--rules", "nope.rules"], "expected a rule file", id="no-rules"),
        pytest.param(["--out", "reports"], "choose another", id="out-not-empty"),
    ],
)
def test_a_search_that_cannot_be_made_is_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 64."""
    assert _code(["capacity", *arguments]) == 64
    assert says in capsys.readouterr().err


def test_a_candidate_takes_turns_with_its_baseline(tmp_path: Path) -> None:
    """Two systems, of which one breaks a rule in its first run: each run is on disk beside the gate's."""
    (tmp_path / "my.rules").write_text("p50 of * not worse than baseline by 20%\np50 of * < 100ms\n")

    def slow(line: str, body: bytes) -> bytes:
        time.sleep(0.3)
        return healthy(line, body)

    options = ["--profile", "smoke", "--warm-up", "0s", "--duration", "3s", "--rules", str(tmp_path / "my.rules")]
    with up("before") as before, up("now", slow) as system:
        region = before.environment["SUITE_REGION"]
        options += ["--baseline-target", f"local@{region}", "--out", str(tmp_path / "gate")]
        done = system.run("run", *options)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "at most 9 pairs of runs" in done.stdout
    assert "only 1 pair of runs; the first look is after 4: at least 3 more" in done.stdout
    assert "FAIL in 1 of 1 run: p50 is" in done.stdout
    names = ("gate-runs/gate-01-baseline", "gate-runs/gate-01-candidate", "gate")
    runs = [RunDirectory.open(tmp_path / name) for name in names]
    assert all(run.sealed for run in runs)
    assert [run.facts["region"] == region for run in runs] == [True, False, False]
