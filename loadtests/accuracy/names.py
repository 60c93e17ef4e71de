"""The name server of the faulty server: one name, whose address a fault may flip, and who was told what when."""

import socket
import time
from dataclasses import dataclass

from dnslib import QTYPE, RR, A, DNSError, DNSRecord

from loadtests.accuracy.faults import TTL_S
from loadtests.accuracy.loop import Loop


@dataclass(slots=True)
class Told:
    """One answer, ns (monotonic); it may be used for ``TTL_S``."""

    at_ns: int
    address: str


class Names:
    """Answers every question over UDP with one address; an AAAA with none."""

    def __init__(self, loop: Loop, address: str) -> None:
        self.address = address
        self.told: list[Told] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        loop.watch(self._socket.fileno(), self._on_readable)

    def _on_readable(self, events: int) -> None:
        try:
            question, peer = self._socket.recvfrom(4096)
            asked = DNSRecord.parse(question)
        except (BlockingIOError, DNSError):
            return
        reply = asked.reply()
        if asked.q.qtype == QTYPE.A:
            reply.add_answer(RR(asked.q.qname, QTYPE.A, rdata=A(self.address), ttl=TTL_S))
            self.told.append(Told(time.monotonic_ns(), self.address))
        self._socket.sendto(reply.pack(), peer)
