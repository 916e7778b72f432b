"""What the launcher tells by HTTP: /readyz, whether a worker answers; /metrics, the figures of all workers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil

from .worker import Worker

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
SAMPLE = re.compile(r"(?P<name>[\w:]+)(?:\{(?P<labels>.*)\})? (?P<number>\S+)")


def server(workers: Sequence[Worker]) -> ThreadingHTTPServer:
    """Listens on a free loopback port; `serve_forever` answers."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/readyz":
                ready = sum(_of_each(workers, Worker.is_ready))
                self._send(200 if ready else 503, f"{ready} of {len(workers)} workers are ready\n", "text/plain")
            elif self.path == "/metrics":
                self._send(200, metrics(workers), OPENMETRICS)
            else:
                self.send_error(404)

        def _send(self, status: int, text: str, kind: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: it is asked every few seconds."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Answers)


def metrics(workers: Sequence[Worker]) -> str:
    """OpenMetrics: what each worker tells of itself, and what its process takes."""
    told = _of_each(workers, lambda worker: worker.get("/_stcore/metrics"))
    lines = [*_processes(workers), *_states(workers, told)]
    lines += merged({str(worker.number): text or "" for worker, text in zip(workers, told, strict=True)})
    return "\n".join([*lines, "# EOF\n"])


def merged(texts: Mapping[str, str]) -> list[str]:
    """OpenMetrics texts by worker as one: each family once, each sample with the label of its worker."""
    families: dict[str, list[str]] = {}
    for worker, text in texts.items():
        of_worker: dict[str, list[str]] = {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                of_worker[family := line.split()[2]] = []
            if sample := SAMPLE.fullmatch(line):
                labels = ",".join(filter(None, [f'worker="{worker}"', sample["labels"]]))
                of_worker[family].append(f"{sample['name']}{{{labels}}} {sample['number']}")
            elif line.startswith("# ") and line != "# EOF":
                of_worker[family].append(line)
        for family, lines in of_worker.items():
            is_new = family not in families
            families.setdefault(family, []).extend(line for line in lines if is_new or not line.startswith("# "))
    return [line for lines in families.values() for line in lines]


def _processes(workers: Sequence[Worker]) -> list[str]:
    memory, cpu = Counter(), Counter()
    launcher = psutil.Process()
    for process in (launcher, *launcher.children(recursive=True)):
        with suppress(psutil.NoSuchProcess), process.oneshot():
            label, times = _label(process, workers), process.cpu_times()
            memory[label] += process.memory_info().rss
            cpu[label] += times.user + times.system
    return [
        *_family("effnet_process_resident_memory_bytes", "gauge", "Memory, shared parts included.", memory, "bytes"),
        *_family("effnet_process_cpu_seconds", "counter", "CPU time since the start.", cpu, "seconds"),
    ]


def _label(process: psutil.Process, workers: Sequence[Worker]) -> str:
    """What is neither a worker nor nginx is the launcher, with the process that holds what workers share."""
    for worker in workers:
        if worker.pid == process.pid:
            return f'worker="{worker.number}"'
    return f'process="{"nginx" if process.name() == "nginx" else "launcher"}"'


def _states(workers: Sequence[Worker], told: Sequence[str | None]) -> list[str]:
    labels = [f'worker="{worker.number}"' for worker in workers]
    ready = dict(zip(labels, (int(text is not None) for text in told), strict=True))
    restarts = dict(zip(labels, (worker.restarts for worker in workers), strict=True))
    return [
        *_family("effnet_worker_ready", "gauge", "1 where the worker answers.", ready),
        *_family("effnet_worker_restarts", "counter", "How often it ended and was started again.", restarts),
    ]


def _family(name: str, kind: str, about: str, numbers: Mapping[str, float], unit: str = "") -> Iterable[str]:
    yield f"# TYPE {name} {kind}"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {about}"
    ending = "_total" if kind == "counter" else ""
    yield from (f"{name}{ending}{{{labels}}} {round(number, 2)}" for labels, number in numbers.items())


def _of_each(workers: Sequence[Worker], ask) -> list:
    """Asked at the same time: one that is busy keeps the others from nothing."""
    with ThreadPoolExecutor(len(workers)) as pool:
        return list(pool.map(ask, workers))
