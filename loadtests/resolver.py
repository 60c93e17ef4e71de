"""Where a name is right now: asked at the target's own name server, kept for the TTL and not a moment longer.

Operating systems and HTTP libraries ask once and keep the address for as long as it answers; a test that did so would
never see the traffic move. One ``Resolver`` serves all users of a process.
"""

import ipaddress
import time
from dataclasses import dataclass

import dns.exception
import dns.resolver
from gevent.lock import BoundedSemaphore

from fixtures.target import Target

LOOKUP_S = 2.0  # give up a lookup after this
FAILED_S = 0.5  # a failed lookup is not tried again for so long, so that users do not queue up behind a dead server


class NameLookupError(OSError):
    """The name server gave no address; the message is one short line. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """One answer: the addresses in order, and when it is no longer valid (monotonic seconds)."""

    addresses: tuple[str, ...]
    expires_at: float


class NotLoopbackError(NameLookupError):
    """The name stands for an address that is not on this machine. Nothing is sent there, today."""


class Resolver:
    """Resolves one name through one name server (the system's when ``server`` is None)."""

    def __init__(self, name: str, server: tuple[str, int] | None) -> None:
        self._name = name
        self._dns = dns.resolver.Resolver(configure=server is None)
        self._dns.cache = None
        if server is not None:
            self._dns.nameservers = [server[0]]
            self._dns.port = server[1]
        self._one_at_a_time = BoundedSemaphore()
        self._known = _literal(name)
        self._failed: NameLookupError | None = None
        self._failed_until = 0.0

    def resolve(self) -> tuple[tuple[str, ...], int | None]:
        """Return the addresses that are valid now, and what asking took in microseconds (None when it was known).

        Raises NameLookupError when the old answer has expired and there is no new one.
        """
        known = self._known
        if known is not None and time.monotonic() < known.expires_at:
            return known.addresses, None
        started = time.monotonic()
        with self._one_at_a_time:
            if self._known is None or time.monotonic() >= self._known.expires_at:
                self._known = self._ask()
            return self._known.addresses, int((time.monotonic() - started) * 1e6)

    def _ask(self) -> Addresses:
        if self._failed is not None and time.monotonic() < self._failed_until:
            raise self._failed
        try:
            answer = self._dns.resolve(self._name, "A", lifetime=LOOKUP_S, search=False)
        except (dns.exception.DNSException, OSError) as error:
            self._failed = NameLookupError(f"dns: {type(error).__name__}")
            self._failed_until = time.monotonic() + FAILED_S
            raise self._failed from error
        addresses = tuple(sorted(record.address for record in answer))
        _only_loopback(addresses)
        return Addresses(addresses, time.monotonic() + answer.chaining_result.minimum_ttl)


def resolver_of(target: Target) -> Resolver:
    """Return the resolver of a target's front door."""
    dns = target.dns
    return Resolver(target.web.name, None if dns is None else (dns.address, dns.port))


def _only_loopback(addresses: tuple[str, ...]) -> None:
    # Goes when it is safe to point at a real account.
    for address in addresses:
        if not ipaddress.ip_address(address).is_loopback:
            raise NotLoopbackError(f"dns: expected a loopback address, found {address}")


def _literal(name: str) -> Addresses | None:
    """An address needs no lookup."""
    try:
        addresses = (str(ipaddress.ip_address(name)),)
    except ValueError:
        return None
    _only_loopback(addresses)
    return Addresses(addresses, float("inf"))
