"""What an answer of OFBiz means. Pure: no socket, no clock.

OFBiz answers 200 also when it failed; the error is in the body (https://docs.hotwax.co, and the ``hasError`` of
hotwax/oms-api ``src/util/index.ts``). An empty result is ``{"error": "No record found"}`` and is no error.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from loadtests.api.call import Call
from reports.evidence import BUSINESS

NO_RECORD = "No record found"

# Who answered: the load balancer signs its own answers, an instance names itself.
BALANCER_SERVER = "awselb/"
INSTANCE_HEADER = "X-Instance"

# What was asked for is done: by somebody else, or by an attempt of ours whose answer was lost.
ALREADY = "already"
# Refusals that are an answer of the business and no trouble of the system. OFBiz rolls back whenever the body of a 200
# carries an error message; a message that is not known here is still a refused write, but not a good answer.
BUSINESS_REFUSALS = ("insufficient", "no product", "not kept", "not found", "does not exist", "expected", ALREADY)

ROLLED_BACK = "rolled back:"

Kind = Literal["ok", "failed", "refused", "unknown"]


@dataclass(slots=True)  # one for each request: frozen it would take three times as long to make
class Answer:
    """What came back: ``status`` None and a ``trouble`` when no whole answer did."""

    status: int | None
    body: bytes = b""
    server: str = ""  # the Server header
    instance: str | None = None  # the instance's own header
    trouble: str | None = None  # one short line: what went wrong on the way
    sent: bool = True  # whether any byte of the request was written
    head: bytes = b""  # the status line and the headers as they came


@dataclass(slots=True)
class Judged:
    """An answer's meaning. ``body`` is the decoded object of a good answer.

    ``already``: this attempt was refused because what it asks for was there before it.
    """

    outcome: Kind
    error: str | None
    body: dict[str, Any]
    already: bool = False


GOOD = Judged("ok", None, {})  # without a body that anybody asked for


def error_in(body: dict[str, Any]) -> tuple[str, str] | None:
    """Return field and message of the error in a 200's body, None when it has none."""
    for name in ("_ERROR_MESSAGE_", "_ERROR_MESSAGE_LIST_", "error"):
        found = body.get(name)
        if found and not (name == "error" and found == NO_RECORD):
            message = "; ".join(map(str, found)) if isinstance(found, list) else str(found)
            return name, " ".join(message.split())[:80]
    return None


def judge(call: Call, answer: Answer) -> Judged:
    """Tell a good answer from a bad one, and for a write what is known about it.

    A write is *refused* only with proof that it cannot have happened; in doubt it is *unknown*. A read that did not
    work has *failed*.
    """
    if answer.status is None:
        return _bad(call, answer.trouble or "no answer", proof=not answer.sent)
    if call.proof is None and answer.status < 400:
        return GOOD
    if answer.status != 200:
        return _bad(call, _status_error(answer), proof=_is_proof(answer))
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return _bad(call, "200 without JSON", proof=False)
    if not isinstance(body, dict):
        return _bad(call, "200 without a JSON object", proof=False)
    found = error_in(body)
    if found:
        return _error_in_200(call, *found)
    if call.proof not in body and (call.write or body.get("error") != NO_RECORD):
        return _bad(call, f"200 without {call.proof}", proof=False)
    return Judged("ok", None, body)


def _error_in_200(call: Call, name: str, message: str) -> Judged:
    """OFBiz documents a service's error message as rolled back; ``error`` on a write is not documented."""
    if not call.write:
        return Judged("failed", f"error in 200: {message}", {})
    if name == "error":
        return Judged("unknown", f"error in 200: {message}", {})
    business = any(word in message.lower() for word in BUSINESS_REFUSALS)
    error = f"{BUSINESS if business else ROLLED_BACK} {message}"
    return Judged("refused", error, {}, already=ALREADY in message.lower())


def _is_proof(answer: Answer) -> bool:
    """Whether an answer that is not 200 proves that nothing was written.

    401: authentication comes before the service. 503 of the load balancer: it has no target, so nobody got the request
    (its 502 and 504 mean that a target may have).
    """
    return answer.status == 401 or (answer.status == 503 and answer.server.startswith(BALANCER_SERVER))


def _status_error(answer: Answer) -> str:
    return f"{answer.status} of the load balancer" if answer.server.startswith(BALANCER_SERVER) else f"{answer.status}"


def _bad(call: Call, error: str, *, proof: bool) -> Judged:
    if not call.write:
        return Judged("failed", error, {})
    return Judged("refused" if proof else "unknown", error, {})
