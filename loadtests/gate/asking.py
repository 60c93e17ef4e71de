"""What a gate is asked to hold a run to: rules, what they are compared with, and what is waived. Nothing is started."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from loadtests.gate.baselines import find_runs, require_alike
from loadtests.gate.generator import ROOT
from loadtests.gate.parsing import DEFAULT_RULES, parse_rules
from loadtests.gate.waiving import WAIVERS_FILE, read_waivers
from loadtests.options import UsageError
from reports.evidence import RunDirectory
from reports.judge import Verdict
from reports.judge.load import judge_load
from reports.judge.rules import Rule
from reports.judge.waivers import Waiver

RULES_FILE = "gate.rules"  # in the run directory: what it is judged by, whoever judges it again
COMPARISON = "p95 of * not worse than baseline by 10%"  # when there is a baseline and no rule about it


@dataclass(frozen=True)
class Asked:
    """Rules with their text and name, the runs of the baseline, and the waivers with their text."""

    rules: tuple[Rule, ...]
    rules_text: str
    rules_from: str
    baseline: tuple[RunDirectory, ...] = ()
    waivers: tuple[Waiver, ...] = field(default=())
    waivers_text: str = ""

    def facts(self) -> dict[str, Any]:
        """Return what ``run.json`` says of it."""
        told = [{"run": str(one.facts.get("run")), "path": str(one.path)} for one in self.baseline]
        return {"rules_from": self.rules_from} | ({"baseline": told} if told else {})

    def write(self, folder: Path) -> None:
        """Write rules and waivers where whoever judges again finds them."""
        (folder / RULES_FILE).write_text(self.rules_text)
        if self.waivers_text:
            (folder / WAIVERS_FILE).write_text(self.waivers_text)

    def judge(self, run: RunDirectory) -> Verdict:
        """Judge a run by it."""
        return judge_load(run, self.rules, baseline=self.baseline, waivers=self.waivers)


def asked(rules: Path | None, waivers: Path | None, baseline: str | None, like: Mapping[str, Any]) -> Asked:
    """Return what is asked for a run with facts ``like`` these. Raises UsageError and RulesError."""
    file = rules or DEFAULT_RULES
    return _with_waivers(_with_baseline(_of_text(read_text(file), _name(file)), baseline, like), waivers)


def compared(found: Asked) -> Asked:
    """Return what is asked with a rule about the baseline, when there is none."""
    if any(rule.with_baseline for rule in found.rules):
        return found
    text = f"{found.rules_text.rstrip()}\n{COMPARISON}\n"
    return replace(found, rules=parse_rules(text, name=found.rules_from), rules_text=text)


def asked_again(run: RunDirectory, rules: Path | None, waivers: Path | None, baseline: str | None) -> Asked:
    """Return what a recorded run is to be held to: what it holds itself, with what is given instead."""
    held = run.path / RULES_FILE
    file = rules or (held if held.is_file() else DEFAULT_RULES)
    found = _of_text(read_text(file), str(run.facts.get("rules_from") or file) if file == held else _name(file))
    if baseline is None and any(rule.with_baseline for rule in found.rules):
        baseline = ",".join(str(one["path"]) for one in run.facts.get("baseline") or []) or None
    kept = run.path / WAIVERS_FILE
    if waivers is None and rules is None and kept.is_file():
        waivers = kept
    return _with_waivers(_with_baseline(found, baseline, run.facts), waivers)


def _name(file: Path) -> str:
    """How messages and reports call a rule file: as it was given, those as shipped by their place in the suite."""
    return str(file.relative_to(ROOT) if file.parent == DEFAULT_RULES.parent else file)


def _of_text(text: str, name: str) -> Asked:
    return Asked(parse_rules(text, name=name), text, name)


def _with_baseline(found: Asked, baseline: str | None, like: Mapping[str, Any]) -> Asked:
    if baseline is None:
        return found
    runs = find_runs(baseline)
    require_alike(like, runs)
    return replace(compared(found), baseline=runs)


def _with_waivers(found: Asked, file: Path | None) -> Asked:
    if file is None:
        return found
    text = read_text(file)
    return replace(found, waivers=read_waivers(text, str(file), found.rules), waivers_text=text)


def read_text(file: Path) -> str:
    """Return the text of a file that was given. Raises UsageError."""
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        kind = "waivers" if file.suffix == ".toml" else "rule"
        raise UsageError(f"{file}: expected a {kind} file, it cannot be read: {error}") from error
