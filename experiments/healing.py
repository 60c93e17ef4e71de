"""Put the world back after a game day that was killed, from any other process.

What the dead game day started must be gone first, or it would go on hurting. Then its evidence is sealed as it was
left, every open record of its undo ledger is undone and read back, and what was done goes to ``amendments/``.
"""

from dataclasses import dataclass

from experiments.children import Handle, end_leftover
from experiments.safety import lock, undo
from fixtures.target import RegionNotUpError, load_target
from reports.evidence import RunDirectory

WRITER = "heal"
LEFTOVER_S = 15.0
STARTED = ("load.started", "process.started")


@dataclass(frozen=True)
class Healing:
    """What a heal did, line by line, and whether the world is as it was."""

    lines: tuple[str, ...]
    clean: bool

    @property
    def exit_code(self) -> int:
        return 0 if self.clean else 5


def heal(run: RunDirectory) -> Healing:
    """End leftovers, undo, read back. Raises lock.BusyError while the game day lives, TargetError for a bad target."""
    name, region = str(run.facts["target"]["name"]), str(run.facts["region"])
    with lock.only_one(name, region):
        ended = [f"{one.name} ({one.pid}): {end_leftover(one, within_s=LEFTOVER_S)}" for one in leftovers(run)]
        if not run.sealed:
            run.seal()
        events = run.events(WRITER)
        events.record("heal.started", data={"leftovers": ended})
        healing = _put_back(run, name, region, ended)
        events.record("heal.finished", data={"clean": healing.clean, "lines": list(healing.lines)})
        events.close()
    return healing


def leftovers(run: RunDirectory) -> list[Handle]:
    """Processes that the run's game day started and that still live."""
    started = [event.data for event in run.read_events() if event.kind in STARTED]
    handles = [Handle(d["name"], int(d["pid"]), int(d["started_ticks"])) for d in started if "started_ticks" in d]
    return [handle for handle in handles if handle.alive()]


def _put_back(run: RunDirectory, name: str, region: str, ended: list[str]) -> Healing:
    try:
        target = load_target(name, region=region)
    except RegionNotUpError as gone:
        written_off = undo.write_off(run, f"the region is gone: {gone}", writer=WRITER)
        said = [str(result) for result in written_off] or ["nothing was left to undo"]
        return Healing((*ended, f"nothing to put back: {gone}", *said), clean=undo.is_clean(run))
    results = undo.put_back(run, target, writer=WRITER)
    said = [str(result) for result in results] or ["nothing was left to undo"]
    clean = undo.is_clean(run) and not leftovers(run)
    return Healing((*ended, *said), clean=clean)
