"""What is an answer, whatever pieces it comes in."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.wire.parsing import LONGEST_HEAD, AnswerParser, BadAnswerError, FieldName, Reply

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"


@dataclass(frozen=True)
class Told:
    """What came of some bytes: an answer that may be kept open or not, or why there is none."""

    status: int | None
    body: bytes = b""
    keeps_open: bool = True
    why: str | None = None


def told(pieces: list[bytes], *, head_only: bool = False, then_end: bool = True) -> Told:
    """Feed the pieces up to the end of the answer, as a connection does; then the peer closes."""
    parser = AnswerParser()
    parser.begin(head_only=head_only)
    try:
        if not any(parser.feed(piece) for piece in pieces):
            assert then_end
            parser.end()
    except BadAnswerError as error:
        return Told(None, why=str(error), keeps_open=False)
    status, _, body = parser.take()
    return Told(status, body, parser.keeps_open)


@pytest.mark.parametrize(
    ("came", "said"),
    [
        pytest.param(OK, Told(200, b"hi"), id="length"),
        pytest.param(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", Told(200), id="no reason, no body"),
        pytest.param(CHUNKED + b"\r\n2\r\nhi\r\n3;a=b\r\nyou\r\n0\r\n\r\n", Told(200, b"hiyou"), id="chunks"),
        pytest.param(CHUNKED + b"Trailer: X\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n", Told(200, b"hi"), id="trailers"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, Told(200, b"hi"), id="100"),
        pytest.param(b"HTTP/1.1 103 E\r\nLink: x\r\n\r\n" * 2 + OK, Told(200, b"hi"), id="103 twice"),
        pytest.param(b"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", Told(204), id="204 has no body"),
        pytest.param(b"HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", Told(304), id="304 has no body"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nto the end", Told(200, b"to the end", False), id="ended by close"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n", Told(200, b"", False), id="nothing, ended by close"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nzz", Told(200, b"zz", False), id="a coding, by close"
        ),
        pytest.param(OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1), Told(200, b"hi", False), id="close"),
        pytest.param(OK.replace(b"1.1", b"1.0"), Told(200, b"hi", False), id="1.0 closes"),
        pytest.param(
            OK.replace(b"1.1 200 OK\r\n", b"1.0 200 OK\r\nConnection: keep-alive\r\n"), Told(200, b"hi"), id="1.0 stays"
        ),
        pytest.param(b"\r\n\r\n" + OK, Told(200, b"hi"), id="empty lines before"),
        pytest.param(b"HTTP/1.1 100 C\r\n\r\n\r\n" + OK, Told(200, b"hi"), id="an empty line after 100"),
    ],
)
def test_whole_answers(came: bytes, said: Told) -> None:
    """In one piece and byte by byte, it is the same answer."""
    assert told([came]) == said
    assert told([bytes([byte]) for byte in came]) == said


@pytest.mark.parametrize(
    ("came", "why"),
    [
        pytest.param(b"", "closed without an answer", id="nothing"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", "closed without an answer", id="interim only"),
        pytest.param(OK[:-1], "answer cut short", id="body cut"),
        pytest.param(OK[:20], "answer cut short", id="head cut"),
        pytest.param(CHUNKED + b"\r\n5\r\nhe", "answer cut short", id="chunk cut"),
        pytest.param(CHUNKED + b"\r\n2\r\nhi\r\n0\r\n", "answer cut short", id="last line cut"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
            "answer cut short",
            id="chunk cut, codings on two lines",
        ),
        pytest.param(b"what?\r\n\r\n", "not HTTP", id="not HTTP"),
        pytest.param(b"RTSP/1.0 200 OK\r\n\r\n", "not HTTP", id="RTSP"),
        pytest.param(b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "not HTTP", id="HTTP/2.0"),
        pytest.param(b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", "not HTTP", id="status under 100"),
        pytest.param(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "not HTTP", id="line feeds alone"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n", "not HTTP", id="length under zero"),
        pytest.param(OK.replace(b"\r\n", b"\r\nContent-Length: 3\r\n", 1), "not HTTP", id="two lengths"),
        pytest.param(CHUNKED + b"Content-Length: 2\r\n\r\n0\r\n\r\n", "not HTTP", id="length and chunks"),
        pytest.param(CHUNKED + b"\r\nzz\r\n", "not HTTP", id="no chunk size"),
        pytest.param(
            b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "another protocol", id="101 with headers"
        ),
    ],
)
def test_what_is_no_answer(came: bytes, why: str) -> None:
    """It is never taken for one, in whatever pieces it comes."""
    assert told([came]).why == why
    assert told([bytes([byte]) for byte in came]).why == why


@pytest.mark.parametrize(
    "more", [b"garbage", b"H", OK, b"\x00"], ids=["garbage", "a beginning", "another answer", "a byte"]
)
def test_what_comes_with_an_answer_makes_it_none(more: bytes) -> None:
    """Nobody asked for it; whether both were meant for us, or which of them, is not known."""
    closing = OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    assert told([OK + more]).why == told([closing + more]).why == "more than one answer"


@pytest.mark.parametrize(
    ("came", "keeps_open"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", True),
        (CHUNKED + b"\r\n", True),
        (b"HTTP/1.1 200 OK\r\n\r\n", False),
        (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", True),
    ],
)
def test_the_answer_to_head_has_no_body(came: bytes, keeps_open: bool) -> None:
    """Whatever its headers announce. The parser takes a whole answer with a body after it."""
    parser = AnswerParser()
    parser.begin(head_only=True)
    assert parser.feed(came)
    assert (parser.take()[2], parser.keeps_open) == (b"", keeps_open)
    parser.begin()
    assert parser.feed(OK)
    assert parser.take()[2] == b"hi"


def test_a_body_after_head_is_more_than_was_asked_for() -> None:
    assert told([OK], head_only=True).why == "more than one answer"


@pytest.mark.parametrize("size", [100, 1_000_000], ids=str)
def test_headers_have_a_limit(size: int) -> None:
    """Also when they never end, in pieces of any size."""
    endless = b"HTTP/1.1 200 OK\r\nX: " + b"x" * (LONGEST_HEAD + 1)
    pieces = [endless[at : at + size] for at in range(0, len(endless), size)]
    assert told(pieces).why == f"headers over {LONGEST_HEAD} bytes"
    assert told([*pieces, b"\r\n\r\n"]).why == f"headers over {LONGEST_HEAD} bytes"


@pytest.mark.parametrize("framing", [b"", b"Transfer-Encoding: chunked\r\n"], ids=["until close", "chunks"])
def test_an_answer_has_a_limit(framing: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless one ends the request and not the generator; the limit is of one answer, not of a connection."""
    monkeypatch.setattr("loadtests.wire.parsing.LONGEST_ANSWER", 1000)
    endless = b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n"
    assert told([endless, *[b"3\r\nabc\r\n"] * 200]).why == "answer over 1000 bytes"
    parser = AnswerParser()
    for _ in range(100):
        parser.begin()
        assert parser.feed(OK)


def test_headers_are_found_whatever_their_case() -> None:
    head = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nserver:  awselb/2.0 \r\nX-A: 2"
    found = [FieldName(name).first(head) for name in ("Server", "x-a", "200")]
    assert found == ["awselb/2.0", "1", None]
    assert FieldName("x-a").last(head) == "2"


TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
INTERIM = st.lists(st.sampled_from([b"HTTP/1.1 100 C\r\n\r\n", b"HTTP/1.1 103 E\r\nLink: <a>\r\n\r\n"]), max_size=2)


@dataclass(frozen=True)
class Made:
    """An answer, what it means, and as what it came."""

    came: bytes
    reply: Reply
    by_close: bool


@st.composite
def answers(draw: st.DrawFn) -> Made:
    """Draw a valid answer of any framing, perhaps after interim ones."""
    parts = draw(st.lists(st.binary(min_size=1, max_size=200), max_size=4))
    status, framing = draw(st.integers(200, 599)), draw(st.sampled_from(["length", "chunks", "close"]))
    if status in (204, 304):
        parts, framing = [], "length"
    body = b"".join(parts)
    head = f"HTTP/1.1 {status} OK\r\nX-Text: {draw(TEXT)}".encode()
    sent = body
    if framing == "length":
        head += b"\r\nContent-Length: %d" % len(body)
    elif framing == "chunks":
        head += b"\r\ntransfer-encoding: Chunked"
        sent = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n"
        sent += draw(st.sampled_from([b"", b"X-Trailer: a\r\n"])) + b"\r\n"
    interim = b"".join(draw(INTERIM))
    return Made(interim + head + b"\r\n\r\n" + sent, (status, head, body), framing == "close")


@settings(deadline=None)
@given(answers(), st.data())
def test_however_an_answer_is_split_it_is_the_same(made: Made, data: st.DataObject) -> None:
    """Segments of the network mean nothing; and the next answer on the connection is not disturbed."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(made.came)), max_size=6)))
    edges = [0, *cuts, len(made.came)]
    pieces = [made.came[a:b] for a, b in pairwise(edges) if a < b]
    parser = AnswerParser()
    for _ in range(1 if made.by_close else 2):
        parser.begin()
        heard = [parser.feed(piece) for piece in pieces]
        assert heard == [False] * (len(pieces) - 1) + [not made.by_close]
        if made.by_close:
            parser.end()
        assert parser.take() == made.reply
        assert parser.keeps_open is not made.by_close


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=60) | st.sampled_from([OK, OK[:30], CHUNKED, b"\r\n", b"0\r\n\r\n"])))
def test_whatever_comes_is_an_answer_or_the_one_error(pieces: list[bytes]) -> None:
    """Nothing else is ever raised into the event loop."""
    said = told(pieces)
    assert (said.status is None) == (said.why is not None)


@settings(deadline=None)
@given(answers(), st.data())
def test_a_part_of_an_answer_is_none(made: Made, data: st.DataObject) -> None:
    """Except where the close is the end: there nobody can tell."""
    part = made.came[: data.draw(st.integers(0, len(made.came) - 1))]
    said = told([part])
    whole = made.by_close and len(part) >= len(made.came) - len(made.reply[2])
    assert (said.status is not None) == whole
