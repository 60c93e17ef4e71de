"""The fault comes right after its victim acknowledged something."""

from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.actions import acknowledging
from experiments.actions.acknowledging import acknowledged_by
from reports.evidence import RunDirectory


class Answers:
    """Stands in for the writer: each write is answered by the next server."""

    def __init__(self, *servers: str) -> None:
        self.servers, self.written = list(servers), 0
        self.answered_by: str | None = None

    def __call__(self, *_: object, **__: object) -> "Answers":
        return self

    def __enter__(self) -> "Answers":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def take_stock(self) -> tuple[str, str]:
        self.answered_by = self.servers[self.written % len(self.servers)]
        self.written += 1
        return "key", "acknowledged" if self.answered_by else "unknown"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunDirectory.create(tmp_path / "run", name="x", kind="gameday", facts={"prefix": "GDTEST"})
    monkeypatch.setenv("SUITE_RUN", str(run.path))


@pytest.mark.usefixtures("run")
def test_it_writes_until_the_victim_has_acknowledged_enough(
    monkeypatch: pytest.MonkeyPatch, target_at: Callable
) -> None:
    answers = Answers("i-1", "i-2", "i-3")
    monkeypatch.setattr(acknowledging, "Writer", answers)
    assert acknowledged_by(target_at(None), "i-3", count=2, limit_s=60) == 2
    assert answers.written == 6


@pytest.mark.usefixtures("run")
def test_a_victim_that_never_answers_does_not_stop_the_fault(
    monkeypatch: pytest.MonkeyPatch, target_at: Callable
) -> None:
    monkeypatch.setattr(acknowledging, "Writer", Answers("i-1"))
    assert acknowledged_by(target_at(None), "i-3", count=2, limit_s=0.1) == 0
