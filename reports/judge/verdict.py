"""The verdict of a run, and how ``verdict.json`` writes it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reports.evidence import RunDirectory
from reports.judge.measured import Expectation, Measured
from reports.judge.promise import Promise
from reports.judge.timeline import Phase
from reports.judge.words import EXIT_CODES, Word


@dataclass(frozen=True, slots=True)
class Sign:
    """What showed that a fault was there."""

    clock: str
    plane: str
    at_us: int
    what: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One word that something asked for, and why."""

    word: Word
    because: str


@dataclass(frozen=True, slots=True)
class NotRun:
    """An experiment that was planned and not run."""

    name: str
    because: str

    def __str__(self) -> str:
        return f"{self.name}: {self.because}" if self.because else self.name


@dataclass(frozen=True)
class ExperimentVerdict:
    """One experiment that was run."""

    name: str
    verdict: Word
    because: str
    called_us: int | None
    phases: tuple[Phase, ...]
    signs: tuple[Sign, ...]
    measured: tuple[Measured, ...]
    expected: tuple[Expectation, ...]


@dataclass(frozen=True)
class Verdict:
    """What the evidence of a run says, in one word, and everything that the word stands on."""

    verdict: Word
    because: str
    promises: tuple[Promise, ...]
    experiments: tuple[ExperimentVerdict, ...]
    not_run: tuple[NotRun, ...]
    reasons: tuple[Reason, ...]  # everything that asked for a word other than PASS, the worst first
    torn: dict[str, int] = field(default_factory=dict)  # records that could not be read, by file

    @property
    def exit_code(self) -> int:
        """The exit code of whoever made the run (design, section 4)."""
        return EXIT_CODES[self.verdict]

    @property
    def held(self) -> int:
        """How many promises are PASS."""
        return sum(promise.status == "PASS" for promise in self.promises)


def to_json(verdict: Verdict, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the verdict as ``verdict.json`` has it (design, section 5)."""
    target = facts.get("target")
    return {
        "schema": 1,
        "run": facts.get("run") or facts.get("name"),
        "kind": facts.get("kind"),
        "target": target.get("name") if isinstance(target, dict) else target,
        "verdict": str(verdict.verdict),
        "exit_code": verdict.exit_code,
        "because": verdict.because,
        "promises": [promise.to_json() for promise in verdict.promises],
        "experiments": [_experiment(one) for one in verdict.experiments],
        "not_run": [{"name": one.name, "because": one.because} for one in verdict.not_run],
        "torn": dict(sorted(verdict.torn.items())),
        "reasons": [{"word": str(one.word), "because": one.because} for one in verdict.reasons],
    }


def write_verdict(run: RunDirectory, verdict: Verdict) -> Path:
    """Write ``verdict.json`` into the run, or into ``derived/<time>/`` when it is sealed; return its path."""
    path = run.output / "verdict.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(to_json(verdict, run.facts), indent=1) + "\n")
    part.replace(path)
    return path


def _experiment(one: ExperimentVerdict) -> dict[str, Any]:
    return {
        "name": one.name,
        "verdict": str(one.verdict),
        "because": one.because,
        "called_us": one.called_us,
        "phases": [{"name": p.name, "from_us": p.from_us, "to_us": p.to_us} for p in one.phases],
        "signs": [{"clock": s.clock, "plane": s.plane, "at_us": s.at_us, "what": s.what} for s in one.signs],
        "measured": [{"phase": m.phase, "from_us": m.from_us, "to_us": m.to_us} for m in one.measured],
        "expected": [
            {"phase": e.phase, "seconds_from": e.seconds_from, "seconds_to": e.seconds_to, "why": e.why}
            for e in one.expected
        ],
    }
