"""Whose orders a purge is about: one run's or one prefix's, on the target where they were written, no one else's."""

import os
from dataclasses import dataclass
from pathlib import Path

from fixtures.policy import RefusedError, load_policy
from fixtures.target import Target, load_target
from loadtests.options import UsageError
from loadtests.stop.members import alive, members, running
from reports.evidence import RUNS, RunDirectory

SHORTEST = 2  # of a target's own prefix: one letter is no mark
ORDER_JOURNEYS = ("intake", "bulk")  # those of the policy that write orders


@dataclass(frozen=True)
class Scope:
    """The orders whose external id begins with ``prefix``, on ``target``; ``run`` when they are known to be of one."""

    target: Target
    prefix: str
    run: RunDirectory | None = None


def scope_of(run: str | None, prefix: str | None, target: str | None) -> Scope:
    """Read what was asked for. Raises UsageError, TargetError, NotARunDirectoryError, and RefusedError for what is no
    synthetic order's prefix."""
    if (run is None) == (prefix is None):
        raise UsageError("expected a RUN or --prefix, one of them")
    scope = _of_run(run, target) if run is not None else _of_prefix(str(prefix), target)
    _require_marked(scope)
    return scope


def require_writes(scope: Scope) -> None:
    """Raise RefusedError when the policy allows nobody to write orders there: cancelling is a write, too."""
    policy = load_policy(scope.target.name)
    if not set(ORDER_JOURNEYS) & set(policy.limits.write_journeys):
        raise policy.refusal(
            "write_journeys",
            expected=f"{' or '.join(ORDER_JOURNEYS)}, whoever writes orders, to cancel one",
            found="neither",
            todo="leave the orders",
        )


def _of_run(run: str, target: str | None) -> Scope:
    opened = RunDirectory.open(RUNS / "latest" if run == "latest" else Path(run))
    if alive(members(opened)):
        raise UsageError(f"{run}: expected a run that has ended, found one that is writing still: `loadgate stop` it")
    prefix, was = opened.facts.get("prefix"), opened.facts.get("target")
    if not prefix or not isinstance(was, dict):
        raise UsageError(f"{run}: run.json: expected target and prefix, found {was!r:.60} and {prefix!r}")
    region = opened.facts.get("region") or os.environ.get("SUITE_REGION")
    found = load_target(target or str(was.get("name")), region=None if region is None else str(region))
    if was != found.fingerprint():
        differs = ", ".join(name for name, value in found.fingerprint().items() if was.get(name) != value)
        raise UsageError(f"{run}: expected the target that it ran against, found another {differs} in {found.name!r}")
    return Scope(found, str(prefix), opened)


def _of_prefix(prefix: str, target: str | None) -> Scope:
    for one in running():
        theirs = str(one.facts.get("prefix"))
        if theirs.startswith(prefix) or prefix.startswith(theirs):
            raise UsageError(f"--prefix {prefix}: expected one of runs that have ended, found {one.path} running still")
    return Scope(load_target(target), prefix)


def _require_marked(scope: Scope) -> None:
    mark = scope.target.writes.prefix
    if len(mark) < SHORTEST:
        raise UsageError(
            f"target {scope.target.name!r}: writes.prefix: expected at least {SHORTEST} characters that mark synthetic "
            f"orders, found {mark!r}: nothing tells them from customers'"
        )
    if not scope.prefix.startswith(mark):
        raise RefusedError(
            f"expected a prefix that begins with {mark!r}, as all synthetic orders of target {scope.target.name!r} do, "
            f"found {scope.prefix!r}: other orders are nobody's to cancel here"
        )
