"""The way back: newest first, as often as wanted, and proven by reading back."""

from collections.abc import Callable
from typing import Any

import pytest

from experiments import aws
from experiments.safety import undo
from experiments.safety.policy import RefusedError
from fixtures.target import Target
from reports.evidence import RunDirectory

NOWHERE = "http://127.0.0.1:9"


def harm(run: RunDirectory, resource: str, way_back: dict[str, Any]) -> str:
    """Write an intent, as a fault does before its first call."""
    ledger = run.undo()
    undo_id = ledger.intent(resource, "ec2:TerminateInstances", experiment="x", before={}, way_back=way_back)
    ledger.close()
    return undo_id


def terminated(run: RunDirectory, instance_id: str) -> str:
    return harm(run, instance_id, {"kind": "none", "service": "ec2", "id": instance_id})


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

    (result,) = undo.write_off(run, "region r1 is gone", writer="heal")

    assert (result.verified, undo.is_clean(run)) == (True, True)
