"""Whole load runs: stock Locust in a process of its own against small real servers.

Locust patches sockets for the whole process that imports it, so it is never imported here.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import trustme

from loadtests.loopback import FrontDoor, NameServer, answer, forgotten_runs, healthy, local_target, show, wait_until
from reports.evidence import SINKS, RunDirectory

ROOT = Path(__file__).parents[1]
PREFIX = "GDTEST"


@dataclass
class System:
    """Two load balancer nodes and a name server; ``gate`` closed means that nothing is answered."""

    doors: tuple[FrontDoor, FrontDoor]
    environment: dict[str, str]
    run: RunDirectory
    gate: threading.Event
    ca_file: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def locust(self, *options: str, **environment: str) -> subprocess.Popen[str]:
        """Start the load as a game day does; it ends with the test."""
        command = [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", "--headless", "--only-summary"]
        env = {**os.environ, **self.environment, "SUITE_RUN": str(self.run.path), **environment}
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env={name: value for name, value in env.items() if value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    @property
    def received(self) -> int:
        return sum(len(door.seen) for door in self.doors)

    def writes(self, path: str) -> int:
        """How many requests for a path have come in."""
        return sum(len(door.writes(path)) for door in self.doors)

    def handle(self, handler: Callable[[str, bytes], bytes | None]) -> None:
        """Answer with this from now on."""
        for door in self.doors:
            door.handler = handler

    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.run.read_samples().to_pylist()
        return rows


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    gate = threading.Event()
    gate.set()

    def handler(line: str, body: bytes) -> bytes:
        gate.wait(60)
        return healthy(line, body)

    run = RunDirectory.create(tmp_path / "run", name="test", kind="gameday", facts={"prefix": PREFIX, "seed": 7})
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    tls = show(authority, "www.oms.test")
    with (
        FrontDoor("127.0.0.1", 0, handler, tls) as a,
        FrontDoor("127.0.0.2", a.port, handler, tls) as b,
        NameServer(["127.0.0.1", "127.0.0.2"]) as names,
        local_target(f"loadtests-{os.getpid()}", dns_port=names.port, web_port=a.port, ca_file=ca_file) as environment,
    ):
        system = System((a, b), environment, run, gate, ca_file)
        yield system
        gate.set()
        for process in system.started:
            process.kill()
            process.communicate()


@pytest.fixture
def forgotten() -> Iterator[list[Path]]:
    """Run directories that are removed after the test."""
    with forgotten_runs() as paths:
        yield paths


def stop(process: subprocess.Popen[str], how: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
    """End a load run as a game day does; return what it said."""
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    return out, err


def test_a_stock_run_leaves_samples_a_ledger_and_delivery(system: System, forgotten: list[Path]) -> None:
    """Every request that was planned is one row, every write is accounted for, and the exit code is 0."""
    process = system.locust("-u", "3", SUITE_RUN="")
    wait_until("traffic", lambda: system.received > 100 and system.writes("/uploadAndImportfile") > 1)
    wait_until("a shipment of each journey", lambda: all(_shipments(system).values()))
    out, err = stop(process)
    line = next(line for line in out.splitlines() if line.startswith("run directory: "))
    system.run = run = RunDirectory.open(line.removeprefix("run directory: "))
    forgotten.append(run.path)
    assert "-u 3 is ignored" in err
    rows, delivery, writes = system.rows(), run.read_delivery(), run.read_ledger()
    assert sum(second.planned for second in delivery) == len(rows)
    assert _rate(rows) == pytest.approx(40, rel=0.15)
    assert {row["outcome"] for row in rows} <= {"ok", "censored"}
    assert {row["journey"] for row in rows} >= {"shopper", "csr", "pos", "intake", "bopis", "fulfillment", "jobs"}
    assert {row["peer"] for row in rows if row["peer"]} == {"127.0.0.1", "127.0.0.2"}
    assert all(write.key.startswith(run.facts["prefix"]) for write in writes)
    assert Counter(write.outcome for write in writes).keys() == {"acknowledged"}
    assert {write.kind: write.sinks for write in writes} == dict.fromkeys(("order", "shipment", "stock_delta"), SINKS)
    kinds = Counter(write.kind for write in writes)
    keys = [key for door in system.doors for seen in door.seen for key in _keys_in(seen.line, seen.body)]
    assert kinds["order"] + kinds["stock_delta"] == len(keys)
    assert kinds["shipment"] == sum(_shipments(system).values())
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
        if _writes_in(line, body):
            known = {write.key: write.attempts for write in system.run.read_ledger()}
            unknown_to_ledger.extend(key for key in _keys_in(line, body) if not known.get(key))
        return healthy(line, body)

    system.handle(handler)
    process = system.locust()
    wait_until("writes", lambda: system.writes("/service/") > 5 and system.writes("/uploadAndImportfile") > 0)
    stop(process)
    assert unknown_to_ledger == []


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
    time.sleep(1.5)  # long enough for every user to be stuck
    stop(process, signal.SIGINT)
    rows = [row for row in system.rows() if row["outcome"] == "censored"]
    in_flight = [row for row in rows if row["start_us"] is not None]
    never_sent = [row for row in rows if row["start_us"] is None]
    assert len(in_flight) > 20
    assert all(row["end_us"] is None for row in rows)
    assert never_sent
    assert all(row["sched_us"] >= stall_us for row in never_sent)
    assert Counter(write.outcome for write in system.run.read_ledger())["unknown"] > 5


def test_sigkill_loses_at_most_the_last_flush(system: System) -> None:
    """And it is visible: the worker's end is not on record."""
    process = system.locust()
    wait_until("traffic", lambda: system.received > 100)
    process.kill()
    killed_us = time.time_ns() // 1000
    process.wait(10)
    rows = system.rows()
    assert len(rows) > 50
    assert killed_us - max(row["end_us"] for row in rows) < 1_000_000
    ledger = {write.key for write in system.run.read_ledger()}
    received = {key for door in system.doors for seen in door.seen for key in _keys_in(seen.line, seen.body)}
    assert received
    assert received <= ledger
    assert [event.kind for event in system.run.read_events()] == ["load.worker.started", "load.share"]


def test_two_processes_share_the_load_and_nothing_else(system: System) -> None:
    """Each has its own files and keys; together they are the profile."""
    port = str(_free_port())
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
    assert sum(_rate([row for row in rows if row["worker"] == name]) for name in ("w0", "w1")) == pytest.approx(
        40, rel=0.3
    )
    assert sum(second.planned for second in system.run.read_delivery()) == len(rows)
    sent = [key for door in system.doors for seen in door.seen for key in _keys_in(seen.line, seen.body)]
    assert len(sent) == len(set(sent))
    kinds = Counter(event.kind for event in system.run.read_events())
    assert kinds.pop("load.share") >= 2, "more when this machine kept one of them from saying that it lives"
    assert kinds == {"load.worker.started": 2, "load.clock": 2, "load.worker.stopped": 2}


def test_a_worker_that_dies_is_visible_and_its_users_go_on_in_the_other(system: System) -> None:
    """Its end is not on record; the load that it owed while nobody had it is missing from the rows."""
    port = str(_free_port())
    process = system.locust(
        "--processes", "2", "--enable-rebalancing", "--master-bind-port", port, "--master-port", port
    )
    wait_until("traffic of both", lambda: len({row["worker"] for row in system.rows()}) == 2)
    psutil.Process(process.pid).children()[0].kill()
    wait_until("its users in the other", lambda: any(last.sent > 33 for last in system.run.read_delivery()[-1:]))
    stop(process)
    kinds = Counter(event.kind for event in system.run.read_events())
    assert (kinds["load.worker.started"], kinds["load.worker.stopped"]) == (2, 1)
    assert kinds["load.share"] > 2


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
    child.wait(15)
    kinds = [event.kind for event in system.run.read_events()]
    assert kinds == ["load.worker.started", "load.share", "load.worker.stopped"]


LISTENING = """
import sys

from locust import events

from loadtests.locustfile import *

heard = []
events.request.add_listener(lambda **request: heard.append(request))
events.quit.add_listener(lambda **_: sys.stdout.write(f"heard: {len(heard)}\\n"))
"""

VISITS = """
import loadtests.launch
from loadtests.profiles import Profile
from loadtests.locustfile import *

load = {"users": 20, "rate": 20.0, "think_s": (0.3, 0.4)}
loadtests.launch.load_profile = lambda name: Profile(name="smoke", shopper=load)
"""

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
    process.communicate(timeout=30)
    rows = system.rows()
    assert {row["error"] for row in rows} - {"not sent before the run stopped"} == {"generator: the task sent nothing"}
    assert sum(second.planned for second in system.run.read_delivery()) == len(rows)
    assert system.received == 0


def test_a_visit_makes_all_its_requests_and_thinks_between_them(system: System, tmp_path: Path) -> None:
    """Only its beginning is planned; the rest follows its answers, and is due when the pause is over."""
    file = tmp_path / "visits.py"
    file.write_text(VISITS)
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


@pytest.mark.parametrize(
    ("options", "environment", "says"),
    [
        pytest.param(["--host", "http://127.0.0.1:9"], {}, "--host: expected none", id="host"),
        pytest.param([], {"SUITE_PROFILE": "nope"}, "expected one of peak, smoke, soak, spike, steady", id="profile"),
        pytest.param([], {"SUITE_SEED": "x"}, "SUITE_SEED: expected a whole number", id="seed"),
        pytest.param([], {"SUITE_REGION": "no-such-region"}, "is not up", id="region"),
        pytest.param([], {"SUITE_RUN": "/nonexistent"}, "expected a run directory", id="run directory"),
    ],
)
def test_a_wrong_setting_is_one_line_and_nothing_starts(
    system: System, options: list[str], environment: dict[str, str], says: str
) -> None:
    """Exit 64."""
    process = system.locust(*options, "-t", "2s", **environment)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 64, err
    assert [line for line in err.splitlines() if line.startswith("load: ") and says in line], err
    assert system.received == 0
    assert not (system.run.path / "samples").exists()


def test_a_wrong_authority_is_one_line_and_nothing_starts(system: System) -> None:
    """What was expected, what was found, what to do; exit 64."""
    trustme.CA().cert_pem.write_to_path(str(system.ca_file))
    process = system.locust("-t", "2s")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 64, err
    (line,) = [line for line in err.splitlines() if line.startswith("load: ")]
    assert f"expected a certificate for www.oms.test signed by the CA in {system.ca_file}, found at 127.0.0.1:" in line
    assert line.endswith("unable to get local issuer certificate): set web.ca_file to its CA, or renew it")
    assert system.received == 0
    assert not (system.run.path / "samples").exists()


def _shipments(system: System) -> dict[str, int]:
    """How many requests shipped something: handed over in a store, or packed where the job ships."""
    packed = [json.loads(seen.body) for door in system.doors for seen in door.writes("/quickShipEntireShipGroup")]
    stores = ("NY_FIFTH_AVE", "BROOKLYN", "BOSTON", "SALT_LAKE_CITY")  # the first four: profile smoke, journey bopis
    return {
        "bopis": system.writes("/updateShipment"),
        "fulfillment": sum(one["facilityId"] not in stores for one in packed),
    }


def test_more_associates_than_facilities_is_one_line_and_nothing_starts(system: System) -> None:
    """Two in one facility would pack each other's orders. Exit 64."""
    region, port, writes = f"loadtests-few-{os.getpid()}", system.doors[0].port, {"associate_facility_ids": ["BOSTON"]}
    with local_target(region, dns_port=port, web_port=port, ca_file=system.ca_file, writes=writes) as environment:
        process = system.locust("-t", "2s", **environment)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 64, err
    said = "load: profile 'smoke': expected at most 1 associates, one for each of the target's associate_facility_ids"
    assert [line for line in err.splitlines() if line.startswith(said)], err
    assert system.received == 0


def _rate(rows: list[dict[str, Any]]) -> float:
    """Requests a second by the plan, however slow this machine is."""
    due = sorted(row["sched_us"] for row in rows)
    return (len(due) - 1) / (due[-1] - due[0]) * 1e6


def _writes_in(line: str, body: bytes) -> int:
    return len(_keys_in(line, body))


def _keys_in(line: str, body: bytes) -> list[str]:
    if "/service/" in line:
        return [json.loads(body)["comments"]]
    if "uploadAndImportfile" in line:
        orders = body.partition(b"application/json\r\n\r\n")[2].rpartition(b"\r\n--")[0]
        return [order["externalId"] for order in json.loads(orders)]
    return []


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_two_associates_never_share_a_facility_and_touch_only_this_run(system: System) -> None:
    """Also when they are in different processes."""
    port = str(_free_port())
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
