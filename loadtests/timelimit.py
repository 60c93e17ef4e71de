"""No load is on for longer than the policy lets it be, also one that has no end of its own."""

import logging
from typing import Any

import gevent
from locust import events
from locust.env import Environment
from locust.runners import WorkerRunner

logger = logging.getLogger(__name__)

LED_S = 60.0  # whoever leads a load has planned its end, within the limit; only when he does not come we end it


class TimeLimit:
    """Ends this process's load ``longest_s`` seconds after it has begun; one that is led (a gate's) a little later."""

    def __init__(self, environment: Environment, longest_s: float, *, is_led: bool) -> None:
        self._environment = environment
        self._longest_s = longest_s + (LED_S if is_led else 0.0)
        self._timer: gevent.Greenlet | None = None

    def attach(self) -> None:
        """Add our listeners to Locust's events; a worker is ended by its master."""
        if not isinstance(self._environment.runner, WorkerRunner):
            events.test_start.add_listener(self.on_test_start)
            events.test_stop.add_listener(self.on_test_stop)

    def on_test_start(self, **_: Any) -> None:
        """The load begins."""
        self._timer = gevent.spawn_later(self._longest_s, self._end)

    def on_test_stop(self, **_: Any) -> None:
        """It has ended before, unless it is us who end it now."""
        if self._timer is not None and self._timer is not gevent.getcurrent():
            self._timer.kill(block=False)

    def _end(self) -> None:
        logger.error("the policy lets load be on for %g s, which are over: stopping", self._longest_s)
        runner = self._environment.runner
        if runner is None:
            return
        if self._environment.web_ui is None:
            runner.quit()
        else:
            runner.stop()
