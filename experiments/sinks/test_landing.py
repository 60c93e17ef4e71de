"""When each key was seen and missed: an interval that never claims more than was looked at."""

from pathlib import Path
from typing import Any

import pytest

from experiments.sinks import landing
from experiments.sinks.read import SinkUnreadableError
from experiments.sinks.rows import KeyRow, kind_of
from reports.evidence import SINKS, Landed, RunDirectory


class FakeSink:
    """A sink whose orders a test sets; None: it does not answer."""

    name = "primary"

    def __init__(self) -> None:
        self.held: set[str] | None = set()
        self.asked: list[set[str]] = []

    def present(self, keys: set[str]) -> set[str]:
        self.asked.append(set(keys))
        return keys & self._held()

    def keyed(self, prefix: str) -> list[KeyRow]:
        return [
            KeyRow(kind_of(key), key, 1, "digest", 100, 5) for key in sorted(self._held()) if key.startswith(prefix)
        ]

    def stock(self, prefix: str) -> list[Any]:
        return []

    def close(self) -> None:
        pass

    def _held(self) -> set[str]:
        if self.held is None:
            raise SinkUnreadableError("primary: no answer")
        return self.held


@pytest.fixture
def sink() -> FakeSink:
    return FakeSink()


@pytest.fixture
def look(sink: FakeSink, run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> landing._Look:
    """Looks whose clock ticks by one with each reading of it."""
    clock = iter(range(1, 1000))
    monkeypatch.setattr(landing, "now_us", lambda: next(clock))
    return landing._Look(sink, run.path / "ledger", "GD")  # type: ignore[arg-type]


def intend(run: RunDirectory, *keys: str, kind: str = "order", sinks: tuple[str, ...] = SINKS) -> None:
    with (ledger := run.write_ledger("w0"))._out:
        for key in keys:
            ledger.intent(key, kind, digest="digest", amount_minor=100, sinks=sinks)


def row(found: list[Landed], key: str) -> Landed:
    return next(one for one in found if one.key == key)


def test_a_key_is_seen_at_the_end_of_the_look_and_missed_at_its_start(
    look: landing._Look, sink: FakeSink, run: RunDirectory
) -> None:
    intend(run, "GD1")
    look.again()  # from 1 to 2: without it
    sink.held = {"GD1"}
    look.again()  # from 3 to 4: with it

    found = row(look.final(), "GD1")

    assert (found.last_absent_us, found.first_seen_us, found.count, found.sink_stamp) == (1, 4, 1, 5)


def test_a_key_that_was_seen_is_not_asked_for_again(look: landing._Look, sink: FakeSink, run: RunDirectory) -> None:
    intend(run, "GD1", "GD2")
    sink.held = {"GD1"}
    look.again()
    intend(run, "GD3")
    look.again()

    assert sink.asked == [{"GD1", "GD2"}, {"GD2", "GD3"}]


def test_a_sink_that_does_not_answer_says_nothing(look: landing._Look, sink: FakeSink, run: RunDirectory) -> None:
    """Neither that a key is there, nor that it is not."""
    intend(run, "GD1")
    look.again()  # from 1 to 2
    sink.held = None
    with pytest.raises(SinkUnreadableError):
        look.again()
    sink.held = {"GD1"}
    look.again()

    assert row(look.final(), "GD1").last_absent_us == 1


def test_a_key_that_is_gone_again_is_told_with_count_0(look: landing._Look, sink: FakeSink, run: RunDirectory) -> None:
    intend(run, "GD1", "GD2")
    sink.held = {"GD1"}
    look.again()
    sink.held = set()

    found = look.final()

    assert (row(found, "GD1").count, row(found, "GD1").first_seen_us) == (0, 2)
    assert (row(found, "GD2").count, row(found, "GD2").first_seen_us) == (0, None)


def test_a_key_that_nobody_meant_to_write_is_told(look: landing._Look, sink: FakeSink) -> None:
    sink.held = {"GDX", "ELSEWHERE"}

    assert [(one.key, one.count) for one in look.final()] == [("GDX", 1)]


def test_a_shipment_is_awaited_as_an_order_is(look: landing._Look, sink: FakeSink, run: RunDirectory) -> None:
    """Under its own key and kind, also when it never comes."""
    intend(run, "GD1:S", "GD2:S", kind="shipment")
    look.again()  # from 1 to 2: without them
    sink.held = {"GD1:S"}
    look.again()  # from 3 to 4

    found = look.final()

    assert [(one.key, one.kind, one.count) for one in found] == [("GD2:S", "shipment", 0), ("GD1:S", "shipment", 1)][
        ::-1
    ]
    assert (row(found, "GD1:S").last_absent_us, row(found, "GD1:S").first_seen_us) == (1, 4)


def test_only_what_has_a_key_in_this_sink_is_awaited(look: landing._Look, sink: FakeSink, run: RunDirectory) -> None:
    """And a line that its writer has not finished yet is read when it has."""
    intend(run, "GD1", kind="stock_delta")
    intend(run, "GD2", sinks=("warehouse",))
    path = run.path / "ledger" / "w1.ndjson"
    whole = '{"t":"intent","key":"GD3","kind":"order","sinks":["primary"]}\n'
    path.write_text(whole[:20])
    look.again()
    path.write_text(whole)
    look.again()

    assert sink.asked == [{"GD3"}]


def test_a_sink_that_cannot_be_read_at_the_end_leaves_no_file(
    run: RunDirectory, target_at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file would say that it was read."""
    monkeypatch.setattr(landing, "FINAL_READ_LIMIT_S", 0.1)
    target = target_at("http://127.0.0.1:9", dns={"address": "127.0.0.1", "port": 9})
    monkeypatch.setattr("experiments.resolving.TIMEOUT_S", 0.2)

    unread = landing.LandingPoller(target, run, "GD").write()

    assert unread == ["warehouse", "replica", "primary"]
    assert not (Path(run.path) / "landed").exists()
