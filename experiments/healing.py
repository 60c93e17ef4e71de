"""Put the world back after a game day that was killed, from any other process.

What the dead game day started must be gone first, or it would go on hurting. Then every open way back is taken and read
back; only after that its evidence is sealed as it was left, and what was done goes to ``amendments/``: a full disk must
not keep anything from being undone.
"""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from experiments.children import Handle, end_leftover
from experiments.planning import GameDayError
from experiments.safety import lock, undo
from experiments.safety.undo import Taken, UndoResult
from fixtures.target import RegionNotUpError, Target, TargetError, load_target
from reports.evidence import RunDirectory, now_us

WRITER = "heal"
LEFTOVER_S = 15.0
CONNECT_LIMIT_S = 2.0
STARTED = ("load.started", "process.started")


class NotHealedError(Exception):
    """Something is not undone, and could not be undone from here; the message says what to do."""


class _OutOfReachError(NotHealedError):
    """The region is not found from here, but nothing proves that it is gone."""


@dataclass(frozen=True)
class Healing:
    """What a heal did, line by line, and whether nothing of the harm is left; ``ending`` says it in a sentence."""

    lines: tuple[str, ...]
    clean: bool
    ending: str

    @property
    def exit_code(self) -> int:
        return 0 if self.clean else 5


def heal(run: RunDirectory) -> Healing:
    """End leftovers, undo, read back, write down.

    Raises lock.BusyError while the game day lives, GameDayError for a run that is none, TargetError for a bad target,
    and NotHealedError for whatever else comes while something is not undone.
    """
    name, region = _whose(run)
    try:
        with lock.only_one(name, region):
            return _heal(run, name, region)
    except (lock.BusyError, TargetError, NotHealedError):
        raise
    except (Exception, KeyboardInterrupt) as error:
        if undo.is_clean(run):
            raise
        why = f"{type(error).__name__} {error}".strip()
        raise NotHealedError(f"{why}; not everything is undone: run `gameday heal {run.path}` again") from error


def leftovers(run: RunDirectory) -> list[Handle]:
    """Processes that the run's game day started and that still live."""
    started = [event.data for event in run.read_events() if event.kind in STARTED]
    handles = [Handle(d["name"], int(d["pid"]), int(d["started_ticks"])) for d in started if "started_ticks" in d]
    return [handle for handle in handles if handle.alive()]


def undo_everything(run: RunDirectory, *, target: str, region: str, writer: str) -> list[UndoResult]:
    """Undo what the run did and read it back; with a region that is proven to be gone, its records are written off."""
    try:
        taken = _take_back(run, target, region)
    except _OutOfReachError as error:
        taken = undo.leave_open(run, str(error))
    return undo.write_down(run, taken, writer=writer)


def _heal(run: RunDirectory, name: str, region: str) -> Healing:
    if not undo.is_clean(run):
        _find(run, name, region)  # before anything is touched: the game day may live where we cannot see it
    began_us = now_us()
    ended = [f"{one.name} ({one.pid}): {end_leftover(one, within_s=LEFTOVER_S)}" for one in leftovers(run)]
    taken = _take_back(run, name, region)
    unsealed = _try("sealed", run.seal)
    results = undo.write_down(run, taken, writer=WRITER)
    clean = undo.is_clean(run) and not leftovers(run)
    lines = [*ended, *(map(str, results) if results else ["nothing was left to undo"]), *unsealed]
    lines += _try("written down", lambda: _record(run, began_us, ended, {"clean": clean, "lines": lines}))
    return Healing(tuple(lines), clean, _ending(taken, clean=clean))


def _whose(run: RunDirectory) -> tuple[str, str]:
    """The names of the target and of the region that the run worked on."""
    target, region = run.facts.get("target"), run.facts.get("region")
    name = target.get("name") if isinstance(target, dict) else None
    if not name or not region:
        kind = run.facts.get("kind")
        raise GameDayError(f"{run.path}: expected a game day's run, with target and region, found one of kind {kind!r}")
    return str(name), str(region)


def _take_back(run: RunDirectory, name: str, region: str) -> list[Taken]:
    if undo.is_clean(run):
        return []
    found = _find(run, name, region)
    if found is not None:
        return undo.take_back(run, found)
    return undo.write_off(run, f"nothing to put back: region {region!r} is gone, nobody listens at {_endpoint(run)}")


def _find(run: RunDirectory, name: str, region: str) -> Target | None:
    """The target; None when its region is proven to be gone: its address refuses.

    A state file that is not here proves nothing: it is another user's, or in another TMPDIR. Raises _OutOfReachError.
    """
    try:
        return load_target(name, region=region)
    except RegionNotUpError as error:
        endpoint = _endpoint(run)
        if _refuses(endpoint):
            return None
        raise _OutOfReachError(
            f"region {region!r}: expected its state file here or a refused connection at {endpoint}, found neither: "
            f"run `gameday heal {run.path}` as the user and with the TMPDIR of `stack up`, "
            "or stop what has its address since"
        ) from error


def _endpoint(run: RunDirectory) -> str | None:
    """Where the run's AWS API was, None when the run does not say."""
    target = run.facts.get("target")
    return target.get("endpoint_url") if isinstance(target, dict) else None


def _refuses(url: str | None) -> bool:
    """Whether nobody listens there. No answer in time, or no address known, proves nothing."""
    try:
        where = urlsplit(url or "")
        if where.hostname is None or where.port is None:
            return False
        socket.create_connection((where.hostname, where.port), timeout=CONNECT_LIMIT_S).close()
    except ConnectionRefusedError:
        return True
    except (OSError, ValueError):
        return False
    return False


def _record(run: RunDirectory, began_us: int, ended: list[str], finished: dict[str, Any]) -> None:
    events = run.events(WRITER)
    events.record("heal.started", data={"leftovers": ended}, at_us=began_us)
    events.record("heal.finished", data=finished)
    events.close()


def _try(what: str, write: Callable[[], object]) -> list[str]:
    """Write if it can be; the line that says so when not."""
    try:
        write()
    except OSError as error:
        return [f"not {what}: {error}: make room and run `gameday heal` again"]
    return []


def _ending(taken: Sequence[Taken], *, clean: bool) -> str:
    if not clean:
        return "UNSAFE: not everything is undone and on record, see above"
    if any(one.how == "written off" for one in taken):
        return "healed: the region is gone, what was open is written off"
    return "healed: everything is undone and read back"
