"""Whole runs: which word wins, what is listed, and that judging again says the same."""

import json
import shutil
from pathlib import Path

import pytest

from reports.evidence import Event, RunDirectory
from reports.judge import EXIT_CODES, Verdict, Word, judge, to_json, verdict_of, write_verdict
from reports.judge.words import worst
from reports.testing import Story, tell
from reports.testing.cases import NAME, case, course, event, undo

TWO = ("baseline", "terminate-sync-instance")


def told(path: Path, **story: object) -> Verdict:
    tell(path / "run", Story(chapters=TWO, **story))  # type: ignore[arg-type]
    return judge(RunDirectory.open(path / "run"))


def status(verdict: Verdict, name: str, place: str | None = None) -> str:
    return next(str(p.status) for p in verdict.promises if p.name == name and place in (None, p.sink, p.experiment))


def test_a_healthy_run_passes(tmp_path: Path) -> None:
    """Every promise of every experiment and of the run is listed once, and held."""
    verdict = told(tmp_path)

    assert (verdict.verdict, verdict.exit_code) == (Word.PASS, 0)
    assert verdict.held == len(verdict.promises) == len({(p.name, p.experiment, p.sink) for p in verdict.promises})
    assert {p.experiment for p in verdict.promises} == {*TWO, None}
    assert [p.because for p in verdict.promises if not p.because] == []


@pytest.mark.parametrize(
    ("story", "name", "place", "word"),
    [
        pytest.param({"lost": 1}, "no_acknowledged_write_lost", "primary", "FAIL", id="lost"),
        pytest.param({"duplicated": 1}, "no_write_duplicated", "primary", "FAIL", id="duplicated"),
        pytest.param({"undelivered": 1}, "no_acknowledged_write_lost", "warehouse", "FAIL", id="undelivered"),
        pytest.param(
            {"kind": "shipment", "lost": 1}, "no_acknowledged_write_lost", "primary", "FAIL", id="lost shipment"
        ),
        pytest.param(
            {"kind": "shipment", "duplicated": 1}, "no_write_duplicated", "primary", "FAIL", id="shipped twice"
        ),
        pytest.param(
            {"kind": "shipment", "undelivered": 1},
            "no_acknowledged_write_lost",
            "warehouse",
            "FAIL",
            id="not delivered",
        ),
        pytest.param({"orphans": 1}, "no_job_orphaned", None, "FAIL", id="orphaned job"),
        pytest.param({"outage_s": {NAME: 20.0}}, "recovered_within_rto", NAME, "FAIL", id="long outage"),
        pytest.param({"without_sign": "data"}, "fault_happened", NAME, "UNKNOWN", id="a fault not felt"),
        pytest.param({"load_dies_in": NAME}, "load_delivered", NAME, "UNKNOWN", id="generator killed in mid-fault"),
        pytest.param({"undo_open_in": NAME}, "undone", NAME, "UNSAFE", id="not undone"),
    ],
)
def test_one_thing_wrong_is_found(tmp_path: Path, story: dict, name: str, place: str | None, word: str) -> None:
    """It breaks its own promise, and the run's word follows."""
    verdict = told(tmp_path, **story)

    assert status(verdict, name, place) != "PASS"
    assert verdict.verdict == word
    assert verdict.because


@pytest.mark.parametrize(
    "what", ["samples", "ledger", "landed", "delivery", "jobs.parquet", "events", "landed/warehouse.parquet"]
)
def test_a_run_that_lacks_evidence_is_unknown(tmp_path: Path, what: str) -> None:
    """Whatever is missing, the verdict is UNKNOWN (2) and never PASS."""
    run = tell(tmp_path / "run", Story(chapters=TWO))
    gone = run.path / what
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    verdict = judge(RunDirectory.open(run.path))

    assert verdict.exit_code == 2


def test_judging_again_says_the_same(tmp_path: Path) -> None:
    """A copy of a sealed run, judged anew, has the same verdict; nothing sealed changes."""
    run = tell(tmp_path / "run", Story(chapters=TWO, lost=2))
    first = judge(run)
    write_verdict(run, first)
    run.seal()
    shutil.copytree(run.path, tmp_path / "copy")
    copy = RunDirectory.open(tmp_path / "copy")
    again = judge(copy)
    path = write_verdict(copy, again)

    assert json.loads(path.read_text()) == json.loads((run.path / "verdict.json").read_text())
    assert path.parent.parent == copy.path / "derived"
    assert RunDirectory.open(copy.path).sealed


def test_verdict_json_is_as_in_the_contract(tmp_path: Path) -> None:
    """Its keys, and those of its parts."""
    run = tell(tmp_path / "run", Story(chapters=TWO))
    body = json.loads(write_verdict(run, judge(run)).read_text())

    assert {
        "schema",
        "run",
        "kind",
        "target",
        "verdict",
        "exit_code",
        "promises",
        "experiments",
        "not_run",
    } <= body.keys()
    assert {"name", "experiment", "sink", "status", "because", "numbers"} <= body["promises"][0].keys()
    assert all(
        {"measured", "unit", "base", "objective", "objective_from"} <= promise["numbers"].keys()
        for promise in body["promises"]
    )
    assert {"name", "verdict", "phases", "signs"} <= body["experiments"][1].keys()
    assert body["experiments"][1]["phases"][0].keys() == {"name", "from_us", "to_us"}
    assert {"clock", "at_us", "what"} <= body["experiments"][1]["signs"][0].keys()


@pytest.mark.parametrize(
    ("events", "word"),
    [
        pytest.param(
            [event("experiment.finished", 41, result="completed")], Word.UNKNOWN, id="completed, nothing seen"
        ),
        pytest.param([event("experiment.finished", 41, result="failed", reason="x")], Word.UNKNOWN, id="failed"),
        pytest.param([event("experiment.finished", 41, result="aborted")], Word.ABORTED, id="aborted"),
        pytest.param([event("experiment.finished", 41, result="refused")], Word.ABORTED, id="refused after the call"),
        pytest.param([event("abort", 41, experiment=None, reason="SIGINT")], Word.ABORTED, id="the run was aborted"),
        pytest.param([event("bug", 41, experiment=None, reason="KeyError")], Word.BUG, id="a bug"),
    ],
)
def test_how_it_ended_has_a_word(events: list[Event], word: Word) -> None:
    """Each way to end asks for its word."""
    found = case(
        events=[*course()[:-1], event("experiment.finished", 40, result="completed"), *events], promises=["undone"]
    )
    found = case(events=found.events, promises=["load_delivered"], undo=[undo("verified")])

    assert verdict_of(found).verdict is word


@pytest.mark.parametrize(
    ("result", "word"),
    [("baseline_not_met", Word.BASELINE_NOT_MET), ("refused", Word.REFUSED), ("aborted", Word.ABORTED)],
)
def test_before_the_fault_only_what_was_before_is_judged(result: str, word: Word) -> None:
    """Nothing was injected, so nothing else is asked."""
    events = [
        event("experiment.started", 0),
        event("steady_state", 9, when="before", probe="a", value=1, tolerance=0, held=result != "baseline_not_met"),
        event("experiment.finished", 10, result=result, reason="why"),
    ]
    verdict = verdict_of(case(events=events, promises=["steady_state_before", "undone"]))

    assert verdict.verdict is word
    if result != "aborted":
        assert [promise.name for promise in verdict.promises] == ["steady_state_before"]


def test_an_experiment_that_was_killed_is_aborted_and_with_its_undo_open_unsafe() -> None:
    """Started and never finished: whoever ran it is gone."""
    events, promises = course()[:-1], ["undone", "recovered_within_rto"]

    assert verdict_of(case(events=events, promises=promises, undo=[undo("undone", "verified")])).verdict is Word.ABORTED
    assert verdict_of(case(events=events, promises=promises, undo=[undo("applied")])).verdict is Word.UNSAFE
    assert verdict_of(case(events=events, promises=[], undo=[undo("applied")])).verdict is Word.UNSAFE


def test_a_cut_experiment_is_not_blamed_for_the_cut() -> None:
    """What a fault did until it was stopped in the middle breaks no promise about its course."""
    events = [*course()[:-1], event("experiment.finished", 40, result="aborted", reason="SIGINT")]
    verdict = verdict_of(case(events=events, promises=["recovered_within_rto", "undone"], undo=[undo("verified")]))

    assert [str(promise.status) for promise in verdict.promises] == ["UNKNOWN", "PASS"]
    assert verdict.exit_code == 4


def test_what_was_not_run_is_listed() -> None:
    """With its reason, and the verdict is no PASS."""
    events = [event("experiment.not_run", 5, experiment="other", reason="the one before failed")]
    verdict = verdict_of(case(events=events, promises=["undone"]))

    assert [str(one) for one in verdict.not_run] == [f"{NAME}: the run was killed", "other: the one before failed"]
    assert verdict.verdict is Word.UNKNOWN


def test_no_promise_is_unknown_and_not_pass() -> None:
    """Nothing was looked at."""
    assert verdict_of(case()).verdict is Word.UNKNOWN
    assert worst([]) is Word.UNKNOWN


def test_an_altered_timeline_is_no_pass(tmp_path: Path) -> None:
    """Who edits an event in a run that is not sealed gets UNKNOWN."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",)))
    path = run.path / "events" / "gameday.ndjson"
    path.write_text(path.read_text().replace('"held":true', '"held": true', 1))

    assert judge(RunDirectory.open(run.path)).verdict is Word.UNKNOWN


def test_the_worst_word_wins_in_the_order_of_the_design() -> None:
    """5 over 1 over 4 over 3 over 6 over 2 over 0."""
    order = ("UNSAFE", "FAIL", "ABORTED", "BASELINE_NOT_MET", "REFUSED", "UNKNOWN", "PASS")

    assert [EXIT_CODES[Word(name)] for name in order] == [5, 1, 4, 3, 6, 2, 0]
    for n, name in enumerate(order):
        assert worst([Word(other) for other in order[n:]]) is Word(name)


def test_a_check_that_breaks_over_odd_evidence_is_unknown_alone() -> None:
    """An event with a wrong type makes one promise UNKNOWN, never the whole judgement a crash."""
    odd = event("sentinel", 50, experiment=None, sink="replica", written_us="yesterday", seen_us=5)
    verdict = verdict_of(case(events=[*course(), odd], promises=["replica_caught_up"]))

    assert [str(promise.status) for promise in verdict.promises] == ["UNKNOWN"]
    assert "could not read the evidence" in verdict.promises[0].because


def test_to_json_names_no_path(tmp_path: Path) -> None:
    """A verdict moves with its run."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",)))

    assert str(tmp_path) not in json.dumps(to_json(judge(run), run.facts))


@pytest.mark.parametrize(("killed", "word"), [(True, Word.ABORTED), (False, Word.UNSAFE)])
def test_a_heal_after_the_seal_ends_a_killed_run_and_changes_no_finished_one(
    tmp_path: Path, killed: bool, word: Word
) -> None:
    """A run that came to its own end and left something undone stays UNSAFE; one that was killed ends with its heal."""
    run = tell(tmp_path / "run", Story(chapters=("terminate-sync-instance",), undo_open_in=NAME))
    if killed:
        path = run.path / "events" / "gameday.ndjson"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(lines[: next(n for n, line in enumerate(lines) if "experiment.finished" in line)]))
    assert judge(RunDirectory.open(run.path)).verdict is Word.UNSAFE
    run.seal()
    later = RunDirectory.open(run.path)
    ledger = later.undo()
    for record in later.read_undo():
        ledger.undone(record.id)
        ledger.verified(record.id)

    assert judge(RunDirectory.open(run.path)).verdict is word


@pytest.mark.parametrize("result", ["baseline_not_met", "refused"])
@pytest.mark.parametrize(("injected", "word"), [(True, Word.ABORTED), (False, None)])
def test_nothing_was_injected_is_said_only_when_it_is_so(result: str, injected: bool, word: Word | None) -> None:
    """An experiment that did not begin ends a run in which another had already called its fault as ABORTED."""
    second = [
        event("experiment.started", 50, experiment="second"),
        event("experiment.finished", 60, experiment="second", result=result, reason="why"),
    ]
    own = Word.BASELINE_NOT_MET if result == "baseline_not_met" else Word.REFUSED
    events = [*course(called_s=15 if injected else None), *second]
    verdict = verdict_of(case(events=events, promises=["undone"], undo=[undo("verified")]))

    assert verdict.verdict is (word or own)
    assert verdict.experiments[1].verdict is own


@pytest.mark.parametrize(("ended", "because"), [(True, ""), (False, "the run was killed")])
def test_what_was_not_run_without_a_word_says_that_the_run_was_killed(ended: bool, because: str) -> None:
    """A run that reads back came to its own end; one that does not was killed between two experiments."""
    done = [event("phase.finished", 50, experiment=None, subject="read-back")] if ended else []
    verdict = verdict_of(case(events=done, promises=["undone"]))

    assert [one.because for one in verdict.not_run] == [because]


def test_a_copy_keeps_the_name_of_its_run(tmp_path: Path) -> None:
    """The verdict names the run, whatever the directory is called where it is judged again."""
    run = tell(tmp_path / "20261123T070000Z-default", Story(chapters=("baseline",)))
    shutil.copytree(run.path, tmp_path / "copy")
    copy = RunDirectory.open(tmp_path / "copy")

    assert to_json(judge(copy), copy.facts)["run"] == "20261123T070000Z-default"
