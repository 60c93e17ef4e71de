"""One request through the front door: the name by the target's DNS server, then the load balancer, as a customer does.

One connection a request and no retry: what went wrong is the answer.
"""

import http.client
import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from experiments import resolving
from fixtures.target import Target, TargetError
from fixtures.trust import Connection, require_trusted

TIMEOUT_S = 4.0
ROLLED_BACK = ("_ERROR_MESSAGE_", "_ERROR_MESSAGE_LIST_")  # in the body of a 200: OFBiz documents that as rolled back
ERRORS = (*ROLLED_BACK, "error")


class NoAnswerError(Exception):
    """No whole answer came; whether the request was carried out is not known."""


class LoginRefusedError(Exception):
    """The application did not take the target's user and password."""


@dataclass(frozen=True)
class Answer:
    """What came back. ``server`` is the instance that answered; None when the load balancer answered by itself."""

    status: int
    body: bytes
    server: str | None

    def json(self) -> Any:
        """The body as JSON; None when it is something else."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def is_good(self) -> bool:
        """Whether this is success by OFBiz's rule: status 200, and no error inside the body."""
        body = self.json()
        return self.status == 200 and isinstance(body, dict) and not any(body.get(name) for name in ERRORS)


def request(
    target: Target,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """Send one request once. Raises NoAnswerError, also when the name does not resolve."""
    try:
        address = resolving.address_of(target, target.web.name)
    except resolving.NotResolvedError as error:
        raise NoAnswerError(str(error)) from error
    connection = Connection(target.web, address, timeout_s=timeout_s)
    try:
        host = {"Host": f"{target.web.name}:{target.web.port}"}
        connection.request(method, path, body=body, headers={**host, **(headers or {})})
        response = connection.getresponse()
        return Answer(response.status, response.read(), response.headers.get("X-Instance"))
    except (OSError, http.client.HTTPException, TargetError) as error:
        raise NoAnswerError(f"{method} {path}: expected an answer, found {type(error).__name__}: {error}") from error
    finally:
        connection.close()


def require_trust(target: Target) -> None:
    """Raise UntrustedError, in one clear line, when a node of the front door does not show the right certificate.

    A node that does not answer, or a name that does not resolve, is for the probes to find.
    """
    with suppress(resolving.NotResolvedError):
        for address in resolving.answer(target, target.web.name).addresses:
            require_trusted(target.web, address)


def get(target: Target, path: str, *, token: str | None = None) -> Answer:
    """GET that path, as the logged-in user when there is a token."""
    return request(target, "GET", path, headers=_authorization(token))


def post(target: Target, path: str, document: Any, *, token: str | None = None) -> Answer:
    """POST that document as JSON."""
    headers = {"Content-Type": "application/json", **_authorization(token)}
    return request(target, "POST", path, body=json.dumps(document).encode(), headers=headers)


def upload(target: Target, path: str, *, file: bytes, fields: Mapping[str, str], token: str) -> Answer:
    """POST a file and form fields as multipart/form-data, the way OFBiz takes an import."""
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="uploadedFile"; filename="orders.json"\r\n'
    body = "".join(parts).encode() + head.encode() + b"Content-Type: application/json\r\n\r\n" + file
    body += f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", **_authorization(token)}
    return request(target, "POST", path, body=body, headers=headers)


def login(target: Target) -> str:
    """A bearer token for the target's user. Raises NoAnswerError or LoginRefusedError."""
    credentials = {"USERNAME": target.web.username, "PASSWORD": target.web.password.get_secret_value()}
    answer = post(target, "/api/login", credentials)
    document = answer.json()
    if not answer.is_good or "token" not in document:
        raise LoginRefusedError(f"login as {target.web.username!r}: expected a token, found status {answer.status}")
    return str(document["token"])


def _authorization(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
