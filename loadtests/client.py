"""The HTTP client that tells the truth under faults.

A request goes over the wire at most once; nothing is ever sent again. Names are resolved by our resolver, and a
connection to an address that DNS no longer names is not used again; users are spread over all addresses; a request has
one deadline for all of it, the name and the handshake too; and it is known whether a byte of it was written. A failed
connect or handshake is a failed request, of which nothing was written: the next one tries the next address.
Certificates are verified. What the client does not do: proxies, HTTP/2, pipelining, content encodings.
"""

import errno
import ssl
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

import gevent

from loadtests.api.answers import INSTANCE_HEADER, Answer
from loadtests.resolver import NameLookupError, Resolver
from loadtests.wire.connecting import connect
from loadtests.wire.connection import Connection
from loadtests.wire.deadlines import OverdueError, deadlines_of
from loadtests.wire.exchange import Exchange
from loadtests.wire.parsing import BadAnswerError, FieldName, Reply
from loadtests.wire.request import Headers, request
from loadtests.wire.tls import Tls, tls_of
from reports.evidence import now_us

__all__ = ["CONNECT_S", "DEADLINE_S", "Exchange", "Tls", "TruthfulPool", "describe", "tls_of"]

SERVER, INSTANCE = FieldName("Server"), FieldName(INSTANCE_HEADER)

CONNECT_S = 3.0
DEADLINE_S = 10.0  # of a request, everything included

# Trouble of this machine, not of the system: no file descriptor, no port, no memory left, or no disk for the ledger.
OWN_LIMITS = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT}
)


class TruthfulPool:
    """The connections of one user, kept while they live and while DNS still names their address.

    Each is used by one request at a time, so that no answer can be taken for another's: a user that asks for several
    things at once has several.
    """

    def __init__(
        self, base_url: str, resolver: Resolver, ordinal: int, tls: Tls | None = None, *, deadline_s: float = DEADLINE_S
    ) -> None:
        base = urlsplit(base_url)
        assert base.port is not None, f"{base_url}: expected a port"
        assert (tls is not None) == (base.scheme == "https"), f"{base_url}: HTTPS and only that needs TLS"
        self._base = base
        self._host = base.netloc
        self._port = base.port
        self._resolver = resolver
        self._turn = ordinal  # users take the addresses in turn
        self._tls = tls
        self._deadline_s = deadline_s
        self._deadlines = deadlines_of(gevent.get_hub(), deadline_s)
        self._idle: list[Connection] = []

    def path_of(self, url: str) -> str:
        """Return path and query of a URL, which may be a path alone.

        Raises AssertionError when it is not the target's, ValueError when it is none.
        Load goes to the target and never anywhere else, whatever a journey or a redirect says.
        """
        asked = urlsplit(url)
        assert not asked.netloc or _origin(asked) == _origin(self._base), f"{url}: load goes to {self._base.geturl()}"
        return (asked.path or "/") + (f"?{asked.query}" if asked.query else "")

    def fetch(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: Headers,
        on_first_byte: Callable[[], None] | None,
        traced: bytes = b"",
    ) -> tuple[Answer, Exchange]:
        """Send one request once and return what came of it; trouble on the way is an answer too, never an exception.

        A redirect is an answer like any other, and what cannot be a request is one that was never sent.
        ``traced``: the header fields by which it is found again.
        """
        exchange = Exchange(on_first_byte)
        try:
            whole = request(self._host, method, path, headers, body, traced)
        except ValueError as error:
            return _no_answer(exchange, f"no request: {error}"), exchange
        self._deadlines.begin(exchange)
        try:
            connection = self._take(exchange)
            reply = connection.ask(whole, exchange, head_only=method == "HEAD")
        except OverdueError:
            return _no_answer(exchange, f"no answer within {self._deadline_s:g} s"), exchange
        except (OSError, BadAnswerError) as error:
            return _no_answer(exchange, describe(error, exchange)), exchange
        finally:
            exchange.end_us = now_us()
            self._deadlines.end(exchange)
        if connection.is_open:
            self._idle.append(connection)
        return _answer(reply), exchange

    def warm_up(self) -> None:
        """Connect before the first request wants to. What goes wrong will be that request's business again."""
        exchange = Exchange()
        self._deadlines.begin(exchange)
        try:
            self._idle.append(self._take(exchange))
        except (OverdueError, OSError, BadAnswerError):
            pass
        finally:
            self._deadlines.end(exchange)

    def close(self) -> None:
        """Close the connections that nobody uses; the next request opens another."""
        while self._idle:
            self._idle.pop().close()

    def _take(self, exchange: Exchange) -> Connection:
        """Return a connection that nobody uses. Raises OSError (NameLookupError for DNS) when there is none.

        A live connection to an address of the last answer is good, also while DNS is asked again or has no answer.
        """
        while self._idle:
            connection = self._idle.pop()
            if connection.is_quiet() and connection.address in (self._resolver.latest() or ()):
                exchange.address = exchange.peer = connection.address
                return connection
            connection.close()
        addresses, exchange.dns_us = self._resolver.resolve()
        return self._connect(addresses, exchange)

    def _connect(self, addresses: tuple[str, ...], exchange: Exchange) -> Connection:
        exchange.address = addresses[self._turn % len(addresses)]
        try:
            return connect(exchange.address, self._port, self._tls, exchange, within_s=CONNECT_S)
        except BaseException:
            self._turn += 1
            raise


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    """What RFC 9110, section 4.3.1, calls so. Raises ValueError for a port that is none."""
    return url.scheme, url.hostname, url.port or {"http": 80, "https": 443}.get(url.scheme)


def describe(error: Exception, exchange: Exchange) -> str:
    """Say in a few words what went wrong, the same words for the same trouble."""
    if isinstance(error, NameLookupError):
        return str(error)
    if isinstance(error, BadAnswerError):
        what = str(error)
    elif isinstance(error, TimeoutError):
        what = "timed out"
    elif isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        what = "closed without an answer" if exchange.first_byte_us is None else "answer cut short"
    elif isinstance(error, ssl.SSLError):
        what = error.reason or type(error).__name__
    else:
        number = getattr(error, "errno", None) or 0
        what = errno.errorcode.get(number, type(error).__name__)
        if number in OWN_LIMITS:
            return f"generator: {what}"
    return f"{exchange.phase}: {what}"


def _no_answer(exchange: Exchange, trouble: str) -> Answer:
    return Answer(status=None, trouble=trouble, sent=exchange.wire_attempts > 0)


def _answer(reply: Reply) -> Answer:
    status, head, body = reply
    # Who a 200 came from is asked for nowhere; to look for it would cost every request a microsecond.
    server = "" if status == 200 else SERVER.first(head) or ""
    return Answer(status, body, server, INSTANCE.first(head), None, True, head)
