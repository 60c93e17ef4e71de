"""Who is there and works for us: the members by role and zone, and whether as many are back as there were."""

from collections.abc import Sequence

from experiments.probes import capacity
from experiments.probes.capacity import Member
from experiments.probes.watching import UNREADABLE
from fixtures.target import Target
from reports.judge import capacity as judged
from reports.judge.promise import Status


def members(target: Target, *, answered: set[str]) -> tuple[Member, ...] | None:
    """Every member of the fleet and the databases, None when API or data plane are not readable.

    ``answered`` are the instances that gave a good answer to one of our requests.
    """
    try:
        return tuple(capacity.members(target, answered=answered))
    except UNREADABLE:
        return None


def is_back(before: Sequence[Member] | None, now: Sequence[Member] | None) -> bool:
    """Whether the judge would call that capacity restored. Pure."""
    if not before or not now:
        return False
    return judged.judge("", [_seen(one) for one in before], [_seen(one) for one in now]).status is Status.PASS


def _seen(one: Member) -> judged.Member:
    return judged.Member(role=one.role, zone=str(one.zone), id=one.id, healthy=one.healthy, proof=one.proof)
