"""The undo ledger: every harm is written with its way back *before* it is done, so that another process can undo it."""

import secrets
from pathlib import Path
from typing import Any

from reports.evidence.clock import now_us
from reports.evidence.ndjson import NdjsonWriter, convert, mapping, number, read_ndjson, text, whole_number
from reports.evidence.schema import Undo


class UndoLedger:
    """Appends to ``undo.ndjson``: ``intent`` before the harm, then how far it and its way back got."""

    def __init__(self, path: Path) -> None:
        self._out = NdjsonWriter(path)

    def intent(
        self,
        resource: str,
        action: str,
        *,
        experiment: str | None,
        before: dict[str, Any],
        way_back: dict[str, Any],
        lease_s: float | None = None,
        undo_id: str | None = None,
        at_us: int | None = None,
    ) -> str:
        """Write the way back and return its id. Nothing may be harmed before this returns."""
        undo_id = undo_id or secrets.token_hex(6)
        self._out.write(
            {
                "t": "intent",
                "id": undo_id,
                "experiment": experiment,
                "resource": resource,
                "action": action,
                "before": before,
                "way_back": way_back,
                "lease_s": lease_s,
                "at_us": now_us() if at_us is None else at_us,
            }
        )
        return undo_id

    def applied(self, undo_id: str, data: dict[str, Any] | None = None, *, at_us: int | None = None) -> None:
        """The harm is done."""
        self._step("applied", undo_id, data, at_us)

    def undone(self, undo_id: str, data: dict[str, Any] | None = None, *, at_us: int | None = None) -> None:
        """The way back was taken; not yet read back."""
        self._step("undone", undo_id, data, at_us)

    def verified(self, undo_id: str, data: dict[str, Any] | None = None, *, at_us: int | None = None) -> None:
        """Read back: the harm is over."""
        self._step("verified", undo_id, data, at_us)

    def failed(self, undo_id: str, data: dict[str, Any] | None = None, *, at_us: int | None = None) -> None:
        """The way back did not work, or could not be read back."""
        self._step("failed", undo_id, data, at_us)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._out.close()

    def _step(self, step: str, undo_id: str, data: dict[str, Any] | None, at_us: int | None) -> None:
        when = now_us() if at_us is None else at_us
        self._out.write({"t": step, "id": undo_id, "at_us": when, "data": data or {}})


def read_undo(*paths: Path) -> tuple[list[Undo], int]:
    """Return the merged undo records of the files, in the order of their intents, and the number of torn lines."""
    lines: list[dict[str, Any]] = []
    torn = 0
    for path in paths:
        more, cut = read_ndjson(path)
        lines += more
        torn += cut
    steps: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        if line.get("t") != "intent":
            steps.setdefault(str(line.get("id")), []).append(line)
    intents = [line for line in lines if line.get("t") == "intent"]
    records, odd = convert(intents, lambda intent: _undo(intent, steps.get(str(intent.get("id")), [])))
    return records, torn + odd


def _undo(intent: dict[str, Any], steps: list[dict[str, Any]]) -> Undo:
    return Undo(
        id=str(intent.get("id")),
        experiment=text(intent, "experiment"),
        resource=str(intent.get("resource")),
        action=str(intent.get("action")),
        before=mapping(intent, "before"),
        way_back=mapping(intent, "way_back"),
        lease_s=None if intent.get("lease_s") is None else number(intent, "lease_s"),
        at_us=whole_number(intent, "at_us", 0),
        steps=tuple(steps),
    )
