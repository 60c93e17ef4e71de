"""The live configuration of the target before a fault: what *expected* phases are computed from, and what a reader
of the report needs to understand how long things took. Through the AWS API and DNS only; changes nothing.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from experiments import aws, resolving
from fixtures.target import Target


def take(target: Target) -> dict[str, Any]:
    """Health checks, deregistration delay, groups, database class, TTLs. A part without an answer says why not."""
    parts: dict[str, Callable[[Target], Any]] = {
        "target_group": _target_group,
        "groups": _groups,
        "databases": _databases,
        "dns": _dns,
    }
    found: dict[str, Any] = {name: _or_error(read, target) for name, read in parts.items()}
    found["jobs"] = {"lease_s": target.jobs.lease_s, "grace_s": target.jobs.grace_s}
    return found


def _or_error(read: Callable[[Target], Any], target: Target) -> Any:
    try:
        return read(target)
    except (BotoCoreError, ClientError, resolving.NotResolvedError, LookupError) as error:
        return {"error": f"{type(error).__name__}: {error}"}


def _target_group(target: Target) -> dict[str, Any]:
    elb = aws.client(target, "elbv2")
    group = elb.describe_target_groups(Names=[target.names.target_group])["TargetGroups"][0]
    answer = elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])
    attributes = {one["Key"]: one["Value"] for one in answer["Attributes"]}
    return {
        "name": group["TargetGroupName"],
        "health_check_path": group.get("HealthCheckPath"),
        "health_check_interval_s": group["HealthCheckIntervalSeconds"],
        "health_check_timeout_s": group["HealthCheckTimeoutSeconds"],
        "healthy_threshold": group["HealthyThresholdCount"],
        "unhealthy_threshold": group["UnhealthyThresholdCount"],
        "deregistration_delay_s": float(attributes.get("deregistration_delay.timeout_seconds", 300)),
    }


def _groups(target: Target) -> list[dict[str, Any]]:
    names = [target.names.sync_group, target.names.async_group]
    client = aws.client(target, "autoscaling")
    pages = aws.pages(client, "describe_auto_scaling_groups", "AutoScalingGroups", AutoScalingGroupNames=names)
    return [
        {
            "name": group["AutoScalingGroupName"],
            "min": group["MinSize"],
            "max": group["MaxSize"],
            "desired": group["DesiredCapacity"],
            "health_check": group.get("HealthCheckType"),
            "grace_s": group.get("HealthCheckGracePeriod"),
            "suspended": sorted(one["ProcessName"] for one in group.get("SuspendedProcesses", [])),
            "instances": [
                {"id": one["InstanceId"], "zone": one["AvailabilityZone"], "state": one["LifecycleState"]}
                for one in group["Instances"]
            ],
        }
        for group in pages
    ]


def _databases(target: Target) -> list[dict[str, Any]]:
    rds = aws.client(target, "rds")
    found = []
    for name in (target.names.db_instance, target.names.db_replica):
        db = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        found.append(
            {
                "id": name,
                "class": db.get("DBInstanceClass"),
                "engine": db.get("Engine"),
                "engine_version": db.get("EngineVersion"),
                "multi_az": db.get("MultiAZ"),
                "zone": db.get("AvailabilityZone"),
                "secondary_zone": db.get("SecondaryAvailabilityZone"),
                "status": db.get("DBInstanceStatus"),
                "endpoint": (db.get("Endpoint") or {}).get("Address"),
            }
        )
    return found


def _dns(target: Target) -> list[dict[str, Any]]:
    bases = target.databases
    names = [target.web.name, bases.primary.host, bases.replica.host, bases.warehouse.host]
    answers = [resolving.answer(target, name) for name in dict.fromkeys(names)]
    return [{"name": one.name, "addresses": list(one.addresses), "ttl_s": one.ttl_s} for one in answers]
