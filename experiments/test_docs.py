"""The documents name everything that there is: no command, experiment, promise or weakness is missing from them."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def printed(*command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def commands(module: str) -> set[str]:
    """The sub-commands that ``--help`` shows."""
    return set(re.findall(r"^[│ ]+([a-z]+) {2,}\S", printed(module, "--help"), re.MULTILINE))


@pytest.mark.parametrize(
    ("module", "command"),
    [("fixtures", "stack"), ("experiments", "gameday"), ("loadtests", "loadgate"), ("reports", "slareport")],
    ids=["stack", "gameday", "loadgate", "slareport"],
)
def test_every_command_is_in_the_readme(module: str, command: str) -> None:
    found = commands(module)
    assert found, f"{command} --help shows no command"
    missing = {name for name in found if not re.search(rf"`{command} [^`]*\b{name}\b", README)}
    assert not missing


def test_every_experiment_and_every_promise_is_in_the_readme() -> None:
    facts = json.loads(printed("experiments", "list", "--json"))
    names = {entry["name"] for entry in facts["experiments"]}
    promises = {promise for entry in facts["experiments"] for promise in entry["promises"]}
    assert names
    assert promises
    missing = {name for name in names | promises if f"| `{name}` |" not in README}
    assert not missing


def test_every_journey_is_in_the_readme() -> None:
    profiles = tomllib.loads((ROOT / "loadtests" / "profiles.toml").read_text())
    journeys = {name for profile in profiles.values() for name, part in profile.items() if isinstance(part, dict)}
    (table,) = re.findall(r"\| journey \|.*?\n\n", README, re.DOTALL)
    assert journeys
    assert not {name for name in journeys if f"`{name}`" not in table}


def test_every_weakness_is_in_the_readme() -> None:
    weaknesses = {entry["name"] for entry in json.loads(printed("fixtures", "weaknesses", "--json"))}
    assert weaknesses
    assert not {name for name in weaknesses if f"| `{name}` |" not in README}


def test_every_make_target_is_in_the_readme_or_in_contributing() -> None:
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert "gameday" in targets
    assert not {target for target in targets if f"make {target}" not in README + CONTRIBUTING}


def test_every_file_and_picture_that_the_readme_links_exists() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]
