"""What a person sees while a game day runs: a live line when the terminal is one, plain lines when it is not."""

import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from reports.evidence.traffic import Rate

SLOW_S = 15.0  # without a terminal: a line at least this often


class Display:
    """Shows experiment, phase, time left and traffic."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rate: Callable[[], Rate] | None = None
        self._experiment = ""
        self._phase = ""
        self._ends_at: float | None = None
        self._started = time.monotonic()
        self._last_line = 0.0
        self._live = Live(
            console=console, get_renderable=self._line, refresh_per_second=2, transient=True, redirect_stdout=False
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._live.stop()

    def say(self, text: str) -> None:
        """A line that stays. Nobody may be reading any more; that must not stop what is under way."""
        with suppress(OSError):
            self._console.print(f"{self._clock()}  {text}", highlight=False, markup=False, soft_wrap=True)

    def phase(self, experiment: str, phase: str, *, at_most_s: float | None = None) -> None:
        """A part of the story begins; ``at_most_s`` is when it ends at the latest."""
        self._experiment, self._phase = experiment, phase
        self._ends_at = time.monotonic() + at_most_s if at_most_s else None
        self._last_line = time.monotonic()
        self.say(f"{experiment}: {phase}" if experiment else phase)

    def show_traffic(self, rate: Callable[[], Rate] | None) -> None:
        """From here on show this traffic; None: there is none."""
        self._rate = rate

    def tick(self) -> None:
        """Called while waiting: without a terminal, a line now and then."""
        if not self._console.is_terminal and time.monotonic() - self._last_line >= SLOW_S:
            self._last_line = time.monotonic()
            self.say(f"  {self._state()}")

    def _line(self) -> Text:
        return Text(f"{self._clock()}  {self._state()}", style="bold")

    def _state(self) -> str:
        parts = [f"{self._experiment} {self._phase}".strip()]
        if self._ends_at is not None:
            parts.append(f"at most {max(0, round(self._ends_at - time.monotonic()))} s left")
        if self._rate is not None:
            rate = self._rate()
            parts.append(f"{rate.requests_per_s:.0f} requests/s, {rate.errors_per_s:.1f} errors/s")
        return " · ".join(parts)

    def _clock(self) -> str:
        passed = int(time.monotonic() - self._started)
        return f"{passed // 60:02d}:{passed % 60:02d}"
