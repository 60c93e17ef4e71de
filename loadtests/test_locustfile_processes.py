"""Load runs of several processes: each has a share of the load, files and keys of its own."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from loadtests.gate.sharing import free_port
from loadtests.loopback import wait_until
from loadtests.rehearsal import PREFIX, System, keys_in, rate, stop
from reports.evidence import Event


def test_two_processes_share_the_load_and_nothing_else(system: System) -> None:
    """Each has its own files and keys; together they are the profile."""
    port = str(free_port())
    process = system.locust("--processes", "2", "--master-bind-port", port, "--master-port", port)
    wait_until("traffic of both", lambda: {"w0", "w1"} <= Counter(row["worker"] for row in system.rows()).keys())
    before = system.received
    wait_until("more traffic", lambda: system.received > before + 100)
    stop(process)
    for folder, suffix in (("samples", "arrows"), ("ledger", "ndjson"), ("delivery", "ndjson")):
        names = sorted(path.name for path in (system.run.path / folder).iterdir())
        assert names == [f"w0.{suffix}", f"w1.{suffix}"]
    rows = system.rows()
    assert {row["worker"] for row in rows} == {"w0", "w1"}
    assert sum(rate([row for row in rows if row["worker"] == name]) for name in ("w0", "w1")) == pytest.approx(
        40, rel=0.3
    )
    assert sum(second.planned for second in system.run.read_delivery()) == len(rows)
    sent = [key for door in system.doors for seen in door.seen for key in keys_in(seen.line, seen.body)]
    assert len(sent) == len(set(sent))
    kinds = Counter(event.kind for event in system.run.read_events())
    assert kinds.pop("load.share") >= 2, "more when this machine kept one of them from saying that it lives"
    assert kinds == {"load.worker.started": 2, "load.clock": 2, "load.worker.stopped": 2}


LATE = """
import gevent
from locust import events
from locust.runners import WorkerRunner

@events.init.add_listener
def linger(environment, **_):
    if isinstance(environment.runner, WorkerRunner):
        gevent.sleep(3)

from loadtests.locustfile import *
"""


def test_a_worker_that_is_told_to_begin_before_it_is_ready_begins_when_it_is(system: System, tmp_path: Path) -> None:
    """The main process lets it begin as soon as it is connected, the run directory's wait may be longer."""
    (tmp_path / "late.py").write_text(LATE)
    port = str(free_port())
    process = system.locust(
        "-f", str(tmp_path / "late.py"), "--processes", "2", "--master-bind-port", port, "--master-port", port
    )
    wait_until("traffic of both", lambda: {"w0", "w1"} <= Counter(row["worker"] for row in system.rows()).keys())
    stop(process)
    assert len(_events(system, "load.worker.stopped")) == 2


def test_a_worker_that_dies_is_visible_and_its_users_go_on_in_the_other(system: System) -> None:
    """Its end is not on record; the load that it owed while nobody had it is missing from the rows."""
    port = str(free_port())
    process = system.locust(
        "--processes", "2", "--enable-rebalancing", "--master-bind-port", port, "--master-port", port
    )
    wait_until("traffic of both", lambda: len({row["worker"] for row in system.rows()}) == 2)
    victim = psutil.Process(process.pid).children()[0]
    killed_us = time.time_ns() // 1000
    victim.kill()
    (left,) = {event.subject for event in _events(system, "load.worker.started") if event.data["pid"] != victim.pid}

    def all_is_left_to_the_other() -> list[Event]:
        shares = _events(system, "load.share")
        alone = {journey: [int(str(left)[1:])] for journey in shares[0].data["workers"]}
        return [event for event in shares if event.at_us > killed_us and event.data["workers"] == alone]

    wait_until("its share with the other", lambda: bool(all_is_left_to_the_other()), within_s=120)
    again_us = all_is_left_to_the_other()[-1].data["from_us"]

    def since() -> list[dict[str, Any]]:
        return [row for row in system.rows() if row["sched_us"] >= again_us]

    wait_until("requests of the other", lambda: len(since()) > 200, within_s=120)
    stop(process)
    assert {row["worker"] for row in since()} == {left}
    assert rate(since()) == pytest.approx(40, rel=0.15)
    assert len(_events(system, "load.worker.stopped")) == 1


def _events(system: System, kind: str) -> list[Event]:
    return [event for event in system.run.read_events() if event.kind == kind]


def test_two_associates_never_share_a_facility_and_touch_only_this_run(system: System) -> None:
    """Also when they are in different processes."""
    port = str(free_port())
    process = system.locust("--processes", "2", "--master-bind-port", port, "--master-port", port)
    listed: dict[str, set[str]] = {}

    def lists() -> dict[str, set[str]]:
        for door in system.doors:
            for seen in door.writes("/solr-query"):
                asked = dict(one.split(": ", 1) for one in json.loads(seen.body)["json"]["filter"])
                listed.setdefault(asked.get("facilityId", "one order"), set()).add(asked["shipmentMethodTypeId"])
        return listed

    wait_until("every associate", lambda: len(lists()) >= 7)
    stop(process)
    assert {facility: len(methods) for facility, methods in lists().items()} == dict.fromkeys(listed, 1)
    assert len(listed.keys() - {"one order", "_NA_"}) == 7
    shipments = [write for write in system.run.read_ledger() if write.kind == "shipment"]
    assert all(write.key.startswith(PREFIX) and len(write.attempts) == 1 for write in shipments)
