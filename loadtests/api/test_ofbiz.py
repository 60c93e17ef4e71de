"""What an answer of OFBiz means."""

import json
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

import pytest

from loadtests.api.answers import Answer, judge
from loadtests.api.call import Call
from loadtests.api.ofbiz import OrderLine, check_inventory, order, update_inventory, upload_orders

READ = check_inventory(["P1"], ["F1"])
DELTA = update_inventory("F1", "P1", units=1, comments="K1")
UPLOAD = upload_orders([], name="K1")
BALANCER = "awselb/2.0"


def said(body: Any, status: int = 200, server: str = "gunicorn") -> Answer:
    return Answer(status=status, body=body if isinstance(body, bytes) else json.dumps(body).encode(), server=server)


def none(trouble: str, *, sent: bool) -> Answer:
    return Answer(status=None, trouble=trouble, sent=sent)


@pytest.mark.parametrize(
    ("call", "answer", "outcome", "error"),
    [
        pytest.param(READ, said({"docs": []}), "ok", None, id="good read"),
        pytest.param(READ, said({"error": "No record found"}), "ok", None, id="no record is no error"),
        pytest.param(READ, said({"_ERROR_MESSAGE_": "x"}), "failed", "error in 200: x", id="error in a 200"),
        pytest.param(
            READ, said({"_ERROR_MESSAGE_LIST_": ["a", "b"]}), "failed", "error in 200: a; b", id="errors in a 200"
        ),
        pytest.param(READ, said({"error": "boom"}), "failed", "error in 200: boom", id="another error"),
        pytest.param(READ, said({}), "failed", "200 without docs", id="200 that says nothing"),
        pytest.param(READ, said([1]), "failed", "200 without a JSON object", id="200 with a list"),
        pytest.param(READ, said(b"<html>"), "failed", "200 without JSON", id="200 with a page"),
        pytest.param(READ, said(b"[" * 200_000), "failed", "200 without JSON", id="200 with JSON that has no end"),
        pytest.param(READ, said({}, 500), "failed", "500", id="read 500"),
        pytest.param(READ, said(b"", 302), "failed", "302", id="a redirect is not followed"),
        pytest.param(READ, none("cut", sent=True), "failed", "cut", id="read cut"),
        pytest.param(DELTA, said({"webSiteId": "W"}), "ok", None, id="good write"),
        pytest.param(UPLOAD, said({"uploadFileContentId": "1"}), "ok", None, id="good upload"),
        pytest.param(
            DELTA,
            said({"_ERROR_MESSAGE_": "Insufficient stock"}),
            "refused",
            "business: Insufficient stock",
            id="stock",
        ),
        pytest.param(
            DELTA, said({"_ERROR_MESSAGE_": "deadlock"}), "refused", "rolled back: deadlock", id="no business, no write"
        ),
        pytest.param(
            DELTA, said({"error": "No record found"}), "unknown", "200 without webSiteId", id="a write needs its proof"
        ),
        pytest.param(DELTA, said({"error": "boom"}), "unknown", "error in 200: boom", id="undocumented error"),
        pytest.param(UPLOAD, said({}), "unknown", "200 without uploadFileContentId", id="acknowledged by nothing"),
        pytest.param(DELTA, said({"_ERROR_MESSAGE_": "x"}, 500), "unknown", "500", id="write 500"),
        pytest.param(DELTA, said({}, 401), "refused", "401", id="not authenticated"),
        pytest.param(DELTA, said({}, 404), "unknown", "404", id="write 404"),
        pytest.param(DELTA, said(b"", 502, BALANCER), "unknown", "502 of the load balancer", id="502"),
        pytest.param(DELTA, said(b"", 504, BALANCER), "unknown", "504 of the load balancer", id="504"),
        pytest.param(DELTA, said(b"", 503, BALANCER), "refused", "503 of the load balancer", id="no targets"),
        pytest.param(DELTA, said(b"", 503), "unknown", "503", id="503 of an instance proves nothing"),
        pytest.param(
            DELTA, none("connect: ECONNREFUSED", sent=False), "refused", "connect: ECONNREFUSED", id="no byte"
        ),
        pytest.param(DELTA, none("cut: ECONNRESET", sent=True), "unknown", "cut: ECONNRESET", id="cut write"),
    ],
)
def test_an_answer_means(call: Call, answer: Answer, outcome: str, error: str | None) -> None:
    """200 is not success, and a write is refused only with proof."""
    judged = judge(call, answer)
    assert (judged.outcome, judged.error) == (outcome, error)


def test_only_a_good_answer_has_a_body() -> None:
    """A journey goes on with what a good answer said, and with nothing else."""
    assert judge(READ, said({"docs": [1]})).body == {"docs": [1]}
    assert judge(READ, said({"docs": [1]}, 500)).body == {}


def test_an_order_is_as_the_import_wants_it() -> None:
    """Money as decimal text, the total the sum of the lines, the date in milliseconds."""
    made = order(
        "K1", [OrderLine("P1", 2, 1050), OrderLine("P2", 1, 5)], store_id="S", ordered_at_us=1_700_000_000_123_456
    )
    assert made["grandTotal"] == "21.05"
    assert made["orderDate"] == 1_700_000_000_123
    assert [item["unitPrice"] for item in made["items"]] == ["10.50", "0.05"]
    assert [item["orderItemSeqId"] for item in made["items"]] == ["00001", "00002"]


def test_an_upload_is_one_form_with_the_file_in_it() -> None:
    """The body parses as multipart/form-data with the two fields of the API."""
    call = upload_orders([{"externalId": "K1"}], name="K1")
    form = message_from_bytes(f"Content-Type: {call.content_type}\r\n\r\n".encode() + call.body, policy=HTTP)
    parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
    assert list(parts) == ["configId", "uploadedFile"]
    assert parts["configId"].get_content().strip() == "IMP_ORD"
    assert json.loads(parts["uploadedFile"].get_content()) == [{"externalId": "K1"}]
