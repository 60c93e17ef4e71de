"""Names to addresses through the target's own DNS server, the way a well-behaved client does it: honouring TTLs."""

from dataclasses import dataclass
from functools import cache

import dns.exception
import dns.resolver

from fixtures.target import Target

TIMEOUT_S = 2.0


class NotResolvedError(Exception):
    """The target's DNS server gave no address for a name."""


@dataclass(frozen=True)
class Answer:
    """What the DNS server said about a name: its addresses, sorted, and the TTL in seconds of the whole chain."""

    name: str
    addresses: tuple[str, ...]
    ttl_s: int


def address_of(target: Target, name: str) -> str:
    """An address of that name, from the cache while its TTL lasts. Raises NotResolvedError."""
    return _answer(_cached(_server(target)), name).addresses[0]


def answer(target: Target, name: str) -> Answer:
    """What the DNS server says about that name right now, past any cache. Raises NotResolvedError."""
    return _answer(_resolver(_server(target)), name)


def _answer(resolver: dns.resolver.Resolver, name: str) -> Answer:
    try:
        found = resolver.resolve(name, "A", search=False)
    except (dns.exception.DNSException, OSError) as error:
        raise NotResolvedError(f"{name}: expected an address, found {type(error).__name__}: {error}") from error
    ttl_s = found.chaining_result.minimum_ttl
    return Answer(name, tuple(sorted(str(record) for record in found)), int(ttl_s))


def _server(target: Target) -> tuple[str, int] | None:
    return (target.dns.address, target.dns.port) if target.dns else None


def _resolver(server: tuple[str, int] | None) -> dns.resolver.Resolver:
    """A resolver of that server; of the machine's own when the target names none."""
    resolver = dns.resolver.Resolver(configure=server is None)
    if server is not None:
        resolver.nameservers, resolver.port = [server[0]], server[1]
    resolver.timeout = resolver.lifetime = TIMEOUT_S
    return resolver


@cache
def _cached(server: tuple[str, int] | None) -> dns.resolver.Resolver:
    resolver = _resolver(server)
    resolver.cache = dns.resolver.LRUCache(max_size=100)
    return resolver
