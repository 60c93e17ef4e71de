"""One game day at a time, and a dead one holds nobody up."""

import subprocess
import sys
from pathlib import Path

import pytest

from experiments.safety import lock

HOLD = """
import sys, time
from experiments.safety import lock
with lock.only_one("local", sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


@pytest.mark.usefixtures("elsewhere")
def test_a_second_game_day_is_sent_away_until_the_first_is_dead() -> None:
    """Killed with SIGKILL, it leaves a file and no lock."""
    first = subprocess.Popen([sys.executable, "-c", HOLD, "r1"], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "held\n"

    with pytest.raises(lock.BusyError, match="expected no other game day"), lock.only_one("local", "r1"):
        pass
    with lock.only_one("local", "another"):
        pass

    first.kill()
    first.communicate()
    with lock.only_one("local", "r1"):
        pass


def test_nothing_is_left_behind(elsewhere: Path) -> None:
    with lock.only_one("local", "r1"):
        pass

    assert [path for path in elsewhere.rglob("*") if path.is_file()] == []
