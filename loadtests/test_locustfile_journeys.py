"""What journeys do in a whole load run: ours, and those of somebody's own locustfile."""

import json
import signal
from collections import Counter
from pathlib import Path

import pytest

from loadtests.loopback import answer, healthy, wait_until
from loadtests.rehearsal import System, stop


def test_a_token_that_is_refused_is_renewed(system: System) -> None:
    """A 401 proves that nothing was written; the next request logs in anew."""
    refused: list[str] = []

    def handler(line: str, body: bytes) -> bytes:
        if "/service/" in line and not refused:
            refused.append(line)
            return answer({"error": "unauthorized"}, status="401 Unauthorized")
        return healthy(line, body)

    system.handle(handler)
    process = system.locust()
    wait_until("a second login", lambda: system.writes("/api/login") == 2 and system.writes("/service/") > 5)
    stop(process)
    assert system.writes("/api/login") == 2
    assert Counter(write.outcome for write in system.run.read_ledger())["refused"] == 1


def test_without_a_login_nothing_that_needs_one_is_sent(system: System) -> None:
    """What could not be sent is on record as not sent, and its write as refused."""

    def handler(line: str, body: bytes) -> bytes:
        return answer({"_ERROR_MESSAGE_": "no"}) if "/login" in line else healthy(line, body)

    system.handle(handler)
    process = system.locust()
    wait_until("traffic", lambda: system.received > 60 and system.writes("/api/login") > 1)
    stop(process)
    rows = [row for row in system.rows() if row["journey"] == "pos" and "login" not in row["endpoint"]]
    assert {row["start_us"] for row in rows} == {None}
    assert {row["outcome"] for row in rows} - {"censored"} == {"refused"}
    assert {write.outcome for write in system.run.read_ledger()} == {"refused"}
    assert system.writes("/service/") == 0


@pytest.mark.parametrize(
    ("journey", "path"), [("fulfillment", "/quickShipEntireShipGroup"), ("bopis", "/updateShipment")]
)
def test_a_lost_answer_is_asked_for_again_and_already_acknowledges_it(system: System, journey: str, path: str) -> None:
    """One write, two attempts: the first unknown, the second answered with "already"."""
    lost: set[bytes] = set()
    again: list[bytes] = []

    def handler(line: str, body: bytes) -> bytes | None:
        if path not in line or (journey == "fulfillment" and json.loads(body)["facilityId"] != "CHICAGO"):
            return healthy(line, body)
        if body in lost:
            again.append(body)
            return answer({"_ERROR_MESSAGE_": "Shipment is already there"})
        lost.add(body)
        return None

    system.handle(handler)
    process = system.locust()
    wait_until("two lost answers that were asked for again", lambda: len(again) > 1)
    stop(process)
    attempts = [
        [attempt.outcome for attempt in write.attempts]
        for write in system.run.read_ledger()
        if write.kind == "shipment" and len(write.attempts) > 1
    ]
    assert ["unknown", "acknowledged"] in attempts
    assert not any("refused" in one for one in attempts)


PLAIN = """
from locust import task

from loadtests.launch import Launch
from loadtests.user import LoadUser

class Jobs(LoadUser):
    journey = "jobs"
    endpoints = ("GET /start",)

    @task
    def look(self):
        assert self.client.get("/start?x=1", name="/start").json() == {"at": "the end"}

Launch().attach()
"""


def test_a_journey_may_be_ordinary_locust_code(system: System, tmp_path: Path) -> None:
    """What ``self.client`` sends is recorded like everything else, and so is each redirect; the system can name it."""

    def handler(line: str, body: bytes) -> bytes:
        if "/start" in line:
            return answer("", status="302 Found", headers="Location: /end\r\n")
        return answer({"at": "the end"})

    system.handle(handler)
    file = tmp_path / "plain.py"
    file.write_text(PLAIN)
    process = system.locust("-f", str(file))
    wait_until("two turns", lambda: system.received >= 4)
    stop(process)
    rows = [row for row in system.rows() if row["outcome"] != "censored"]
    assert {(row["endpoint"], row["status"], row["outcome"]) for row in rows} == {
        ("GET /start", 302, "ok"),
        ("GET /end", 200, "ok"),
    }
    assert sum(second.planned for second in system.run.read_delivery()) == len(system.rows())
    traces = {seen.headers["traceparent"] for door in system.doors for seen in door.seen}
    assert {trace.split("-")[1] for trace in traces} == {row["trace_id"][2:].replace("-", "") for row in rows}


SILENT = """
from locust import task

from loadtests.launch import Launch
from loadtests.user import LoadUser

class Jobs(LoadUser):
    journey = "jobs"
    endpoints = ("GET /start",)

    @task
    def forget(self):
        pass

    @task
    def fall_over(self):
        raise RuntimeError("a fault in the journey")

Launch().attach()
"""


def test_an_arrival_whose_task_sends_nothing_is_a_row_that_blames_the_generator(system: System, tmp_path: Path) -> None:
    """Also when the task raised; what was planned is there."""
    file = tmp_path / "silent.py"
    file.write_text(SILENT)
    process = system.locust("-f", str(file))
    wait_until("rows", lambda: len(system.rows()) > 1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=90)
    rows = system.rows()
    assert {row["error"] for row in rows} - {"not sent before the run stopped"} == {"generator: the task sent nothing"}
    assert sum(second.planned for second in system.run.read_delivery()) == len(rows)
    assert system.received == 0


VISITS = """
from pathlib import Path

from loadtests.journeys.shopper import Shopper
from loadtests.launch import Launch

Launch(profiles=Path(__file__).with_name("visits.toml")).attach()
"""


def test_a_visit_makes_all_its_requests_and_thinks_between_them(system: System, tmp_path: Path) -> None:
    """Only its beginning is planned; the rest follows its answers, and is due when the pause is over."""
    file = tmp_path / "visits.py"
    file.write_text(VISITS)
    (tmp_path / "visits.toml").write_text("[smoke.shopper]\nusers = 20\nrate = 20.0\nthink_s = [0.3, 0.4]\n")
    process = system.locust("-f", str(file))
    wait_until("visits", lambda: system.received > 60)
    stop(process)
    rows = [row for row in system.rows() if row["outcome"] == "ok"]
    looked = sorted(row["end_us"] for row in rows if "storeLookup" in row["endpoint"])
    checked = sorted(row["sched_us"] for row in rows if "checkInventory" in row["endpoint"])
    assert len(checked) > 20
    assert len(looked) >= len(checked)
    assert all(sum(end_us <= due_us - 300_000 for end_us in looked) > place for place, due_us in enumerate(checked))
    assert sum(second.planned for second in system.run.read_delivery()) == len(system.rows())
