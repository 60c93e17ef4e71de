"""The judge: pure functions from the evidence of a run to a verdict."""

from reports.judge.judging import judge, verdict_of
from reports.judge.promise import Promise, Status
from reports.judge.verdict import ExperimentVerdict, NotRun, Verdict, to_json, write_verdict
from reports.judge.words import EXIT_CODES, Word

__all__ = [
    "EXIT_CODES",
    "ExperimentVerdict",
    "NotRun",
    "Promise",
    "Status",
    "Verdict",
    "Word",
    "judge",
    "to_json",
    "verdict_of",
    "write_verdict",
]
