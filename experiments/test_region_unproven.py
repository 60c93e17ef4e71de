"""A fault that did not happen looks exactly like a resilient system: the verdict must be UNKNOWN, and say why."""

import http.client
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from experiments.test_gameday import run_gameday
from fixtures.target import Target, state_dir
from reports.evidence import RunDirectory

pytestmark = [pytest.mark.region, pytest.mark.timeout(300)]

TERMINATED = (
    b'<?xml version="1.0" encoding="UTF-8"?><TerminateInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
    b"<requestId>double</requestId><instancesSet/></TerminateInstancesResponse>"
)


class Double:
    """The region's API, but for TerminateInstances: that is answered with 200 and has no effect."""

    def __init__(self, endpoint_url: str) -> None:
        double, real = self, urlsplit(endpoint_url)
        self.swallowed = 0

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if b"Action=TerminateInstances" in body:
                    double.swallowed += 1
                    self._answer(200, "text/xml", TERMINATED)
                    return
                upstream = http.client.HTTPConnection(real.netloc, timeout=10)
                upstream.request(self.command, self.path, body=body, headers=dict(self.headers))
                answer = upstream.getresponse()
                self._answer(answer.status, answer.headers.get("Content-Type", "text/xml"), answer.read())
                upstream.close()

            do_GET = do_POST

            def _answer(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def double(target: Target, region_name: str) -> Iterator[tuple[str, Double]]:
    """The session's region under a second name, by which its API is the double."""
    assert target.endpoint_url is not None
    double = Double(target.endpoint_url)
    name = f"{region_name}-double"
    picked = json.loads((state_dir(region_name) / "target.json").read_text())
    state_dir(name).mkdir()
    (state_dir(name) / "target.json").write_text(json.dumps({**picked, "endpoint_url": double.endpoint_url}))
    yield name, double
    shutil.rmtree(state_dir(name))
    double.server.shutdown()
    double.server.server_close()


def test_a_termination_that_is_answered_and_not_done_is_unknown(double: tuple[str, Double], tmp_path: Path) -> None:
    """Exit code 2: every request was served, and that proves nothing. There is nothing to undo either."""
    region, api = double
    out = tmp_path / "run"

    done = run_gameday("run", "short", "--experiment", "terminate-sync-instance", "--out", str(out), region=region)

    verdict = json.loads((out / "verdict.json").read_text())
    promises = {promise["name"]: promise for promise in verdict["promises"]}
    assert api.swallowed == 1
    assert (done.returncode, verdict["verdict"]) == (2, "UNKNOWN"), done.stdout
    assert promises["fault_happened"]["status"] == "UNKNOWN"
    assert "no sign from the AWS API and none from the data plane" in promises["fault_happened"]["because"]
    assert promises["undone"]["status"] == "PASS"
    assert [event for event in RunDirectory.open(out).read_events() if event.kind == "sign"] == []
