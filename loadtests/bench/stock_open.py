"""What an open loop on stock Locust's FastHttpUser sustains: its client, and a scheduler as people write them.

Usage: ``python -m loadtests.bench.stock_open URL RATE SECONDS USERS``.
Prints JSON: what it sent a second, and the p99 of its lag.
"""

import json
import random
import sys
import time

import gevent
import numpy as np
from locust import FastHttpUser
from locust.env import Environment

YIELD_EVERY = 64


class Stock(FastHttpUser):
    """geventhttpclient."""


def main(url: str, rate: float, seconds: float, users: int) -> None:
    """Send by chance at a rate for a time."""
    Stock.host = url
    environment = Environment(user_classes=[Stock])
    environment.create_local_runner()
    free = [Stock(environment) for _ in range(users)]
    for user in free:
        user.client.get("/")
    lags, sent = _send(free, rate, seconds)
    told = {"sent_per_s": sent / seconds, "lag_p99_ms": float(np.percentile(lags, 99)) * 1000}
    sys.stdout.write(f"meter: {json.dumps(told)}\n")


def _send(free: list[Stock], rate: float, seconds: float) -> tuple[list[float], int]:
    lags: list[float] = []
    began = due = time.perf_counter()
    sent = 0

    def ask(user: Stock) -> None:
        user.client.get("/")
        free.append(user)

    while time.perf_counter() - began < seconds and due - began < seconds:
        now = time.perf_counter()
        if due > now:
            gevent.sleep(due - now)
        elif not free:
            gevent.sleep(0)
        else:
            lags.append(now - due)
            gevent.spawn(ask, free.pop())
            sent += 1
            due += random.expovariate(rate)
            if sent % YIELD_EVERY == 0:
                gevent.sleep(0)
    return lags, sent


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
