"""Every write, in the ledger: what was meant before the first byte leaves, that it left, what came of it."""

from collections.abc import Sequence

from loadtests.api.answers import Judged, Kind
from loadtests.writes import Intent
from reports.evidence import LedgerWriter, WriteOutcome

# How the outcome of a request reads as the outcome of a write.
AS_WRITE: dict[Kind, WriteOutcome] = {
    "ok": "acknowledged",
    "refused": "refused",
    "failed": "unknown",
    "unknown": "unknown",
}


def as_write(judged: Judged, write: Intent) -> tuple[WriteOutcome, str | None]:
    """Return what an answer says about a write, and why.

    "Already" after an attempt without an answer is its acknowledgement: the system says that what was asked for is
    there, and nobody else asks for it. Without such an attempt it is a refusal, and what is there is for the judge.
    """
    if judged.already and write.in_doubt:
        return "acknowledged", f"{judged.error}: an attempt without an answer did it"
    return AS_WRITE[judged.outcome], judged.error


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

    def sent(self, writes: Sequence[Intent]) -> None:
        """The first byte is about to be written."""
        for write in writes:
            self._writer.sent(write.key, write.attempt)

    def answered(self, writes: Sequence[Intent], judged: Judged) -> None:
        """What the answer says about each write."""
        for write in writes:
            self._writer.outcome(write.key, write.attempt, *as_write(judged, write))

    def outcome(self, writes: Sequence[Intent], outcome: WriteOutcome, reason: str | None) -> None:
        """What this attempt came to, without an answer."""
        for write in writes:
            self._writer.outcome(write.key, write.attempt, outcome, reason)

    def close(self) -> None:
        self._writer.close()
