"""What ``run.json`` says of a load run. The same whether stock Locust or the gate makes the run directory."""

import platform
from importlib import metadata
from typing import Any

from fixtures.target import Target, suite_commit
from loadtests.profiles import Profile
from loadtests.writes import run_prefix
from reports.evidence import now_us

VERSIONS_OF = ("oms-chaos-suite", "locust", "gevent", "httptools", "pyarrow")


def facts(target: Target, profile: Profile, seed: int) -> dict[str, Any]:
    """Return the target, the whole profile, the seed, the prefix of every key that is written, and the versions."""
    return {
        "target": target.fingerprint(),
        "profile": profile.name,
        "load": profile.model_dump(exclude_none=True),
        "seed": seed,
        "prefix": run_prefix(target.writes.prefix, seed, now_us()),
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in VERSIONS_OF},
        "git_commit": suite_commit(),
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"
