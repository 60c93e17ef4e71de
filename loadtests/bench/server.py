"""A web server that costs as little as Python can: one answer for every request, however it asks. For benchmarks alone.

It never sleeps. Who sends to a core that does pays for waking it up, up to 6 us in a virtual machine: a cost of the
machine, and the more of it the slower the sender is.

Usage: ``python -m loadtests.bench.server PORT``; it prints a line when it listens.
"""

import contextlib
import select
import socket
import sys

BODY = b'{"docs":[{"orderId":"10000","statusId":"ORDER_APPROVED","grandTotal":"42.00"}],"count":1}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 08:00:00 GMT\r\nContent-Type: application/json;charset=UTF-8\r\n"
    b"Server: awselb/2.0\r\nX-Instance: i-0123456789abcdef0\r\nConnection: keep-alive\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)
RECEIVE_BYTES = 65_536


def serve(port: int) -> None:
    """Answer for ever. A request has to come in one piece, one at a time on a connection."""
    listener = socket.create_server(("127.0.0.1", port), backlog=4096)
    listener.setblocking(False)
    poller = select.epoll()
    poller.register(listener, select.EPOLLIN)
    peers: dict[int, socket.socket] = {}
    sys.stdout.write(f"listening at {listener.getsockname()[1]}\n")
    sys.stdout.flush()
    while True:
        for fd, _ in poller.poll(0):
            if fd == listener.fileno():
                _accept(listener, poller, peers)
            else:
                _answer(fd, poller, peers)


def _accept(listener: socket.socket, poller: select.epoll, peers: dict[int, socket.socket]) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            peer, _ = listener.accept()
            peer.setblocking(False)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peers[peer.fileno()] = peer
            poller.register(peer, select.EPOLLIN)


def _answer(fd: int, poller: select.epoll, peers: dict[int, socket.socket]) -> None:
    try:
        if peers[fd].recv(RECEIVE_BYTES):
            peers[fd].send(ANSWER)
            return
    except OSError:
        pass
    poller.unregister(fd)
    peers.pop(fd).close()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
