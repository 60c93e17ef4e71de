"""What an answer proves about a write, and that the timeline knows which ledgers there are."""

import json
from collections.abc import Callable

import pytest

from experiments.probes import front_door
from experiments.probes.front_door import Answer
from experiments.sinks.writing import Writer, meaning
from fixtures.target import Target
from reports.evidence import RunDirectory, shipment_digest


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


class Store:
    """A store with one order of one item: answers as the application does, and loses an answer when told."""

    def __init__(self) -> None:
        self.status: str | None = None  # of the order's shipment; "nowhere": not brokered yet
        self.loses = "nothing"  # the call whose next answer is lost

    def post(self, _: Target, path: str, sent: dict, *, token: str) -> Answer:
        call = path.rpartition("/")[2]
        answer = {"solr-query": self._list, "quickShipEntireShipGroup": self._pack, "updateShipment": self._update}[
            call
        ]
        document = answer(sent)
        if call == self.loses:
            self.loses = "nothing"
            raise front_door.NoAnswerError("cut")
        return said(document)

    def _list(self, _: dict) -> dict:
        doc = {"orderId": "10", "shipGroupSeqId": "1", "facilityId": "BOSTON", "productId": "P1", "itemQuantity": 1}
        docs = [] if self.status in ("nowhere", "SHIPMENT_SHIPPED") else [doc]
        return {"response": {"docs": [one | ({"shipmentId": "S1"} if self.status else {}) for one in docs]}}

    def _pack(self, _: dict) -> dict:
        if self.status:
            return {"_ERROR_MESSAGE_": "already packed"}
        self.status = "SHIPMENT_PACKED"
        return {"shipmentId": "S1"}

    def _update(self, sent: dict) -> dict:
        if self.status != "SHIPMENT_PACKED":
            return {"_ERROR_MESSAGE_": "already shipped"}
        self.status = sent["statusId"]
        return {"shipmentId": "S1"}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    monkeypatch.setattr(front_door, "login", lambda _: "token")
    monkeypatch.setattr(front_door, "post", store.post)
    return store


@pytest.mark.parametrize(
    ("loses", "outcomes"),
    [
        pytest.param("nothing", ["acknowledged"], id="nothing"),
        pytest.param("solr-query", ["refused", "acknowledged"], id="the list"),
        pytest.param("quickShipEntireShipGroup", ["refused", "acknowledged"], id="packed"),
        pytest.param("updateShipment", ["unknown", "acknowledged"], id="handed over"),
    ],
)
def test_a_shipment_is_acknowledged_in_the_end_whatever_answer_is_lost(
    loses: str, outcomes: list[str], store: Store, run: RunDirectory, target_at: Callable[..., Target]
) -> None:
    """What says "already" after an answer that never came has done it; the ledger has the one write."""
    store.loses = loses
    with Writer(target_at("http://127.0.0.1:9"), run, run.events("w"), worker="w", mark="LX") as writer:
        assert [writer.hand_over("GD1") for _ in outcomes] == [("GD1:S", outcome) for outcome in outcomes]

    (write,) = run.read_ledger()
    assert (write.key, write.kind, write.outcome) == ("GD1:S", "shipment", "acknowledged")
    assert write.digest == shipment_digest("GD1:S", "BOSTON", [("P1", 1)])
    assert store.status == "SHIPMENT_SHIPPED"


@pytest.mark.parametrize("status", ["nowhere", "SHIPMENT_SHIPPED"])
def test_an_order_that_waits_nowhere_is_not_handed_over(
    status: str, store: Store, run: RunDirectory, target_at: Callable[..., Target]
) -> None:
    """Nothing is in the ledger about it: nothing was sent that could do it."""
    store.status = status
    with Writer(target_at("http://127.0.0.1:9"), run, run.events("w"), worker="w", mark="LX") as writer:
        assert writer.hand_over("GD1") == ("GD1:S", "refused")

    assert run.read_ledger() == []


def test_already_without_a_lost_answer_is_a_refusal(
    store: Store, run: RunDirectory, target_at: Callable[..., Target]
) -> None:
    """Somebody else did it, or a refused attempt did: both are for the judge to see."""
    with Writer(target_at("http://127.0.0.1:9"), run, run.events("w"), worker="w", mark="LX") as writer:
        writer.hand_over("GD1")
        assert writer.hand_over("GD1")[1] == "refused"


def test_the_timeline_names_the_ledger_before_anything_is_in_it(
    run: RunDirectory, target_at: Callable[..., Target]
) -> None:
    """So that a ledger which is lost later is missed."""
    with Writer(target_at("http://127.0.0.1:9"), run, run.events("gameday-barrier"), worker="sentinel", mark="LS"):
        (opened,) = run.read_events()

    assert (opened.kind, opened.writer, opened.data) == ("ledger.opened", "gameday-barrier", {"writer": "sentinel"})
    assert (run.path / "ledger" / "sentinel.ndjson").is_file()
