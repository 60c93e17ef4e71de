"""Clients go where the target says, whatever lies in the shell."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from botocore import UNSIGNED

from experiments import aws
from experiments.trap import Trap
from fixtures.target import Target

WITH_CHAOSAWS = """
import sys
from chaosaws.ec2.probes import describe_instances
from experiments import aws
from experiments.trap import Trap
from fixtures.target import Target
aws.adopt(Target.model_validate_json(sys.argv[1]))
print(describe_instances(filters=[{"Name": "tag:suite", "Values": ["nobody"]}])["Reservations"])
"""


@pytest.mark.parametrize("service", ["ec2", "autoscaling", "elbv2", "rds", "ssm"])
def test_a_client_resolves_the_endpoint_of_its_target(
    service: str, trap: Trap, target_at: Callable[..., Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the one in the environment, neither a service's own nor the general one."""
    for name, value in trap.environment.items():
        monkeypatch.setenv(name, value)
    aws._client.cache_clear()

    found = aws.resolved_endpoint(aws.client(target_at("http://127.0.0.1:4"), service))

    assert found == "http://127.0.0.1:4"


def test_calls_reach_the_target_and_never_the_trap(
    trap: Trap, moto_url: str, target_at: Callable[..., Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile, endpoints, foreign keys and a proxy in the shell have no say, and one wire attempt is made a call."""
    for name, value in trap.environment.items():
        monkeypatch.setenv(name, value)
    aws._client.cache_clear()

    ec2 = aws.client(target_at(moto_url), "ec2")

    nobody = [{"Name": "tag:suite", "Values": ["nobody"]}]

    assert list(aws.pages(ec2, "describe_instances", "Reservations", Filters=nobody)) == []
    assert ec2._request_signer._credentials.access_key == "test"
    assert ec2._request_signer._credentials.token is None
    assert ec2.meta.config.retries["total_max_attempts"] == 1
    assert trap.hits == []


def test_chaostoolkit_aws_reaches_the_target_and_never_the_trap(
    trap: Trap, moto_url: str, target_at: Callable[..., Target]
) -> None:
    """Its activities get our clients, also in a shell that is full of traps."""
    environment = {**os.environ, **trap.environment, "AWS_REGION": "eu-central-1"}

    done = subprocess.run(
        [sys.executable, "-c", WITH_CHAOSAWS, _as_json(target_at(moto_url))],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.stdout.strip() == "[]", done.stderr
    assert trap.hits == []


def test_a_target_without_a_key_is_given_none(
    trap: Trap, moto_url: str, target_at: Callable[..., Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one in the environment is somebody else's."""
    for name, value in trap.environment.items():
        monkeypatch.setenv(name, value)
    aws._client.cache_clear()

    ec2 = aws.client(target_at(moto_url, access_key_id=None, secret_access_key=None), "ec2")

    assert ec2.meta.config.signature_version is UNSIGNED


def _as_json(target: Target) -> str:
    """The target with its secrets in the clear; they are made up."""
    shown = target.model_dump(mode="json")
    for name in ("access_key_id", "secret_access_key"):
        shown[name] = getattr(target, name).get_secret_value()
    return json.dumps(shown)
