"""Where a name is right now: asked at the target's own name server, kept for the TTL and not a moment longer.

Operating systems and HTTP libraries ask once and keep the address for as long as it answers; a test that did so would
never see the traffic move. How clients behave that do not honour the TTL can be asked for. One ``Resolver`` serves all
users of a process, and tells a journal what the name server said.
"""

import ipaddress
import math
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import dns.exception
import dns.resolver
import gevent
from gevent.lock import BoundedSemaphore

from fixtures.policy import LOOPBACK, Networks, in_words, load_policy, within
from fixtures.target import Target
from reports.evidence import now_us

LOOKUP_S = 2.0  # give up a lookup after this
FAILED_S = 0.5  # a failed lookup is not tried again for so long, so that users do not queue up behind a dead server
AHEAD = 0.1  # with so much of its time left an answer is asked for anew, as Unbound does (unbound.conf: prefetch)


# For how long an answer is good: its TTL; for ever (a client that asks once); or so many seconds whatever its TTL
# (the JVM's networkaddress.cache.ttl, see java.net.InetAddress).
Freshness = Literal["ttl", "pin"] | float


class NameLookupError(OSError):
    """The name server gave no address; the message is one short line. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """One answer: the addresses in order, when to ask anew and when it is no longer valid (monotonic seconds)."""

    addresses: tuple[str, ...]
    renew_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the name server said when it was asked: addresses and their TTL, or an error in a few words."""

    at_us: int  # when the answer came
    took_us: int
    addresses: tuple[str, ...] = ()
    ttl_s: int | None = None
    error: str | None = None


class ForbiddenAddressError(NameLookupError):
    """The name stands for an ``address`` that the policy does not allow. Nothing is sent there."""

    def __init__(self, address: str, allowed: Networks) -> None:
        super().__init__(f"dns: expected an address in {in_words(allowed)}, found {address}")
        self.address = address


class Resolver:
    """Resolves one name through one name server (the system's when ``server`` is None).

    Every answer is held against the networks that are ``allowed``, not only the first. Raises ForbiddenAddressError for
    a name that is itself an address outside them.
    """

    def __init__(
        self,
        name: str,
        server: tuple[str, int] | None,
        *,
        keep: Freshness = "ttl",
        on_lookup: Callable[[Lookup], None] = lambda lookup: None,
        allowed: Networks = LOOPBACK,
    ) -> None:
        self._name = name
        self._allowed = allowed
        self._keep = keep
        self._on_lookup = on_lookup
        self._dns = dns.resolver.Resolver(configure=server is None)
        self._dns.cache = None
        if server is not None:
            self._dns.nameservers = [server[0]]
            self._dns.port = server[1]
        self._one_at_a_time = BoundedSemaphore()
        self._renewing = False
        self._closed = False
        self._failed = ""
        self._failed_until = 0.0
        self._next: Addresses | None = None  # asked for ahead; holds when what is known has expired
        self._known = self._literal()

    def resolve(self) -> tuple[tuple[str, ...], int | None]:
        """Return the addresses that are valid now, and what asking took in microseconds (None when it was known).

        Raises NameLookupError when the old answer has expired and there is no new one, ForbiddenAddressError when there
        is one that is not allowed.
        """
        known = self._valid()
        if known is not None:
            return known.addresses, None
        started = time.monotonic()
        with self._one_at_a_time:
            known = self._valid() or self._use(self._ask())
            return known.addresses, _since_us(started)

    def latest(self) -> tuple[str, ...] | None:
        """Return the addresses of the answer that holds, None when there was none yet. Never waits.

        For whoever has a connection: no client waits for a name server before it uses one. So an answer is asked for
        anew shortly before it expires, and the new one holds from then on; only when the name server takes longer than
        that is an expired one used on, until it has answered.
        """
        known = self._known
        if known is None:
            return None
        if time.monotonic() >= known.renew_at:
            known = self._look_on(known)
        return known.addresses

    def close(self) -> None:
        """Ask for nothing ahead any more; safe to call twice."""
        self._closed = True

    def _valid(self) -> Addresses | None:
        known = self._known
        if known is not None and time.monotonic() >= known.renew_at:
            known = self._look_on(known)
        return known if known is not None and time.monotonic() < known.expires_at else None

    def _look_on(self, known: Addresses) -> Addresses:
        """What is known is near its end, or over it: ask for the next, or go on to that. Return the one that holds."""
        now = time.monotonic()
        if self._next is not None:
            return self._use(self._next) if now >= known.expires_at else known
        if not self._renewing and not self._closed and now >= self._failed_until:
            self._renewing = True
            gevent.spawn(self._renew)
        return known

    def _use(self, answer: Addresses) -> Addresses:
        self._known, self._next = answer, None
        self._wake_up_at(answer.renew_at)
        return answer

    def _renew(self) -> None:
        old = self._known
        try:
            with suppress(OSError), self._one_at_a_time:
                if self._known is old and old is not None:
                    answer = self._ask()
                    if time.monotonic() < old.expires_at:
                        self._next = answer
                        self._wake_up_at(old.expires_at)
                    else:
                        self._use(answer)
        finally:
            self._renewing = False

    def _wake_up_at(self, at: float) -> None:
        """Look on then also when nobody asks for anything just then."""
        in_s = at - time.monotonic()
        if 0 < in_s < math.inf and not self._closed:
            gevent.spawn_later(in_s, _wake_up, weakref.ref(self), at)

    def _ask(self) -> Addresses:
        if time.monotonic() < self._failed_until:
            raise NameLookupError(self._failed)
        started = time.monotonic()
        try:
            answer = self._dns.resolve(self._name, "A", lifetime=LOOKUP_S, search=False)
        except (dns.exception.DNSException, OSError) as error:
            self._failed = f"dns: {type(error).__name__}"
            self._failed_until = time.monotonic() + FAILED_S
            self._on_lookup(Lookup(now_us(), _since_us(started), error=self._failed))
            raise NameLookupError(self._failed) from error
        addresses = tuple(sorted(record.address for record in answer))
        ttl_s = answer.chaining_result.minimum_ttl
        self._on_lookup(Lookup(now_us(), _since_us(started), addresses, ttl_s))
        self._require_allowed(addresses)
        answered = (started + time.monotonic()) / 2  # as near as we know: both ways and our own work take their time
        expires_at = answered + self._valid_s(ttl_s)
        return Addresses(addresses, expires_at - min(AHEAD * self._valid_s(ttl_s), LOOKUP_S), expires_at)

    def _valid_s(self, ttl_s: int) -> float:
        if self._keep == "ttl":
            return ttl_s
        return math.inf if self._keep == "pin" else self._keep

    def _require_allowed(self, addresses: tuple[str, ...]) -> None:
        for address in addresses:
            if not within(address, self._allowed):
                error = ForbiddenAddressError(address, self._allowed)
                self._failed, self._failed_until = str(error), time.monotonic() + FAILED_S
                raise error

    def _literal(self) -> Addresses | None:
        """An address needs no lookup."""
        try:
            addresses = (str(ipaddress.ip_address(self._name)),)
        except ValueError:
            return None
        self._require_allowed(addresses)
        return Addresses(addresses, math.inf, math.inf)


def resolver_of(
    target: Target, *, keep: Freshness = "ttl", on_lookup: Callable[[Lookup], None] = lambda lookup: None
) -> Resolver:
    """Return the resolver of a target's front door; ``on_lookup`` hears every answer of the name server.

    It knows the networks that the policy allows for the target. Raises what ``load_policy`` does.
    """
    dns = target.dns
    server = None if dns is None else (dns.address, dns.port)
    allowed = load_policy(target.name).limits.networks
    return Resolver(target.web.name, server, keep=keep, on_lookup=on_lookup, allowed=allowed)


def _wake_up(resolver: "weakref.ref[Resolver]", at: float) -> None:
    """Timers are early by as much as the event loop had stood still when they were set."""
    still = resolver()
    if still is None or still._closed:
        return
    if time.monotonic() < at:
        still._wake_up_at(at)
    else:
        still.latest()


def _since_us(started: float) -> int:
    return int((time.monotonic() - started) * 1e6)
