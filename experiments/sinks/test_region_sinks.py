"""Writes through the front door of a real region land in three real databases, and the barrier knows when."""

import os
from pathlib import Path

import pytest

from experiments.probes import capacity, sampling
from experiments.probes.watching import wait_until
from experiments.sinks import barrier
from experiments.sinks.landing import LandingPoller
from experiments.sinks.read import SinkUnreadableError, open_sink
from experiments.sinks.writing import Writer
from fixtures.target import Target
from reports.evidence import KEYED, SINKS, RunDirectory

pytestmark = [pytest.mark.region, pytest.mark.timeout(180)]


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    facts = {"prefix": f"GD{os.urandom(2).hex().upper()}", "seed": 1}
    return RunDirectory.create(tmp_path / "run", name="test", kind="gameday", facts=facts)


def test_what_was_acknowledged_is_in_every_sink_when_the_barrier_is_reached(run: RunDirectory, target: Target) -> None:
    """Each order and shipment once, with the digest that it was sent with, and each stock sum as taken."""
    poller = LandingPoller(target, run, run.facts["prefix"], every_s=0.2)
    poller.start()
    with Writer(target, run, run.events("w"), worker="w", mark="LX") as writer:
        keys, outcome = writer.import_orders(3, pickup=True)
        outcomes = {outcome, *(writer.import_orders(3)[1] for _ in range(2))}
        outcomes |= {writer.take_stock()[1] for _ in range(3)}
        assert wait_until(lambda: writer.hand_over(keys[0])[1] == "acknowledged", within_s=30)
    reached = barrier.reach(target, run, within_s=60, writer="test")
    poller.stop()

    assert outcomes == {"acknowledged"}
    assert [(one.sink, one.reached, one.complete) for one in reached] == [(sink, True, True) for sink in SINKS]
    assert poller.write() == []
    keyed = {write.key: write for write in run.read_ledger() if write.kind in KEYED}
    assert [write.kind for write in keyed.values()].count("shipment") == 2  # one, and the sentinel's
    for sink in SINKS:
        landed = {row.key: row for row in run.read_landed(sink) or [] if row.kind in KEYED}
        assert {key: (1, write.digest, write.amount_minor) for key, write in keyed.items()} == {
            key: (row.count, row.digest, row.amount_minor) for key, row in landed.items()
        }
        assert all(row.first_seen_us is not None for row in landed.values())
        (stock,) = [row for row in run.read_landed(sink) or [] if row.kind == "stock_delta"]
        assert (stock.units, stock.count) == (4, 4)  # three, and the sentinel's
    barriers = {e.data["sink"]: e.data["reached"] for e in run.read_events() if e.kind == "barrier"}
    assert barriers == dict.fromkeys(SINKS, True)


def test_a_sink_that_cannot_be_reached_holds_up_nobody_else(run: RunDirectory, target: Target) -> None:
    """Its barrier is not reached, it leaves no file, and the others are read."""
    unreachable = target.databases.warehouse.model_copy(update={"port": 9})
    databases = target.databases.model_copy(update={"warehouse": unreachable})
    crippled = target.model_copy(update={"databases": databases})

    reached = barrier.reach(crippled, run, within_s=8, writer="test")
    unread = LandingPoller(crippled, run, run.facts["prefix"]).write()

    assert [(one.sink, one.reached) for one in reached] == [("primary", True), ("replica", True), ("warehouse", False)]
    assert unread == ["warehouse"]
    with pytest.raises(SinkUnreadableError, match="warehouse: expected an answer"):
        open_sink(crippled, "warehouse").present(["x"])


def test_every_member_of_a_healthy_region_is_there(target: Target) -> None:
    """By role and zone; who did not answer us yet has no proof."""
    found = capacity.members(target, answered=set())

    zones = {role: sorted(m.zone for m in found if m.role == role) for role in {m.role for m in found}}
    a, b = "eu-central-1a", "eu-central-1b"
    assert zones["sync"] == [a, a, b, b]
    assert zones["async"] == [a, b]
    assert sorted(zones["primary"] + zones["standby"]) == [a, b]
    assert len(zones["replica"]) == 1
    assert all(member.healthy for member in found)
    assert all(member.proof for member in found if member.role != "sync")
    assert not any(member.proof for member in found if member.role == "sync")


def test_signals_are_written_for_as_long_as_it_is_asked(run: RunDirectory, target: Target) -> None:
    with sampling.sampling(target, run, writer="test", every_s=0.1):
        wanted = {"replica_lag_s", "backlog", "healthy_targets", "dns_answer", "server_identity"}
        assert wait_until(lambda: wanted <= {signal.name for signal in run.read_signals()}, within_s=30)

    assert next(signal.value for signal in run.read_signals() if signal.name == "healthy_targets") == 4
