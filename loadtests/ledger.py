"""Every write, in the ledger: what was meant before the first byte leaves, that it left, what came of it."""

from collections.abc import Sequence

from loadtests.api.ofbiz import Kind
from loadtests.writes import Intent
from reports.evidence import LedgerWriter, WriteOutcome

# How the outcome of a request reads as the outcome of a write.
AS_WRITE: dict[Kind, WriteOutcome] = {
    "ok": "acknowledged",
    "refused": "refused",
    "failed": "unknown",
    "unknown": "unknown",
}


class Ledger:
    """Writes all intents of one request together: a file of n orders is n writes, each with its own lines."""

    def __init__(self, writer: LedgerWriter) -> None:
        self._writer = writer

    def intend(self, writes: Sequence[Intent]) -> None:
        """Put the intents on disk. Call it before the request is built onto a socket."""
        for write in writes:
            self._writer.intent(
                write.key,
                write.declaration.kind,
                digest=write.digest,
                amount_minor=write.amount_minor,
                sinks=write.declaration.sinks,
                sum_key=write.sum_key,
                units=write.units,
            )

    def sent(self, writes: Sequence[Intent], *, n: int = 1) -> None:
        """The n-th attempt's first byte is about to be written."""
        for write in writes:
            self._writer.sent(write.key, n)

    def outcome(self, writes: Sequence[Intent], outcome: WriteOutcome, reason: str | None, *, n: int = 1) -> None:
        """What the n-th attempt came to."""
        for write in writes:
            self._writer.outcome(write.key, n, outcome, reason)

    def close(self) -> None:
        self._writer.close()
