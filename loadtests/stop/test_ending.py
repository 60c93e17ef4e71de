"""Only the process that is meant is ever asked to end, and what it came to is said."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from fixtures.policy import RefusedError
from loadtests.__main__ import _code
from loadtests.stop.ending import end
from loadtests.stop.identity import Identity, born, identity_of, this_process
from loadtests.stop.members import members
from reports.evidence import RunDirectory

# Says that it is there, ends on SIGTERM, or shrugs when told so.
PROCESS = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in sys.argv else lambda *_: sys.exit(0))
print("up", flush=True)
time.sleep(120)
"""


@pytest.fixture
def processes() -> Iterator[list["subprocess.Popen[str]"]]:
    """What a test started; it is over when the test is."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def start(processes: list["subprocess.Popen[str]"], *how: str) -> Identity:
    process = subprocess.Popen([sys.executable, "-c", PROCESS, *how], stdout=subprocess.PIPE, text=True)
    processes.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return replace(this_process(), pid=process.pid, born=born(process.pid) or 0)


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={})


def tell(run: RunDirectory, writer: str, kind: str, *, subject: str | None = None, **data: Any) -> None:
    events = run.events(writer)
    events.record(kind, subject=subject, data=data)
    events.close()


def lead(run: RunDirectory, identity: Identity) -> None:
    """Let that process be the one that leads the load."""
    tell(run, "load", "load.started", **identity.data())


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({}, "here"),
        ({"born": 1}, "gone"),
        ({"pid": 2**22 + 1}, "gone"),
        ({"boot": "another"}, "gone"),
        ({"host": "another"}, "elsewhere"),
        ({"pid_space": "pid:[1]"}, "elsewhere"),
    ],
)
def test_a_process_is_known_by_more_than_its_pid(change: dict[str, Any], where: str) -> None:
    """A pid that another process has by now, a machine that was started anew, another machine, a container."""
    assert replace(this_process(), **change).whereabouts() == where


def test_an_exit_code_that_nobody_fetched_is_no_life(processes: list["subprocess.Popen[str]"]) -> None:
    identity = start(processes)
    os.kill(identity.pid, signal.SIGKILL)
    while psutil.Process(identity.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert identity.whereabouts() == "gone"


@pytest.mark.parametrize("data", [{}, {"pid": 1}, {"pid": "1", "born": 2}, {"pid": 1, "born": None}])
def test_an_event_of_an_older_run_names_no_process(data: dict[str, Any]) -> None:
    assert identity_of(data) is None
    assert identity_of(this_process().data()) == this_process()


def test_the_leader_is_asked_and_who_asked_is_on_record(
    run: RunDirectory, processes: list["subprocess.Popen[str]"]
) -> None:
    """Its worker is its own business."""
    leader, worker = start(processes), start(processes)
    lead(run, leader)
    tell(run, "load-w0", "load.worker.started", subject="w0", **worker.data())
    ending = end(run, within_s=1.5)
    assert [member.identity for member in ending.asked] == [leader]
    assert [str(member) for member in ending.left] == [f"worker w0 (pid {worker.pid})"]
    (asked,) = [event for event in run.read_events() if event.kind == "stop.asked"]
    assert (asked.clock, asked.data) == ("person", {"of": [f"locust (pid {leader.pid})"]})


@pytest.mark.parametrize("leader_s", [0.0, 60.0])
def test_workers_that_nobody_leads_are_asked_themselves(
    run: RunDirectory,
    processes: list["subprocess.Popen[str]"],
    monkeypatch: pytest.MonkeyPatch,
    leader_s: float,
) -> None:
    """At once when there is no leader, and after a while when it did not take them along."""
    monkeypatch.setattr("loadtests.stop.ending.LEADER_S", leader_s)
    leader, worker = start(processes), start(processes)
    lead(run, leader if leader_s == 0 else replace(leader, born=1))
    tell(run, "load-w0", "load.worker.started", subject="w0", **worker.data())
    ending = end(run)
    assert worker in [member.identity for member in ending.asked]
    assert ending.left == ()


def test_another_machine_s_load_is_refused_and_nothing_is_asked(
    run: RunDirectory, processes: list["subprocess.Popen[str]"]
) -> None:
    worker = start(processes)
    lead(run, replace(this_process(), host="node-7"))
    tell(run, "load-w0", "load.worker.started", subject="w0", **worker.data())
    with pytest.raises(RefusedError, match=r"found locust \(pid \d+\) on node-7: run `loadgate stop` there"):
        end(run)
    assert worker.whereabouts() == "here"


def test_a_leader_that_is_here_takes_its_workers_elsewhere_along(
    run: RunDirectory, processes: list["subprocess.Popen[str]"]
) -> None:
    """They are waited for until they say so; nobody here can see more of them."""
    leader = start(processes)
    lead(run, leader)
    for name in ("w0", "w1"):
        away = replace(this_process(), host=f"node-{name}")
        tell(run, f"load-{name}", "load.worker.started", subject=name, **away.data())
    tell(run, "load-w0", "load.worker.stopped", subject="w0")
    ending = end(run, within_s=1.0)
    assert [member.identity for member in ending.asked] == [leader]
    assert [member.name for member in ending.left] == ["worker w1"]


def test_another_user_s_load_is_refused_and_nothing_is_written(
    run: RunDirectory, processes: list["subprocess.Popen[str]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel says so; it is told here that it does."""
    lead(run, start(processes))

    def no(process: psutil.Process, number: int) -> None:
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "send_signal", no)
    before = sorted(run.path.rglob("*"))
    with pytest.raises(RefusedError, match=r"expected a load of yours, found locust .* stop it as that user"):
        end(run)
    assert sorted(run.path.rglob("*")) == before


def test_one_that_does_not_end_is_said_and_5(
    run: RunDirectory,
    processes: list["subprocess.Popen[str]"],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deaf = start(processes, "deaf")
    lead(run, deaf)
    monkeypatch.setattr("loadtests.stop.command.WITHIN_S", 0.5)
    assert _code(["stop", str(run.path)]) == 5
    assert f"after it was asked to end: locust (pid {deaf.pid}): end it by hand" in capsys.readouterr().out


def test_one_that_ended_says_so_and_whether_it_was_killed(
    run: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same line, and exit 0: nothing of it runs."""
    lead(run, replace(this_process(), born=1))
    assert _code(["stop", str(run.path)]) == 0
    assert "it has ended already; without a word of locust" in capsys.readouterr().out
    tell(run, "load", "load.stopped")
    assert _code(["stop", str(run.path)]) == 0
    assert capsys.readouterr().out == f"{run.path}: nothing to stop: it has ended already\n"
    assert [event.kind for event in run.read_events()] == ["load.started", "load.stopped"]


def test_a_run_that_names_no_process_is_one_line(run: RunDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    """As those of earlier versions do."""
    tell(run, "load", "load.started", pid=4711)
    assert members(run) == []
    assert _code(["stop", str(run.path)]) == 0
    assert "nothing to stop: no process is on record" in capsys.readouterr().out


def test_without_a_name_it_is_the_one_that_runs(
    tmp_path: Path,
    processes: list["subprocess.Popen[str]"],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not the latest; and never one of several."""
    for module in ("command", "members"):
        monkeypatch.setattr(f"loadtests.stop.{module}.RUNS", tmp_path)
    assert _code(["stop"]) == 64
    assert f"none of {tmp_path} runs on this machine" in capsys.readouterr().err
    runs = [RunDirectory.create(tmp_path / name, name="x", kind="load", facts={}) for name in "abc"]
    for one in runs[:2]:
        lead(one, start(processes))
    assert _code(["stop"]) == 64
    assert "RUN: expected one, since 2 loads run" in capsys.readouterr().err
    assert _code(["stop", str(runs[0].path)]) == 0
    assert _code(["stop"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{runs[1].path}: asked locust")


def test_a_game_day_ends_its_own_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = RunDirectory.create(tmp_path / "run", name="x", kind="gameday", facts={})
    assert _code(["stop", str(run.path)]) == 64
    assert "found one of kind 'gameday': a game day ends its own load" in capsys.readouterr().err
