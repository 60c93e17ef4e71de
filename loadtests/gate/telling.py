"""What a gate hands on: ``verdict.json``, JUnit for a pipeline, Markdown for a step's summary, lines for a person."""

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from reports.evidence import RunDirectory
from reports.judge import Promise, Status, Verdict, write_verdict
from reports.judge.promise import plural, some
from reports.judge.waivers import is_waived

JUNIT, SUMMARY = "junit.xml", "summary.md"
MARKS = {Status.PASS: "✅", Status.FAIL: "❌", Status.UNKNOWN: "❔"}


def publish(run: RunDirectory, verdict: Verdict, *, rules_from: str) -> None:
    """Write verdict, JUnit and summary where this run's output goes: into it, or beside what is sealed."""
    write_verdict(run, verdict)
    (run.output / JUNIT).write_bytes(junit(run, verdict))
    (run.output / SUMMARY).write_text(summary(run, verdict, rules_from=rules_from))


def junit(run: RunDirectory, verdict: Verdict) -> bytes:
    """Return JUnit XML: a test a promise. FAIL is a failure, UNKNOWN an error; only what is waived is skipped.

    A waived one says so, with its reason and its end: it is no success either.
    """
    suite = TestSuite(f"loadgate {run.facts.get('profile', '')}".strip())
    for name, value in (("verdict", str(verdict.verdict)), ("run", str(run.facts.get("run") or run.path.name))):
        suite.add_property(name, value)
    for promise in verdict.promises:
        case = TestCase(promise.name, classname="loadgate", time=0)
        if is_waived(promise):
            case.result = [Skipped(promise.because, "WAIVED")]
        elif promise.status is Status.FAIL:
            case.result = [Failure(promise.because, "FAIL")]
        elif promise.status is not Status.PASS:
            case.result = [Error(promise.because, "UNKNOWN")]
        case.system_out = promise.because
        suite.add_testcase(case)
    xml = JUnitXml()
    xml.add_testsuite(suite)
    written: bytes = xml.tostring()
    return written


def summary(run: RunDirectory, verdict: Verdict, *, rules_from: str) -> str:
    """Return Markdown that stands alone: the verdict, what was run, and a row for each promise."""
    rows = [f"| {_mark(p)} | `{_cell(p.name)}` | {_cell(p.because)} |" for p in verdict.promises]
    return "\n".join(
        [
            f"## Load gate: {verdict.verdict}",
            "",
            f"{_first(verdict)}.",
            "",
            "| | rule | because |",
            "|---|---|---|",
            *rows,
            "",
            f"{_what(run)}; rules of `{rules_from}`; run `{run.facts.get('run') or run.path.name}`.",
            "",
        ]
    )


def lines(run: RunDirectory, verdict: Verdict) -> list[str]:
    """What a person reads at the end: every promise with its reason, what was not counted, the verdict."""
    width = max(len(promise.name) for promise in verdict.promises)
    found = [f"{one.status:<8} {one.name:<{width}}  {one.because}" for one in verdict.promises]
    held = f"{verdict.held} of {len(verdict.promises)} promises held (exit {verdict.exit_code})"
    waived = sum(is_waived(promise) for promise in verdict.promises)
    held += f"; {plural(waived, 'failure')} waived" if waived else ""
    return [*found, f"{_what(run)}.", f"{verdict.verdict}: {held}"]


def _mark(promise: Promise) -> str:
    return f"⚠️ {promise.status}, waived" if is_waived(promise) else f"{MARKS[promise.status]} {promise.status}"


def _what(run: RunDirectory) -> str:
    facts = run.facts
    target = facts.get("target")
    name = target.get("name") if isinstance(target, dict) else target
    said = f"Profile {facts.get('profile')}, seed {facts.get('seed')}, target {name}"
    if facts.get("duration_s") is not None:
        said += f", {facts['duration_s']:g} s after a warm-up of {facts.get('warm_up_s') or 0:g} s that does not count"
    against = [str(one.get("run")) for one in facts.get("baseline") or []]
    if against:
        said += f", compared with {some(against)}"
    if "baseline_target" in facts:
        said += f", in turns with {(facts['baseline_target'] or {}).get('name')}"
    return said


def _first(verdict: Verdict) -> str:
    """The reason of the verdict as a sentence; a rule is quoted as it was written."""
    name, _, rest = verdict.because.partition(": ")
    if any(promise.name == name for promise in verdict.promises):
        return f"`{name}`: {rest}"
    return verdict.because[:1].upper() + verdict.because[1:]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
