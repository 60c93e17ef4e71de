"""What a Locust process did from its second second on: requests, seconds, and seconds of CPU. Prints JSON."""

import json
import resource
import sys
import time
from typing import Any

import gevent
from locust import events
from locust.env import Environment

WARM_UP_S = 1.0


def attach() -> None:
    """Measure this process from a second after its users are there."""
    # Locust counts --run-time from when the event loop last looked at the clock: before the imports.
    gevent.get_hub().loop.update_now()
    begun: dict[str, float] = {}

    def begin(environment: Environment, **_: Any) -> None:
        gevent.spawn_later(WARM_UP_S, lambda: begun.update(_now(environment)))

    def end(environment: Environment, **_: Any) -> None:
        ended = _now(environment)
        sys.stdout.write(f"meter: {json.dumps({name: ended[name] - begun.get(name, 0.0) for name in ended})}\n")

    events.test_start.add_listener(begin)
    events.test_stopping.add_listener(end)


def _now(environment: Environment) -> dict[str, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    total = environment.stats.total
    return {
        "requests": total.num_requests,
        "failures": total.num_failures,
        "s": time.monotonic(),
        "cpu_s": used.ru_utime + used.ru_stime,
    }
