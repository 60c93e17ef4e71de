"""The checks ask about one run: ``pytest experiments/checks --run reports/runs/latest``, live or old.

One test a promise and place: each asserts on what ``reports.judge`` says, so that the run's evidence alone decides. A
broken promise is a failure, one that the evidence does not decide is an error; nothing is ever skipped. Without
``--run`` there is nobody to ask about, and nothing is collected.
"""

from pathlib import Path

import pytest

from reports.evidence import NotARunDirectoryError, RunDirectory
from reports.judge import Promise, Verdict, judge

HERE = Path(__file__).parent
VERDICT: pytest.StashKey[Verdict] = pytest.StashKey()


class UnknownError(Exception):
    """The evidence does not say whether the promise was kept."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--run DIR``."""
    parser.addoption("--run", metavar="DIR", default=None, help="the run directory that experiments/checks ask about")


def pytest_configure(config: pytest.Config) -> None:
    """Judge the run once. What is no run directory is a usage error."""
    if config.getoption("--run") is None:
        return
    try:
        config.stash[VERDICT] = judge(RunDirectory.open(config.getoption("--run")))
    except NotARunDirectoryError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_report_header(config: pytest.Config) -> str:
    """Say which run it is about, or that there is none."""
    run = config.getoption("--run")
    return f"run: {run}" if run else "experiments/checks: nothing to ask about: give --run DIR"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collect nothing in here without a run."""
    return True if HERE in (collection_path, *collection_path.parents) and VERDICT not in config.stash else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each place where the promise that gives a test its name applies."""
    if "promise" not in metafunc.fixturenames:
        return
    name = metafunc.function.__name__.removeprefix("test_")
    found = [promise for promise in metafunc.config.stash[VERDICT].promises if promise.name == name]
    metafunc.parametrize("promise", found, indirect=True, ids=[_place(promise) for promise in found])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A promise that does not apply is not asked about: pytest would call its empty list of places a skip."""
    asked = [item for item in items if not isinstance(item, pytest.Function) or _has_place(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in asked])
    items[:] = asked


@pytest.fixture
def promise(request: pytest.FixtureRequest) -> Promise:
    """The promise as judged. Raises UnknownError, in the set-up, so that it is an error and not a failure."""
    found: Promise = request.param
    request.node.user_properties.append(("because", found.because))
    if found.status == "UNKNOWN":
        raise UnknownError(found.because)
    return found


def _place(promise: Promise) -> str:
    return "-".join(part for part in (promise.experiment, promise.sink) if part) or "run"


def _has_place(item: pytest.Function) -> bool:
    if "promise" not in item.fixturenames:
        return True
    callspec = getattr(item, "callspec", None)
    return callspec is not None and isinstance(callspec.params.get("promise"), Promise)
