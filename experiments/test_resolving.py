"""Names are asked for at the target's own server, and again when their TTL is over."""

from collections.abc import Callable, Iterator

import pytest
from dnslib import RR
from dnslib.server import BaseResolver, DNSLogger, DNSServer

from experiments import resolving
from fixtures.target import Target


class Zone(BaseResolver):
    """Answers with what a test puts into ``records`` (zone file lines), and counts the questions."""

    def __init__(self) -> None:
        self.records = ""
        self.questions = 0

    def resolve(self, request, handler):  # type: ignore[no-untyped-def]
        self.questions += 1
        reply = request.reply()
        for record in RR.fromZone(self.records):
            reply.add_answer(record)
        return reply


@pytest.fixture
def zone() -> Zone:
    return Zone()


@pytest.fixture
def target(zone: Zone, target_at: Callable[..., Target]) -> Iterator[Target]:
    server = DNSServer(zone, address="127.0.0.1", port=0, logger=DNSLogger("-request,-reply"))
    server.start_thread()
    port = server.server.server_address[1]
    yield target_at(None, dns={"address": "127.0.0.1", "port": port})
    server.stop()
    server.server.server_close()


def test_an_answer_has_the_ttl_of_the_whole_chain(zone: Zone, target: Target) -> None:
    zone.records = "db.test. 5 CNAME a.test.\na.test. 60 A 127.0.0.9"

    assert resolving.answer(target, "db.test") == resolving.Answer("db.test", ("127.0.0.9",), 5)


def test_an_address_is_kept_for_its_ttl_and_not_longer(zone: Zone, target: Target) -> None:
    zone.records = "kept.test. 60 A 127.0.0.9"
    assert {resolving.address_of(target, "kept.test") for _ in range(3)} == {"127.0.0.9"}
    assert zone.questions == 1

    zone.records = "moves.test. 0 A 127.0.0.1"
    resolving.address_of(target, "moves.test")
    zone.records = "moves.test. 0 A 127.0.0.2"
    assert resolving.address_of(target, "moves.test") == "127.0.0.2"


def test_a_name_without_an_address_is_an_error(zone: Zone, target: Target) -> None:
    with pytest.raises(resolving.NotResolvedError, match=r"nobody\.test: expected an address"):
        resolving.address_of(target, "nobody.test")
