"""The bearer token of one worker: fetched when first needed, renewed before it expires and after a 401.

The token is stateless, as an integration's is, so one serves all users of the worker and is good on every instance.
"""

import time
from collections.abc import Callable

from gevent.lock import BoundedSemaphore

from loadtests.api.answers import Judged

RENEW_AFTER = 0.9  # of the token's life
FAILED_S = 1.0  # a failed login is not tried again for so long


class NoTokenError(Exception):
    """There is no token, so the request cannot be sent; the message is one short line."""


class Token:
    """Holds the token; ``get`` logs in when there is none that is good."""

    def __init__(self) -> None:
        self._one_at_a_time = BoundedSemaphore()
        self._value: str | None = None
        self._renew_at = 0.0
        self._error = ""
        self._failed_until = 0.0

    def get(self, log_in: Callable[[], Judged]) -> str:
        """Return a token that is valid now. Raises NoTokenError when the login did not work."""
        if self._value is not None and time.time() < self._renew_at:
            return self._value
        with self._one_at_a_time:
            if self._value is None or time.time() >= self._renew_at:
                self._value = self._log_in(log_in)
            return self._value

    def drop(self) -> None:
        """Forget the token: it was refused."""
        self._value = None

    def _log_in(self, log_in: Callable[[], Judged]) -> str:
        if time.monotonic() < self._failed_until:
            raise NoTokenError(self._error)
        judged = log_in()
        if judged.outcome != "ok":
            self._error = f"no token: login {judged.error}"
            self._failed_until = time.monotonic() + FAILED_S
            raise NoTokenError(self._error)
        expires_at = float(judged.body.get("expirationTime", 0)) / 1000
        self._renew_at = time.time() + max(0.0, expires_at - time.time()) * RENEW_AFTER
        return str(judged.body["token"])
