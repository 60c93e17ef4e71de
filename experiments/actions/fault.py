"""The one place that wraps every fault with the same care.

Policy, then the way back on disk, then the harm, then proof: one sign from the AWS API and one from the data plane. A
sign that does not come is not an error here; the judge then says that the fault was not proven.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from experiments import recording
from experiments.probes.watching import UNREADABLE, wait_until
from reports.evidence import EventWriter, RunDirectory, UndoLedger

Plane = Literal["api", "data"]
Sign = Callable[[], str | None]  # what was seen, or None while it is not there

CLOCK: dict[Plane, str] = {"api": "aws", "data": "traffic"}
SIGN_LIMIT_S = 15.0


class NobodyToHurtError(Exception):
    """No member fits the fault; a fault on nobody would pass everything."""


@dataclass(frozen=True)
class Harm:
    """What is about to be done, and the way back."""

    resource: str
    service: str
    operation: str
    parameters: dict[str, Any]
    before: dict[str, Any]
    way_back: dict[str, Any]
    lease_s: float | None = None


class Fault:
    """A fault under way: where it writes down what happened to it."""

    def __init__(self, harm: Harm, events: EventWriter, undo: UndoLedger, undo_id: str, called_us: int) -> None:
        self.harm = harm
        self.undo_id = undo_id
        self.called_us = called_us
        self._events, self._undo = events, undo

    def applied(self, answer: dict[str, Any]) -> None:
        """The API took the call."""
        self._undo.applied(self.undo_id, answer)

    def sign(self, plane: Plane, what: str, *, at_us: int | None = None, err_us: int = 0) -> None:
        """The fault was seen to be there: now, or at the time that AWS gives for it."""
        self._events.record(
            "sign",
            subject=self.harm.resource,
            data={"plane": plane, "what": what},
            experiment=recording.current_experiment(),
            clock=CLOCK[plane],
            at_us=at_us,
            err_us=err_us,
        )

    def prove(
        self,
        signs: Mapping[Plane, Sign],
        *,
        within_s: float = SIGN_LIMIT_S,
        on_look: Callable[[], None] = lambda: None,
    ) -> list[Plane]:
        """Look for one sign on each plane until all are seen or the time is up; return the planes without one."""
        missing = dict(signs)

        def all_seen() -> bool:
            on_look()
            for plane, look in list(missing.items()):
                what = _seen(look)
                if what:
                    self.sign(plane, what)
                    del missing[plane]
            return not missing

        wait_until(all_seen, within_s=within_s)
        return list(missing)


@contextmanager
def inject(harm: Harm) -> Iterator[Fault]:
    """Write the way back to disk, mark the first harmful call, and mark the end however it comes."""
    run, events, experiment = recording.current_run(), recording.current_events(), recording.current_experiment()
    undo = run.undo()
    undo_id = undo.intent(
        harm.resource,
        f"{harm.service}:{harm.operation}",
        experiment=experiment,
        before=harm.before,
        way_back=harm.way_back,
        lease_s=harm.lease_s,
    )
    _to_disk(run)
    called = {"service": harm.service, "operation": harm.operation, "parameters": harm.parameters}
    called_us = events.record("fault.called", subject=harm.resource, data=called, experiment=experiment)
    ended: dict[str, Any] = {"error": "interrupted"}
    try:
        yield Fault(harm, events, undo, undo_id, called_us)
        ended = {}
    except Exception as error:
        ended = {"error": f"{type(error).__name__}: {error}"}
        raise
    finally:
        events.record("fault.returned", subject=harm.resource, data=ended, experiment=experiment)
        undo.close()


def _seen(look: Sign) -> str | None:
    try:
        return look()
    except (*UNREADABLE, OSError):
        return None


def _to_disk(run: RunDirectory) -> None:
    """The undo ledger survives a crash of the machine, too; fsync is per file, whoever wrote to it."""
    fd = os.open(run.path / "undo.ndjson", os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
