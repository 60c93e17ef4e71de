"""Small real servers on loopback for this folder's tests: a name server, a front door, and a target that names them.

The front door answers as the order management system does as far as a client can see, remembers what reached it on the
wire, and misbehaves on request. Plain sockets and threads: nothing of the client under test is in it.
"""

import itertools
import json
import os
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import trustme
from dnslib import QTYPE, RR, A, DNSRecord

from fixtures.target import state_dir
from reports.evidence import RUNS

# A handler gets the request head's first line and the body; it returns the whole answer, or None to just hang up.
Handler = Callable[[str, bytes], bytes | None]


@dataclass(frozen=True)
class Seen:
    """One request as it came in over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes
    address: str  # which of our addresses it came to


@dataclass
class FrontDoor:
    """An HTTP server on one loopback address, over TLS if it has ``tls``; ``handler`` may be exchanged any time."""

    address: str
    port: int
    handler: Handler
    tls: ssl.SSLContext | None = None
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self._socket = socket.create_server((self.address, self.port), backlog=200)
        self.port = self._socket.getsockname()[1]
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # close alone leaves it listening while a thread is in accept
        self._socket.close()
        self.cut()

    def cut(self) -> None:
        """Cut every open connection."""
        for connection in list(self._open):
            with suppress(OSError, ValueError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)  # past TLS: no farewell

    def writes(self, path: str) -> list[Seen]:
        """Return the requests for a path."""
        return [seen for seen in self.seen if path in seen.line]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self._open.add(connection)
            self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection, connection.makefile("rb") as stream:
            while line := stream.readline().decode().strip():
                headers = dict(_headers(stream))
                body = stream.read(int(headers.get("content-length", 0)))
                self.seen.append(Seen(line, headers, body, self.address))
                answer = self.handler(line, body)
                if answer is None:
                    break
                connection.sendall(answer)
        self._open.discard(connection)


@dataclass
class NameServer:
    """A DNS server over UDP that answers every question with ``addresses`` and ``ttl_s``, or not at all."""

    addresses: list[str]
    ttl_s: int = 60
    silent: bool = False
    asked: int = 0

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.sendto(b"", self._socket.getsockname())  # wakes the thread

    def _serve(self) -> None:
        with self._socket:
            while (received := self._socket.recvfrom(4096))[0]:
                self.asked += 1
                if self.silent:
                    continue
                question = DNSRecord.parse(received[0])
                reply = question.reply()
                for address in self.addresses:
                    reply.add_answer(RR(question.q.qname, QTYPE.A, rdata=A(address), ttl=self.ttl_s))
                self._socket.sendto(reply.pack(), received[1])


def answer(body: object, *, status: str = "200 OK", headers: str = "X-Instance: i-1\r\n") -> bytes:
    """Return an HTTP answer with a JSON body."""
    content = json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(content)}\r\n\r\n".encode() + content


def healthy(line: str, body: bytes) -> bytes:
    """Answer as a healthy order management system."""
    path = line.split()[1]
    if path == "/api/login":
        return answer({"token": "t", "expirationTime": int((time.time() + 3600) * 1000)})
    if path == "/api/storeLookup":
        return answer({"response": {"numFound": 0, "start": 0, "docs": []}})
    if path == "/api/checkInventory":
        return answer({"error": "No record found"})
    if path.startswith("/api/orders?"):
        return answer({"docs": [{"orderId": "10000"}], "count": 1})
    if path.startswith("/api/orders/"):
        return answer({"id": "10000"})
    if path in FULFILLMENT:
        return answer(FULFILLMENT[path](body))
    if path.startswith("/api/findJobs"):
        return answer({"docs": [{"jobId": "1"}], "count": 1})
    if path.startswith("/api/service/"):
        return answer({**json.loads(body), "webSiteId": "W"})
    return answer({"uploadFileContentId": "1", "logId": "1", "_EVENT_MESSAGE_": "File uploaded"})


def show(authority: trustme.CA, *names: str, until: datetime | None = None) -> ssl.SSLContext:
    """Return what a front door needs to show a certificate of that authority for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, not_after=until).configure_cert(context)
    return context


def _list(body: bytes) -> object:
    """One open order that nobody has seen yet, of the facility, method and run that are asked for."""
    asked = dict(one.split(": ", 1) for one in json.loads(body)["json"]["filter"])
    order_id = asked.get("orderId") or str(next(_ORDERS))
    doc = {
        "orderId": order_id,
        "externalId": asked.get("externalId", "*")[:-1] + order_id,
        "orderItemSeqId": "00001",
        "shipGroupSeqId": "00001",
        "inventoryItemId": "9",
        "itemQuantity": 1,
        "productId": "LOAD_1001",
        "facilityId": asked.get("facilityId"),
        "shipmentMethodTypeId": asked["shipmentMethodTypeId"],
        "isPicked": "N",
    }
    return {"grouped": {"orderId": {"matches": 1, "ngroups": 1, "groups": [{"doclist": {"docs": [doc]}}]}}}


_ORDERS = itertools.count(10_000)
FULFILLMENT: dict[str, Callable[[bytes], object]] = {
    "/api/solr-query": _list,
    "/api/createPicklist": lambda _: {"picklistId": "1", "picklistBinId": "1", "_EVENT_MESSAGE_": "made"},
    "/api/quickShipEntireShipGroup": lambda body: {"shipmentId": f"S{json.loads(body)['orderId']}"},
    "/api/updateShipment": lambda _: {"_EVENT_MESSAGE_": "shipped"},
    "/api/rejectOrderItem": lambda _: {"_EVENT_MESSAGE_": "rejected"},
}


def wait_until(what: str, ready: Callable[[], bool], within_s: float = 60) -> None:
    """Wait for something that happens in another process. Raises AssertionError when it does not."""
    deadline = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < deadline, f"{what}: not within {within_s} s"
        time.sleep(0.02)


@contextmanager
def local_target(region: str, *, dns_port: int, web_port: int, ca_file: Path, **more: Any) -> Iterator[dict[str, str]]:
    """Make the local target of that region name our servers; yield the environment that chooses it.

    ``more`` says more of the target, over what its file says.
    """
    database = {"host": "x.oms.test", "port": 1, "name": "oms", "user": "u", "password": "p"}
    picked = {
        "controller_pid": os.getpid(),
        "controller_started": int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]),
        "endpoint_url": "http://127.0.0.1:1",
        "access_key_id": "k",
        "secret_access_key": "s",
        "dns": {"address": "127.0.0.1", "port": dns_port},
        "web": {"port": web_port, "ca_file": str(ca_file), "password": "secret"},
        "databases": dict.fromkeys(("primary", "replica", "warehouse"), database),
        **more,
    }
    directory = state_dir(region)
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "target.json"
    file.write_text(json.dumps(picked))
    try:
        yield {"SUITE_TARGET": "local", "SUITE_REGION": region}
    finally:
        file.unlink()
        directory.rmdir()


@contextmanager
def forgotten_runs() -> Iterator[list[Path]]:
    """Remove the run directories that are put into the list, and let ``latest`` point where it did."""
    link = RUNS / "latest"
    before = link.readlink() if link.is_symlink() else None
    made: list[Path] = []
    try:
        yield made
    finally:
        for path in made:
            if link.resolve() == path.resolve():
                link.unlink()
                if before is not None:
                    link.symlink_to(before)
            shutil.rmtree(path)


def _headers(stream: Any) -> Iterator[tuple[str, str]]:
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()
