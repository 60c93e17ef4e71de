"""One request as the API wants it. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "/api/"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the API wants it, and how to tell a good answer."""

    method: str
    path: str
    endpoint: str  # the path without ids: what rows and statistics are grouped by
    proof: str | None  # a field that every good answer has; None: no JSON is expected, the status decides
    body: bytes = b""
    content_type: str = "application/json"
    write: bool = False
    needs_token: bool = False


def post(name: str, body: dict[str, Any], *, proof: str, write: bool = False, needs_token: bool = False) -> Call:
    """A call with a JSON body; every write needs a token."""
    path = f"{PREFIX}{name}"
    payload = json.dumps(body).encode()
    return Call("POST", path, f"POST {path}", proof, payload, write=write, needs_token=write or needs_token)


def post_form(name: str, fields: Mapping[str, str], *, proof: str, boundary: str, file: str | None = None) -> Call:
    """A write as multipart/form-data, with a JSON file when there is one; ``boundary`` is in none of the values."""
    path, line = f"{PREFIX}{name}", f"------{boundary}\r\nContent-Disposition: form-data; name="
    parts = [f'{line}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    if file is not None:
        parts.append(f'{line}"uploadedFile"; filename="{boundary}.json"\r\nContent-Type: application/json\r\n\r\n')
        parts.append(f"{file}\r\n")
    body = "".join([*parts, f"------{boundary}--\r\n"]).encode()
    kind = f"multipart/form-data; boundary=----{boundary}"
    return Call("POST", path, f"POST {path}", proof, body, content_type=kind, write=True, needs_token=True)
