"""The engine over HTTP in a process of its own, as another computer would have it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from support.paths import ROOT

START_S = 120.0


@contextmanager
def engine_server(*options: str) -> Iterator[str]:
    """Its address, as soon as it answers; it ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "effnet_core", "serve", "--port", str(port), "--device", "cpu", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        _wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def _wait_for(address: str) -> None:
    ends = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(f"{address}/") as page:
                assert b"/v1/explain" in page.read()
            return
        except OSError:
            assert time.monotonic() < ends, f"{address} never answered"
            time.sleep(0.1)
