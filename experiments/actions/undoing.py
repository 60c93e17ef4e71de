"""The way back as a Chaos Toolkit activity: of the method, and again of the rollbacks, where it finds nothing to do."""

from typing import Any

from experiments.recording import current_experiment, current_run, current_target
from experiments.safety import undo


class NotUndoneError(Exception):
    """Something that was done could not be undone, or not be read back."""


def put_back(configuration: Any = None, secrets: Any = None) -> list[str]:
    """Undo everything that this run did and that is not undone yet, and read it back. Raises NotUndoneError."""
    results = undo.put_back(current_run(), current_target(), writer=f"chaos-{current_experiment()}")
    failed = [str(result) for result in results if not result.verified]
    if failed:
        raise NotUndoneError("; ".join(failed))
    return [str(result) for result in results]
