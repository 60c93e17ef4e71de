"""Values over the whole of a game day, into ``signals.ndjson``: what a reader wants to see beside the traffic."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from experiments.probes import database, fleet, jobs
from experiments.probes.cloudwatch import SIGNALS, CloudWatch
from experiments.probes.watching import Watch
from experiments.sinks.read import open_sink
from fixtures.target import Target
from reports.evidence import RunDirectory

EVERY_S = 2.0
METRICS_EVERY = 3  # looks: a metric has a new value once in 5 s at most
END_LIMIT_S = 10.0


@contextmanager
def sampling(target: Target, run: RunDirectory, *, writer: str, every_s: float = EVERY_S) -> Iterator[None]:
    """Look in a thread of its own for as long as the block runs; what cannot be read is written as no value."""
    ending = threading.Event()
    thread = threading.Thread(target=_look, args=(target, run, writer, every_s, ending), name="sampling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(END_LIMIT_S)


def _look(target: Target, run: RunDirectory, writer: str, every_s: float, ending: threading.Event) -> None:
    out = run.signals(writer)
    primary, replica = open_sink(target, "primary"), open_sink(target, "replica")
    watch = Watch(out, subject=None)
    values: dict[str, Callable[[], Any]] = {
        "replica_lag_s": lambda: database.lag_s(replica),
        "backlog": lambda: jobs.waiting(primary),
        "healthy_targets": lambda: len(fleet.healthy_ids(target)),
        "dns_answer": lambda: list(database.addresses(target, target.databases.primary.host)),
        "server_identity": lambda: database.server(primary).data(),
    }
    metrics = CloudWatch(target)
    for look in count():
        if ending.wait(every_s):
            break
        for name, read in values.items():
            watch.see(name, read)
        if look % METRICS_EVERY == 0:
            watch.see_all(SIGNALS, metrics.latest)
    primary.close()
    replica.close()
    out.close()
