"""``loadgate fetch``: the command."""

from pathlib import Path
from typing import Annotated

import typer

from loadtests.options import UsageError
from loadtests.storage.home import Home
from loadtests.storage.sink import is_url
from reports.evidence import RUNS, RunDirectory


def fetch(
    url: Annotated[str, typer.Argument(metavar="URL", help="What --out or SUITE_OUT said.")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where it goes; reports/runs by itself.")] = None,
) -> None:
    """Copy a run directory from a URL to this machine, to be judged and looked at here."""
    if not is_url(url):
        raise UsageError(f"URL: expected one such as s3://bucket/path, found {url!r}: what is here need not be fetched")
    directory = out or RUNS / url.partition("?")[0].rstrip("/").rpartition("/")[2]
    if directory.exists() and any(directory.iterdir()):
        raise UsageError(f"{directory}: expected a new or empty directory, found files: choose another with --out")
    run = RunDirectory.open(Home.at(url).fetch(directory))
    typer.echo(f"run directory: {run.path}")
