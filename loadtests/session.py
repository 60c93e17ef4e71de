"""``self.client`` of a journey: Locust's words over our connection, each request and each redirect a row of its own.

A write that the judge is to know goes through ``LoadUser.send`` with its intent, not here. Left out, as no journey
needs it: ``catch_response``, streaming, files, content encodings; a redirect to another host is an answer.
"""

import http.client
import json as codec
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypedDict, Unpack
from urllib.parse import quote, urlencode, urljoin, urlsplit

from loadtests.api.answers import Answer
from loadtests.api.call import Call
from loadtests.wire.parsing import headers_of
from loadtests.wire.request import Headers

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_HOPS = 10


@dataclass(slots=True)
class Response:
    """An answer as Locust's users know it; ``status_code`` is 0 when there is none, ``error`` says why."""

    url: str
    answer: Answer

    @property
    def status_code(self) -> int:
        return self.answer.status or 0

    @property
    def ok(self) -> bool:
        return 0 < self.status_code < 400

    @property
    def error(self) -> str | None:
        return self.answer.trouble

    @property
    def content(self) -> bytes:
        return self.answer.body

    @property
    def text(self) -> str:
        """The body in the charset that its Content-Type names, UTF-8 without one."""
        return self.answer.body.decode(self.headers.get_content_charset("utf-8"), errors="replace")

    @property
    def headers(self) -> http.client.HTTPMessage:
        """The headers, whatever their case."""
        return headers_of(self.answer.head)

    def json(self) -> Any:
        """Return the decoded body. Raises ValueError when it is no JSON."""
        return codec.loads(self.answer.body)


class Options(TypedDict, total=False):
    """What a request may have beside its URL. ``name`` groups it with others in statistics and rows."""

    name: str | None
    data: bytes | str | Mapping[str, str] | None
    json: Any
    headers: Mapping[str, str] | None
    allow_redirects: bool


OPTIONS = frozenset(Options.__annotations__)


class Session:
    """Sends through ``send``, which records; ``path_of`` refuses a URL that is not the target's."""

    def __init__(self, send: Callable[[Call, Headers], Answer], path_of: Callable[[str], str]) -> None:
        self._send = send
        self._path_of = path_of
        self._bare = lru_cache(maxsize=64)(self._call)  # what has nothing but its URL, and is asked for again and again

    def get(self, url: str, **options: Unpack[Options]) -> Response:
        """Send a GET; see ``request``."""
        return self._ask("GET", url, options)

    def head(self, url: str, **options: Unpack[Options]) -> Response:
        """Send a HEAD; see ``request``."""
        return self._ask("HEAD", url, options)

    def options(self, url: str, **options: Unpack[Options]) -> Response:
        """Send an OPTIONS; see ``request``."""
        return self._ask("OPTIONS", url, options)

    def post(self, url: str, **options: Unpack[Options]) -> Response:
        """Send a POST; see ``request``."""
        return self._ask("POST", url, options)

    def put(self, url: str, **options: Unpack[Options]) -> Response:
        """Send a PUT; see ``request``."""
        return self._ask("PUT", url, options)

    def patch(self, url: str, **options: Unpack[Options]) -> Response:
        """Send a PATCH; see ``request``."""
        return self._ask("PATCH", url, options)

    def delete(self, url: str, **options: Unpack[Options]) -> Response:
        """Send a DELETE; see ``request``."""
        return self._ask("DELETE", url, options)

    def request(self, method: str, url: str, **options: Unpack[Options]) -> Response:
        """Send a request once, follow its redirects on the target, and return the last answer.

        Raises AssertionError for a URL that is not the target's, TypeError for an option that we do not have.
        """
        return self._ask(method, url, options)

    def _ask(self, method: str, url: str, options: Options) -> Response:
        call, headers = self._asked(method, url, options) if options else (self._bare(method, url), ())
        answer = self._send(call, headers)
        response = Response(call.path, answer)
        if answer.status in REDIRECTS and options.get("allow_redirects", True):
            return self._follow(call, response, headers)
        return response

    def _asked(self, method: str, url: str, options: Options) -> tuple[Call, Headers]:
        if not OPTIONS.issuperset(options):
            raise TypeError(f"{sorted(options)}: expected some of {sorted(OPTIONS)}")
        return self._call(method, url, **options), tuple((options.get("headers") or {}).items())

    def _call(self, method: str, url: str, **options: Unpack[Options]) -> Call:
        path = self._path_of(_quoted(url))
        body, content_type = _body(options)
        name = options.get("name")
        endpoint = _endpoint(method, path) if name is None else f"{method} {name}"
        return Call(method, path, endpoint, None, body, content_type=content_type)

    def _follow(self, call: Call, response: Response, headers: Headers) -> Response:
        for _ in range(MOST_HOPS):
            onward = self._onward(call, response)
            if onward is None:
                break
            call = onward
            response = Response(call.path, self._send(call, headers))
        return response

    def _onward(self, call: Call, response: Response) -> Call | None:
        """Return the request that a redirect asks for, None when there is none that we would send."""
        where = response.headers["Location"] if response.status_code in REDIRECTS else None
        if where is None:
            return None
        try:
            path = self._path_of(_quoted(urljoin(call.path, where)))
        except (AssertionError, ValueError):
            return None  # on another host, or nowhere
        # As browsers do (RFC 9110, section 15.4; https://fetch.spec.whatwg.org/#http-redirect-fetch, step 12).
        match response.status_code:
            case 301 | 302:
                keeps = call.method != "POST"
            case 303:
                keeps = call.method in ("GET", "HEAD")
            case _:
                keeps = True
        method, body = (call.method, call.body) if keeps else ("GET", b"")
        return Call(method, path, _endpoint(method, path), None, body, content_type=call.content_type)


def _body(options: Options) -> tuple[bytes, str]:
    data, json = options.get("data"), options.get("json")
    if data is None:
        return (b"", "") if json is None else (codec.dumps(json).encode(), "application/json")
    if isinstance(data, Mapping):
        return urlencode(data).encode(), "application/x-www-form-urlencoded"
    return (data.encode() if isinstance(data, str) else data), "application/octet-stream"


def _endpoint(method: str, path: str) -> str:
    return f"{method} {urlsplit(path).path}"


@lru_cache(maxsize=4096)
def _quoted(url: str) -> str:
    """Percent-encode what no request line may hold, and leave what is encoded already."""
    return quote(url, safe=string.punctuation)
