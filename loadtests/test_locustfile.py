"""Whole load runs with stock Locust: everything that was sent is on record."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.loopback import answer, forgotten_runs, healthy, wait_until
from loadtests.rehearsal import System, keys_in, rate, shipments, stop
from reports.evidence import SINKS, RunDirectory


@pytest.fixture
def forgotten() -> Iterator[list[Path]]:
    """Run directories that are removed after the test."""
    with forgotten_runs() as paths:
        yield paths


def test_a_stock_run_leaves_samples_a_ledger_and_delivery(system: System, forgotten: list[Path]) -> None:
    """Every request that was planned is one row, every write is accounted for, and the exit code is 0."""
    process = system.locust("-u", "3", SUITE_RUN="")
    wait_until("traffic", lambda: system.received > 100 and system.writes("/uploadAndImportfile") > 1)
    wait_until("a shipment of each journey", lambda: all(shipments(system).values()))
    out, err = stop(process)
    line = next(line for line in out.splitlines() if line.startswith("run directory: "))
    system.run = run = RunDirectory.open(line.removeprefix("run directory: "))
    forgotten.append(run.path)
    assert "-u 3 is ignored" in err
    rows, delivery, writes = system.rows(), run.read_delivery(), run.read_ledger()
    assert sum(second.planned for second in delivery) == len(rows)
    assert rate(rows) == pytest.approx(40, rel=0.15)
    assert {row["outcome"] for row in rows} <= {"ok", "censored"}
    assert {row["journey"] for row in rows} >= {"shopper", "csr", "pos", "intake", "bopis", "fulfillment", "jobs"}
    assert {row["peer"] for row in rows if row["peer"]} == {"127.0.0.1", "127.0.0.2"}
    assert all(write.key.startswith(run.facts["prefix"]) for write in writes)
    assert Counter(write.outcome for write in writes).keys() == {"acknowledged"}
    assert {write.kind: write.sinks for write in writes} == dict.fromkeys(("order", "shipment", "stock_delta"), SINKS)
    kinds = Counter(write.kind for write in writes)
    keys = [key for door in system.doors for seen in door.seen for key in keys_in(seen.line, seen.body)]
    assert kinds["order"] + kinds["stock_delta"] == len(keys)
    assert kinds["shipment"] == sum(shipments(system).values())
    names = [signal.value["addresses"] for signal in run.read_signals() if signal.name == "web_addresses"]
    assert names == [["127.0.0.1", "127.0.0.2"]]
    assert [event.kind for event in run.read_events()] == [
        "load.started",
        "load.worker.started",
        "load.share",
        "load.worker.stopped",
        "load.stopped",
    ]


def test_locusts_own_statistics_are_those_of_the_samples(system: System) -> None:
    """Counts, failures, bytes, and response times from when a request was due, rounded as Locust rounds."""

    def handler(line: str, body: bytes) -> bytes:
        return answer({}, status="500 Oops") if "checkInventory" in line else healthy(line, body)

    system.handle(handler)
    process = system.locust("--json")
    wait_until("traffic", lambda: system.received > 150)
    out, _ = stop(process)
    told = {f"{entry['method']} {entry['name']}": entry for entry in json.loads(out)}
    ended = [row for row in system.rows() if row["end_us"] is not None]
    endpoints = {row["endpoint"] for row in ended}
    assert told.keys() == endpoints
    for endpoint in endpoints:
        rows, entry = [row for row in ended if row["endpoint"] == endpoint], told[endpoint]
        assert entry["num_requests"] == len(rows)
        assert entry["num_failures"] == sum(row["outcome"] != "ok" for row in rows)
        assert entry["total_content_length"] == sum(row["bytes"] for row in rows)
        assert {int(ms): count for ms, count in entry["response_times"].items()} == Counter(
            _rounded((row["end_us"] - row["sched_us"]) / 1000) for row in rows
        )
    assert told["POST /api/checkInventory"]["num_failures"] > 20


def _rounded(response_ms: float) -> int:
    """As ``locust.stats.bucket_response_time`` says: about two digits."""
    return int(round(response_ms, -sum(response_ms >= limit for limit in (100, 1000, 10_000))))


LISTENING = """
import sys

from locust import events

from loadtests.locustfile import *

heard = []
events.request.add_listener(lambda **request: heard.append(request))
events.quit.add_listener(lambda **_: sys.stdout.write(f"heard: {len(heard)}\\n"))
"""


def test_who_listens_to_each_request_hears_of_each(system: System, tmp_path: Path) -> None:
    """A foreign listener gets Locust's event, and the statistics count no request twice."""
    file = tmp_path / "listening.py"
    file.write_text(LISTENING)
    process = system.locust("--json", "-f", str(file))
    wait_until("traffic", lambda: system.received > 60)
    out, _ = stop(process)
    told, _, heard = out.rpartition("heard: ")
    ended = [row for row in system.rows() if row["end_us"] is not None]
    assert int(heard) == len(ended)
    assert sum(entry["num_requests"] for entry in json.loads(told)) == len(ended)


def test_an_intent_and_its_sent_line_are_on_disk_before_the_server_knows(system: System) -> None:
    """So a write that the server has cannot be missing from the ledger, whenever the generator dies."""
    unknown_to_ledger: list[str] = []

    def handler(line: str, body: bytes) -> bytes:
        if keys_in(line, body):
            known = {write.key: write.attempts for write in system.run.read_ledger()}
            unknown_to_ledger.extend(key for key in keys_in(line, body) if not known.get(key))
        return healthy(line, body)

    system.handle(handler)
    process = system.locust()
    wait_until("writes", lambda: system.writes("/service/") > 5 and system.writes("/uploadAndImportfile") > 0)
    stop(process)
    assert unknown_to_ledger == []
