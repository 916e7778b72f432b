"""A stand-in for a process of the app: answers with its port and pid, is ready when and where a test says so."""

from __future__ import annotations

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

READY_FILE = "FAKE_WORKER_READY"  # names a file; a worker is ready once it is there
METRICS = """\
# TYPE active_sessions gauge
# HELP active_sessions Current number of active sessions.
active_sessions {port}
# TYPE cache_lookups counter
# HELP cache_lookups Total calls to a cached function.
cache_lookups_total{{cache="a {{b}}",result="hit"}} 7
# EOF
"""


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        port = self.server.server_port
        if self.path == "/_stcore/health":
            self.send(200 if Path(os.environ.get(READY_FILE, "/")).exists() else 503, "ok")
        elif self.path == "/_stcore/metrics":
            self.send(200, METRICS.format(port=port))
        else:
            self.send(200, f"{port} {os.getpid()} {self.headers['Host']}")

    def send(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


def run(port: int) -> None:
    ThreadingHTTPServer(("127.0.0.1", port), Answers).serve_forever()


def fail(port: int) -> None:
    raise SystemExit(3)
