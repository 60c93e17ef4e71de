"""What there is to run, and what a game day would touch: facts for people and for programs. Changes nothing."""

from collections import Counter
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from experiments import expecting, snapshot
from experiments.catalog import Entry, load_catalog
from experiments.opening import Order
from experiments.planning import known, load_gameday
from experiments.probes import capacity
from experiments.probes.capacity import Member
from experiments.safety import policy
from fixtures.target import Target, load_target


def everything() -> dict[str, Any]:
    """The game days and the catalogue."""
    days = [load_gameday(name) for name in known()]
    return {
        "gamedays": [
            {"name": d.name, "title": d.title, "profile": d.profile, "experiments": list(d.experiments)} for d in days
        ],
        "experiments": [
            {"name": e.name, "title": e.title, "subject": e.subject, "promises": list(e.promises)}
            for e in load_catalog().values()
        ],
    }


def show(facts: dict[str, Any], console: Console) -> None:
    """Print what ``everything`` found."""
    days = Table("game day", "what", "experiments", title="gameday run NAME")
    for day in facts["gamedays"]:
        days.add_row(day["name"], day["title"], "\n".join(day["experiments"]))
    console.print(days)
    for one in facts["experiments"]:
        console.print(f"\n[bold]{one['name']}[/]: {one['title']}", highlight=False)
        console.print(Padding(", ".join(one["promises"]), (0, 0, 0, 2)), highlight=False)


def plan(order: Order) -> dict[str, Any]:
    """What the game day would touch on a target that is up: members by id, their shares, way back, expectations.

    Raises TargetError when the target is not up, RefusedError when it may not be hurt, and what
    ``watching.UNREADABLE`` lists when it cannot be read.
    """
    target = load_target(order.target_name, region=order.region)
    policy.refuse_unless_local(target)
    live = snapshot.take(target)
    found = capacity.members(target, answered=set())
    return {
        "gameday": order.gameday.name,
        "title": order.gameday.title,
        "profile": order.gameday.profile,
        "target": target.fingerprint(),
        "experiments": [_touched(entry, found, live, target) for entry in order.entries],
    }


def _touched(entry: Entry, found: list[Member], live: dict[str, Any], target: Target) -> dict[str, Any]:
    roles = {"sync": ("sync",), "async": ("async",), "database": ("primary",), "nothing": ()}[entry.subject]
    of_role = [one for one in found if one.role in roles]
    zones = Counter(str(one.zone) for one in of_role)
    return {
        "name": entry.name,
        "title": entry.title,
        "blast_radius": entry.blast_radius,
        "way_back": entry.way_back,
        "candidates": [
            {
                "id": one.id,
                "role": one.role,
                "zone": one.zone,
                "share_of_role": round(1 / len(of_role), 3),
                "share_of_zone": round(1 / zones[str(one.zone)], 3),
            }
            for one in of_role
            if one.healthy
        ],
        "expected": [expected.data() for expected in expecting.expected_after(entry.subject, live, target)],
        "promises": list(entry.promises),
    }


def show_plan(facts: dict[str, Any], console: Console) -> None:
    """Print what ``plan`` found, one block an experiment: ids must be readable in a narrow terminal, too."""
    target = facts["target"]

    def say(line: str) -> None:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    say(f"{facts['gameday']} on {target['name']} ({target['endpoint_url']}), load {facts['profile']}; changes nothing")
    for one in facts["experiments"]:
        say(f"\n{one['name']}: {one['title']}")
        say(f"  touches at most  {one['blast_radius']}")
        for who in one["candidates"]:
            share = f"{who['share_of_role']:.0%} of its role, {who['share_of_zone']:.0%} of its role in the zone"
            say(f"    {who['role']} {who['id']} {who['zone']} ({share})")
        say(f"  way back         {one['way_back']}")
        for expected in one["expected"]:
            within = f"{expected['seconds_from']:g} to {expected['seconds_to']:g} s"
            say(f"  expected         {expected['phase']}: {within} ({expected['why']})")
