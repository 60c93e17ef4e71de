"""Load is a fault, too: what the policy forbids does not start, whoever starts it, and says which line forbids it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from fixtures.copied import copied_suite
from fixtures.policy import PolicyError, RefusedError
from fixtures.target import TARGETS_DIR, load_target
from loadtests.loopback import FrontDoor, NameServer, healthy, local_target, show
from loadtests.permission import main, require_allowed
from loadtests.profiles import load_profile
from loadtests.resolver import ForbiddenAddressError, resolver_of

ROOT = Path(__file__).parents[1]
POLICY = """
[load.local]
networks = ["127.0.0.1/32"]
most_per_s = 40
longest_s = 60
write_journeys = ["pos", "intake", "bulk", "bopis", "fulfillment"]
"""
NO_WRITES = POLICY.replace('"pos", "intake", "bulk", "bopis", "fulfillment"', "")


@pytest.fixture
def set_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let another policy be the one that is read in this process."""
    local = (TARGETS_DIR / "local.toml").read_text()
    monkeypatch.setattr("fixtures.target.TARGETS_DIR", tmp_path)
    for name in ("local", "shop"):
        (tmp_path / f"{name}.toml").write_text(local)

    def write(text: str) -> None:
        (tmp_path / "policy.toml").write_text(text)

    return write


@pytest.mark.parametrize(
    ("policy", "target", "profile", "seconds", "said"),
    [
        pytest.param(POLICY, "shop", "smoke", 30, "expected a table [load.shop], found [load.local]", id="target"),
        pytest.param(
            POLICY, "local", "steady", 30, "line 4, most_per_s of [load.local]: expected at most 40", id="rate"
        ),
        pytest.param(POLICY.replace("40", "200"), "local", "spike", 30, "found 244.68 in profile 'spike'", id="peak"),
        pytest.param(POLICY, "local", "smoke", 61, "line 5, longest_s of [load.local]: expected a load", id="duration"),
        pytest.param(
            NO_WRITES, "local", "smoke", 30, "expected no journey that writes, found pos, intake", id="writes"
        ),
    ],
)
def test_what_is_over_a_limit_is_refused(
    set_policy: Callable[[str], None], policy: str, target: str, profile: str, seconds: float, said: str
) -> None:
    set_policy(policy)
    with pytest.raises(RefusedError) as error:
        require_allowed(target, load_profile(profile), seconds=seconds)
    assert said in str(error.value)
    assert str(error.value).startswith("fixtures/targets/policy.toml")


def test_what_is_within_is_allowed(set_policy: Callable[[str], None]) -> None:
    """Up to the limit itself; of unknown length, too, since it is ended at the limit."""
    set_policy(POLICY)
    assert require_allowed("local", load_profile("smoke"), seconds=60).limits.longest_s == 60
    require_allowed("local", load_profile("smoke"))


def test_a_journey_that_nobody_knows_is_a_broken_policy(set_policy: Callable[[str], None]) -> None:
    """Not one that allows a little less than was meant."""
    set_policy(POLICY.replace('"pos"', '"post"'))
    with pytest.raises(PolicyError, match=r"line 6, write_journeys .*expected journeys of pos, .* found 'post'"):
        require_allowed("local", load_profile("smoke"))


@pytest.mark.parametrize(("policy", "code"), [(POLICY, 0), (NO_WRITES, 6), ("", 6), ("load = 3", 64)])
def test_another_process_may_ask(
    set_policy: Callable[[str], None], policy: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A game day does; one line when it is no."""
    set_policy(policy)
    assert main(["--target", "local", "--profile", "smoke", "--seconds", "30"]) == code
    assert len(capsys.readouterr().err.splitlines()) == (code > 0)


def test_the_journeys_that_write_are_known() -> None:
    """Each that declares a write, and no other. Asked in a process of its own, as Locust patches sockets."""
    script = """
import json, sys
from loadtests import locustfile
from loadtests.profiles import WRITING
from loadtests.writes import Declaration
declares = {
    getattr(locustfile, name).journey: any(
        isinstance(value, Declaration) for part in getattr(locustfile, name).__mro__
        for value in vars(sys.modules[part.__module__]).values() if part.__module__.startswith("loadtests.journeys")
    )
    for name in locustfile.__all__
}
print(json.dumps([sorted(name for name, is_writing in declares.items() if is_writing), sorted(WRITING)]))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    declared, known = json.loads(done.stdout)
    assert declared == known


@dataclass
class System:
    """A front door at 127.0.0.1 and one at 127.0.0.2, and a name server that says where it is."""

    doors: tuple[FrontDoor, FrontDoor]
    names: NameServer
    environment: dict[str, str]
    place: Path

    def start(self, *command: str, policy: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the suite under that policy to its end."""
        with copied_suite(self.place, policy=policy) as root:
            env = {**os.environ, **self.environment, "SUITE_RUN": "", "SUITE_PROFILE": "smoke"}
            return subprocess.run(
                [sys.executable, *command], cwd=root, env=env, capture_output=True, text=True, timeout=90, check=False
            )

    @property
    def received(self) -> int:
        return sum(len(door.seen) for door in self.doors)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    authority, ca_file, region = trustme.CA(), tmp_path / "ca.pem", f"allowed-{os.getpid()}"
    authority.cert_pem.write_to_path(str(ca_file))
    tls = show(authority, "www.oms.test")
    with (
        FrontDoor("127.0.0.1", 0, healthy, tls) as a,
        FrontDoor("127.0.0.2", a.port, healthy, tls) as b,
        NameServer(["127.0.0.1"]) as names,
        local_target(region, dns_port=names.port, web_port=a.port, ca_file=ca_file) as environment,
    ):
        yield System((a, b), names, environment, tmp_path / "suite")


LOCUST = ("-m", "locust", "-f", "loadtests/locustfile.py", "--headless", "--only-summary")


@pytest.mark.parametrize(
    ("command", "policy", "said"),
    [
        pytest.param((*LOCUST, "-t", "61s"), POLICY, "longest_s of", id="locust-duration"),
        pytest.param((*LOCUST, "--processes", "2", "-t", "61s"), POLICY, "longest_s of", id="locust-processes"),
        pytest.param(("-m", "loadtests", "run", "--profile", "steady"), POLICY, "most_per_s of", id="loadgate-rate"),
        pytest.param(("-m", "experiments", "run"), NO_WRITES, "write_journeys of", id="gameday-writes"),
    ],
)
def test_nothing_starts_and_one_line_says_why(system: System, command: tuple[str, ...], policy: str, said: str) -> None:
    """Exit 6 from whoever sends load; no run directory, no request."""
    done = system.start(*command, policy=policy)
    assert done.returncode == 6, done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if "fixtures/targets/policy.toml" in line]
    assert len(lines) == 1, done.stderr
    assert said in lines[0]
    assert "run directory" not in done.stdout
    assert system.received == 0


@pytest.mark.parametrize("command", [(*LOCUST, "-t", "9s"), ("-m", "experiments", "run")])
def test_a_broken_policy_is_64_and_allows_nothing(system: System, command: tuple[str, ...]) -> None:
    done = system.start(*command, policy=POLICY.replace("40", "'many'"))
    assert done.returncode == 64, done.stdout + done.stderr
    assert "policy.toml, line 4, most_per_s of [load.local]: Input should be a valid number" in done.stderr
    assert system.received == 0


@pytest.mark.parametrize("command", [(*LOCUST, "-t", "9s"), ("-m", "loadtests", "run", "--profile", "smoke")])
def test_an_address_outside_the_networks_is_refused(system: System, command: tuple[str, ...]) -> None:
    """Whatever DNS says: one of two is enough."""
    system.names.addresses = ["127.0.0.1", "127.0.0.2"]
    done = system.start(*command, policy=POLICY)
    assert done.returncode == 6, done.stdout + done.stderr
    assert (
        "line 3, networks of [load.local]: expected an address in 127.0.0.1/32, found 127.0.0.2 behind" in done.stderr
    )
    assert system.received == 0


def test_an_answer_of_dns_that_comes_later_is_held_against_the_policy_too(
    system: System, set_policy: Callable[[str], None]
) -> None:
    set_policy(POLICY)
    system.names.ttl_s = 0
    resolver = resolver_of(load_target("local", region=system.environment["SUITE_REGION"]))
    assert resolver.resolve()[0] == ("127.0.0.1",)
    system.names.addresses = ["127.0.0.2"]
    with pytest.raises(ForbiddenAddressError, match=r"in 127\.0\.0\.1/32, found 127\.0\.0\.2"):
        resolver.resolve()


def test_a_load_without_an_end_is_ended_at_the_limit(system: System) -> None:
    """And what it measured until then is there."""
    done = system.start(*LOCUST, policy=POLICY.replace("longest_s = 60", "longest_s = 3"))
    assert done.returncode == 0, done.stderr
    assert "the policy lets load be on for 3 s, which are over: stopping" in done.stderr
    assert system.received > 0
