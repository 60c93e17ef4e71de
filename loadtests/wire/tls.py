"""TLS over memory, so that an encrypted connection takes the same path as a plain one."""

import ssl
from dataclasses import dataclass

from fixtures.target import Web
from fixtures.trust import context

MOST_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Tls:
    """Whom to trust, and the name that the peer has to prove."""

    context: ssl.SSLContext
    name: str


def tls_of(web: Web) -> Tls | None:
    """What connections to that front door verify; None over plain HTTP. Raises TargetError for a bad CA file."""
    trusted = context(web)
    return None if trusted is None else Tls(trusted, web.name)


class Cipher:
    """One side of one TLS connection: it turns bytes into those of the wire and back, and has no socket."""

    def __init__(self, tls: Tls) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = tls.context.wrap_bio(self._in, self._out, server_hostname=tls.name)
        self.ended = False  # the peer will send nothing more
        self.trouble: ssl.SSLError | None = None  # why, when it has not said so itself

    def shake(self) -> bool:
        """Go on with the handshake as far as one can; return whether it is done. Raises ssl.SSLError."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def to_send(self) -> bytes:
        """Return what has to go out now: of a handshake, a farewell or an answer to the peer's own wishes."""
        return self._out.read()

    def take(self, received: bytes) -> None:
        """Take what came in; nothing means that the peer has closed."""
        if received:
            self._in.write(received)
        else:
            self._in.write_eof()

    def encrypt(self, data: bytes) -> bytes:
        """Return data as it goes over the wire."""
        left = memoryview(data)
        while left:
            left = left[self._tls.write(left) :]
        return self._out.read()

    def decrypt(self) -> bytes:
        """Return what the peer has said by now, perhaps nothing: session tickets are not for us.

        Sets ``ended`` after the peer's farewell, and with it ``trouble`` (ssl.SSLEOFError and others) without one.
        """
        said: list[bytes] = []
        try:
            while part := self._tls.read(MOST_BYTES):
                said.append(part)
                if not (self._in.pending or self._in.eof or self._tls.pending()):
                    return b"".join(said)  # to ask again would cost an exception
            self.ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        except ssl.SSLError as error:
            self.ended, self.trouble = True, error
        return b"".join(said)
