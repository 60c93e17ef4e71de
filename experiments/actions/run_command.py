"""SSM Run Command: a shell script on exactly the instances asked for, and what came of it on each.

chaostoolkit-aws only sends and forgets, and its minimal call is refused by the API.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from experiments import aws
from fixtures.target import Target

DOCUMENT = "AWS-RunShellScript"
DELIVERY_LIMIT_S = 30  # the least that the API takes
RUN_LIMIT_S = 20
WAIT_LIMIT_S = 30.0
UNDER_WAY = {"Pending", "InProgress", "Delayed", "Cancelling"}


@dataclass(frozen=True)
class Result:
    """What a command came to on one instance. ``status`` is SSM's, or Unanswered when it did not end in time."""

    instance_id: str
    status: str
    output: str

    @property
    def is_good(self) -> bool:
        return self.status == "Success"


def run(target: Target, instance_ids: Sequence[str], script: str) -> list[Result]:
    """Run the script on each instance and wait until it ended on all, at most 30 s. Raises botocore's errors."""
    ssm = aws.client(target, "ssm")
    sent = ssm.send_command(
        DocumentName=DOCUMENT,
        InstanceIds=list(instance_ids),
        Parameters={"commands": script.splitlines(), "executionTimeout": [str(RUN_LIMIT_S)]},
        TimeoutSeconds=DELIVERY_LIMIT_S,
    )
    deadline = time.monotonic() + WAIT_LIMIT_S
    return [_result(ssm, sent["Command"]["CommandId"], instance_id, deadline) for instance_id in instance_ids]


def _result(ssm: Any, command_id: str, instance_id: str, deadline: float) -> Result:
    while time.monotonic() < deadline:
        try:
            found = ssm.get_command_invocation(CommandId=command_id, InstanceId=instance_id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvocationDoesNotExist":  # not there yet
                raise
        else:
            if found["Status"] not in UNDER_WAY:
                said = f"{found.get('StandardOutputContent', '')}{found.get('StandardErrorContent', '')}"
                return Result(instance_id, found["Status"], said.strip())
        time.sleep(0.1)
    return Result(instance_id, "Unanswered", "")
