"""What the name server said to this worker, among the run's signals."""

from loadtests.resolver import Lookup
from reports.evidence import NdjsonWriter

WEB_ADDRESSES = "web_addresses"
AGAIN_US = 1_000_000  # the same answer is written again after so long, so that a short TTL does not fill the disk


class NameJournal:
    """Writes each answer that differs from the one before, and the same one at most once a second."""

    def __init__(self, signals: NdjsonWriter, name: str) -> None:
        self._signals = signals
        self._name = name
        self._last: Lookup | None = None

    def heard(self, lookup: Lookup) -> None:
        """Take what the name server said."""
        last = self._last
        same = last is not None and (last.addresses, last.error) == (lookup.addresses, lookup.error)
        if last is not None and same and lookup.at_us - last.at_us < AGAIN_US:
            return
        self._last = lookup
        said = (
            {"addresses": lookup.addresses, "ttl_s": lookup.ttl_s} if lookup.error is None else {"error": lookup.error}
        )
        value = {**said, "took_us": lookup.took_us}
        self._signals.write({"at_us": lookup.at_us, "name": WEB_ADDRESSES, "subject": self._name, "value": value})

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._signals.close()
