"""The README's line for stock Locust, on a real local region."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from loadtests.loopback import forgotten_runs
from reports.evidence import RunDirectory

ROOT = Path(__file__).parents[1]
JOURNEYS = {"shopper", "csr", "pos", "intake", "bulk", "bopis", "fulfillment", "jobs"}
LINES = 'eval "$(stack env)" && locust -f loadtests/locustfile.py --headless -t 30s'


@pytest.mark.region
def test_stock_locust_by_the_readmes_line(region_name: str) -> None:
    """It leaves samples and a ledger, and the traffic went through both nodes to every sync server."""
    bin_directory = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{bin_directory}:{os.environ['PATH']}", "SUITE_REGION": region_name}
    env.pop("SUITE_RUN", None)
    with forgotten_runs() as made:
        done = subprocess.run(
            ["/bin/sh", "-c", LINES], cwd=ROOT, env=env, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        line = next(line for line in done.stdout.splitlines() if line.startswith("run directory: "))
        run = RunDirectory.open(line.removeprefix("run directory: "))
        made.append(run.path)
        rows = run.read_samples().to_pylist()
        outcomes = Counter(row["outcome"] for row in rows)
        assert outcomes["ok"] > 0.95 * len(rows) > 1000, outcomes
        assert len({row["peer"] for row in rows if row["peer"]}) == 2
        assert len({row["server"] for row in rows if row["server"]}) == 4
        assert sum(row["tls_us"] is not None for row in rows) == sum(row["connect_us"] is not None for row in rows) > 0
        assert {row["wire_attempts"] for row in rows if row["start_us"]} == {1}
        assert {row["journey"] for row in rows} == JOURNEYS
        acknowledged = Counter(write.kind for write in run.read_ledger() if write.outcome == "acknowledged")
        assert acknowledged.keys() == {"order", "shipment", "stock_delta"}
        by_endpoint = Counter(row["endpoint"] for row in rows if row["outcome"] == "ok")
        handed_over = by_endpoint["POST /api/updateShipment"]
        assert acknowledged["shipment"] > handed_over > 0, "both those who hand over and those who ship did so"
        assert by_endpoint["POST /api/createPicklist"] > 0
        assert by_endpoint["GET /api/findJobs"] > 0
