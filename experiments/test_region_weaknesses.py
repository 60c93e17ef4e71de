"""Three known weaknesses of three kinds, each in a fresh region: what passes on a healthy one is not blind.

All of them, three times each, are for ``make weaknesses``.
"""

import subprocess
import sys
import uuid

import pytest

from experiments.load import ROOT

pytestmark = [pytest.mark.region, pytest.mark.timeout(400)]


@pytest.mark.parametrize(
    "weakness",
    [
        "acks-before-commit",  # a server takes acknowledged writes along: FAIL, seen on the primary
        "loader-skips-late-commits",  # nothing is hurt, and rows never reach the warehouse: FAIL
        "api-lies-about-termination",  # every request was served, and that proves nothing: UNKNOWN
    ],
)
def test_a_known_weakness_is_found_by_its_promise(weakness: str) -> None:
    """And by no other that it does not break as well."""
    region = f"weak-{uuid.uuid4().hex[:8]}"
    command = [sys.executable, "-m", "experiments.weaknesses", weakness, "--name", region]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=380)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1" in done.stdout
