"""Stock Chaos Toolkit as a process of its own, and what its journal says.

It wants the main thread, its settings are global, and neither its exit code nor its idea of success is ours: a failed
action or an unmet hypothesis leaves it at 0 (``research/chaos-tools.md`` 2.5). So it gets a process, always plays its
rollbacks, and its journal is read here for one thing only: whether the method was carried out.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from experiments.children import Child, start
from experiments.load import ROOT

Result = Literal["completed", "baseline_not_met", "refused", "aborted", "failed"]


@dataclass(frozen=True)
class Ending:
    """How an experiment ended, as its ``experiment.finished`` event says it."""

    result: Result
    reason: str | None = None


def start_chaos(run: Path, *, experiment: str, file: Path, env: Mapping[str, str]) -> Child:
    """Start ``chaos run`` on one catalogue file. Its rollbacks are played however it ends, but for SIGKILL."""
    journal = journal_path(run, experiment)
    journal.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file"]
    command += ["--settings", str(run / "logs" / "no-settings.yaml")]  # what lies in a home directory has no say
    command += ["run", "--rollback-strategy", "always", "--journal-path", str(journal), str(file)]
    return start(f"chaos-{experiment}", command, env=env, log=run / "logs" / f"chaos-{experiment}.log", cwd=ROOT)


def journal_path(run: Path, experiment: str) -> Path:
    return run / "journal" / f"{experiment}.json"


def ending(run: Path, experiment: str, exit_code: int | None) -> Ending:
    """Whether the method was carried out, by the journal; ``exit_code`` None: it did not end in its time."""
    if exit_code is None:
        return Ending("failed", "Chaos Toolkit did not end in its time and was stopped")
    try:
        journal = json.loads(journal_path(run, experiment).read_text())
    except (OSError, ValueError):
        return Ending(
            "failed", f"Chaos Toolkit ended with {exit_code} and left no journal: see logs/chaos-{experiment}.log"
        )
    return from_journal(journal)


def from_journal(journal: dict[str, Any]) -> Ending:
    """The ending that a journal tells of. Pure."""
    method = journal.get("run") or []
    failed = next((one for one in method if one.get("status") != "succeeded"), None)
    refusal = _refusal(method)
    if refusal:
        return Ending("refused", refusal)
    before = (journal.get("steady_states") or {}).get("before") or {}
    if before and before.get("steady_state_met") is False:
        return Ending("baseline_not_met", _unmet(before))
    if journal.get("status") in ("interrupted", "aborted"):
        return Ending("aborted", f"Chaos Toolkit was {journal['status']}")
    if failed is not None:
        name = (failed.get("activity") or {}).get("name")
        return Ending("failed", f"{name}: {_last_line(failed.get('exception'))}")
    return Ending("completed")


def _refusal(method: list[dict[str, Any]]) -> str | None:
    for one in method:
        line = _last_line(one.get("exception"))
        if "RefusedError" in line:
            return line.partition("RefusedError:")[2].strip() or line
    return None


def _unmet(before: dict[str, Any]) -> str:
    for probe in before.get("probes") or []:
        if probe.get("tolerance_met") is not True:
            name = (probe.get("activity") or {}).get("name")
            return f"{name} was {probe.get('output')!r}, out of tolerance"
    return "the steady state was not met"


def _last_line(exception: object) -> str:
    lines = exception if isinstance(exception, list) else str(exception or "no exception was recorded").splitlines()
    text = "".join(str(line) for line in lines).strip().splitlines()
    return text[-1].strip() if text else ""
