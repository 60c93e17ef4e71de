"""The instances of a group: what Auto Scaling, EC2 and the load balancer say about them."""

from dataclasses import dataclass
from typing import Any, Literal

from experiments import aws
from fixtures.target import Target

Role = Literal["sync", "async"]


class NotFoundError(Exception):
    """The AWS API does not know a part that the target file names."""


@dataclass(frozen=True)
class Instance:
    """One member of an Auto Scaling group. ``healthy`` is what the group says of it."""

    id: str
    zone: str
    lifecycle: str
    healthy: bool


@dataclass(frozen=True)
class Group:
    """One Auto Scaling group: how many members it wants, and the members it has."""

    name: str
    desired: int
    instances: tuple[Instance, ...]

    @property
    def in_service(self) -> tuple[Instance, ...]:
        """The members that work, by id."""
        return tuple(i for i in self.instances if i.lifecycle == "InService" and i.healthy)


@dataclass(frozen=True)
class TargetState:
    """What the load balancer says of one registered target."""

    id: str
    port: int
    state: str
    reason: str | None


def group(target: Target, role: Role) -> Group:
    """The Auto Scaling group of that role. Raises NotFoundError, botocore's errors when the API does not answer."""
    name = target.names.sync_group if role == "sync" else target.names.async_group
    client = aws.client(target, "autoscaling")
    found = list(aws.pages(client, "describe_auto_scaling_groups", "AutoScalingGroups", AutoScalingGroupNames=[name]))
    if not found:
        raise NotFoundError(f"Auto Scaling group {name!r}: expected one, found none: see [names] in the target file")
    members = [_instance(member) for member in found[0]["Instances"]]
    return Group(name, int(found[0]["DesiredCapacity"]), tuple(sorted(members, key=lambda member: member.id)))


def target_states(target: Target) -> tuple[TargetState, ...]:
    """Every registered target of the target group, with its state and the reason for it, by id."""
    client = aws.client(target, "elbv2")
    groups = client.describe_target_groups(Names=[target.names.target_group])["TargetGroups"]
    health = client.describe_target_health(TargetGroupArn=groups[0]["TargetGroupArn"])["TargetHealthDescriptions"]
    return tuple(sorted((_state(entry) for entry in health), key=lambda state: state.id))


def healthy_ids(target: Target) -> set[str]:
    """The instances that the load balancer sends requests to."""
    return {state.id for state in target_states(target) if state.state == "healthy"}


def instance_state(target: Target, instance_id: str) -> str:
    """EC2's state of an instance: pending, running, shutting-down, terminated, ..., or gone when EC2 forgot it."""
    return str(describe(target, instance_id).get("State", {}).get("Name", "gone"))


def address(target: Target, instance_id: str) -> str:
    """The instance's private address. Raises NotFoundError."""
    found = describe(target, instance_id).get("PrivateIpAddress")
    if not found:
        raise NotFoundError(f"instance {instance_id}: expected a private address, found none")
    return str(found)


def describe(target: Target, instance_id: str) -> dict[str, Any]:
    """What EC2 says about one instance; empty when EC2 does not know it."""
    filters = [{"Name": "instance-id", "Values": [instance_id]}]
    reservations = aws.pages(aws.client(target, "ec2"), "describe_instances", "Reservations", Filters=filters)
    return next((dict(instance) for found in reservations for instance in found["Instances"]), {})


def _instance(member: dict[str, Any]) -> Instance:
    return Instance(
        id=member["InstanceId"],
        zone=member["AvailabilityZone"],
        lifecycle=member["LifecycleState"],
        healthy=member["HealthStatus"].lower() == "healthy",
    )


def _state(entry: dict[str, Any]) -> TargetState:
    health = entry["TargetHealth"]
    return TargetState(entry["Target"]["Id"], entry["Target"]["Port"], health["State"], health.get("Reason"))
