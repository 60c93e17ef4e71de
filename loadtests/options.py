"""What the commands of ``loadgate`` share in reading what was asked for."""

from pathlib import Path

import typer

from loadtests.durations import seconds


class UsageError(Exception):
    """What was asked for cannot be done; the message is one clear line."""


def as_seconds(text: str) -> float:
    """Read a length of time for typer, which names the option in front of what is wrong."""
    try:
        return seconds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def require_place(path: Path | None) -> None:
    """Raise UsageError when no file can be written there: said before anything starts, not when its content is lost."""
    if path is not None and (path.is_dir() or not path.parent.is_dir()):
        raise UsageError(f"{path}: expected the path of a file in a directory that is there")
    if path is not None:
        try:
            path.open("ab").close()
        except OSError as error:
            raise UsageError(f"{path}: expected the path of a file that can be written: {error.strerror}") from error
