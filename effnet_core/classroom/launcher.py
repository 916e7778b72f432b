"""Starts workers and nginx, keeps them running until it is told to stop, and leaves nothing behind."""

from __future__ import annotations

import logging
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from . import nginx, status
from .worker import Worker, preload, stop

STOPPED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl+C, kill, the terminal's window was closed
LOOK_S = 0.2  # between two looks at the processes

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What to start.

    `run`: serves the app on a port, in a process of its own; a function that can be imported. `loaded`: modules that
    those processes have loaded when they start.
    """

    run: Callable[[int], None]
    loaded: Sequence[str]
    workers: int
    address: str
    port: int
    upload_mb: int


def serve(plan: Plan, announce: Callable[[Sequence[Worker]], None]) -> int:
    """Serve until a signal of STOPPED_BY comes: exit code 0; 1 where nginx or all workers have ended.

    `announce` is called once, when the first worker answers. Raises RuntimeError where nginx is missing, and OSError
    where the port can't be taken.
    """
    nginx.program()
    _check_port(plan.address, plan.port)
    with _signals() as came, _running(plan) as (workers, front):
        is_announced = False
        while not came:
            if front.poll() is not None:
                _log.error("nginx has ended with exit code %d.", front.returncode)
                return 1
            for worker in workers:
                worker.watch()
            if all(worker.is_given_up for worker in workers):
                _log.error("No worker is left.")
                return 1
            if not is_announced and any(worker.is_ready() for worker in workers):
                is_announced = True
                announce(workers)
            time.sleep(LOOK_S)
    return 0


@contextmanager
def _signals() -> Iterator[list[int]]:
    """A list that the signals of STOPPED_BY are added to; they do nothing else meanwhile."""
    came: list[int] = []
    before = {by: signal.signal(by, lambda number, _: came.append(number)) for by in STOPPED_BY}
    try:
        yield came
    finally:
        for by, handler in before.items():
            signal.signal(by, handler)


@contextmanager
def _running(plan: Plan) -> Iterator[tuple[list[Worker], subprocess.Popen]]:
    """Workers, nginx and the status server. Stopped the other way round: nobody is sent to a worker that stops."""
    with ExitStack() as started:
        folder = Path(started.enter_context(TemporaryDirectory(prefix="effnet-classroom-")))
        preload(plan.loaded)
        workers = [Worker(number, port, plan.run) for number, port in enumerate(_free_ports(plan))]
        started.callback(stop, workers)
        teller = started.enter_context(status.server(workers))
        threading.Thread(target=teller.serve_forever, daemon=True).start()
        started.callback(teller.shutdown)
        front = _start_nginx(plan, workers, status_port=teller.server_port, folder=folder)
        started.callback(_stop_nginx, front)
        for worker in workers:
            worker.start()
        yield workers, front


def _start_nginx(plan: Plan, workers: Sequence[Worker], *, status_port: int, folder: Path) -> subprocess.Popen:
    file = folder / "nginx.conf"
    file.write_text(
        nginx.configuration(
            address=plan.address,
            port=plan.port,
            worker_ports=[worker.port for worker in workers],
            status_port=status_port,
            upload_mb=plan.upload_mb,
            folder=folder,
        )
    )
    # S603: its words are nginx's place and the file written here
    return subprocess.Popen(nginx.command(file), stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603 (nginx)


def _stop_nginx(front: subprocess.Popen) -> None:
    front.send_signal(signal.SIGQUIT)
    try:
        front.wait(2 * nginx.STOP_S)
    except subprocess.TimeoutExpired:
        front.terminate()
        front.wait()


def _free_ports(plan: Plan) -> list[int]:
    """The next ports after the app's own that nothing uses: below those that the system gives to others meanwhile."""
    above = chain(range(plan.port + 1, 1 << 16), range(1024, plan.port))
    return list(islice(filter(_is_free, above), plan.workers))


def _is_free(port: int) -> bool:
    try:
        _try(socket.AF_INET, "127.0.0.1", port)
    except OSError:
        return False
    return True


def _check_port(address: str, port: int) -> None:
    try:
        [(family, *_), *_] = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)
        _try(family, address, port)
    except OSError as problem:
        raise OSError(f"{address}, port {port} can't be used: {problem.strerror}; choose another PORT") from None


def _try(family: int, address: str, port: int) -> None:
    """Listen there for a moment. Raises OSError where that can't be done."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as nginx and Streamlit do
        probe.bind((address, port))
        probe.listen()
