"""What a Chaos Toolkit journal says about the method, never about success."""

from pathlib import Path
from typing import Any

import pytest

from experiments.chaos import ending, from_journal

MET = {"before": {"steady_state_met": True, "probes": []}}
UNMET = {
    "before": {
        "steady_state_met": False,
        "probes": [{"activity": {"name": "targets_missing"}, "output": 1, "tolerance_met": False}],
    }
}


def _journal(
    status: str = "completed", *, steady: dict[str, Any] = MET, run: list[dict[str, Any]] | None = None
) -> Any:
    return {"status": status, "deviated": False, "steady_states": steady, "run": run or []}


def _failed(exception: str) -> list[dict[str, Any]]:
    return [{"activity": {"name": "terminate"}, "status": "failed", "exception": ["Traceback\n", exception]}]


@pytest.mark.parametrize(
    ("journal", "result", "said"),
    [
        pytest.param(_journal(), "completed", None, id="completed"),
        pytest.param(_journal(steady=UNMET), "baseline_not_met", "targets_missing", id="hypothesis-not-met"),
        pytest.param(_journal(run=_failed("ClientError: denied\n")), "failed", "denied", id="action-failed"),
        pytest.param(_journal("interrupted"), "aborted", "interrupted", id="interrupted"),
        pytest.param(
            _journal("interrupted", run=_failed("x.RefusedError: not local\n")), "refused", "not local", id="refused"
        ),
    ],
)
def test_the_journal_says_how_the_experiment_ended(journal: Any, result: str, said: str | None) -> None:
    """Chaos Toolkit leaves most of these at exit code 0."""
    found = from_journal(journal)
    assert found.result == result
    assert said is None or said in (found.reason or "")


def test_no_journal_is_a_failure_of_the_experiment(tmp_path: Path) -> None:
    """After a SIGKILL there is none."""
    assert ending(tmp_path, "x", -9).result == "failed"
    assert ending(tmp_path, "x", None).result == "failed"
