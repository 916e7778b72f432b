"""Whom the app asks for anything outside of this machine: nobody. Its server's Python and the browser's pages are held.

What either of them asks becomes a line of one file, and is refused.
"""

from __future__ import annotations

import os
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

HOST = "127.0.0.1"
CHROMIUMS_OWN = "content-autofill.googleapis.com"  # asked wherever there is a form; no switch of its own forbids it
GUARD = Path(__file__).parent / "no_outside"


def guarded(asked: Path) -> dict[str, str]:
    """The environment of a Python that can ask nobody outside, nor can the Pythons that it starts."""
    return os.environ | {"PYTHONPATH": str(GUARD), "ASKED_OUTSIDE": str(asked)}


@contextmanager
def proxy(asked: Path) -> Iterator[dict[str, str]]:
    """A proxy, as Playwright takes it, for all that a page asks of others than this machine: it answers nothing.

    Pages' requests, sockets and workers come to it alike, with names that nobody has looked up.
    """
    server = socketserver.ThreadingTCPServer((HOST, 0), partial(_Refusal, asked))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield {"server": f"http://{HOST}:{server.server_address[1]}", "bypass": HOST}
    finally:
        server.shutdown()
        server.server_close()


class _Refusal(socketserver.StreamRequestHandler):
    def __init__(self, asked: Path, *connection: object) -> None:
        self.asked = asked
        super().__init__(*connection)

    def handle(self) -> None:
        line = self.rfile.readline().decode("latin-1").strip()
        if CHROMIUMS_OWN not in line:
            with self.asked.open("a", encoding="utf-8") as asked:
                asked.write(f"page: {line}\n")
        self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
