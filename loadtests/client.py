"""The HTTP client that tells the truth under faults: geventhttpclient with its habits taken away.

What is different from the stock client: a request goes over the wire at most once (stock re-sends a GET up to eleven
times and calls it one); names are resolved by our resolver and a connection to an address that DNS no longer names is
not used again; users are spread over all addresses; a request has one deadline for all of it, the handshake too; and
it is known whether a byte of it was written. A failed connect or handshake is a failed request, of which nothing was
written: the next one tries the next address. Certificates are verified.
"""

import errno
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
import gevent.select
import gevent.socket
import gevent.ssl
from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.connectionpool import ConnectionPool
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError
from geventhttpclient.url import URL

from fixtures.target import Web
from fixtures.trust import trust
from loadtests.api.answers import INSTANCE_HEADER, Answer
from loadtests.resolver import NameLookupError, Resolver
from reports.evidence import now_us

CONNECT_S = 3.0
DEADLINE_S = 10.0  # of a request, everything included


@dataclass(slots=True)
class Exchange:
    """What one request did on the wire, in microseconds: ``first_byte_us`` since the epoch, the others durations."""

    on_first_byte: Callable[[], None] | None = None  # called just before the first byte is written
    address: str | None = None  # which address DNS gave us to use
    peer: str | None = None  # the address that we are connected to
    dns_us: int | None = None
    connect_us: int | None = None
    tls_us: int | None = None
    first_byte_us: int | None = None
    wire_attempts: int = 0

    def sending(self) -> None:
        """Note that the request is about to be written to a socket."""
        self.wire_attempts += 1
        if self.wire_attempts == 1 and self.on_first_byte is not None:
            self.on_first_byte()

    def receiving(self) -> None:
        """Note that bytes of the answer have come."""
        if self.first_byte_us is None:
            self.first_byte_us = now_us()


class Traced:
    """Part of a socket that tells its exchange of the first byte of a request out and in."""

    exchange: Exchange
    address: str

    def sendall(self, data: Any, flags: int = 0) -> None:
        # geventhttpclient hands over a request with its body as one piece, so a call is one attempt.
        self.exchange.sending()
        super().sendall(data, flags)  # type: ignore[misc]

    def recv(self, *args: Any) -> bytes:
        data: bytes = super().recv(*args)  # type: ignore[misc]
        if data:
            self.exchange.receiving()
        return data


class TracedSocket(Traced, gevent.socket.socket):
    """A plain connection."""


class TracedTlsSocket(Traced, gevent.ssl.SSLSocket):
    """A connection over TLS; the bytes of the handshake are not those of a request."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Whom to trust, and the name that the peer has to prove."""

    context: gevent.ssl.SSLContext
    name: str


def tls_of(web: Web) -> Tls | None:
    """What connections to that front door verify; None over plain HTTP. Raises TargetError for a bad CA file."""
    if web.scheme == "http":
        return None
    context = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = TracedTlsSocket
    trust(context, web)
    return Tls(context, web.name)


Connected = TracedSocket | TracedTlsSocket


class OneConnection(ConnectionPool):
    """The connection of one user: kept while it lives and while DNS still names its address."""

    def __init__(self, resolver: Resolver, ordinal: int, port: int, tls: Tls | None, *, deadline_s: float) -> None:
        super().__init__("", port, "", port, size=1, connection_timeout=CONNECT_S, network_timeout=deadline_s)
        self.size = -1  # geventhttpclient sends again `size + 1` times: never
        self.exchange = Exchange()
        self._resolver = resolver
        self._tls = tls
        self._turn = ordinal  # users take the addresses in turn
        self._idle: Connected | None = None
        self._open: Connected | None = None

    def get_socket(self) -> Connected:
        """Return the live connection, or a new one. Raises OSError (NameLookupError for DNS) when there is none."""
        idle, self._idle = self._idle, None
        self._open = idle if idle is not None and self._is_good(idle) else self._renew(idle)
        self._open.exchange = self.exchange
        self.exchange.address = self.exchange.peer = self._open.address
        return self._open

    def return_socket(self, sock: gevent.socket.socket) -> None:
        """Keep the connection for this user's next request."""
        self._open, self._idle = None, sock

    def release_socket(self, sock: gevent.socket.socket) -> None:
        """Close a connection that is no more usable."""
        self._open = None
        sock.close()

    def close(self) -> None:
        """Close whatever is open, also what a deadline left in the middle of a request; usable again afterwards."""
        for sock in (self._open, self._idle):
            if sock is not None:
                sock.close()
        self._open = self._idle = None

    def _is_good(self, sock: Connected) -> bool:
        """Whether the address is still right and the peer has not hung up. Without DNS a live connection is good."""
        try:
            addresses, self.exchange.dns_us = self._resolver.resolve()
        except NameLookupError:
            addresses = (sock.address,)
        return sock.address in addresses and self._is_socket_alive(sock)

    def _renew(self, old: Connected | None) -> Connected:
        if old is not None:
            old.close()
        addresses, asked_us = self._resolver.resolve()
        if asked_us is not None:
            self.exchange.dns_us = asked_us
        address = addresses[self._turn % len(addresses)]
        self.exchange.address = address
        sock: Connected = TracedSocket(gevent.socket.AF_INET, gevent.socket.SOCK_STREAM)
        try:
            self._connect(sock, address)
            if self._tls is not None:
                sock = self._tls.context.wrap_socket(
                    sock, server_hostname=self._tls.name, do_handshake_on_connect=False
                )
                self._shake_hands(sock)
        except BaseException:
            sock.close()
            self._turn += 1
            raise
        sock.address = address
        sock.settimeout(self.network_timeout)
        return sock

    def _connect(self, sock: Connected, address: str) -> None:
        started_us = now_us()
        sock.settimeout(self.connection_timeout)
        sock.connect((address, self._connection_port))
        sock.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
        self.exchange.connect_us = now_us() - started_us
        self.exchange.peer = address

    def _shake_hands(self, sock: Connected) -> None:
        started_us = now_us()
        sock.do_handshake()
        self.exchange.tls_us = now_us() - started_us


class TruthfulPool(HTTPClientPool):
    """What ``FastHttpUser.client_pool`` wants: also a plain ``self.client.get(...)`` goes over our connection."""

    def __init__(
        self, base_url: str, resolver: Resolver, ordinal: int, tls: Tls | None = None, *, deadline_s: float = DEADLINE_S
    ) -> None:
        # The stock client would read the system's certificates once for each user.
        super().__init__(ssl_context_factory=lambda cafile: tls.context if tls else None)
        self._base = URL(base_url)
        assert (tls is not None) == (self._base.scheme == "https"), f"{base_url}: HTTPS and only that needs TLS"
        assert self._base.port is not None
        self._deadline_s = deadline_s
        self.connection = OneConnection(resolver, ordinal, self._base.port, tls, deadline_s=deadline_s)

    def get_client(self, url: str | URL) -> HTTPClient:
        """Return a client for the URL whose connections are ours. Raises AssertionError when it is not the target's."""
        url = url if isinstance(url, URL) else URL(url)
        ours = (self._base.scheme, self._base.host, self._base.port)
        assert (url.scheme, url.host, url.port) == ours, f"{url}: load goes to {self._base} only"
        client: HTTPClient = super().get_client(url)
        client._connection_pool = self.connection
        return client

    def fetch(
        self, method: str, path: str, body: bytes, headers: dict[str, str], on_first_byte: Callable[[], None] | None
    ) -> tuple[Answer, Exchange]:
        """Send one request once and return what came of it; trouble on the way is an answer too, never an exception."""
        exchange = self.connection.exchange = Exchange(on_first_byte)
        deadline = gevent.Timeout(self._deadline_s)
        try:
            with deadline:
                response = self.get_client(self._base).request(method, path, body, headers)
                content = bytes(response.read())
                # A body that ends with the connection is whole only if its end was not promised.
                if not response.message_complete:
                    raise HTTPParseError("answer cut short")
        except gevent.Timeout as timeout:
            if timeout is not deadline:
                raise
            self.connection.close()
            return _no_answer(exchange, f"no answer within {self._deadline_s:g} s"), exchange
        except (OSError, HTTPParseError) as error:
            self.connection.close()
            return _no_answer(exchange, describe(error, exchange)), exchange
        return _answer(response, content), exchange


def describe(error: Exception, exchange: Exchange) -> str:
    """Say in a few words what went wrong, the same words for the same trouble."""
    if isinstance(error, NameLookupError):
        return str(error)
    where = "connect" if exchange.peer is None else "cut" if exchange.wire_attempts else "tls"
    if isinstance(error, HTTPConnectionClosed):
        return f"{where}: closed without an answer"
    if isinstance(error, HTTPParseError):
        return f"{where}: answer cut short or not HTTP"
    if isinstance(error, TimeoutError):
        return f"{where}: timed out"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return f"{where}: closed without an answer"
    if isinstance(error, ssl.SSLError):
        return f"{where}: {error.reason or type(error).__name__}"
    return f"{where}: {errno.errorcode.get(getattr(error, 'errno', None) or 0, type(error).__name__)}"


def _no_answer(exchange: Exchange, trouble: str) -> Answer:
    return Answer(status=None, trouble=trouble, sent=exchange.wire_attempts > 0)


def _answer(response: Any, content: bytes) -> Answer:
    return Answer(
        status=response.status_code,
        body=content,
        server=str(response.get("Server") or ""),
        instance=response.get(INSTANCE_HEADER),
    )
