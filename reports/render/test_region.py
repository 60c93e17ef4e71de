"""The picture of the region says who was hurt, when, and what came in its place, from the run's evidence alone."""

import json
from pathlib import Path

import pytest

from reports.evidence import Signal
from reports.judge.case import Case
from reports.render.drawing import WIDTH, draw
from reports.render.region import CALM, HURT, MOVED, NEW, Picture, picture
from reports.testing.cases import NAME, S, case, course, event

A, B = "eu-central-1a", "eu-central-1b"
SYNC = [("sync", A, "i-1"), ("sync", B, "i-2"), ("async", A, "i-3")]
PAIR = [("primary", A, "oms"), ("standby", B, "oms-standby"), ("replica", B, "oms-replica")]
TARGET = {"dns": [{"name": "www.x", "addresses": ["10.0.0.1", "10.0.0.2"], "ttl_s": 60}, {"name": "warehouse.x"}]}


def members(when: str, at_s: float, listed: list[tuple[str, str, str]], proof: str = "answered a request") -> object:
    items = [{"role": role, "zone": zone, "id": id_, "healthy": True, "proof": proof} for role, zone, id_ in listed]
    return event("capacity", at_s, when=when, members=items)


def hurt(subject: str, operation: str = "TerminateInstances", **parameters: object) -> object:
    return event("fault.called", 15, subject=subject, service="aws", operation=operation, parameters=parameters)


def drawn(*events: object, signals: tuple[Signal, ...] = (), target: object = None) -> Picture:
    found: Case = case(events=[*course(called_s=None), *events], signals=signals)  # type: ignore[list-item]
    shown = picture(found, found.experiments[0], TARGET if target is None else target)  # type: ignore[arg-type]
    assert shown is not None
    return shown


def states(shown: Picture) -> dict[str, str]:
    return {box.label: box.state for zone in shown.zones for _, boxes in zone.rows for box in boxes}


def test_a_terminated_instance_and_its_replacement() -> None:
    """Who is gone, since when; who came, in service since when."""
    before, after = SYNC + PAIR, [("sync", A, "i-9"), *SYNC[1:], *PAIR]
    health = tuple(
        Signal(int(at * S), "target_health", value, experiment=NAME)
        for at, value in ((14, {"i-1": "healthy"}), (20, {"i-9": "initial (x)"}), (22, {"i-9": "healthy"}))
    )
    shown = drawn(
        members("before", 11, before), hurt("i-1", InstanceIds=["i-1"]), members("after", 41, after), signals=health
    )

    assert states(shown) == {
        "i-1": HURT, "i-2": CALM, "i-3": CALM, "i-9": NEW, "primary oms": CALM, "oms-standby": CALM, "oms-replica": CALM
    }  # fmt: skip
    assert shown.story[0] == f"Hurt at 00:00:15 UTC: sync server i-1 in {A}, terminated +0.0 s."
    assert shown.story[1] == f"In its place: sync server i-9 in {A}, in service +7.0 s; answered a request."
    assert shown.story[2] == "Not hurt: 5 of 6 members."
    assert (shown.front, shown.ttl, shown.nodes) == ("www.x", "TTL 60 s", ("10.0.0.1", "10.0.0.2"))


def test_a_failover_swaps_the_pair() -> None:
    """The instance keeps its name; the roles change their zones."""
    after = [("primary", B, "oms"), ("standby", A, "oms-standby"), PAIR[2]]
    call = hurt("oms", "RebootDBInstance", DBInstanceIdentifier="oms", ForceFailover=True)
    shown = drawn(members("before", 11, PAIR), call, members("after", 41, after))

    assert states(shown) == {"primary → standby": HURT, "standby → primary": MOVED, "oms-replica": CALM}
    assert shown.story[1] == f"The primary moved from {A} to {B}."


def test_nothing_came() -> None:
    """A group that does not replace is told in so many words."""
    shown = drawn(members("before", 11, SYNC), hurt("i-1"), members("after", 41, SYNC[1:]))

    assert "Nothing came for 1 of 1 that are gone." in shown.story
    assert [box.note for zone in shown.zones for _, boxes in zone.rows for box in boxes if box.state == HURT] == [
        "terminated +0.0 s, gone"
    ]


def test_a_stalled_server_works_again_at_the_end() -> None:
    """It is hurt, and still there; microseconds of a proof are told as seconds since the fault."""
    shown = drawn(
        members("before", 11, SYNC),
        hurt("i-3", "SendCommand", InstanceIds=["i-3"]),
        members("after", 41, SYNC, proof=f"began a job at {1_795_000_000 * S}"),
    )

    assert states(shown)["i-3"] == HURT
    assert shown.story[1].startswith("At work again at the end: async server i-3; began a job at +")
    assert str(1_795_000_000 * S) not in shown.story[1]


def test_what_was_not_read_is_not_told() -> None:
    """A run that was killed has no reading after; one without a reading before has no picture."""
    cut = drawn(members("before", 11, SYNC), hurt("i-1"))
    assert "What came in its place is not known: nobody read the members after the fault." in cut.story
    assert [box.note for zone in cut.zones for _, boxes in zone.rows for box in boxes if box.note] == [
        "terminated +0.0 s"
    ]

    found = case(events=[*course(), members("after", 41, SYNC)])  # type: ignore[list-item]
    assert picture(found, found.experiments[0], TARGET) is None
    calm = case(events=[*course(called_s=None), members("before", 11, SYNC)])  # type: ignore[list-item]
    assert picture(calm, calm.experiments[0], TARGET) is None


@pytest.mark.parametrize("target", [{}, {"dns": {"error": "x"}}, {"dns": ["odd"]}])
def test_a_configuration_that_was_not_read_leaves_its_places_empty(target: object) -> None:
    """No name is made up."""
    shown = drawn(members("before", 11, SYNC), hurt("i-1"), target=target)

    assert (shown.front, shown.nodes, shown.warehouse) == ("", (), "")


@pytest.mark.parametrize("zones", [1, 2, 3])
def test_everything_lies_inside_and_nothing_overlaps(zones: int) -> None:
    """Boxes in their zone, zones in the picture."""
    listed = [("sync", f"zone-{n}", f"i-{n}{k}") for n in range(zones) for k in range(3)]
    found = draw(drawn(members("before", 11, listed), hurt("i-01"), members("after", 41, listed[1:])))

    for zone in found.zones:
        assert zone.x >= 0
        assert zone.x + zone.width <= WIDTH
        below = zone.y
        for one in zone.boxes:
            assert zone.x < one.x < one.x + one.width < zone.x + zone.width
            assert one.y >= below
            below = one.y + one.height
        assert below <= zone.y + zone.height <= found.warehouse_y <= found.height


def test_the_run_directory_reads_its_target(tmp_path: Path) -> None:
    """What cannot be read is empty."""
    from reports.evidence import RunDirectory

    run = RunDirectory.create(tmp_path / "run", name="x", kind="gameday", facts={})
    assert run.read_target() == {}
    (run.path / "target.json").write_text(json.dumps({NAME: TARGET}))
    assert run.read_target()[NAME] == TARGET
    (run.path / "target.json").write_text("{")
    assert run.read_target() == {}
