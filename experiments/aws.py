"""Clients of the AWS API, built from the target and from nothing else.

What lies in the shell (``AWS_PROFILE``, ``AWS_ENDPOINT_URL_EC2``, ``AWS_IGNORE_CONFIGURED_ENDPOINT_URLS``, a proxy,
``~/.aws/config``) has no say: with it, boto3 resolves the real endpoint with that profile's key although
``AWS_ENDPOINT_URL`` points elsewhere. One try a call: a repeated fault would be a second fault.
"""

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from fixtures.target import Target

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 5

# (name in the configuration file, name in the environment, default, conversion): no file, no environment.
_IGNORED = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def client(target: Target, service: str) -> Any:
    """A boto3 client of that service for that target.

    One wire attempt, 2 s to connect, 5 s to answer: a probe that hangs would hold up an undo. A target that names no
    key gets none: the environment's would be somebody else's.
    """
    key, secret = target.access_key_id, target.secret_access_key
    return _client(
        service,
        target.region_name,
        target.endpoint_url,
        key.get_secret_value() if key else None,
        secret.get_secret_value() if secret else None,
    )


def resolved_endpoint(client: Any) -> str:
    """The URL that this client really talks to, whatever the target or the environment say."""
    return str(client.meta.endpoint_url)


def pages(client: Any, operation: str, result: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    """Every item of every page of a describe call; ``result`` names the list in the answer."""
    if not client.can_paginate(operation):
        yield from getattr(client, operation)(**arguments)[result]
        return
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[result]


def adopt(target: Target) -> None:
    """Make chaostoolkit-aws talk to the target, too.

    Its activities call plain ``boto3.client`` on boto3's default session; from now on, in this process, that session
    hands out our clients. (Left alone it reads the environment, waits 60 s twice and keeps the first profile.)
    """
    boto3.DEFAULT_SESSION = _TargetSession(target)


class _TargetSession(boto3.Session):
    def __init__(self, target: Target) -> None:
        super().__init__(botocore_session=_session(), region_name=target.region_name)
        self._target = target

    def client(self, service_name: str, *_: Any, **__: Any) -> Any:
        return client(self._target, service_name)


def _session() -> botocore.session.Session:
    return botocore.session.Session(session_vars=_IGNORED)


@cache
def _client(service: str, region: str, endpoint: str | None, key: str | None, secret: str | None) -> Any:
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"total_max_attempts": 1, "mode": "standard"},
        ignore_configured_endpoint_urls=True,
        use_fips_endpoint=False,
        use_dualstack_endpoint=False,
        proxies={},
        signature_version=None if key else UNSIGNED,
    )
    return _session().create_client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=config,
    )
