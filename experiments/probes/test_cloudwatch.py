"""The newest value of each metric in one call, and no value for what has none. moto: the shape of calls."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from experiments import aws
from experiments.probes.cloudwatch import SIGNALS, CloudWatch, asked
from fixtures.target import Target


@pytest.fixture(scope="module")
def balancer(moto_url: str) -> None:
    ours = {"endpoint_url": moto_url, "region_name": "eu-central-1"}
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    elb, ec2 = (boto3.client(service, **ours, **keys) for service in ("elbv2", "ec2"))  # patient: moto has to wake up
    subnets = ec2.describe_subnets()["Subnets"]
    elb.create_load_balancer(Name="web", Subnets=[one["SubnetId"] for one in subnets[:2]])
    elb.create_target_group(Name="sync", Protocol="HTTP", Port=80, VpcId=subnets[0]["VpcId"])


@pytest.fixture
def target(target_at: Callable[..., Target], moto_url: str, balancer: None) -> Target:
    return target_at(moto_url)


def test_the_newest_value_of_each_metric_is_read_and_none_where_there_is_none(target: Target) -> None:
    lag = asked(target)[SIGNALS[0]]
    dimensions = [{"Name": name, "Value": value} for name, value in lag.dimensions.items()]
    now = datetime.now(UTC)
    for value, age_s in ((3.0, 120), (-1.0, 60), (9.0, 7200)):
        data = {"MetricName": lag.name, "Dimensions": dimensions, "Value": value}
        data["Timestamp"] = now - timedelta(seconds=age_s)
        aws.client(target, "cloudwatch").put_metric_data(Namespace=lag.namespace, MetricData=[data])

    assert CloudWatch(target).latest() == dict(zip(SIGNALS, (-1.0, None, None), strict=True))


def test_a_balancer_is_known_by_the_last_part_of_its_arn(target: Target) -> None:
    dimensions = asked(target)["cloudwatch_healthy_targets"].dimensions
    assert dimensions["LoadBalancer"].startswith("app/web/")
    assert dimensions["TargetGroup"].startswith("targetgroup/sync/")


def test_a_balancer_that_is_not_there_is_an_error(target_at: Callable[..., Target], moto_url: str) -> None:
    """Which the sampling writes down as no value."""
    nowhere = target_at(moto_url)
    names = nowhere.names.model_copy(update={"load_balancer": "nowhere"})
    with pytest.raises(ClientError, match="LoadBalancerNotFound"):
        CloudWatch(nowhere.model_copy(update={"names": names})).latest()
