"""The evidence of a run: its schema, its writers (safe in a load worker: nothing heavy is imported), its readers."""

from reports.evidence.clock import now_us, utc_name
from reports.evidence.digest import order_digest, shipment_digest
from reports.evidence.events import EventWriter
from reports.evidence.ledger import LedgerWriter
from reports.evidence.ndjson import NdjsonWriter
from reports.evidence.rundirectory import RUNS, NotARunDirectoryError, RunDirectory, SealBrokenError
from reports.evidence.samples import SampleWriter
from reports.evidence.schema import (
    BUSINESS,
    GENERATOR,
    KEYED,
    SHIPMENT_SUFFIX,
    SINKS,
    Attempt,
    Delivery,
    Event,
    Job,
    Landed,
    Signal,
    Undo,
    Write,
    WriteOutcome,
)
from reports.evidence.undo import UndoLedger

__all__ = [
    "BUSINESS",
    "GENERATOR",
    "KEYED",
    "RUNS",
    "SHIPMENT_SUFFIX",
    "SINKS",
    "Attempt",
    "Delivery",
    "Event",
    "EventWriter",
    "Job",
    "Landed",
    "LedgerWriter",
    "NdjsonWriter",
    "NotARunDirectoryError",
    "RunDirectory",
    "SampleWriter",
    "SealBrokenError",
    "Signal",
    "Undo",
    "UndoLedger",
    "Write",
    "WriteOutcome",
    "now_us",
    "order_digest",
    "shipment_digest",
    "utc_name",
]
