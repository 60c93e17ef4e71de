"""A verdict is not believed when the checks did not come to their end."""

from pathlib import Path

import pytest

from experiments.judging import ChecksError, require_checks

TWO = "<testsuites><testsuite><testcase name='a'/><testcase name='b'/></testsuite></testsuites>"


@pytest.mark.parametrize(
    ("code", "xml"),
    [
        pytest.param(2, TWO, id="pytest was interrupted"),
        pytest.param(-9, None, id="pytest was killed"),
        pytest.param(0, "", id="an empty file"),
        pytest.param(0, TWO.replace("<testcase name='b'/>", ""), id="a check is missing"),
    ],
)
def test_checks_that_did_not_all_run_are_a_bug(tmp_path: Path, code: int, xml: str | None) -> None:
    file = tmp_path / "checks.xml"
    if xml is not None:
        file.write_text(xml)
    with pytest.raises(ChecksError, match="expected 2 checks"):
        require_checks(code, file, promises=2)


@pytest.mark.parametrize("code", [0, 1])
def test_checks_that_all_ran_are_fine_whatever_they_found(tmp_path: Path, code: int) -> None:
    file = tmp_path / "checks.xml"
    file.write_text(TWO)
    require_checks(code, file, promises=2)
