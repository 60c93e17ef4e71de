"""The faulty server and its proxy over real sockets: what a client meets, and what the log says of it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import dns.message
import dns.query
import pytest

from loadtests.accuracy.faults import ACCEPT_NS, DRAIN_NS, MS, Kind, Script
from loadtests.accuracy.faulty import FIRST, SECOND, Faulty
from loadtests.accuracy.wirelog import Request, WireLog

GET = b"GET /item HTTP/1.1\r\nHost: faulty\r\n\r\n"
PATIENCE_S = 30.0
FOREVER_NS = 3600 * 1000 * MS


class Playing:
    """A faulty server that runs in a thread; ``log`` ends it."""

    def __init__(self, script: Script) -> None:
        self.faulty = Faulty(script)
        self._thread = threading.Thread(target=self.faulty.loop.run, daemon=True)
        self._wake, self._woken = socket.socketpair()
        self.faulty.loop.watch(self._woken.fileno(), self._on_wake)
        self._actions: list[Callable[[], None]] = []
        self._stack = ExitStack()
        self._stack.enter_context(self._woken)
        self._thread.start()

    def do(self, action: Callable[[], None]) -> None:
        """Let the loop do something as soon as it can."""
        self._actions.append(action)
        self._wake.send(b"x")

    def _on_wake(self, events: int) -> None:
        self._woken.recv(1)
        self._actions.pop(0)()

    def connect(self, address: str = FIRST) -> socket.socket:
        sock = socket.create_connection((address, self.faulty.proxy.port), timeout=PATIENCE_S)
        return self._stack.enter_context(sock)

    def log(self) -> WireLog:
        self.stop()
        return self.faulty.log()

    def stop(self) -> None:
        if self._thread.is_alive():
            self.do(self.faulty.loop.stop)
            self._thread.join(PATIENCE_S)
        self._stack.close()


@pytest.fixture
def play() -> Iterator[Callable[..., Playing]]:
    made: list[Playing] = []

    def start(kind: Kind, from_ns: int = 0, to_ns: int = FOREVER_NS) -> Playing:
        made.append(Playing(Script(kind, from_ns, to_ns)))
        return made[-1]

    yield start
    for each in made:
        each.stop()


def ask(sock: socket.socket, request: bytes = GET) -> bytes:
    """Send a request and return its whole answer, or what came of it before the peer's farewell."""
    sock.sendall(request)
    return answer(sock)


def answer(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < length_of(data):
        more = sock.recv(4096)
        if not more:
            return data
        data += more
    return data


def length_of(data: bytes) -> int:
    return int(data.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])


def endings(log: WireLog) -> list[str | None]:
    return [request.ending for request in log.requests]


def test_a_healthy_server_answers_and_every_request_is_on_record(play: Callable[..., Playing]) -> None:
    playing = play("none")
    first, second = playing.connect(), playing.connect()
    for sock in (first, second, first):
        assert ask(sock).startswith(b"HTTP/1.1 200 OK\r\n")
    log = playing.log()
    assert endings(log) == ["ok", "ok", "ok"]
    assert (log.connections, log.garbled) == (2, 0)
    assert all(in_order(request) for request in log.requests)


def in_order(request: Request) -> bool:
    """Began at the proxy, was received, was done no earlier than due, was handed to the client."""
    times = (request.begun_us, request.received_us, request.due_us, request.done_us, request.written_us)
    return None not in times and sorted(time for time in times if time is not None) == list(times)


def test_the_proxy_counts_requests_and_not_packets(play: Callable[..., Playing]) -> None:
    playing = play("none")
    sock = playing.connect()
    post = b"POST /item HTTP/1.1\r\nHost: faulty\r\nContent-Length: 3\r\n\r\nGET"
    for part in (post[:7], post[7:-1]):
        sock.sendall(part)
    assert ask(sock, post[-1:])
    sock.sendall(GET + post)
    assert answer(sock)
    log = playing.log()
    assert len(log.requests) == 3


def test_a_request_counts_from_its_first_byte(play: Callable[..., Playing]) -> None:
    playing = play("none")
    sock = playing.connect()
    assert ask(sock)
    sock.sendall(b"G")
    sock.shutdown(socket.SHUT_WR)
    assert sock.recv(1) == b""
    log = playing.log()
    assert endings(log) == ["ok", None]


def test_a_reset_before_headers_brings_nothing(play: Callable[..., Playing]) -> None:
    playing = play("reset_before_headers")
    with pytest.raises(ConnectionResetError):
        ask(playing.connect())
    assert endings(playing.log()) == ["reset"]


def test_a_reset_after_headers_brings_half_an_answer(play: Callable[..., Playing]) -> None:
    playing = play("reset_after_headers")
    sock = playing.connect()
    sock.sendall(GET)
    came = sock.recv(4096)
    assert came.startswith(b"HTTP/1.1 200 OK\r\n")
    with pytest.raises(ConnectionResetError):
        sock.recv(4096)
    assert len(came.partition(b"\r\n\r\n")[2]) < length_of(came)
    assert endings(playing.log()) == ["cut"]


def test_a_dripping_answer_comes_whole(play: Callable[..., Playing]) -> None:
    playing = play("drip")
    assert ask(playing.connect()).endswith(b"}" + b" " * 14)
    (request,) = playing.log().requests
    assert request.ending == "ok"
    assert in_order(request)


def test_a_burst_of_503_leaves_the_connection_open(play: Callable[..., Playing]) -> None:
    playing = play("burst_503")
    sock = playing.connect()
    assert ask(sock).startswith(b"HTTP/1.1 503 ")
    assert ask(sock).startswith(b"HTTP/1.1 503 ")
    assert endings(playing.log()) == ["unavailable", "unavailable"]


def test_a_hung_server_logs_what_it_never_answers(play: Callable[..., Playing]) -> None:
    playing = play("hung")
    sock = playing.connect()
    sock.sendall(GET)
    sock.settimeout(2.0)
    with pytest.raises(TimeoutError):
        sock.recv(1)
    (request,) = playing.log().requests
    assert (request.ending, request.due_us, request.written_us) == ("never", None, None)
    assert request.received_us is not None


def test_who_refuses_resets_what_is_under_way_and_comes_back(play: Callable[..., Playing]) -> None:
    playing = play("refuse", 5 * MS, 3000 * MS)  # the first request takes longer than 5 ms
    with pytest.raises(ConnectionResetError):
        ask(playing.connect())
    with pytest.raises(ConnectionRefusedError):
        playing.connect()
    assert ask(connected(playing)).startswith(b"HTTP/1.1 200 ")
    log = playing.log()
    assert endings(log) == ["reset", "ok"]
    assert len(log.refused_us) == 2


def connected(playing: Playing) -> socket.socket:
    """Connect as soon as that is possible; the test's own time limit ends this."""
    while True:
        try:
            return playing.connect()
        except ConnectionRefusedError:
            continue


def test_a_half_open_connection_is_silent_until_its_peer_is_back(play: Callable[..., Playing]) -> None:
    playing = play("half_open", 2000 * MS, 5000 * MS)
    old = playing.connect()
    assert ask(old)
    wait_for_script(playing, 2000 * MS)
    old.sendall(GET)
    assert ask(playing.connect()).startswith(b"HTTP/1.1 200 ")
    with pytest.raises(ConnectionResetError):
        old.recv(1)
    log = playing.log()
    assert endings(log) == ["ok", "reset", "ok"]
    assert [request.stale for request in log.requests] == [True, True, False]


def wait_for_script(playing: Playing, at_ns: int) -> None:
    """Return when the script is so far: it goes by the clock."""
    started_ns = playing.faulty.server.started_ns
    assert started_ns is not None
    time.sleep(max(0, started_ns + at_ns - time.monotonic_ns()) / 1e9)


def test_a_slow_accept_ends_what_is_idle_and_keeps_nothing_open(play: Callable[..., Playing]) -> None:
    playing = play("slow_accept", 100 * MS + DRAIN_NS)
    idle = playing.connect()
    assert b"Connection: close" not in ask(idle)
    assert idle.recv(1) == b""
    wait_for_script(playing, 100 * MS + DRAIN_NS)
    late = playing.connect()
    asked_ns = time.monotonic_ns()
    assert b"Connection: close" in ask(late)
    assert time.monotonic_ns() - asked_ns >= ACCEPT_NS
    assert late.recv(1) == b""
    assert all(in_order(request) for request in playing.log().requests)


def test_what_is_read_late_came_when_the_kernel_says(play: Callable[..., Playing]) -> None:
    playing = play("none")
    sock = playing.connect()
    assert ask(sock)
    busy, go_on = threading.Event(), threading.Event()

    def be_busy() -> None:
        busy.set()
        go_on.wait(PATIENCE_S)

    playing.do(be_busy)
    assert busy.wait(PATIENCE_S)
    sock.sendall(GET)
    sent_us = time.time_ns() / 1000
    go_on.set()
    assert answer(sock)
    assert playing.log().requests[-1].begun_us < sent_us


def test_a_flipped_name_is_told_and_the_old_address_is_unavailable(play: Callable[..., Playing]) -> None:
    playing = play("dns_flip", 2000 * MS)
    assert named(playing) == FIRST
    old = playing.connect(FIRST)
    assert ask(old).startswith(b"HTTP/1.1 200 ")
    while named(playing) == FIRST:
        pass  # the test's own time limit ends this
    assert named(playing) == SECOND
    assert ask(old).startswith(b"HTTP/1.1 503 ")
    assert ask(playing.connect(SECOND)).startswith(b"HTTP/1.1 200 ")
    log = playing.log()
    assert log.name_left_us is not None
    assert log.started_us is not None


def named(playing: Playing) -> str:
    question = dns.message.make_query("www.oms.test", "A")
    reply = dns.query.udp(question, "127.0.0.1", port=playing.faulty.names.port, timeout=PATIENCE_S)
    return str(reply.answer[0][0])
