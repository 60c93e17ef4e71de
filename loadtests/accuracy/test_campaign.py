"""Which runs are played, and which count."""

from pathlib import Path

import pytest

from loadtests.accuracy import campaign
from loadtests.accuracy.campaign import MOST_TRIES, Run, kept, played, quiet
from loadtests.accuracy.faults import Kind
from loadtests.accuracy.generators import Generator
from loadtests.accuracy.suite import Outcome

QUIET, NOISY = Outcome((), None), Outcome(("core 1 woke up 80 ms late",), None)


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> list[Outcome]:
    """What the next runs come to; quiet ones after these."""
    coming: list[Outcome] = []

    def play(kind: Kind, generator: Generator, seed: int, directory: Path) -> None:
        directory.mkdir()

    def measure(generator: Generator, directory: Path) -> Outcome:
        return coming.pop(0) if coming else QUIET

    monkeypatch.setattr(campaign, "play", play)
    monkeypatch.setattr(campaign, "measure", measure)
    return coming


def test_generators_take_turns(outcomes: list[Outcome], tmp_path: Path) -> None:
    runs = played((1, 2), ("stall",), ("HttpUser", "ours"), tmp_path)
    assert [(run.seed, run.generator) for run in runs] == [(1, "HttpUser"), (1, "ours"), (2, "HttpUser"), (2, "ours")]


def test_a_disturbed_run_is_played_again_but_not_for_ever(outcomes: list[Outcome], tmp_path: Path) -> None:
    outcomes += [NOISY] * (MOST_TRIES + 1)
    found = quiet(played((1, 2, 3), ("stall",), ("ours",), tmp_path), lambda run: None)
    assert found == {("stall", "ours"): [QUIET, QUIET]}
    assert len(list(tmp_path.iterdir())) == MOST_TRIES + 2 + 1


def test_what_was_never_quiet_is_there_without_a_run(outcomes: list[Outcome], tmp_path: Path) -> None:
    outcomes += [NOISY] * MOST_TRIES
    assert quiet(played((1,), ("stall",), ("ours",), tmp_path), lambda run: None) == {("stall", "ours"): []}


def test_what_was_kept_is_measured_again(outcomes: list[Outcome], tmp_path: Path) -> None:
    before = list(played((7,), ("stall", "drip"), ("ours",), tmp_path))
    assert sorted(kept(tmp_path), key=str) == sorted(before, key=str)
    assert before[0] == Run(7, "stall", "ours", QUIET)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1-flood-ours-1").mkdir()
    with pytest.raises(ValueError, match="expected SEED-FAULT-GENERATOR-TRY"):
        list(kept(tmp_path))
