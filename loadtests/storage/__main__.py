"""``python -m loadtests.storage check|announce|join|bring URL [DIR]``: for a process whose sockets Locust has patched.

Exit 0, or 64 and one line.
"""

import argparse
import sys
from pathlib import Path

from loadtests.storage.home import Home
from loadtests.storage.sink import StorageError
from reports.evidence import RunDirectory

USAGE = 64


def main() -> int:
    """Do what was asked for; returns the exit code."""
    asked = argparse.ArgumentParser(prog="loadtests.storage", description=__doc__)
    asked.add_argument("what", choices=("check", "announce", "join", "bring"))
    asked.add_argument("url")
    asked.add_argument("directory", type=Path, nargs="?", default=Path())
    asked.add_argument("--writer")
    asked.add_argument("--within", type=float, default=0.0)
    said = asked.parse_args()
    try:
        home = Home.at(said.url)
        if said.what == "check":
            home.require_new()
        elif said.what == "announce":
            home.announce(RunDirectory.open(said.directory))
        elif said.what == "join":
            home.join(said.directory, within_s=said.within)
        else:
            home.bring(said.directory, writer=said.writer)
    except StorageError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main())
