"""Stock Locust as anybody would use it: so many users, one request a second each, ``HttpUser`` or ``FastHttpUser``.

What Locust tells its listeners of each request is written down as it is. Settings come from the environment:
ACCURACY_COLUMN, ACCURACY_EVENTS (the file), ACCURACY_CORE.
"""

import json
import os
import random
import time
from pathlib import Path
from typing import Any

from locust import FastHttpUser, HttpUser, User, constant_throughput, events, task

from loadtests.accuracy.probe import pin

# What a careful user sets, so that a hung server is noticed at all: Locust's own are 60 s, and for ever.
PATIENCE_S = 3.0
PATH = "/item"

told: list[dict[str, Any]] = []
pin(int(os.environ["ACCURACY_CORE"]))


def out_of_step(user: User) -> None:
    """Begin at a moment of one's own. Locust makes all users at once, and they would ask together ever after.

    The pace is kept from the making on, and caught up with after a pause under a second; only a longer one moves it.
    """
    time.sleep(1 + random.random())


if os.environ["ACCURACY_COLUMN"] == "HttpUser":

    class Stock(HttpUser):
        """Plays one GET a second."""

        wait_time = constant_throughput(1)
        on_start = out_of_step

        @task
        def ask(self) -> None:
            self.client.get(PATH, timeout=PATIENCE_S)

else:

    class Stock(FastHttpUser):  # type: ignore[no-redef]
        """Plays one GET a second."""

        wait_time = constant_throughput(1)
        on_start = out_of_step
        connection_timeout = network_timeout = PATIENCE_S

        @task
        def ask(self) -> None:
            self.client.get(PATH)


@events.request.add_listener
def on_request(start_time: float, response_time: float, exception: Exception | None, **_: Any) -> None:
    """Keep what Locust says of a request."""
    error = None if exception is None else f"{type(exception).__name__}: {exception}"
    told.append({"start_s": start_time, "took_ms": response_time, "error": error})


@events.quitting.add_listener
def on_quitting(**_: Any) -> None:
    """Write it down."""
    lines = [json.dumps(each) + "\n" for each in told]
    Path(os.environ["ACCURACY_EVENTS"]).write_text("".join(lines))
