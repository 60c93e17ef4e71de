"""What a load run leaves when it is stalled, stopped, killed, or robbed of its users in mid-request."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from loadtests.loopback import wait_until
from loadtests.rehearsal import ROOT, System, keys_in, stop


def test_under_a_stall_requests_are_late_and_keep_the_moment_they_were_due(system: System) -> None:
    """Nothing is dropped and nothing is moved: coordinated omission does not happen."""
    process = system.locust()
    wait_until("traffic", lambda: system.received > 60)
    system.gate.clear()
    stall_us = time.time_ns() // 1000
    time.sleep(2)  # the stall itself
    system.gate.set()
    end_us = time.time_ns() // 1000
    before = system.received
    wait_until("traffic after the stall", lambda: system.received > before + 120)
    stop(process)
    rows = system.rows()
    due_in_stall = [row for row in rows if stall_us <= row["sched_us"] < end_us]
    assert len(due_in_stall) == pytest.approx(40 * (end_us - stall_us) / 1e6, abs=8)
    late = [row for row in due_in_stall if row["start_us"] and row["start_us"] >= end_us - 100_000]
    assert late, "users that wait for an answer send what became due meanwhile after the stall"
    assert all(row["outcome"] == "ok" for row in late)
    assert sum(second.planned for second in system.run.read_delivery()) == len(rows)
    assert max(second.schedule_lag_us for second in system.run.read_delivery()) > 500_000


def test_what_is_in_flight_at_the_end_is_a_row_and_an_unknown_write(system: System) -> None:
    """The slowest requests of a fault are exactly those that would vanish."""
    process = system.locust()
    wait_until("traffic", lambda: system.received > 60)
    system.gate.clear()
    stall_us = time.time_ns() // 1000
    wait_until("all shoppers are stuck", lambda: sum("Lookup" in line or "check" in line for line in system.held) == 20)
    wait_until("some who write are", lambda: sum("/service/" in line for line in system.held) > 5)
    time.sleep(0.5)  # in which more shoppers are due
    stop(process, signal.SIGINT)
    rows = [row for row in system.rows() if row["outcome"] == "censored"]
    in_flight = [row for row in rows if row["start_us"] is not None]
    never_sent = [row for row in rows if row["start_us"] is None]
    assert len(in_flight) > 20
    assert all(row["end_us"] is None for row in rows)
    assert never_sent
    assert all(row["sched_us"] >= stall_us for row in never_sent)
    assert Counter(write.outcome for write in system.run.read_ledger())["unknown"] > 5


def test_sigkill_loses_at_most_what_was_not_flushed(system: System) -> None:
    """Rows come to the disk while it runs, and stay; it is visible that the worker's end is not on record."""
    process = system.locust()
    wait_until("rows on disk", lambda: len(system.rows()) > 50)
    before = system.rows()
    process.kill()
    process.wait(60)
    assert system.rows()[: len(before)] == before
    ledger = {write.key for write in system.run.read_ledger()}
    received = {key for door in system.doors for seen in door.seen for key in keys_in(seen.line, seen.body)}
    assert received
    assert received <= ledger
    assert [event.kind for event in system.run.read_events()] == ["load.worker.started", "load.share"]


def test_the_load_ends_when_the_one_who_started_it_is_gone(system: System) -> None:
    """Nobody else would stop it."""
    script = (
        "import subprocess, sys, time\n"
        "load = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(load.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    load = [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", "--headless"]
    parent = subprocess.Popen(
        [sys.executable, "-c", script, *load],
        cwd=ROOT,
        env={**os.environ, **system.environment, "SUITE_RUN": str(system.run.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    system.started.append(parent)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    wait_until("traffic", lambda: system.received > 30)
    parent.kill()
    child.wait(60)
    kinds = [event.kind for event in system.run.read_events()]
    assert kinds == ["load.worker.started", "load.share", "load.worker.stopped"]


FEWER = """
import gevent
from locust import events

from loadtests.locustfile import *

@events.spawning_complete.add_listener
def take_away(user_count, **_):
    def some():
        gevent.sleep(2)
        events_of.runner.stop_users({"Shopper": 10})
    if user_count:
        gevent.spawn(some)

@events.init.add_listener
def init(environment, **_):
    global events_of
    events_of = environment
"""


def test_users_that_are_taken_away_in_mid_request_leave_a_row_at_once(system: System, tmp_path: Path) -> None:
    """As the web page does when it asks for fewer users."""
    file = tmp_path / "fewer.py"
    file.write_text(FEWER)
    system.gate.clear()
    process = system.locust("-f", str(file))
    wait_until(
        "their rows", lambda: any(row["error"] == "in flight when its user was taken away" for row in system.rows())
    )
    system.gate.set()
    stop(process)
    assert sum(second.planned for second in system.run.read_delivery()) == len(system.rows())
