"""A server of the app, or of another Streamlit script, on a free port: its CPU time and memory, and the conditions.

Shared by the benchmarks that load a server. Figures are of the process and all that it started, from Linux's /proc.
"""

from __future__ import annotations

import os
import platform
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STREAMLIT = f"{sys.executable} -m streamlit run {{script}} --server.port {{port}} --server.address 127.0.0.1"
READY_S, STOP_S = 120, 20
QUIET_S, QUIET_SHARE = 0.1, 0.03  # a server that takes less than this share of a core for so long has finished
BARE_KEY = "x"
BARE = """
import plotly.graph_objects as go
import streamlit as st

top = st.slider("x", -3.0, 8.0, 1.0, 0.5, key="x")
st.plotly_chart(go.Figure(go.Bar(x=list(range(9)), y=[top * x for x in range(9)])), key="chart", alt=f"x = {top:g}")
"""


@dataclass(frozen=True)
class Server:
    address: str
    process: subprocess.Popen

    def cpu_s(self) -> float:
        """User and system time so far."""
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self._pids())  # clock_getcpuclockid(3)

    def memory_mb(self) -> float:
        """Resident now."""
        return self._status_mb("VmRSS")

    def peak_mb(self) -> float:
        """The most that was resident since the start."""
        return self._status_mb("VmHWM")

    def open_files(self) -> int:
        """Files, sockets and pipes that are open now."""
        return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in self._pids())

    def threads(self) -> int:
        return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in self._pids())

    def settle(self, limit_s: float = 20.0) -> None:
        """Wait until nothing is computed any more: Streamlit collects garbage after the answer has gone out."""
        ends, before = time.monotonic() + limit_s, self.cpu_s()
        while time.monotonic() < ends:
            time.sleep(QUIET_S)
            now = self.cpu_s()
            if now - before < QUIET_SHARE * QUIET_S:
                return
            before = now

    def _pids(self) -> list[int]:
        pids, open_ = [], [self.process.pid]
        while open_:
            pid = open_.pop()
            pids.append(pid)
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                open_ += map(int, task.read_text().split())
        return pids

    def _status_mb(self, row: str) -> float:
        kilobytes = 0
        for pid in self._pids():
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith(f"{row}:"))
        return kilobytes * 1024 / 1e6


@contextmanager
def running(script: Path = ROOT / "app.py", *, command: str = STREAMLIT, **settings: str) -> Iterator[Server]:
    """A server that has just become ready. `command` has {script} and {port} in the place of theirs.

    `settings`: of its environment. Raises TimeoutError if it is not ready within READY_S, RuntimeError if it has ended.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = shlex.split(command.format(script=shlex.quote(str(script)), port=port))
    environment = os.environ | {"STREAMLIT_SERVER_HEADLESS": "true"} | settings
    quiet = {"stdout": subprocess.DEVNULL, "start_new_session": True}
    process = subprocess.Popen(words, cwd=ROOT, env=environment, **quiet)
    try:
        _wait_for(f"http://127.0.0.1:{port}", process)
        yield Server(f"http://127.0.0.1:{port}", process)
    finally:
        _stop(process)


@contextmanager
def running_bare() -> Iterator[Server]:
    """A server of the least page that can be compared: one slider and one chart."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE, encoding="utf-8")
        with running(script) as server:
            yield server


def _wait_for(address: str, process: subprocess.Popen) -> None:
    ends = time.monotonic() + READY_S
    while time.monotonic() < ends:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
        if process.poll() is not None:
            raise RuntimeError(f"the server at {address} has ended with {process.returncode}")
    raise TimeoutError(f"no server at {address} within {READY_S} s")


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def conditions(what: str, *packages: str) -> dict[str, object]:
    """Of a measurement that begins now."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "what": what,
        "device": "cpu",
        "processor": names[0] if names else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "torch_threads": os.environ.get("OMP_NUM_THREADS", "default"),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.machine()}, {platform.system()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("streamlit", "torch", *packages)},
        "date": date.today().isoformat(),
    }
