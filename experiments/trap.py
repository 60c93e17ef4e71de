"""For tests: a server that nobody may talk to, and a shell in which everything leads there."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TO_A_TRAP = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL_RDS", "http_proxy", "HTTP_PROXY")


class Trap:
    """A server that nobody may talk to: it counts who does."""

    def __init__(self) -> None:
        trap = self
        self.hits: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                trap.hits.append(self.path)
                self.send_error(500)

            do_GET = do_PUT = do_CONNECT = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """A shell in which everything leads here, by a profile that does not exist."""
        url = f"http://127.0.0.1:{self.server.server_port}"
        return {
            **dict.fromkeys(TO_A_TRAP, url),
            "AWS_PROFILE": "trap",
            "AWS_DEFAULT_PROFILE": "trap",
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
            "AWS_ACCESS_KEY_ID": "TRAP",
            "AWS_SECRET_ACCESS_KEY": "TRAP",
            "AWS_SESSION_TOKEN": "TRAP",
            "AWS_USE_FIPS_ENDPOINT": "true",
        }
