"""The write ledger: what the load meant to write, that it was sent, and what came back.

An intent is on disk before the first byte is sent. A write whose ledger ends before its answer is *unknown*: it may
have landed or not, and both are right.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from reports.evidence.clock import now_us
from reports.evidence.ndjson import NdjsonWriter, convert, read_ndjson, text, whole_number
from reports.evidence.schema import Attempt, Write, WriteOutcome

_Try = tuple[int, str]  # the number of the attempt, and whose it is


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

        A write that is tried again is written down again. The first intent is what counts.
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


def read_ledger(paths: Iterable[Path]) -> tuple[list[Write], Counter[str]]:
    """Return every intended write of the files with its attempts, by time of intent, and the torn records by file name.

    An attempt without its intent is torn: the intent was written before it, so a part of the file is gone. Two writers
    may have tried the same key, each with its own count of attempts.
    """
    intents: dict[str, list[Write]] = defaultdict(list)
    lines: list[tuple[Path, dict[str, Any]]] = []
    torn: Counter[str] = Counter()
    for path in paths:
        records, torn[path.name] = read_ndjson(path)
        found, odd = convert((one for one in records if one.get("t") == "intent"), partial(_intent, writer=path.stem))
        torn[path.name] += odd
        for write in found:
            intents[write.key].append(write)
        lines += [(path, one) for one in records if one.get("t") != "intent"]
    attempts: dict[str, dict[_Try, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for path, line in lines:
        pair, odd = convert([line], _step)
        if odd or pair[0][0] not in intents:
            torn[path.name] += 1
            continue
        key, n, step = pair[0]
        attempts[key][n, path.stem][step] = line
    writes = [_merged(again, attempts.get(key, {})) for key, again in intents.items()]
    return sorted(writes, key=lambda write: (write.at_us, write.key)), +torn


def _merged(intents: list[Write], attempts: Mapping[_Try, dict[str, Any]]) -> Write:
    """Return one write of all its intents, of which the first counts, and its attempts."""
    intents = sorted(intents, key=lambda write: write.at_us)
    several = tuple((write.writer, write.at_us) for write in intents) if len(intents) > 1 else ()
    return replace(intents[0], attempts=_attempts(attempts), intents=several)


def _intent(record: dict[str, Any], writer: str) -> Write:
    sinks = record.get("sinks") or []
    if not isinstance(sinks, list):
        raise ValueError(f"sinks: expected a list, found {sinks!r}")
    return Write(
        key=str(record["key"]),
        kind=str(record.get("kind")),
        at_us=whole_number(record, "at_us"),
        digest=text(record, "digest"),
        amount_minor=_optional(record, "amount_minor"),
        sinks=tuple(map(str, sinks)),
        sum_key=text(record, "sum_key"),
        units=_optional(record, "units"),
        writer=writer,
    )


def _step(record: dict[str, Any]) -> tuple[str, int, str]:
    """Return the key, the number of the attempt, and which of its steps the line is."""
    whole_number(record, "at_us")
    return str(record["key"]), whole_number(record, "n", 1), str(record["t"])


def _attempts(tries: Mapping[_Try, dict[str, Any]]) -> tuple[Attempt, ...]:
    return tuple(_attempt(n, records) for (n, _), records in sorted(tries.items()))


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


def _optional(record: dict[str, Any], name: str) -> int | None:
    return None if record.get(name) is None else whole_number(record, name)


def _time(at_us: int | None) -> int:
    return now_us() if at_us is None else at_us
