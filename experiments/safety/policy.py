"""What may be hurt at all.

Until the rules for real accounts have landed, that is only a region on this machine. Decided by the endpoint that
the client resolved, because that is where the call would go; neither by the target's kind nor by its name. How much
load may be on meanwhile is decided as for any other load: ``experiments/load.py`` asks.
"""

import socket
from urllib.parse import urlsplit

from experiments import aws
from fixtures.policy import LOOPBACK, RefusedError, within
from fixtures.target import Target

HARMING_SERVICES = ("ec2", "rds", "ssm")


def refuse_unless_local(target: Target) -> None:
    """Raise RefusedError unless every API that an experiment could hurt with answers on a loopback address."""
    for service in HARMING_SERVICES:
        endpoint = aws.resolved_endpoint(aws.client(target, service))
        if not _is_loopback(endpoint):
            raise RefusedError(
                f"target {target.name!r}: expected an AWS endpoint on this machine, found {endpoint} for {service}: "
                "only the local region may be hurt yet (`stack up`, then --target local)"
            )


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname
    if host is None:
        return False
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    addresses = [str(answer[4][0]).partition("%")[0] for answer in answers]
    return bool(addresses) and all(within(address, LOOPBACK) for address in addresses)
