"""A way from the browser to the server that can be cut, as a classroom's Wi-Fi is."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from .outside import HOST

CHUNK = 1 << 16


class Wire(socketserver.ThreadingTCPServer):
    """Passes on what comes in at `address`, until it is cut; whole again after `mend`."""

    daemon_threads = True

    def __init__(self, to: str) -> None:
        super().__init__((HOST, 0), _Way)
        self.goal = (HOST, urlsplit(to).port)
        self.address = f"http://{HOST}:{self.server_address[1]}"
        self.lost = threading.Event()
        self.ends: set[socket.socket] = set()

    def swallow(self) -> None:
        """What is sent from now on gets lost on its way, and neither side knows."""
        self.lost.set()

    def cut(self) -> None:
        """Both sides learn that the connections have ended; no new one is made."""
        self.lost.set()
        for end in list(self.ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.lost.clear()


class _Way(socketserver.BaseRequestHandler):
    server: Wire

    def handle(self) -> None:
        if self.server.lost.is_set():
            return
        with suppress(OSError), socket.create_connection(self.server.goal) as there:
            self.server.ends |= {self.request, there}
            back = threading.Thread(target=self._pass_on, args=(there, self.request), daemon=True)
            back.start()
            self._pass_on(self.request, there)
            back.join()
            self.server.ends -= {self.request, there}

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(CHUNK):
                if not self.server.lost.is_set():
                    other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)


@contextmanager
def wire(to: str) -> Iterator[Wire]:
    with Wire(to) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.cut()
        made.shutdown()
