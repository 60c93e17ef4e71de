"""The fleet as the API tells of it, however many pages that takes. moto: the shape of calls."""

from collections.abc import Callable

import pytest

from experiments import aws
from experiments.probes import fleet
from fixtures.target import Target


@pytest.fixture
def target(target_at: Callable[..., Target], moto_url: str) -> Target:
    return target_at(moto_url)


def test_pages_are_followed(target: Target) -> None:
    ssm = aws.client(target, "ssm")
    for n in range(12):
        ssm.put_parameter(Name=f"/p/{n}", Value="x", Type="String", Overwrite=True)

    found = list(aws.pages(ssm, "get_parameters_by_path", "Parameters", Path="/p", MaxResults=5))

    assert len(found) == 12


def test_a_group_that_is_not_there_is_an_error(target: Target) -> None:
    """Nobody to hurt is never fine."""
    with pytest.raises(fleet.NotFoundError, match="Auto Scaling group 'async': expected one, found none"):
        fleet.group(target, "async")


def test_an_instance_that_ec2_forgot_is_gone(target: Target) -> None:
    assert fleet.instance_state(target, "i-0123456789abcdef0") == "gone"


def test_only_members_that_work_are_in_service() -> None:
    group = fleet.Group(
        "sync",
        4,
        (
            fleet.Instance("i-1", "a", "InService", healthy=True),
            fleet.Instance("i-2", "a", "InService", healthy=False),
            fleet.Instance("i-3", "a", "Pending", healthy=True),
            fleet.Instance("i-4", "b", "Terminating", healthy=True),
        ),
    )

    assert [instance.id for instance in group.in_service] == ["i-1"]
