"""What every part of a running game day needs at hand, and the small questions that all of them ask."""

from dataclasses import dataclass, field
from typing import Any

from experiments.catalog import Entry
from experiments.children import Child
from experiments.display import Display
from experiments.healing import undo_everything
from experiments.planning import GameDay, Timing
from experiments.stopping import Stop
from fixtures.target import Target
from reports.evidence import EventWriter, Job, RunDirectory
from reports.evidence.traffic import Traffic

WRITER = "gameday"


@dataclass
class Day:
    """One game day under way on one target, with its run directory, its load and whoever watches."""

    gameday: GameDay
    region: str
    target: Target
    run: RunDirectory
    events: EventWriter
    display: Display
    stop: Stop
    traffic: Traffic
    load: Child | None = None
    load_ended: bool = False
    jobs_before: list[Job] = field(default_factory=list)
    snapshots: dict[str, Any] = field(default_factory=dict)
    played: list[str] = field(default_factory=list)

    @property
    def timing(self) -> Timing:
        return self.gameday.timing

    def record(self, kind: str, *, subject: str | None = None, entry: Entry | None = None, **data: Any) -> int:
        """Write one event of the timeline; returns its time in microseconds."""
        return self.events.record(kind, subject=subject, data=data, experiment=entry.name if entry else None)

    def undo_everything(self) -> None:
        """Take every way back that is not proven yet, and say what came of it."""
        for result in undo_everything(self.run, target=self.target.name, region=self.region, writer=WRITER):
            self.display.say(f"undo: {result}")

    def load_is_dead(self) -> bool:
        """Whether the generator ended although nobody asked it to; said once in the timeline."""
        if self.load is None or self.load.exit_code is None:
            return False
        if not self.load_ended:
            self.load_ended = True
            reason = f"died with exit code {self.load.exit_code}: {self.load.last_line() or 'it said nothing'}"
            self.record("load.stopped", subject="died", reason=reason)
            self.display.say(f"the load generator {reason}")
        return True
