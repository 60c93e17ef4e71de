"""Whether the ledgers hold all that was written: what one with a hole does not know is no news of the system. Pure.

A ledger cannot say itself that its end is missing, so it is held against what else knows of the writes: the samples
(every request that writes is a row there), the sentinels, and the events of those who opened a ledger.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from reports.judge.case import Case
from reports.judge.promise import plural, some
from reports.judge.workers import unstopped


def hole(case: Case) -> str | None:
    """Return one sentence on what is known to be missing in a ledger; None when nothing is."""
    return next((found for find in (_never_written, _cut, _fewer_than_sent) for found in find(case)), None)


def doubt(case: Case) -> str | None:
    """Return why a key that no ledger knows may be the load's own all the same; None when it cannot."""
    silent = sorted({second.worker for second in case.delivery} - {write.writer for write in case.writes})
    if silent:
        return f"the ledger of load worker {some(silent)} is empty"
    killed = sorted(unstopped(case))
    return f"load worker {some(killed)} was killed, and its ledger may lack the end" if killed else None


def _never_written(case: Case) -> Iterator[str]:
    """What somebody says that he wrote, and that is in no ledger."""
    writers, keys = {write.writer for write in case.writes}, {write.key for write in case.writes}
    opened = {str(event.data.get("writer")) for event in case.of_kind("ledger.opened")}
    sentinels = {str(event.data.get("key")) for event in case.of_kind("sentinel") if event.data.get("written_us")}
    if opened - writers:
        yield f"ledger {some(sorted(opened - writers))} was opened, and is not there or empty"
    if sentinels - keys:
        yield f"sentinel {some(sorted(sentinels - keys))} was written, and is in no ledger"


def _cut(case: Case) -> Iterator[str]:
    """Whoever came to his own end left whole records, and an answer for each of his writes."""
    if case.was_killed:
        return
    killed = unstopped(case)
    for name, torn in case.torn.items():
        folder, _, file = name.rpartition("/")
        if folder == "ledger" and file.removesuffix(".ndjson") not in killed:
            yield f"{name} is not whole: {plural(torn, 'record')} cannot be read, though its writer ended by itself"
    unanswered: dict[str, int] = defaultdict(int)
    for write in case.writes:
        ended = write.writer and write.writer not in killed
        unanswered[write.writer] += bool(ended and not any(attempt.outcome_us for attempt in write.attempts))
    for writer, count in unanswered.items():
        if count:
            yield f"ledger/{writer}.ndjson is cut off: {plural(count, 'write')} without an end, though its writer ended"


def _fewer_than_sent(case: Case) -> Iterator[str]:
    """The intents of a request are written right after its start, before the next one of its worker starts."""
    for (worker, kind), starts in sorted(case.write_starts.items()):
        intents = np.sort(np.array(_intents(case, worker, kind), dtype=np.int64))
        ends = np.append(starts[1:], np.iinfo(np.int64).max)
        missing = int((np.searchsorted(intents, starts) == np.searchsorted(intents, ends)).sum())
        if missing:
            yield f"the ledger lacks what {missing:,} of {len(starts):,} requests of worker {worker} wrote ({kind})"


def _intents(case: Case, worker: str, kind: str) -> list[int]:
    """When a worker wrote down that it was about to send a write of a kind, again or for the first time."""
    return [
        at_us
        for write in case.writes
        if write.kind == kind
        for writer, at_us in write.intents or ((write.writer, write.at_us),)
        if writer == worker
    ]
