"""A request is one request, and exactly the one that was meant."""

import pytest

from loadtests.wire.request import Headers, request


def test_a_request_is_the_bytes_that_http_wants() -> None:
    """The body's length is told when there is one, and where a server expects one."""
    assert request("a.test:80", "GET", "/x?y=1", (("Accept", "*/*"),), b"") == (
        b"GET /x?y=1 HTTP/1.1\r\nHost: a.test:80\r\nUser-Agent: loadgate\r\nAccept: */*\r\n\r\n"
    )
    assert request("a", "POST", "/", (), b"hi").endswith(b"\r\nContent-Length: 2\r\n\r\nhi")
    assert request("a", "POST", "/", (), b"").endswith(b"\r\nContent-Length: 0\r\n\r\n")
    assert b"Content-Length" not in request("a", "GET", "/", (), b"")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/a b", ()),
        ("GET", "/a\r\nX: y", ()),
        ("GET", "x", ()),
        ("GET", "/ä", ()),
        ("get", "/", ()),
        ("GET", "/", (("X", "a\r\nY: b"),)),
        ("GET", "/", (("X\n", "a"),)),
        ("GET", "/", (("X ", "a"),)),
        ("GET", "/", ((" X", "a"),)),
        ("GET", "/", (("", "a"),)),
        ("POST", "/", (("content-length", "1"),)),
        ("POST", "/", (("Transfer-Encoding", "chunked"),)),
        ("GET", "/", (("Host", "b.test"),)),
        ("GET", "/", (("Traceparent", "00-0-0-00"),)),
    ],
)
def test_what_would_be_another_request_is_refused(method: str, path: str, headers: Headers) -> None:
    """Before anything is sent: two requests for one would make every count wrong."""
    with pytest.raises(ValueError, match="expected"):
        request("a.test", method, path, headers, b"")


def test_the_last_of_two_headers_of_one_name_counts() -> None:
    """So a journey may say what else would be said for it."""
    said = request("a.test", "GET", "/", (("Accept", "*/*"), ("accept", "text/html")), traced=b"X-T: 1\r\n")
    assert said == b"GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: loadgate\r\naccept: text/html\r\nX-T: 1\r\n\r\n"
