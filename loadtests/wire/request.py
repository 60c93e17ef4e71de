"""A request as bytes. Pure. What is the same for every request of an endpoint is built once."""

import re
from collections.abc import Mapping
from functools import lru_cache

USER_AGENT = "loadgate"

CARRY_A_BODY = frozenset({"POST", "PUT", "PATCH"})
METHOD = re.compile(r"[A-Z]+")
TARGET = re.compile(r"/[\x21-\x7e]*")
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
OURS = frozenset({"host", "content-length", "transfer-encoding"})  # where the request goes, and where it ends


def request(host: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a whole request; ``path`` with its query, percent-encoded.

    Raises ValueError for what would not be one request, such as a line break in a header or a length of one's own.
    """
    _check_names(tuple(headers))
    fields = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if fields.count("\n") != len(headers) or fields.count("\r") != len(headers):
        raise ValueError("header: expected no line break in it, found one")
    if body or method in CARRY_A_BODY:
        fields += f"Content-Length: {len(body)}\r\n"
    return b"%b%b\r\n%b" % (_opening(host, method, path), fields.encode("latin-1"), body)


@lru_cache(maxsize=256)
def _check_names(names: tuple[str, ...]) -> None:
    for name in names:
        if not NAME.fullmatch(name) or name.lower() in OURS:
            raise ValueError(f"header: expected a name that is not one of {sorted(OURS)}, found {name!r}")


@lru_cache(maxsize=4096)
def _opening(host: str, method: str, path: str) -> bytes:
    if not METHOD.fullmatch(method):
        raise ValueError(f"method: expected capital letters, found {method!r}")
    if not TARGET.fullmatch(path):
        raise ValueError(f"path: expected a slash and then printable ASCII without spaces, found {path!r}")
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n".encode("ascii")
