"""Whether the policy lets a load go where it is meant to go. Asked before anything starts, whoever starts it.

``python -m loadtests.permission --target local --profile smoke --seconds 300`` answers a process that is no part of the
load, such as a game day: exit 0, or 6 (64) and one line.
"""

import argparse
import sys

from fixtures.policy import LoadPolicy, RefusedError, load_policy
from fixtures.target import Target, TargetError
from fixtures.trust import require_trusted
from loadtests.arrivals.intensity import NEVER_NS
from loadtests.facilities import facilities_of
from loadtests.profiles import WRITING, Profile, ProfileError, load_profile
from loadtests.resolver import ForbiddenAddressError, NameLookupError, resolver_of

USAGE = 64


def require_allowed(target: str, profile: Profile, *, seconds: float | None = None) -> LoadPolicy:
    """Hold a load against the policy: the target's name, the profile at its highest, its writes, its length if known.

    Returns the policy of that target. Raises RefusedError, and PolicyError when the policy cannot be used.
    """
    policy = load_policy(target)
    _require_rate(policy, profile)
    _require_readers(policy, profile)
    if seconds is not None and seconds > policy.limits.longest_s:
        raise policy.refusal(
            "longest_s",
            expected=f"a load of at most {policy.limits.longest_s:g} s",
            found=f"one of {seconds:g} s",
            todo="make it shorter",
        )
    return policy


def require_reachable(target: Target) -> NameLookupError | None:
    """Look the front door up, and shake hands with it at each address.

    A name without an address now, and a front door that does not answer, are what the load is to find out: the first is
    returned. Raises RefusedError for an address that the policy does not allow, UntrustedError for a front door that
    cannot prove who it is.
    """
    try:
        for address in resolver_of(target).resolve()[0]:
            require_trusted(target.web, address)
    except ForbiddenAddressError as error:
        raise load_policy(target.name).refused_address(error.address, target.web.name) from error
    except NameLookupError as error:
        return error
    return None


def require_ready(target: Target, profile: Profile) -> None:
    """Require of a target all that ``require_reachable`` does, a place for each associate, and a name with an address.

    Later on a name without one is a finding. Raises ProfileError and TargetError.
    """
    facilities_of(profile, target.writes)
    unknown = require_reachable(target)
    if unknown is not None:
        asked = "this system's name server" if target.dns is None else f"{target.dns.address}:{target.dns.port}"
        raise TargetError(
            f"target {target.name!r}: expected an address for {target.web.name}, found none at {asked} ({unknown}): "
            "repair the name, or that of the target"
        )


def _require_rate(policy: LoadPolicy, profile: Profile) -> None:
    highest_per_s, _ = profile.multiples.scaled(profile.rate).peak(NEVER_NS)
    if highest_per_s > policy.limits.most_per_s:
        raise policy.refusal(
            "most_per_s",
            expected=f"at most {policy.limits.most_per_s:g} requests a second",
            found=f"{highest_per_s:g} in profile {profile.name!r}",
            todo="choose another profile",
        )


def _require_readers(policy: LoadPolicy, profile: Profile) -> None:
    allowed = policy.limits.write_journeys
    unknown = [name for name in allowed if name not in WRITING]
    if unknown:
        raise policy.wrong("write_journeys", f"expected journeys of {', '.join(WRITING)}, found {unknown[0]!r}")
    forbidden = [name for name, _ in profile.journeys() if name in WRITING and name not in allowed]
    if forbidden:
        raise policy.refusal(
            "write_journeys",
            expected=f"no journey that writes but {', '.join(allowed)}" if allowed else "no journey that writes",
            found=f"{', '.join(forbidden)} in profile {profile.name!r}",
            todo="choose a profile without",
        )


def main(arguments: list[str] | None = None) -> int:
    """Answer for another process; returns the exit code."""
    asked = argparse.ArgumentParser(prog="loadtests.permission", description=__doc__)
    asked.add_argument("--target", required=True)
    asked.add_argument("--profile", required=True)
    asked.add_argument("--seconds", required=True, type=float)
    said = asked.parse_args(arguments)
    try:
        require_allowed(said.target, load_profile(said.profile), seconds=said.seconds)
    except RefusedError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except (ProfileError, TargetError) as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main())
