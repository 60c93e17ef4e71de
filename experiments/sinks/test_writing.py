"""What an answer proves about a write, and that the timeline knows which ledgers there are."""

import json
from collections.abc import Callable

import pytest

from experiments.probes import front_door
from experiments.probes.front_door import Answer
from experiments.sinks.writing import Writer, meaning
from fixtures.target import Target
from reports.evidence import RunDirectory


def said(document: object, *, status: int = 200, server: str | None = "i-1") -> Answer:
    return Answer(status, document if isinstance(document, bytes) else json.dumps(document).encode(), server)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(said({"webSiteId": "WEBSTORE"}), "acknowledged", id="proof"),
        pytest.param(
            said({"webSiteId": "WEBSTORE", "_ERROR_MESSAGE_LIST_": []}), "acknowledged", id="empty-error-list"
        ),
        pytest.param(said({"_ERROR_MESSAGE_": "no"}), "refused", id="message"),
        pytest.param(said({"webSiteId": "WEBSTORE", "_ERROR_MESSAGE_LIST_": ["no"]}), "refused", id="message-list"),
        pytest.param(said({"_ERROR_MESSAGE_": "no"}, server=None), "unknown", id="message-of-nobody"),
        pytest.param(said({"webSiteId": "WEBSTORE", "error": "?"}), "unknown", id="error-undocumented"),
        pytest.param(said({}), "unknown", id="no-proof"),
        pytest.param(said(b"<html>"), "unknown", id="html"),
        pytest.param(said([1]), "unknown", id="no-object"),
        pytest.param(said({"webSiteId": "WEBSTORE"}, status=502), "unknown", id="status"),
    ],
)
def test_only_what_is_proven_is_acknowledged_or_refused(answer: Answer, outcome: str) -> None:
    found, why = meaning(answer, "webSiteId")
    assert found == outcome
    assert (why is None) == (outcome == "acknowledged")


@pytest.mark.parametrize(
    ("stock", "upload"),
    [
        pytest.param({"webSiteId": "W"}, {"uploadFileContentId": "1"}, id="acknowledged"),
        pytest.param({}, {}, id="unknown"),
        pytest.param({"_ERROR_MESSAGE_": "no"}, {"_ERROR_MESSAGE_": "no"}, id="refused"),
    ],
)
def test_each_write_needs_its_own_proof(
    stock: object,
    upload: object,
    run: RunDirectory,
    target_at: Callable[..., Target],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    expected = request.node.callspec.id
    monkeypatch.setattr(front_door, "login", lambda _: "token")
    monkeypatch.setattr(front_door, "post", lambda *_, **__: said(stock))
    monkeypatch.setattr(front_door, "upload", lambda *_, **__: said(upload))
    with Writer(target_at("http://127.0.0.1:9"), run, run.events("w"), worker="w", mark="LX") as writer:
        assert writer.take_stock()[1] == expected
        assert writer.import_orders(2)[1] == expected

    assert [write.outcome for write in run.read_ledger()] == [expected] * 3


def test_the_timeline_names_the_ledger_before_anything_is_in_it(
    run: RunDirectory, target_at: Callable[..., Target]
) -> None:
    """So that a ledger which is lost later is missed."""
    with Writer(target_at("http://127.0.0.1:9"), run, run.events("gameday-barrier"), worker="sentinel", mark="LS"):
        (opened,) = run.read_events()

    assert (opened.kind, opened.writer, opened.data) == ("ledger.opened", "gameday-barrier", {"writer": "sentinel"})
    assert (run.path / "ledger" / "sentinel.ndjson").is_file()
