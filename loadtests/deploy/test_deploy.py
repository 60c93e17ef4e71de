"""What can be held to the code without a cluster: each name, flag, path and port in the files of this folder exists."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from loadtests.__main__ import app
from loadtests.gate.parsing import parse_rules
from loadtests.profiles import load_profile

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
Json = dict[str, Any]

# Locust's own words for what a command line means. In a process of its own, since it patches the sockets of one.
ASK_LOCUST = """
import json, sys
from locust.argument_parser import parse_options
print(json.dumps([vars(parse_options(args=arguments)) for arguments in json.loads(sys.argv[1])], default=str))
"""


@cache
def documents() -> list[Json]:
    return [one for one in yaml.safe_load_all((HERE / "kubernetes.yaml").read_text()) if one]


def kind(name: str) -> dict[str, Json]:
    return {one["metadata"]["name"]: one for one in documents() if one["kind"] == name}


def pod(job: str) -> Json:
    template: Json = kind("Job")[job]["spec"]["template"]
    return template


def container(job: str) -> Json:
    (only,) = pod(job)["spec"]["containers"]
    found: Json = only
    return found


def environment(job: str) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container(job)["env"]}


JOBS = ("load-main", "load-workers")


def options_of(name: str, arguments: list[str]) -> Json:
    """What the arguments mean to a command of ``loadgate``, by the names of its parameters; it is not run."""
    group: Any = typer.main.get_command(app)
    return dict(group.commands[name].make_context(name, arguments).params)


def main() -> Json:
    """The gate's own options in the cluster."""
    program, name = container("load-main")["command"]
    assert program == "loadgate"
    return options_of(name, list(container("load-main")["args"]))


@cache
def workers() -> Json:
    """What the workers' command line means to Locust."""
    line = container("load-workers")["command"][1:] + container("load-workers")["args"]
    command = [sys.executable, "-c", ASK_LOCUST, json.dumps([line])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (found,) = json.loads(done.stdout.splitlines()[-1])
    return dict(found)


def test_every_document_is_one() -> None:
    assert all(one.keys() >= {"apiVersion", "kind", "metadata"} and one["metadata"]["name"] for one in documents())
    assert {one["kind"] for one in documents()} == {"PersistentVolumeClaim", "Service", "Job"}
    assert tuple(kind("Job")) == JOBS


@pytest.mark.parametrize("job", JOBS)
def test_every_setting_is_one_that_the_code_reads(job: str) -> None:
    files = [ROOT / name for name in ("loadtests/launch.py", "loadtests/__main__.py", "fixtures/target.py")]
    read = {name for file in files for name in re.findall(r'environ\.get\("(SUITE_[A-Z]+)"\)', file.read_text())}
    assert {"SUITE_TARGET", "SUITE_PROFILE", "SUITE_RUN"} <= read
    assert environment(job).keys() <= read
    assert {type(value) for value in environment(job).values()} == {str}, "Kubernetes takes no numbers there"


def test_gate_and_workers_mean_the_same_run() -> None:
    ours = environment("load-workers")
    assert main()["out"] == ours["SUITE_RUN"]
    assert main()["profile"] == ours["SUITE_PROFILE"]
    assert environment("load-main")["SUITE_TARGET"] == ours["SUITE_TARGET"]
    load_profile(main()["profile"])
    parse_rules((ROOT / main()["rules"]).read_text(), name="rules")


def test_the_command_lines_are_understood_and_find_each_other() -> None:
    (service,) = kind("Service").values()
    (port,) = service["spec"]["ports"]
    named = {one["name"]: one["containerPort"] for one in container("load-main")["ports"]}
    assert (workers()["worker"], workers()["headless"]) == (True, True)
    assert workers()["master_host"] == service["metadata"]["name"]
    assert main()["port"] == workers()["master_port"] == port["port"] == named[port["targetPort"]]
    spec = kind("Job")["load-workers"]["spec"]
    assert main()["expect_workers"] == spec["parallelism"] == spec["completions"]
    assert (main()["workers"], main()["duration"]) == (1, 600)


def test_the_service_leads_to_the_main_process_and_nowhere_else() -> None:
    (service,) = kind("Service").values()
    wanted = service["spec"]["selector"].items()
    fits = [job for job in JOBS if wanted <= pod(job)["metadata"]["labels"].items()]
    assert fits == ["load-main"]


@pytest.mark.parametrize("job", JOBS)
def test_a_worker_gets_its_core_and_is_not_throttled(job: str) -> None:
    resources = container(job)["resources"]
    assert resources["requests"].keys() == {"cpu", "memory"}
    assert resources["limits"].keys() == {"memory"}
    spec = pod(job)["spec"]
    assert spec["restartPolicy"] == "Never"
    assert kind("Job")[job]["spec"]["backoffLimit"] == 0
    assert spec["securityContext"]["runAsNonRoot"] is True


@pytest.mark.parametrize("job", JOBS)
def test_every_volume_is_there_and_is_where_the_suite_looks(job: str) -> None:
    volumes = {one["name"]: one for one in pod(job)["spec"]["volumes"]}
    mounts = {one["name"]: one["mountPath"] for one in container(job)["volumeMounts"]}
    assert volumes.keys() == mounts.keys()
    claim = volumes["runs"]["persistentVolumeClaim"]["claimName"]
    assert kind("PersistentVolumeClaim")[claim]["spec"]["accessModes"] == ["ReadWriteMany"]
    assert Path(environment("load-workers")["SUITE_RUN"]).parent == Path(mounts["runs"])
    assert mounts["targets"] == f"{instruction('WORKDIR')}/fixtures/targets"


def instructions() -> Iterator[tuple[str, str]]:
    """The lines of the Containerfile: the word that each begins with, and the rest."""
    text = (HERE / "Containerfile").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


def instruction(word: str) -> str:
    (only,) = [rest for found, rest in instructions() if found == word]
    return only


def test_the_image_has_what_it_copies_and_runs() -> None:
    sources = [source for word, rest in instructions() if word == "COPY" for source in rest.split()[:-1]]
    assert [source for source in sources if not (ROOT / source).exists()] == []
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    folders = {line.partition(":")[0].partition(".")[0] for line in scripts.values()}
    assert folders <= set(sources), "each command's folder is in the image"
    assert json.loads(instruction("CMD"))[0] in scripts
    assert container("load-main")["command"][0] in scripts
    program, flag, file = container("load-workers")["command"][:3]
    assert (program, flag) == ("locust", "-f")
    for path in (file, str(main()["rules"])):
        assert path.partition("/")[0] in sources
        assert (ROOT / path).is_file()
    assert container("load-main")["image"] == container("load-workers")["image"]


def test_the_image_is_of_the_python_that_the_suite_is_for_and_nobody_s_in_particular() -> None:
    assert instruction("FROM") == f"python:{(ROOT / '.python-version').read_text().strip()}-slim"
    users = {str(pod(job)["spec"]["securityContext"]["runAsUser"]) for job in JOBS}
    assert users == {instruction("USER")}
    assert "--require-hashes -r requirements.lock" in (HERE / "Containerfile").read_text()


def test_nothing_of_a_run_or_of_a_private_target_gets_into_the_image() -> None:
    ignored = (HERE / "Containerfile.dockerignore").read_text().splitlines()
    assert {"reports/runs", ".git", ".venv"} <= set(ignored)
    assert ignored.index("fixtures/targets/*") < ignored.index("!fixtures/targets/local.toml")


@cache
def workflow() -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((HERE / "github-actions.yml").read_text())
    return found


def steps() -> list[Json]:
    (job,) = workflow()["jobs"].values()
    found: list[Json] = job["steps"]
    return found


def gate() -> Json:
    """The options of the one step that runs the gate, as the command itself reads them."""
    (line,) = [step["run"] for step in steps() if "loadgate" in step.get("run", "")]
    program, name, *arguments = shlex.split(line)
    assert Path(program).name == "loadgate"
    return options_of(name, arguments)


def test_the_pipeline_runs_the_gate_with_options_that_it_has() -> None:
    options = gate()
    load_profile(options["profile"])
    parse_rules((ROOT / options["rules"]).read_text(), name="rules")
    (job,) = workflow()["jobs"].values()
    assert options["target"] == "$TARGET"
    assert (ROOT / "fixtures" / "targets" / f"{job['env']['TARGET']}.toml").is_file()
    assert workflow()[True].keys() >= {"workflow_call"}, "YAML reads the word on as true; GitHub does not"


def test_the_pipeline_shows_and_keeps_what_the_gate_writes_whatever_it_says() -> None:
    options = gate()
    (shown,) = [step for step in steps() if "GITHUB_STEP_SUMMARY" in step.get("run", "")]
    (kept,) = [step for step in steps() if "upload-artifact" in step.get("uses", "")]
    assert f"cat {options['markdown']} >> " in shown["run"]
    assert kept["with"]["path"].split() == [str(options["junit"]), options["out"]]
    assert shown["if"] == kept["if"] == "always()"


def test_the_exit_code_of_the_gate_decides() -> None:
    """No step may hide it."""
    (step,) = [step for step in steps() if "loadgate" in step.get("run", "")]
    assert not step.keys() & {"continue-on-error", "if"}
    assert not re.search(r"\|\||;|&&|\|", step["run"])
    (made,) = [step["run"].split() for step in steps() if step.get("run", "").startswith("make ")]
    assert re.search(rf"^{made[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    (setup,) = [step for step in steps() if "setup-python" in step.get("uses", "")]
    assert (ROOT / setup["with"]["python-version-file"]).is_file()
