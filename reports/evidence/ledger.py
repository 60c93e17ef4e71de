"""The write ledger: what the load meant to write, that it was sent, and what came back.

An intent is on disk before the first byte is sent. A write whose ledger ends before its answer is *unknown*: it may
have landed or not, and both are right.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from reports.evidence.clock import now_us
from reports.evidence.ndjson import NdjsonWriter, read_ndjson
from reports.evidence.schema import Attempt, Write, WriteOutcome


class LedgerWriter:
    """Appends to ``ledger/<worker>.ndjson``; one writer a process."""

    def __init__(self, path: Path) -> None:
        self._out = NdjsonWriter(path)

    def intent(
        self,
        key: str,
        kind: str,
        *,
        digest: str | None,
        amount_minor: int | None,
        sinks: Sequence[str],
        sum_key: str | None = None,
        units: int | None = None,
        at_us: int | None = None,
    ) -> None:
        """Write down one write that is about to be sent: its key, its content's digest, the sinks where it must land.

        A stock delta has no key in the API: give ``sum_key`` ("facility|product") and ``units`` (more than 0) too.
        """
        record: dict[str, Any] = {"t": "intent", "key": key, "kind": kind, "at_us": _time(at_us), "digest": digest}
        record |= {"amount_minor": amount_minor, "sinks": list(sinks)}
        if sum_key is not None:
            record |= {"sum_key": sum_key, "units": units}
        self._out.write(record)

    def sent(self, key: str, n: int, *, at_us: int | None = None) -> None:
        """The n-th attempt (from 1) is being sent."""
        self._out.write({"t": "sent", "key": key, "n": n, "at_us": _time(at_us)})

    def outcome(
        self, key: str, n: int, outcome: WriteOutcome, reason: str | None = None, *, at_us: int | None = None
    ) -> None:
        """What the n-th attempt came to. ``refused`` needs proof that it cannot have happened; in doubt ``unknown``."""
        self._out.write(
            {"t": "outcome", "key": key, "n": n, "at_us": _time(at_us), "outcome": outcome, "reason": reason}
        )

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._out.close()


def read_ledger(paths: Iterable[Path]) -> tuple[list[Write], int]:
    """Return every intended write of the files with its attempts, by time of intent, and the number of torn lines."""
    intents: dict[str, dict[str, Any]] = {}
    attempts: dict[str, dict[int, dict[str, Any]]] = {}
    torn = 0
    for path in paths:
        records, cut = read_ndjson(path)
        torn += cut
        for record in records:
            key = str(record.get("key"))
            if record.get("t") == "intent":
                intents.setdefault(key, record)
            else:
                attempt = attempts.setdefault(key, {}).setdefault(int(record.get("n") or 1), {})
                attempt[str(record.get("t"))] = record
    writes = [_write(key, intent, attempts.get(key, {})) for key, intent in intents.items()]
    return sorted(writes, key=lambda write: (write.at_us, write.key)), torn


def _write(key: str, intent: dict[str, Any], attempts: dict[int, dict[str, Any]]) -> Write:
    return Write(
        key=key,
        kind=str(intent.get("kind")),
        at_us=int(intent.get("at_us", 0)),
        digest=intent.get("digest"),
        amount_minor=intent.get("amount_minor"),
        sinks=tuple(intent.get("sinks") or ()),
        attempts=tuple(_attempt(n, records) for n, records in sorted(attempts.items())),
        sum_key=intent.get("sum_key"),
        units=intent.get("units"),
    )


def _attempt(n: int, records: dict[str, Any]) -> Attempt:
    sent = records.get("sent") or {}
    outcome = records.get("outcome") or {}
    said = outcome.get("outcome")
    return Attempt(
        n=n,
        sent_us=sent.get("at_us"),
        outcome=said if said in ("acknowledged", "refused") else "unknown",
        outcome_us=outcome.get("at_us"),
        reason=outcome.get("reason"),
    )


def _time(at_us: int | None) -> int:
    return now_us() if at_us is None else at_us
