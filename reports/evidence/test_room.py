"""Where a run directory may lie."""

from pathlib import Path

import pytest

from reports.evidence import NotARunDirectoryError
from reports.evidence.room import check_room


def test_a_run_directory_cannot_lie_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotARunDirectoryError, match="is a file: choose another --out"):
        check_room(tmp_path / "file" / "run")


def test_a_run_directory_may_be_new_or_empty_and_nothing_else(tmp_path: Path) -> None:
    check_room(tmp_path)
    check_room(tmp_path / "a" / "b")
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotARunDirectoryError, match="found files"):
        check_room(tmp_path)
