"""What is read around a fault: its signs, the steady state, the members, the undo, the replica's sentinel."""

from typing import Any

import pytest

from reports.evidence import Event
from reports.judge.capacity import capacity_restored
from reports.judge.fault import fault_happened
from reports.judge.replica import replica_caught_up
from reports.judge.steady import steady_state_after, steady_state_before
from reports.judge.undone import undone
from reports.testing.cases import S, beats, case, course, event, traffic, undo


def sign(at_s: float, plane: str, **data: Any) -> Event:
    return event("sign", at_s, plane=plane, what="seen", **data)


@pytest.mark.parametrize(
    ("signs", "status"),
    [
        pytest.param([sign(16, "api"), sign(17, "data")], "PASS", id="both"),
        pytest.param([sign(16, "api")], "UNKNOWN", id="the API only: it answered 200 and nothing died"),
        pytest.param([sign(16, "data")], "UNKNOWN", id="the data plane only"),
        pytest.param([], "UNKNOWN", id="none"),
        pytest.param([sign(14, "api"), sign(17, "data")], "UNKNOWN", id="one from before the fault"),
        pytest.param([sign(16, "api"), sign(99, "data")], "UNKNOWN", id="one from after the experiment"),
        pytest.param([sign(16, "api"), sign(17, "data", seen=False)], "UNKNOWN", id="looked for and not seen"),
        pytest.param(
            [event("sign", 16, clock="aws"), event("sign", 17, clock="traffic")], "PASS", id="planes by clock"
        ),
    ],
)
def test_fault_happened(signs: list[Event], status: str) -> None:
    """One sign from the API and one from the data plane, inside the window; never FAIL."""
    found = case(events=[*course(), *signs])

    assert fault_happened(found, found.experiments[0]).status == status


def test_a_fault_that_was_never_called_did_not_happen() -> None:
    """Signs of something else are no proof."""
    found = case(events=[*course(called_s=None), sign(16, "api"), sign(17, "data")])

    assert fault_happened(found, found.experiments[0]).status == "UNKNOWN"


def probe(name: str, held: bool | None, *, when: str = "before", at_s: float = 9) -> Event:
    return event("steady_state", at_s, when=when, probe=name, value=held, tolerance=True, held=held)


@pytest.mark.parametrize(
    ("probes", "status"),
    [
        pytest.param([probe("a", held=True), probe("b", held=True)], "PASS", id="all hold"),
        pytest.param([probe("a", held=True), probe("b", held=False)], "FAIL", id="one off"),
        pytest.param([probe("a", held=True), probe("b", held=None)], "UNKNOWN", id="one silent"),
        pytest.param([probe("a", held=None), probe("b", held=False)], "FAIL", id="one silent, one off"),
        pytest.param([probe("a", held=False), probe("a", held=True, at_s=10)], "PASS", id="measured again"),
        pytest.param([], "UNKNOWN", id="no probe"),
    ],
)
def test_steady_state(probes: list[Event], status: str) -> None:
    """Before and after are judged alike, each by its own readings."""
    found = case(events=[*course(), *probes], requests=traffic([]), delivery=beats())
    after = [event("steady_state", 41, **(one.data | {"when": "after"})) for one in probes]
    other = case(events=[*course(), *after], requests=traffic([]), delivery=beats())

    assert steady_state_before(found, found.experiments[0]).status == status
    assert steady_state_after(other, other.experiments[0]).status == status
    assert steady_state_after(found, found.experiments[0]).status == "UNKNOWN"


def member(role: str, zone: str, name: str, *, healthy: bool | None = True, proof: str | None = "answered") -> dict:
    return {"role": role, "zone": zone, "id": name, "healthy": healthy, "proof": proof}


SYNC = [member("sync", "a", "i-1"), member("sync", "b", "i-2")]
PAIR = [member("primary", "a", "db-1"), member("standby", "b", "db-2")]


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        pytest.param(SYNC, SYNC, "PASS", id="the same"),
        pytest.param(SYNC, [member("sync", "a", "i-9"), SYNC[1]], "PASS", id="replaced"),
        pytest.param(SYNC, [SYNC[1]], "FAIL", id="one fewer"),
        pytest.param(SYNC, [member("sync", "b", "i-9"), SYNC[1]], "FAIL", id="replaced in the other zone"),
        pytest.param(
            SYNC, [member("sync", "a", "i-9", proof=None), SYNC[1]], "FAIL", id="a replacement that did nothing"
        ),
        pytest.param(SYNC, [member("sync", "a", "i-1", healthy=False), SYNC[1]], "FAIL", id="there, and not healthy"),
        pytest.param(SYNC, [member("sync", "a", "i-1", healthy=None), SYNC[1]], "UNKNOWN", id="health not readable"),
        pytest.param(SYNC, [*SYNC, member("sync", "a", "i-3")], "PASS", id="one more"),
        pytest.param(PAIR, [member("primary", "b", "db-2"), member("standby", "a", "db-1")], "PASS", id="failed over"),
        pytest.param(PAIR, [member("primary", "b", "db-2")], "FAIL", id="failed over, standby not rebuilt"),
        pytest.param(PAIR, [member("primary", "b", "x"), member("primary", "a", "y")], "FAIL", id="two primaries"),
        pytest.param(SYNC, None, "UNKNOWN", id="not read"),
        pytest.param(SYNC, [], "UNKNOWN", id="read empty"),
        pytest.param([member("sync", "a", "i-1", healthy=False)], SYNC, "UNKNOWN", id="nobody healthy before"),
    ],
)
def test_capacity_restored(before: list[dict], after: list[dict] | None, status: str) -> None:
    """Per role and zone; primary and standby may swap theirs."""
    events = [event("capacity", 10, when="before", members=before), event("capacity", 41, when="after", members=after)]
    found = case(events=[*course(), *events], requests=traffic([]), delivery=beats())

    assert capacity_restored(found, found.experiments[0]).status == status


def test_without_load_a_missing_member_is_unknown() -> None:
    """Nobody waited for it, and no replacement could show that it works."""
    events = [event("capacity", 10, when="before", members=SYNC), event("capacity", 41, when="after", members=SYNC[1:])]
    found = case(events=[*course(), *events], requests=traffic([], to_s=16), delivery=beats(to_s=16))

    assert capacity_restored(found, found.experiments[0]).status == "UNKNOWN"


@pytest.mark.parametrize(
    ("records", "status"),
    [
        pytest.param([undo("applied", "undone", "verified")], "PASS", id="verified"),
        pytest.param([undo("applied", "undone")], "FAIL", id="not read back"),
        pytest.param([undo("applied", "failed")], "FAIL", id="failed"),
        pytest.param([undo("failed", "undone", "verified")], "PASS", id="failed first, then verified"),
        pytest.param([undo()], "FAIL", id="intent only"),
        pytest.param([], "UNKNOWN", id="a fault without a record"),
    ],
)
def test_undone(records: list, status: str) -> None:
    """Everything that was done is read back as undone."""
    found = case(events=course(), undo=records)

    assert undone(found, found.experiments[0]).status == status


def sentinel(written_s: float | None, seen_s: float | None, *, at_s: float = 60, **more: Any) -> Event:
    times: dict[str, Any] = {"written_us": None if written_s is None else int(written_s * S)}
    times |= {"seen_us": None if seen_s is None else int(seen_s * S)}
    return event("sentinel", at_s, experiment=None, sink="replica", key="GDS", deadline_s=60, **times, **more)


@pytest.mark.parametrize(
    ("events", "status"),
    [
        pytest.param([sentinel(20, 21)], "PASS", id="seen"),
        pytest.param([sentinel(20, 51, at_s=51)], "FAIL", id="seen too late"),
        pytest.param([sentinel(20, None, at_s=80)], "FAIL", id="not there in 60 s"),
        pytest.param([sentinel(20, None, at_s=40)], "UNKNOWN", id="not looked for long enough"),
        pytest.param([sentinel(20, None, at_s=80, error="connection refused")], "UNKNOWN", id="replica not readable"),
        pytest.param([sentinel(None, None)], "UNKNOWN", id="not written"),
        pytest.param([sentinel(14, 15)], "UNKNOWN", id="written before the undo"),
        pytest.param([sentinel(20, None), sentinel(30, 31, at_s=61)], "PASS", id="the last one decides"),
        pytest.param([], "UNKNOWN", id="none"),
    ],
)
def test_replica_caught_up(events: list[Event], status: str) -> None:
    """The row decides; objective 30 s."""
    found = case(events=[*course(), *events], undo=[undo("undone", "verified")], landed={"replica": []})

    assert replica_caught_up(found).status == status
