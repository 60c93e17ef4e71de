"""Cookies of one user, kept and shown again as a browser does: a session, or a load balancer's stickiness."""

import http.client
from http.cookiejar import CookieJar
from urllib.request import Request

from loadtests.wire.parsing import FieldName, headers_of

SET_COOKIE = FieldName("Set-Cookie")


class Cookies:
    """What the target at ``base_url`` asked this user to remember (RFC 6265, by the standard library)."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._jar: CookieJar | None = None  # most systems set none, and then none is asked for

    def hear(self, path: str, head: bytes) -> None:
        """Remember what the head of an answer sets; one without ``Set-Cookie`` costs next to nothing."""
        if not SET_COOKIE.is_in(head):
            return
        if self._jar is None:
            self._jar = CookieJar()
        self._jar.extract_cookies(_Said(head), self._request(path))  # type: ignore[arg-type]

    def header(self, path: str) -> str | None:
        """Return the value of the header ``Cookie`` of the next request for a path; None: there is none to show."""
        if self._jar is None:
            return None
        request = self._request(path)
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie")

    def _request(self, path: str) -> Request:
        return Request(self._base_url + path)


class _Said:
    """As much of an answer as the standard library looks at."""

    def __init__(self, head: bytes) -> None:
        self._headers = headers_of(head)

    def info(self) -> http.client.HTTPMessage:
        return self._headers
