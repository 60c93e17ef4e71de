"""A game day knows when its load refused to start from when it died."""

import sys
from pathlib import Path

import pytest

from experiments.children import start
from experiments.load import refusal


@pytest.mark.parametrize(
    ("code", "said"), [(6, "policy.toml, line 3: no"), (1, None), (64, None)], ids=["refused", "died", "wrong setting"]
)
def test_only_exit_code_6_is_a_refusal_and_its_line_says_why(code: int, said: str | None, tmp_path: Path) -> None:
    script = f"import sys; print('load: policy.toml, line 3: no'); print('Shutting down'); sys.exit({code})"
    load = start("load", [sys.executable, "-c", script], env={}, log=tmp_path / "load.log")
    assert load.wait(within_s=60) == code
    found = refusal(load)
    assert (None if found is None else str(found)) == said
