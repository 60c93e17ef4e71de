"""What a person sees while a gate runs: a bar when the terminal is one, plain lines when it is not."""

import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from reports.evidence.traffic import Rate

SLOW_S = 10.0  # without a terminal: a line at least this often


class Display:
    """Shows what is going on, how long it takes, and the traffic."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._last_line = 0.0
        self._task: TaskID | None = None
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[traffic]}"),
            console=console,
            transient=True,
            redirect_stdout=False,
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._console.is_terminal:  # else it would print an empty line
            self._progress.stop()

    def say(self, text: str) -> None:
        """A line that stays. Nobody may be reading any more; that must not stop what is under way."""
        passed = int(time.monotonic() - self._started)
        with suppress(OSError):
            self._console.print(
                f"{passed // 60:02d}:{passed % 60:02d}  {text}", highlight=False, markup=False, soft_wrap=True
            )

    def begin(self, what: str, *, seconds: float) -> None:
        """Something begins that takes so long."""
        self.end()
        self.say(f"{what} for {seconds:g} s")
        self._last_line = time.monotonic()
        self._task = self._progress.add_task(what, total=seconds, traffic="")

    def show(self, passed_s: float, rate: Rate) -> None:
        """It goes on: so many seconds of it have passed, and this is the traffic."""
        traffic = f"{rate.requests_per_s:.0f} requests/s, {rate.errors_per_s:.1f} errors/s"
        if self._task is not None:
            self._progress.update(self._task, completed=passed_s, traffic=traffic)
        if not self._console.is_terminal and time.monotonic() - self._last_line >= SLOW_S:
            self._last_line = time.monotonic()
            self.say(f"  {passed_s:.0f} s: {traffic}")

    def end(self) -> None:
        """What was begun is over."""
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
