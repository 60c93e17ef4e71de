"""Stock Chaos Toolkit on the local region: each catalogue file runs, hurts for real, proves it and puts it back."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.actions import run_command
from experiments.catalog import Entry, load_catalog
from experiments.probes import steady
from experiments.safety import undo
from experiments.safety.environment import clean_environment
from experiments.trap import Trap
from fixtures.target import Target
from reports.evidence import Event, RunDirectory

pytestmark = [pytest.mark.region, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[1]
LIMIT_S = 180


class Play:
    """One ``chaos run`` of one catalogue file in an environment of its own."""

    def __init__(self, directory: Path, region_name: str, target: Target) -> None:
        self.directory, self._target = directory, target
        facts = {"prefix": f"GD{os.urandom(2).hex().upper()}", "seed": 1, "region": region_name}
        self.run = RunDirectory.create(directory / "run", name="test", kind="gameday", facts=facts)
        self.more: dict[str, str] = {"SUITE_REGION": region_name}

    def start(self, entry: Entry) -> subprocess.Popen[str]:
        """Start it the way everybody does: in a clean environment."""
        environment = {**clean_environment(self._target, self.run.path, entry.name), **self.more}
        command = [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file", "run"]
        return subprocess.Popen(
            [*command, "--journal-path", str(self.directory / "journal.json"), str(entry.path)],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def play(self, entry: Entry) -> dict[str, Any]:
        """Play it to its end and return its journal."""
        process = self.start(entry)
        said, _ = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0, said
        journal: dict[str, Any] = json.loads((self.directory / "journal.json").read_text())
        return journal

    def wait_for(self, kind: str) -> Event:
        """Wait until the timeline has an event of that kind."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            for event in self.run.read_events():
                if event.kind == kind:
                    return event
            time.sleep(0.05)
        raise AssertionError(f"no {kind} event within {LIMIT_S} s")

    def signs(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {"api": [], "data": []}
        for event in self.run.read_events():
            if event.kind == "sign":
                found[event.data["plane"]].append(event.data["what"])
        return found

    def signals(self, name: str) -> list[Any]:
        return [signal.value for signal in self.run.read_signals() if signal.name == name]


@pytest.fixture
def play(tmp_path: Path, region_name: str, target: Target) -> Play:
    steady.wait_until_steady(target, within_s=60)
    return Play(tmp_path, region_name, target)


@pytest.fixture
def entry() -> Callable[[str], Entry]:
    return lambda name: load_catalog()[name]


@pytest.mark.parametrize("entry", load_catalog().values(), ids=lambda entry: entry.name)
def test_every_catalogue_file_runs_with_stock_chaos_toolkit(entry: Entry, play: Play, trap: Trap) -> None:
    """Exit code 0, completed, not deviated; the fault is proven on both planes inside its window, and undone.

    In a shell full of foreign profiles, keys, endpoints and proxies, of which none is heard.
    """
    play.more |= trap.environment

    journal = play.play(entry)

    assert trap.hits == []
    assert (journal["status"], journal["deviated"]) == ("completed", False)
    assert {activity["status"] for activity in journal["run"] + journal["rollbacks"]} == {"succeeded"}
    assert {e.data["held"] for e in play.run.read_events() if e.kind == "steady_state"} == {True}
    assert undo.is_clean(play.run)
    if entry.fault:
        _proven_inside_its_window(entry, play)
        PROOFS.get(entry.name, lambda _play, _journal: None)(play, journal)


def _proven_inside_its_window(entry: Entry, play: Play) -> None:
    called, returned = play.wait_for("fault.called"), play.wait_for("fault.returned")
    signs = [e for e in play.run.read_events() if e.kind == "sign"]
    inside = [sign for sign in signs if called.at_us - sign.err_us <= sign.at_us <= returned.at_us]
    (record,) = play.run.read_undo()
    assert {sign.data["plane"] for sign in inside} == {"api", "data"}
    assert called.experiment == entry.name
    assert record.at_us <= called.at_us


def _failover_is_seen_on_every_way(play: Play, _journal: dict[str, Any]) -> None:
    """Zone swap, DNS flip, another server, and the RDS events."""
    signs = play.signs()
    assert any("moved from" in sign for sign in signs["api"])
    assert any("failover completed" in sign for sign in signs["api"])
    assert any("the primary's name leads to" in sign for sign in signs["data"])
    zones, addresses = play.signals("db_zones"), play.signals("dns_answer")
    assert zones[-1] == list(reversed(zones[0]))
    assert addresses[-1] != addresses[0]
    assert play.signals("server_identity")[-1]["address"] == addresses[-1][0]
    assert play.signals("db_status")[-1] == "available"


def _targets_are_told_with_their_reasons(play: Play, journal: dict[str, Any]) -> None:
    """Until the replacement is healthy. The victim may be no target any more when somebody looks for the first time."""
    victim = journal["run"][0]["output"]["instance"]
    states = play.signals("target_health")
    assert victim not in states[-1]
    assert list(states[-1].values()) == ["healthy"] * 4
    unwell = {told for state in states for told in state.values()} - {"healthy"}
    assert unwell or any(len(state) < 4 for state in states[:-1]), "somebody was missing meanwhile"
    assert unwell <= {
        "draining (Target.DeregistrationInProgress)",
        "unhealthy (Target.FailedHealthChecks)",
        "initial (Elb.RegistrationInProgress)",
        "initial (Elb.InitialHealthChecking)",
    }


PROOFS: dict[str, Callable[[Play, dict[str, Any]], None]] = {
    "fail-over-rds-primary": _failover_is_seen_on_every_way,
    "terminate-sync-instance": _targets_are_told_with_their_reasons,
}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=lambda how: how.name)
def test_a_stall_is_put_back_whatever_becomes_of_its_author(
    how: signal.Signals, play: Play, entry: Callable[[str], Entry], target: Target
) -> None:
    """By Chaos Toolkit's own rollbacks, or, when it is dead, by anybody else from the undo ledger."""
    process = play.start(entry("stall-async-workers"))
    play.wait_for("sign")
    process.send_signal(how)
    process.communicate(timeout=LIMIT_S)

    assert undo.is_clean(play.run) == (how is not signal.SIGKILL)
    undo.put_back(play.run, target, writer="test")

    assert undo.is_clean(play.run)
    (record,) = play.run.read_undo()
    (said,) = run_command.run(target, record.way_back["instance_ids"], _state(target))
    assert said.output != "T"


def test_after_a_kill_in_mid_failover_another_process_waits_for_its_end(
    play: Play, entry: Callable[[str], Entry], target: Target
) -> None:
    """There is no way back from a failover but to its end; then the steady state comes back."""
    process = play.start(entry("fail-over-rds-primary"))
    play.wait_for("fault.called")
    process.kill()
    process.communicate()

    results = undo.put_back(play.run, target, writer="test")

    assert [result.verified for result in results] == [True]
    assert all(reading.held for reading in steady.wait_until_steady(target, within_s=90))


def _state(target: Target) -> str:
    return f"sed -n 's/^State:[[:space:]]*\\(.\\).*/\\1/p' /proc/$(cat {target.run_command.pid_file})/status"
