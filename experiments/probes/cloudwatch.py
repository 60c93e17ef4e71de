"""What CloudWatch says: recorded beside our own measurements, and never judged by.

A metric comes a period late, averages what is inside it, and may not come at all: the row decides, never the metric.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from experiments import aws
from fixtures.target import Target

SIGNALS = ("cloudwatch_replica_lag_s", "cloudwatch_healthy_targets", "cloudwatch_target_5xx")
LOOK_BACK_PERIODS = 3  # the newest data point of a metric that is well is not older than that


@dataclass(frozen=True)
class Asked:
    """One metric as a signal of ours: its namespace, name and statistic."""

    namespace: str
    name: str
    stat: str
    dimensions: Mapping[str, str]


class CloudWatch:
    """The metrics of one target. One call reads them all."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._asked: dict[str, Asked] = {}

    def latest(self) -> dict[str, float | None]:
        """The newest value by signal name, None for a metric without a data point lately.

        Raises botocore's errors when the API does not answer.
        """
        self._asked = self._asked or asked(self._target)
        period_s = self._target.metric_period_s
        now = datetime.now(UTC)
        queries = [
            {"Id": f"q{number}", "MetricStat": _statistic(one, period_s)}
            for number, one in enumerate(self._asked.values())
        ]
        told = aws.client(self._target, "cloudwatch").get_metric_data(
            MetricDataQueries=queries,
            StartTime=now - timedelta(seconds=period_s * LOOK_BACK_PERIODS),
            EndTime=now,
            ScanBy="TimestampDescending",
        )
        newest = {one["Id"]: one["Values"][0] for one in told["MetricDataResults"] if one["Values"]}
        return {name: newest.get(f"q{number}") for number, name in enumerate(self._asked)}


def asked(target: Target) -> dict[str, Asked]:
    """What is recorded, by the name of its signal."""
    elb = aws.client(target, "elbv2")
    balancer = elb.describe_load_balancers(Names=[target.names.load_balancer])["LoadBalancers"][0]
    group = elb.describe_target_groups(Names=[target.names.target_group])["TargetGroups"][0]
    served = {
        "LoadBalancer": balancer["LoadBalancerArn"].partition(":loadbalancer/")[2],
        "TargetGroup": group["TargetGroupArn"].rpartition(":")[2],
    }
    replica = {"DBInstanceIdentifier": target.names.db_replica}
    metrics = (
        Asked("AWS/RDS", "ReplicaLag", "Average", replica),
        Asked("AWS/ApplicationELB", "HealthyHostCount", "Minimum", served),
        Asked("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", served),
    )
    return dict(zip(SIGNALS, metrics, strict=True))


def _statistic(one: Asked, period_s: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in one.dimensions.items()]
    metric = {"Namespace": one.namespace, "MetricName": one.name, "Dimensions": dimensions}
    return {"Metric": metric, "Period": period_s, "Stat": one.stat}
