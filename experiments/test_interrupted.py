"""A game day that is stopped, killed or robbed of its load in the middle of a fault, on a real local region.

All of them freeze half of the async workers: the one fault whose effect stays until somebody takes it back.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from experiments.healing import leftovers
from experiments.load import ROOT
from experiments.test_gameday import run_gameday
from fixtures.target import state_dir
from reports.evidence import NotARunDirectoryError, RunDirectory

pytestmark = pytest.mark.region

FAULT = "stall-async-workers"


def until(ready: Callable[[], bool], *, within_s: float) -> None:
    """Wait for a condition; fail when it does not come."""
    deadline = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def frozen(run: Path) -> bool:
    """Whether the fault was seen on both planes: the workers are frozen now."""
    try:
        events = RunDirectory.open(run).read_events()
    except NotARunDirectoryError:
        return False
    return len({event.data["plane"] for event in events if event.kind == "sign"}) == 2 or any(
        record.state == "applied" for record in RunDirectory.open(run).read_undo()
    )


def started(run: Path) -> dict[str, int]:
    """The processes that the game day started, by name."""
    events = RunDirectory.open(run).read_events()
    return {event.data["name"]: event.data["pid"] for event in events if "started_ticks" in event.data}


def in_the_fault(out: Path, region: str) -> subprocess.Popen[str]:
    """A game day that is in the middle of its fault."""
    command = [sys.executable, "-m", "experiments", "run", "short", "--experiment", FAULT, "--out", str(out)]
    env = {**os.environ, "SUITE_REGION": region}
    day = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    until(lambda: frozen(out) or day.poll() is not None, within_s=150)
    assert day.poll() is None, day.communicate()[0]
    return day


def verdict_of(run: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((run / "verdict.json").read_text())
    return found


def test_ctrl_c_undoes_first_and_keeps_the_evidence(region_name: str, tmp_path: Path) -> None:
    """Also when it comes twice. Exit 4: stopped, everything undone and read back."""
    out = tmp_path / "run"
    day = in_the_fault(out, region_name)
    day.send_signal(signal.SIGINT)
    time.sleep(0.5)
    day.send_signal(signal.SIGINT)
    said = day.communicate(timeout=120)[0]
    assert day.returncode == 4, said
    assert verdict_of(out)["verdict"] == "ABORTED"
    assert not any(record.is_open for record in RunDirectory.open(out).read_undo())
    assert RunDirectory.open(out).sealed
    assert leftovers(RunDirectory.open(out)) == []


def test_after_a_kill_heal_puts_the_world_back(region_name: str, tmp_path: Path) -> None:
    """Nothing that the dead game day started survives it, and a fresh control passes on the same region.

    Chaos Toolkit is killed with it here: left alone it would play its rollbacks before heal comes.
    """
    out = tmp_path / "run"
    day = in_the_fault(out, region_name)
    os.kill(started(out)[f"chaos-{FAULT}"], signal.SIGKILL)
    day.kill()
    day.communicate(timeout=60)
    assert any(record.is_open for record in RunDirectory.open(out).read_undo())
    healed = run_gameday("heal", str(out), region=region_name)
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert leftovers(RunDirectory.open(out)) == []
    assert not any(record.is_open for record in RunDirectory.open(out).read_undo())
    assert list((out / "amendments").iterdir())
    again = run_gameday(
        "run", "short", "--experiment", "baseline", "--out", str(tmp_path / "after"), region=region_name
    )
    assert again.returncode in (0, 2), again.stdout
    assert "FAIL " not in again.stdout


def test_without_load_the_verdict_is_unknown(region_name: str, tmp_path: Path) -> None:
    """The generator dies in the middle of the fault: the system is not blamed, and it is not praised either."""
    out = tmp_path / "run"
    day = in_the_fault(out, region_name)
    os.kill(started(out)["load"], signal.SIGKILL)
    said = day.communicate(timeout=200)[0]
    assert day.returncode == 2, said
    assert "UNKNOWN  load_delivered" in said


@pytest.fixture
def without_warehouse(region_name: str) -> Iterator[str]:
    """The session's region under a second name, by which nothing answers where the warehouse should be."""
    name = f"{region_name}-no-warehouse"
    picked = json.loads((state_dir(region_name) / "target.json").read_text())
    picked["databases"]["warehouse"]["port"] = 9
    state_dir(name).mkdir()
    (state_dir(name) / "target.json").write_text(json.dumps(picked))
    yield name
    shutil.rmtree(state_dir(name))


def test_without_a_final_read_the_verdict_is_unknown(without_warehouse: str, tmp_path: Path) -> None:
    """The warehouse does not answer: what is there was judged, what is in it is not known."""
    out = tmp_path / "run"
    done = run_gameday("run", "short", "--experiment", "baseline", "--out", str(out), region=without_warehouse)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "UNKNOWN  no_acknowledged_write_lost (warehouse): warehouse was not read back" in done.stdout


def test_heal_of_a_region_that_is_gone_says_so(region_name: str, tmp_path: Path) -> None:
    """There is nothing left to put back."""
    facts = {"target": {"name": "local", "endpoint_url": "http://127.0.0.1:9"}, "region": "gone"}
    run = RunDirectory.create(tmp_path / "run", name="x", kind="gameday", facts=facts)
    undo = run.undo()
    undo.intent("i-1", "ssm:SendCommand", experiment=FAULT, before={}, way_back={"kind": "run_command"})
    healed = run_gameday("heal", str(run.path), region=region_name)
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert "nothing to put back" in healed.stdout
