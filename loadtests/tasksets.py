"""Locust's loop over a user's tasks, with a short cut where there is no pause, and with arrivals instead of pauses."""

from typing import TYPE_CHECKING

from locust.exception import RescheduleTask, RescheduleTaskImmediately, StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING, DefaultTaskSet

if TYPE_CHECKING:
    from loadtests.user import LoadUser, TruthfulUser


class Turns(DefaultTaskSet):
    """From one task to the next without a way round where there is no pause.

    In Locust's own a user that has its answer, after others had their turn, goes round through the event loop again.
    """

    user: "TruthfulUser"

    def execute_next_task(self) -> None:
        """Execute tasks until Locust has to decide what comes next."""
        user, task = self.user, self._task_queue.popleft()
        while True:
            if isinstance(task, type):
                self.execute_task(task)
            else:
                task(user)
            if self._task_queue or not self.go_on():
                return
            task = user.tasks[0] if len(user.tasks) == 1 else self.get_next_task()

    def go_on(self) -> bool:
        """Whether the next task may follow; if not, Locust lets its user wait."""
        user = self.user
        if user._state == LOCUST_STATE_STOPPING:
            raise StopUser
        waited, user.gave_way = user.gave_way, False
        return waited and user.at_once


class Arrivals(Turns):
    """The same, but one waits for the next arrival, not for a time."""

    user: "LoadUser"

    def on_start(self) -> None:
        """Connect, and wait until all users are there; Locust would begin with a task, but an arrival comes first."""
        self.user.wire.warm_up()
        self.user.worker.wait_for_begin()
        self.wait()

    def execute_next_task(self) -> None:
        """Execute tasks; one that interrupts itself to make room for the next has to wait for an arrival, too."""
        try:
            super().execute_next_task()
        except RescheduleTaskImmediately as interrupted:
            raise RescheduleTask from interrupted

    def wait(self) -> None:
        """Wait until the user has something to do."""
        user = self.user
        if user._state == LOCUST_STATE_STOPPING or user.worker.stopping.is_set():
            raise StopUser
        user._state = LOCUST_STATE_WAITING  # Locust may end it here at once
        user.next_arrival()
        user._state = LOCUST_STATE_RUNNING

    def go_on(self) -> bool:
        """It may, when there is one."""
        self.wait()
        return True
