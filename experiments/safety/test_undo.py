"""The way back: newest first, as often as wanted, and proven by reading back."""

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest

from experiments import aws
from experiments.actions import run_command
from experiments.probes import database, fleet
from experiments.probes.database import Rds
from experiments.safety import undo
from fixtures.policy import RefusedError
from fixtures.target import Target
from reports.evidence import RunDirectory, Undo

NOWHERE = "http://127.0.0.1:9"
KNOWN = {"kind": "test"}


def harm(run: RunDirectory, resource: str, way_back: dict[str, Any]) -> str:
    """Write an intent, as a fault does before its first call."""
    ledger = run.undo()
    undo_id = ledger.intent(resource, "ec2:TerminateInstances", experiment="x", before={}, way_back=way_back)
    ledger.close()
    return undo_id


def terminated(run: RunDirectory, instance_id: str) -> str:
    return harm(run, instance_id, {"kind": "none", "service": "ec2", "id": instance_id})


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the harms whose way back, of kind ``test``, was taken, in that order."""
    ids: list[str] = []

    def take(record: Undo, _: Target) -> tuple[bool, str]:
        ids.append(record.id)
        return True, "as before"

    monkeypatch.setitem(undo.WAYS_BACK, ("test", ""), take)
    return ids


def test_every_open_harm_is_undone_newest_first_and_read_back(
    run: RunDirectory, target_at: Callable[..., Target], moto_url: str
) -> None:
    """Also one of which only the intent is known: its author may have died right after it."""
    target = target_at(moto_url)
    ec2 = aws.client(target, "ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    alive = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    dead = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.terminate_instances(InstanceIds=[dead])
    first, second = terminated(run, dead), terminated(run, alive)

    results = undo.put_back(run, target, writer="test")

    assert [(r.id, r.verified, r.what) for r in results] == [
        (second, True, f"{alive} is running"),
        (first, True, f"{dead} is terminated"),
    ]
    assert undo.is_clean(run)
    assert undo.put_back(run, target, writer="test") == []


def test_what_cannot_be_read_back_is_not_undone_until_it_can(
    run: RunDirectory, target_at: Callable[..., Target], moto_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure does not keep the other harms from being undone, and a later try may succeed."""
    monkeypatch.setattr(undo, "ENDED_LIMIT_S", 0.1)
    terminated(run, "i-00000000000000001")
    harm(run, "another", {"kind": "none", "service": "ec2", "id": "i-00000000000000002"})

    failed = undo.put_back(run, target_at(NOWHERE), writer="test")
    assert [result.verified for result in failed] == [False, False]
    assert not undo.is_clean(run)

    assert [result.verified for result in undo.put_back(run, target_at(moto_url), writer="heal")] == [True, True]
    assert undo.is_clean(run)


def test_a_way_back_that_nobody_knows_is_not_undone(
    run: RunDirectory, target_at: Callable[..., Target], moto_url: str
) -> None:
    harm(run, "x", {"kind": "magic"})

    (result,) = undo.put_back(run, target_at(moto_url), writer="test")

    assert (result.verified, result.what) == (False, "unknown way back magic")


def test_a_foreign_target_is_not_touched_either_to_undo(run: RunDirectory, target_at: Callable[..., Target]) -> None:
    terminated(run, "i-00000000000000001")

    with pytest.raises(RefusedError):
        undo.put_back(run, target_at(None), writer="test")


def test_harms_on_a_system_that_is_gone_are_written_off(run: RunDirectory) -> None:
    terminated(run, "i-00000000000000001")

    (result,) = undo.write_down(run, undo.write_off(run, "region r1 is gone"), writer="heal")

    assert (result.verified, result.word, undo.is_clean(run)) == (True, "written off", True)


def full(*_: object) -> int:
    """A disk that takes nothing more."""
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("torn", [False, True], ids=["whole", "torn"])
def test_on_a_full_disk_every_way_back_is_taken_and_none_is_called_proven(
    run: RunDirectory,
    target_at: Callable[..., Target],
    taken: list[str],
    monkeypatch: pytest.MonkeyPatch,
    torn: bool,
) -> None:
    """Also when the ledger cannot even be opened, because its torn last line must be ended first."""
    first, second = harm(run, "one", KNOWN), harm(run, "two", KNOWN)
    if torn:
        with (run.path / "undo.ndjson").open("a") as ledger:
            ledger.write('{"t":"intent"')
    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full)
        results = undo.put_back(run, target_at(NOWHERE), writer="test")

    assert taken == [second, first]
    assert [result.verified for result in results] == [False, False]
    assert all("undone, but NOT ON RECORD" in str(result) and "No space left" in result.what for result in results)
    assert not undo.is_clean(run)
    assert [result.verified for result in undo.put_back(run, target_at(NOWHERE), writer="heal")] == [True, True]
    assert undo.is_clean(run)


def test_whatever_one_harm_raises_the_others_are_undone(
    run: RunDirectory, target_at: Callable[..., Target], taken: list[str]
) -> None:
    """Here a record without the id that its way back needs."""
    good = harm(run, "good", KNOWN)
    harm(run, "incomplete", {"kind": "none", "service": "ec2"})

    incomplete, fine = undo.put_back(run, target_at(NOWHERE), writer="test")

    assert (incomplete.verified, incomplete.what) == (False, "KeyError: 'id'")
    assert (fine.verified, taken) == (True, [good])


def test_an_instance_that_fails_does_not_keep_the_others_stopped(
    run: RunDirectory, target_at: Callable[..., Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    resumed = []

    def state(_: Target, instance_id: str) -> str:
        if instance_id == "i-1":
            raise TimeoutError("the API does not answer")
        return "running"

    def resume(_: Target, ids: list[str], script: str) -> list[run_command.Result]:
        resumed.extend(ids)
        return [run_command.Result(ids[0], "Success", "pid 7 is S")]

    monkeypatch.setattr(fleet, "instance_state", state)
    monkeypatch.setattr(run_command, "run", resume)
    harm(run, "i-1,i-2", {"kind": "run_command", "instance_ids": ["i-1", "i-2"], "pid_file": "run/oms.pid"})

    (result,) = undo.put_back(run, target_at(NOWHERE), writer="test")

    assert (result.verified, resumed) == (False, ["i-2"])
    assert result.what == "i-1: TimeoutError: the API does not answer, i-2: Success, pid 7 is S"


def test_an_agent_that_answers_and_says_nothing_has_undone_nothing(
    run: RunDirectory, target_at: Callable[..., Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A status is an answer, and no reading back."""
    monkeypatch.setattr(fleet, "instance_state", lambda *_: "running")
    monkeypatch.setattr(run_command, "run", lambda *_: [run_command.Result("i-1", "Success", "")])
    harm(run, "i-1", {"kind": "run_command", "instance_ids": ["i-1"], "pid_file": "run/oms.pid"})

    (result,) = undo.put_back(run, target_at(NOWHERE), writer="test")

    assert not result.verified
    assert not undo.is_clean(run)


@pytest.mark.parametrize(
    ("status", "zone", "over"),
    [
        pytest.param("available", "a", True, id="nothing came of it"),
        pytest.param("rebooting", "b", True, id="moved"),
        pytest.param("rebooting", "a", False, id="under way"),
    ],
)
def test_a_failover_is_over_when_the_primary_has_moved_or_is_available(
    run: RunDirectory,
    target_at: Callable[..., Target],
    monkeypatch: pytest.MonkeyPatch,
    status: str,
    zone: str,
    over: bool,
) -> None:
    ledger = run.undo()
    before, way_back = {"zone": "a", "secondary_zone": "b"}, {"kind": "none", "service": "rds", "id": "oms"}
    ledger.intent("oms", "rds:RebootDBInstance", experiment="x", before=before, way_back=way_back)
    ledger.close()
    monkeypatch.setattr(database, "rds", lambda *_: Rds("oms", status, zone, None, None))
    monkeypatch.setattr(undo, "AVAILABLE_LIMIT_S", 0.0)

    [result] = undo.put_back(run, target_at(NOWHERE), writer="test")
    assert result.verified is over
