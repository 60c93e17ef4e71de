"""Our engine, playing ``profiles.toml`` of this folder with a journey of one GET: ordinary Locust code.

Settings come from the environment as for ``loadtests/locustfile.py``, and ACCURACY_CORE.
"""

import os

from locust import task

from loadtests.accuracy.generators import PROFILES
from loadtests.accuracy.probe import pin
from loadtests.launch import Launch
from loadtests.user import LoadUser


class Asker(LoadUser):
    """Takes the place of the shopper."""

    journey = "shopper"
    endpoints = ("GET /item",)

    @task
    def ask(self) -> None:
        """Ask once."""
        self.client.get("/item")


pin(int(os.environ["ACCURACY_CORE"]))
Launch(profiles=PROFILES).attach()
