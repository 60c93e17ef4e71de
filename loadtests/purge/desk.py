"""Who asks the target for orders and cancels them: one after the other, at a bounded pace, where the policy allows."""

import time
from dataclasses import dataclass, field

from fixtures.policy import load_policy
from fixtures.target import Target
from loadtests.api import ofbiz, orders
from loadtests.api.answers import ROLLED_BACK, Judged, judge
from loadtests.api.call import Call
from loadtests.api.orders import Order
from loadtests.client import TruthfulPool, tls_of
from loadtests.login import NoTokenError, Token
from loadtests.resolver import resolver_of
from reports.evidence import BUSINESS

MOST_PER_S = 50.0
TRIES = 3  # a question whose answer was lost is asked again: twice the same is once


class NotListedError(Exception):
    """The target did not list its orders; the message is one clear line."""

    exit_code = 2


@dataclass(frozen=True)
class Listed:
    """The orders of a prefix, and whether there are more than were asked for."""

    orders: list[Order]
    more: bool = False


@dataclass
class Desk:
    """A connection to a target's front door, logged in when it has to be.

    Raises what ``resolver_of`` does, for a target that the policy does not allow, too.
    """

    target: Target
    token: Token = field(default_factory=Token)

    def __post_init__(self) -> None:
        web = self.target.web
        self._pool = TruthfulPool(web.base_url, resolver_of(self.target), 0, tls_of(web))
        self._pause_s = 1 / min(MOST_PER_S, load_policy(self.target.name).limits.most_per_s)
        self._free_at = 0.0

    def orders(self, prefix: str, *, limit: int) -> Listed:
        """List at most so many orders whose external id begins with the prefix. Raises NotListedError."""
        listed: list[Order] = []
        last: str | None = None
        where = self.target.web.base_url
        while len(listed) <= limit:
            answer = self._ask(orders.find_orders(prefix, last))
            if answer.outcome != "ok":
                raise NotListedError(f"{where}: expected a list of orders, found {answer.error}: is it well?")
            more = orders.found(answer.body)
            # Whatever the target makes of the prefix (a letter's case, a wildcard): other orders are none of ours.
            listed += [order for order in more if order.external_id.startswith(prefix)]
            if len(more) < orders.PAGE:
                break
            if more[-1].order_id == last:
                raise NotListedError(f"{where}: expected orders behind {last}, found the same again")
            last = more[-1].order_id
        return Listed(listed[:limit], more=len(listed) > limit)

    def cancel(self, order: Order) -> Judged:
        """Cancel one order."""
        return self._ask(orders.cancel(order.order_id))

    def close(self) -> None:
        self._pool.close()

    def _ask(self, call: Call) -> Judged:
        judged = Judged("unknown", "not asked", {})
        for _ in range(TRIES):
            try:
                bearer = f"Bearer {self.token.get(self._log_in)}"
            except NoTokenError as error:
                return Judged("failed", str(error), {})
            judged = self._send(call, ("Authorization", bearer))
            if judged.error == "401":
                self.token.drop()
            elif judged.outcome == "ok" or (judged.error or "").startswith((BUSINESS, ROLLED_BACK)):
                break
        return judged

    def _log_in(self) -> Judged:
        web = self.target.web
        return self._send(ofbiz.login(web.username, web.password.get_secret_value()))

    def _send(self, call: Call, *headers: tuple[str, str]) -> Judged:
        time.sleep(max(0.0, self._free_at - time.monotonic()))
        self._free_at = time.monotonic() + self._pause_s
        kind = ("Accept", "application/json"), ("Content-Type", call.content_type)
        answer, _ = self._pool.fetch(call.method, call.path, call.body, (*kind, *headers), None)
        return judge(call, answer)
