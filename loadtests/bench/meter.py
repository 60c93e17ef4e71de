"""What a Locust process does from two seconds after its users are there: requests, and seconds of time and of CPU.

Prints JSON. It ends the process after ``BENCH_SECONDS``: Locust's own run time begins before everything is there.
"""

import json
import os
import resource
import sys
import time
from typing import Any

import gevent
from locust import events
from locust.env import Environment

WARM_UP_S = 2.0


def attach() -> None:
    """Measure this process, and end it."""
    begun: list[dict[str, float]] = []
    environments: list[Environment] = []

    def measure(environment: Environment) -> None:
        gevent.sleep(WARM_UP_S)
        begun.append(_now(environment))
        gevent.sleep(float(os.environ["BENCH_SECONDS"]))
        assert environment.runner is not None
        environment.runner.quit()

    def end(environment: Environment, **_: Any) -> None:
        ended = _now(environment)
        sys.stdout.write(f"meter: {json.dumps({name: ended[name] - begun[0][name] for name in ended})}\n")

    events.test_start.add_listener(lambda environment, **_: environments.append(environment))
    events.spawning_complete.add_listener(lambda **_: gevent.spawn(measure, environments[0]))
    events.test_stopping.add_listener(end)


def _now(environment: Environment) -> dict[str, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    total = environment.stats.total
    return {
        "requests": total.num_requests,
        "failures": total.num_failures,
        "s": time.monotonic(),
        "user_s": used.ru_utime,
        "system_s": used.ru_stime,
    }
