"""Bytes of a connection in, an answer out. Pure: no socket, no clock.

llhttp (httptools) says where an answer ends and whether it is HTTP at all; one parser serves all answers of a
connection. Headers are kept as they came and looked at when somebody asks. What is done here is what llhttp leaves to
its caller: answers to HEAD, interim answers (1xx), bodies that end with the connection, limits, and bytes that nobody
asked for.
"""

import http.client
from email.parser import Parser

import httptools

LONGEST_HEAD = 65_536  # bytes of status line and headers; load balancers allow about half of it
LONGEST_ANSWER = 64 * 1024 * 1024  # bytes of everything; an endless one would take the generator's memory
HEAD_END = b"\r\n\r\n"
FINAL = 200  # statuses below are of interim answers
ORDINARY = (b"HTTP/1.1 2", b"HTTP/1.1 3", b"HTTP/1.1 4", b"HTTP/1.1 5")  # looked at no closer


class BadAnswerError(Exception):
    """What came is not one whole answer to one request; the message says in a few words why."""


# A whole answer: its status; the status line and the headers as they came, without the empty line; its body.
Reply = tuple[int, bytes, bytes]


class FieldName:
    """The name of a header, to be looked for in heads; whatever its case, but as it is spelled here at first."""

    __slots__ = ("_line", "_lower")

    def __init__(self, name: str) -> None:
        self._line = b"\r\n%b:" % name.encode("ascii")
        self._lower = self._line.lower()

    def is_in(self, head: bytes) -> bool:
        """Whether there is such a header."""
        return head.lower().find(self._lower) >= 0

    def first(self, head: bytes) -> str | None:
        """Return its value, None without one; of several lines the first."""
        at = head.find(self._line)
        if at < 0:
            at = head.lower().find(self._lower)
        return None if at < 0 else self._value(head, at)

    def last(self, head: bytes) -> str | None:
        """Return its value, None without one; of several lines the last."""
        at = head.lower().rfind(self._lower)
        return None if at < 0 else self._value(head, at)

    def _value(self, head: bytes, at: int) -> str:
        start = at + len(self._line)
        end = head.find(b"\r\n", start)
        return (head[start:end] if end >= 0 else head[start:]).strip().decode("latin-1")


def headers_of(head: bytes) -> http.client.HTTPMessage:
    """Return all headers, for who wants more than one of them; ``http.client`` itself refuses more than 100."""
    lines = head.partition(b"\r\n")[2].decode("latin-1")
    return Parser(_class=http.client.HTTPMessage).parsestr(lines)


CONTENT_LENGTH = FieldName("Content-Length")
TRANSFER_ENCODING = FieldName("Transfer-Encoding")


class AnswerParser:
    """Takes the bytes of one connection; ``begin`` before each request, then ``feed`` until the answer is whole."""

    __slots__ = ("_body", "_fed", "_got", "_head", "_head_only", "_http", "_status", "_surplus", "_whole", "keeps_open")

    def __init__(self) -> None:
        self._http: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self.begin()

    def begin(self, *, head_only: bool = False) -> None:
        """A request is about to be sent. ``head_only``: it is a HEAD, so its answer has no body, whatever it says."""
        self._head_only = head_only
        self._head: bytes | None = None
        self._got = b""  # of the head, while that is not whole
        self._body: list[bytes] = []
        self._fed = 0  # bytes
        self._whole = self._surplus = False
        self.keeps_open = False  # whether the connection may be used again

    def feed(self, data: bytes) -> bool:
        """Take what came; return whether the answer is whole. Raises BadAnswerError, after which all is over."""
        assert self._http is not None
        self._fed += len(data)
        if self._fed > LONGEST_ANSWER:
            raise BadAnswerError(f"answer over {LONGEST_ANSWER} bytes")
        try:
            self._http.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            raise BadAnswerError("another protocol") from error
        except httptools.HttpParserError as error:
            # The answer was whole, and what came with it is none.
            raise BadAnswerError("more than one answer" if self._whole else "not HTTP") from error
        if self._head is None:
            self._find_head(data)
        if self._surplus:
            raise BadAnswerError("more than one answer")
        return self._whole

    def end(self) -> None:
        """The peer will send nothing more. Raises BadAnswerError unless that makes the answer whole."""
        if self._head is None and not self._got:
            raise BadAnswerError("closed without an answer")
        if self._head is None or _promises_an_end(self._head):
            raise BadAnswerError("answer cut short")
        self._status, self._whole = int(self._head[9:12]), True

    def take(self) -> Reply:
        """Return the answer that is whole."""
        assert self._whole
        assert self._head is not None
        body = self._body
        return self._status, self._head, body[0] if len(body) == 1 else b"".join(body)

    def close(self) -> None:
        """Let go of llhttp, which holds on to this object as well."""
        self._http = None

    def on_message_begin(self) -> None:
        """llhttp: the first byte of an answer."""
        self._surplus = self._whole

    def on_body(self, part: bytes) -> None:
        """llhttp: a piece of a body, chunks taken apart."""
        self._body.append(part)

    def on_message_complete(self) -> None:
        """llhttp: the end of an answer, interim ones included."""
        assert self._http is not None
        self._status = self._http.get_status_code()
        if self._status >= FINAL:
            self._whole, self.keeps_open = True, self._http.should_keep_alive()

    def _find_head(self, data: bytes) -> None:
        """Keep the head of the answer itself; interim answers before it are passed over."""
        got = self._got + data if self._got else data
        is_ordinary = got.startswith(ORDINARY)
        if not is_ordinary:
            got = _passed_over(got)
        end = got.find(HEAD_END)
        if (end if end >= 0 else len(got)) > LONGEST_HEAD:
            raise BadAnswerError(f"headers over {LONGEST_HEAD} bytes")
        if end < 0:
            self._got = got
            return
        # llhttp takes RTSP and HTTP/2.0 for HTTP, and a status of two digits.
        if not is_ordinary and (not got.startswith(b"HTTP/1.") or got.startswith(b"0", 9)):
            raise BadAnswerError("not HTTP")
        self._head = got[:end]
        if self._head_only:
            self._end_without_body(more=len(got) > end + len(HEAD_END))

    def _end_without_body(self, *, more: bool) -> None:
        """The answer to a HEAD is over, but llhttp waits for the body that its headers announce."""
        assert self._http is not None
        self._surplus |= more
        if not self._whole:
            self._whole, self.keeps_open = True, self._http.should_keep_alive()
            self._status = self._http.get_status_code()
            self._http = httptools.HttpResponseParser(self)


def _passed_over(got: bytes) -> bytes:
    """Leave out empty lines and interim answers at the beginning."""
    got = got.lstrip(b"\r\n")
    while got.startswith(b"1", 9) and (end := got.find(HEAD_END)) >= 0:
        got = got[end + len(HEAD_END) :].lstrip(b"\r\n")
    return got


def _promises_an_end(head: bytes) -> bool:
    """Whether the headers say where the body ends; if not, it ends with the connection (RFC 9112, section 6.3)."""
    coding = TRANSFER_ENCODING.last(head)  # the last coding is the outermost, whatever line it is on
    if coding is not None:
        return coding.lower().rpartition(",")[2].strip() == "chunked"
    return CONTENT_LENGTH.first(head) is not None
