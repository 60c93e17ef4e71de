"""What journeys write in Locust's words goes over the wire as they meant it."""

import pytest

from loadtests.api.answers import Answer, judge
from loadtests.api.call import Call
from loadtests.session import Session
from loadtests.wire.request import Headers


class Peer:
    """Answers with what it was given, in turn, and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Call, dict[str, str]]] = []

    def send(self, call: Call, headers: Headers) -> Answer:
        self.asked.append((call, dict(headers)))
        return self.answers.pop(0)

    def session(self) -> Session:
        return Session(self.send, self.path_of)

    @staticmethod
    def path_of(url: str) -> str:
        assert "://" not in url or url.startswith("http://oms.test"), url
        return url.removeprefix("http://oms.test")

    @property
    def lines(self) -> list[str]:
        return [f"{call.method} {call.path}" for call, _ in self.asked]


def to(where: str, status: int = 302) -> Answer:
    return Answer(status, head=f"HTTP/1.1 {status} X\r\nLocation: {where}".encode())


OK = Answer(200, b'{"a": 1}', head=b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nX-A: b")


def test_a_request_is_what_was_asked_for_and_its_answer_reads_as_in_locust() -> None:
    peer = Peer(OK)
    said = peer.session().post("/x?q=1", json={"b": 2}, headers={"X-H": "v"}, name="/x")
    (call, headers), *_ = peer.asked
    assert (call.method, call.path, call.endpoint, call.body) == ("POST", "/x?q=1", "POST /x", b'{"b": 2}')
    assert (call.content_type, headers) == ("application/json", {"X-H": "v"})
    assert (said.status_code, said.ok, said.json(), said.text, said.headers["x-a"]) == (
        200,
        True,
        {"a": 1},
        '{"a": 1}',
        "b",
    )


@pytest.mark.parametrize(
    ("data", "body", "content_type"),
    [
        ({"a": "1 2"}, b"a=1+2", "application/x-www-form-urlencoded"),
        ("text", b"text", "application/octet-stream"),
        (b"\xff", b"\xff", "application/octet-stream"),
        (None, b"", ""),
    ],
)
def test_a_body_may_be_a_form_text_or_bytes(data: object, body: bytes, content_type: str) -> None:
    peer = Peer(OK)
    peer.session().put("/x", data=data)  # type: ignore[arg-type]
    assert (peer.asked[0][0].body, peer.asked[0][0].content_type) == (body, content_type)


def test_an_option_that_would_be_ignored_is_refused() -> None:
    """Locust's clients have more of them; without its query it would be another request."""
    peer = Peer(OK)
    with pytest.raises(TypeError, match="params"):
        peer.session().get("/x", params={"a": "1"})  # type: ignore[call-arg]
    assert peer.asked == []


def test_each_redirect_is_a_request_of_its_own() -> None:
    """Relative, absolute, with a query: as long as it stays on the target."""
    peer = Peer(to("../b?x=y"), to("http://oms.test/c d", 301), OK)
    assert peer.session().get("/a/1").status_code == 200
    assert peer.lines == ["GET /a/1", "GET /b?x=y", "GET /c%20d"]
    assert [call.endpoint for call, _ in peer.asked] == ["GET /a/1", "GET /b", "GET /c%20d"]


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("POST", 303, "GET /b"),
        ("POST", 302, "GET /b"),
        ("POST", 301, "GET /b"),
        ("POST", 307, "POST /b"),
        ("POST", 308, "POST /b"),
        ("HEAD", 301, "HEAD /b"),
        ("HEAD", 303, "HEAD /b"),
        ("DELETE", 302, "DELETE /b"),
        ("DELETE", 303, "GET /b"),
    ],
)
def test_what_a_redirect_makes_of_a_request(method: str, status: int, then: str) -> None:
    """Only 307 and 308 send a POST again; whoever deletes does not get by accident."""
    peer = Peer(to("/b", status), OK)
    peer.session().request(method, "/a", data=b"body" if method == "POST" else None)
    assert peer.lines[1] == then
    assert peer.asked[1][0].body == (b"body" if then == "POST /b" else b"")


def test_a_redirect_is_an_answer_where_it_is_not_followed() -> None:
    """To another host or nowhere, without a Location, when nobody wants it, and when there is no end of them."""
    assert Peer(to("http://[b")).session().get("/a").status_code == 302
    assert Peer(to("http://example.com/")).session().get("/a").status_code == 302
    assert Peer(Answer(302, head=b"HTTP/1.1 302 X")).session().get("/a").status_code == 302
    assert Peer(to("/b")).session().get("/a", allow_redirects=False).status_code == 302
    endless = Peer(*[to("/a")] * 20)
    assert endless.session().get("/a").status_code == 302
    assert len(endless.asked) == 11


def test_no_answer_has_the_status_of_locust_and_says_why() -> None:
    said = Peer(Answer(None, trouble="connect: ECONNREFUSED", sent=False)).session().get("/a")
    assert (said.status_code, said.ok, said.error, said.text) == (0, False, "connect: ECONNREFUSED", "")


@pytest.mark.parametrize(
    ("answer", "outcome", "error"),
    [
        (OK, "ok", None),
        (Answer(302), "ok", None),
        (Answer(404), "failed", "404"),
        (Answer(502, server="awselb/2.0"), "failed", "502 of the load balancer"),
        (Answer(None, trouble="cut: ECONNRESET"), "failed", "cut: ECONNRESET"),
    ],
)
def test_without_a_field_that_proves_it_the_status_decides(answer: Answer, outcome: str, error: str | None) -> None:
    """As in Locust: a page is good or bad by its status."""
    judged = judge(Call("GET", "/", "GET /", None), answer)
    assert (judged.outcome, judged.error) == (outcome, error)
