"""A class's processes with stand-ins for the app, run by the launcher in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from effnet_core.classroom import nginx

from .paths import ROOT

LIMIT_S = 60.0
LAUNCH = """
import json, sys
from effnet_core.classroom import launcher
from support import fake_worker
plan = launcher.Plan(run=fake_worker.{run}, loaded=(), workers=2, address="127.0.0.1", port={port}, upload_mb=1)
sys.exit(launcher.serve(plan, lambda workers: print(json.dumps([[one.pid, one.port] for one in workers]), flush=True)))
"""


def has_nginx() -> bool:
    try:
        return bool(nginx.program())
    except RuntimeError:
        return False


needs_nginx = pytest.mark.skipif(not has_nginx(), reason="nginx is not installed (Debian: apt-get install nginx-light)")


@dataclass(frozen=True)
class Class:
    process: subprocess.Popen
    address: str
    folder: Path  # of all temporary files

    def workers(self) -> list[list[int]]:
        """(pid, port) of each, once the first is ready."""
        return json.loads(self.process.stdout.readline())

    def get(self, path: str = "/", worker: object = None) -> requests.Response:
        """As a browser with the cookie of this worker would ask."""
        port = self.address.rpartition(":")[2]
        cookies = {} if worker is None else {f"effnet_worker_{port}": str(worker)}
        return requests.get(self.address + path, cookies=cookies, timeout=LIMIT_S)

    def family(self) -> list[psutil.Process]:
        launcher = psutil.Process(self.process.pid)
        return [launcher, *launcher.children(recursive=True)]


@contextmanager
def running(folder: Path, *, run: str = "run", **environment: str) -> Iterator[Class]:
    """Started, with nginx answering; ended at the end, if it still runs."""
    port = free_port()
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCH.format(run=run, port=port)],
        env=os.environ | {"PYTHONPATH": paths, "TMPDIR": str(folder)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started = Class(process, f"http://127.0.0.1:{port}", folder)
    try:
        yield started
    finally:
        process.terminate()
        process.communicate(timeout=LIMIT_S)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(look: Callable[[], object]) -> object:
    """What `look` returns, once that is true. Waits as long as a busy machine needs."""
    ends = time.monotonic() + LIMIT_S
    while time.monotonic() < ends:
        try:
            if found := look():
                return found
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    raise TimeoutError("it has not come to pass")
