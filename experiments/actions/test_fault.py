"""Every fault has its way back on disk before the harm, and marks of when it was called and when it was over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments import recording
from experiments.actions.fault import Harm, inject
from experiments.sinks.read import SinkUnreadableError
from reports.evidence import RunDirectory

HARM = Harm("i-1", "ec2", "TerminateInstances", {"InstanceIds": ["i-1"]}, before={"state": "running"}, way_back={})


@pytest.fixture(autouse=True)
def _current(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process plays the experiment ``x`` of that run."""
    monkeypatch.setenv("SUITE_RUN", str(run.path))
    monkeypatch.setenv("SUITE_EXPERIMENT", "x")
    caches = (recording.current_run, recording.current_events, recording.current_signals)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def kinds(run: RunDirectory) -> list[str]:
    return [event.kind for event in run.read_events()]


def test_the_way_back_is_on_disk_before_the_harm(run: RunDirectory) -> None:
    with inject(HARM) as fault:
        (record,) = run.read_undo()
        assert (record.state, record.before, record.experiment) == ("intent", {"state": "running"}, "x")
        assert kinds(run) == ["fault.called"]
        fault.applied({})

    assert run.read_undo()[0].state == "applied"
    assert kinds(run) == ["fault.called", "fault.returned"]


def test_a_harm_that_fails_is_over_too_and_stays_open(run: RunDirectory) -> None:
    """Whoever made the call cannot know whether it was carried out."""
    with pytest.raises(OSError, match="cut"), inject(HARM):
        raise OSError("cut")

    assert run.read_events()[-1].data == {"error": "OSError: cut"}
    assert run.read_undo()[0].is_open


def test_a_sign_is_looked_for_until_it_is_seen(run: RunDirectory) -> None:
    """What cannot be read is not seen yet; each sign is written down once, on its plane."""
    answers = iter([None, "EC2: i-1 is terminated"])

    def data() -> str | None:
        if "sign" not in kinds(run):
            raise SinkUnreadableError("primary: not now")
        return "nothing answers"

    with inject(HARM) as fault:
        missing = fault.prove({"api": lambda: next(answers), "data": data}, within_s=10)

    signs = [
        (event.data["plane"], event.clock, event.data["what"]) for event in run.read_events() if event.kind == "sign"
    ]
    assert missing == []
    assert signs == [("api", "aws", "EC2: i-1 is terminated"), ("data", "traffic", "nothing answers")]


def test_a_sign_that_does_not_come_is_told_and_is_no_error(run: RunDirectory) -> None:
    with inject(HARM) as fault:
        missing = fault.prove({"api": lambda: "seen", "data": lambda: None}, within_s=0.3)

    assert missing == ["data"]


def test_the_undo_ledger_reaches_the_disk(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    """It survives a crash of the machine: it is synced before the call."""
    synced: list[Path] = []
    monkeypatch.setattr("os.fsync", lambda fd: synced.append(Path(f"/proc/self/fd/{fd}").resolve()))

    with inject(HARM):
        assert synced == [run.path / "undo.ndjson"]
