"""Gate runs that do not go as planned: a rule ends them, a person does, or a worker dies."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from loadtests.gatework import KEPT, up, verdict_of
from loadtests.loopback import healthy, wait_until
from loadtests.profiles import load_profile
from reports.evidence import RunDirectory


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
        wait_until("traffic", lambda: len(system.door.seen) > 100)
        load = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=200)
    assert process.returncode == 4, out + err
    assert "ABORTED: 0 of 2 promises held (exit 4)" in out
    run = RunDirectory.open(tmp_path / "run")
    assert run.sealed
    assert verdict_of(run.path)["because"] == "the run was aborted: SIGINT received"
    assert load
    assert not [pid for pid in load if psutil.pid_exists(pid)]


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
        out_text, err = process.communicate(timeout=200)
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
