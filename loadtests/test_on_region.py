"""The README's line for stock Locust, on a real local region."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadtests.loopback import forgotten_runs
from reports.evidence import RunDirectory

ROOT = Path(__file__).parents[1]
JOURNEYS = {"shopper", "csr", "pos", "intake", "bulk", "bopis", "fulfillment", "jobs"}
LINES = 'eval "$(stack env)" && locust -f loadtests/locustfile.py --headless -t 30s'


@pytest.fixture(scope="module")
def ran(region_name: str) -> Iterator[RunDirectory]:
    """What the README's line has left."""
    bin_directory = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{bin_directory}:{os.environ['PATH']}", "SUITE_REGION": region_name}
    env.pop("SUITE_RUN", None)
    with forgotten_runs() as made:
        done = subprocess.run(
            ["/bin/sh", "-c", LINES], cwd=ROOT, env=env, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        line = next(line for line in done.stdout.splitlines() if line.startswith("run directory: "))
        run = RunDirectory.open(line.removeprefix("run directory: "))
        made.append(run.path)
        yield run


@pytest.mark.region
def test_stock_locust_by_the_readmes_line(ran: RunDirectory) -> None:
    """It leaves samples and a ledger, and the traffic went through both nodes to every sync server."""
    rows = ran.read_samples().to_pylist()
    outcomes = Counter(row["outcome"] for row in rows)
    assert outcomes["ok"] > 0.95 * len(rows) > 1000, outcomes
    assert len({row["peer"] for row in rows if row["peer"]}) == 2
    assert len({row["server"] for row in rows if row["server"]}) == 4
    assert sum(row["tls_us"] is not None for row in rows) == sum(row["connect_us"] is not None for row in rows)
    assert {row["wire_attempts"] for row in rows if row["start_us"]} == {1}
    assert {row["journey"] for row in rows} == JOURNEYS
    acknowledged = Counter(write.kind for write in ran.read_ledger() if write.outcome == "acknowledged")
    assert acknowledged.keys() == {"order", "shipment", "stock_delta"}
    by_endpoint = Counter(row["endpoint"] for row in rows if row["outcome"] == "ok")
    handed_over = by_endpoint["POST /api/updateShipment"]
    assert acknowledged["shipment"] > handed_over > 0, "both those who hand over and those who ship did so"
    assert by_endpoint["POST /api/createPicklist"] > 0
    assert by_endpoint["GET /api/findJobs"] > 0


@pytest.mark.region
def test_what_it_left_behind_is_cancelled(ran: RunDirectory, region_name: str) -> None:
    """Through the API of the system itself: every order of the run that is open, and the run says so afterwards."""
    env = {**os.environ, "SUITE_REGION": region_name}

    def purge(*options: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "loadtests", "purge", str(ran.path), "--json", *options]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=200, check=False)
        assert done.returncode in (0, 1), done.stderr  # 1: some were packed, and are there to stay
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    before = purge()
    assert len(before["orders"]) > 100
    assert all(order["external_id"].startswith(ran.facts["prefix"]) for order in before["orders"])
    outcomes = purge("--cancel", "--yes")["outcomes"]
    assert outcomes["cancelled"] > 100
    amended = [event.data for event in ran.read_events(amended=True) if event.kind == "purge.order"]
    said = {data["external_id"] for data in amended if data["outcome"] == "cancelled"}
    assert len(said) == outcomes["cancelled"]
    assert said <= {order["external_id"] for order in purge()["orders"] if order["status_id"] == "ORDER_CANCELLED"}
