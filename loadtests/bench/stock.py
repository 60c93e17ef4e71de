"""Stock Locust's clients in a closed loop: ``BENCH_CLIENT`` is fast or http."""

import os

from locust import FastHttpUser, HttpUser, constant, task

from loadtests.bench.meter import attach


class Fast(FastHttpUser):
    """geventhttpclient."""

    abstract = os.environ.get("BENCH_CLIENT", "fast") != "fast"
    wait_time = constant(0)

    @task
    def ask(self) -> None:
        """Ask."""
        self.client.get("/")


class Http(HttpUser):
    """requests."""

    abstract = os.environ.get("BENCH_CLIENT", "fast") != "http"
    wait_time = constant(0)

    @task
    def ask(self) -> None:
        """Ask."""
        self.client.get("/")


attach()
