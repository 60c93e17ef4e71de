"""A request as bytes. Pure. What is the same for every request of an endpoint is built once."""

import re
from functools import lru_cache

USER_AGENT = "loadgate"

Headers = tuple[tuple[str, str], ...]  # name and value of each

CARRY_A_BODY = frozenset({"POST", "PUT", "PATCH"})
METHOD = re.compile(r"[A-Z]+")
TARGET = re.compile(r"/[\x21-\x7e]*")
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
# Where the request goes, where it ends, and by what name it is found again.
OURS = frozenset({"host", "content-length", "transfer-encoding", "x-amzn-trace-id", "traceparent"})


def request(host: str, method: str, path: str, headers: Headers, body: bytes = b"", traced: bytes = b"") -> bytes:
    """Return a whole request; ``path`` with its query, percent-encoded; ``traced``: the header fields of its trace.

    Of headers that have one name the last counts.

    Raises ValueError for what would not be one request, such as a line break in a header or a length of one's own.
    """
    opening = _opening(host, method, path, headers)
    if body or method in CARRY_A_BODY:
        return b"%b%bContent-Length: %d\r\n\r\n%b" % (opening, traced, len(body), body)
    return opening + traced + b"\r\n"


@lru_cache(maxsize=4096)
def _opening(host: str, method: str, path: str, headers: Headers) -> bytes:
    """Everything that is the same each time that something is asked for."""
    last = {name.lower(): (name, value) for name, value in headers}
    fields = "".join([_field(name, value) for name, value in last.values()])
    return _line(host, method, path) + fields.encode("latin-1")


def _field(name: str, value: str) -> str:
    if not NAME.fullmatch(name) or name.lower() in OURS:
        raise ValueError(f"header: expected a name that is not one of {sorted(OURS)}, found {name!r}")
    if "\n" in value or "\r" in value:
        raise ValueError("header: expected no line break in it, found one")
    return f"{name}: {value}\r\n"


def _line(host: str, method: str, path: str) -> bytes:
    if not METHOD.fullmatch(method):
        raise ValueError(f"method: expected capital letters, found {method!r}")
    if not TARGET.fullmatch(path):
        raise ValueError(f"path: expected a slash and then printable ASCII without spaces, found {path!r}")
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n".encode("ascii")
