"""What an answer costs over HTTP and over Ray Serve, beside the engine in the process itself: offline model, CPU.

One client asks for one picture after the other; then sixteen ask at once. The three ways take turns on the same cores,
each with one process for networks. Writes benchmarks/serving.json. Needs requirements-cluster.txt and an idle machine:
python benchmarks/serving.py
"""

from __future__ import annotations

import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from itertools import count
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
os.environ["PYTHONPATH"] = str(HERE.parent)  # Ray's processes find the project there
from effnet_core.explain.engine import Engine  # noqa: E402
from effnet_core.images.samples import load_sample  # noqa: E402
from effnet_core.networks import weights  # noqa: E402
from effnet_core.serving.remote import Server, ServerAway  # noqa: E402

MODEL, ROUNDS, ALONE, CLIENTS, SECONDS = "tiny", 3, 40, 16, 10
NO_LIMIT = 10**9  # requests a minute
START_S = 120
Ask = Callable[[Image.Image], object]


def pictures() -> list[Image.Image]:
    """Distinct ones, so that no two questions are alike."""
    picture = np.asarray(load_sample("coffee"))
    return [Image.fromarray(np.roll(picture, 8 * shift, axis=1)) for shift in range(64)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def over_http() -> Iterator[Ask]:
    """`make serve`, in a process of its own."""
    port = free_port()
    words = ["serve", "--port", str(port), "--device", "cpu", "--a-minute", str(NO_LIMIT)]
    process = subprocess.Popen([sys.executable, "-m", "effnet_core", *words], stdout=subprocess.DEVNULL)
    try:
        yield asking(port)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def over_ray() -> Iterator[tuple[Ask, Callable[[], dict[int, int]]]]:
    """A cluster of this machine alone, with one replica; and the batches that its network was given."""
    import ray
    from ray import serve

    from effnet_core import serving
    from effnet_core.serving.cluster import NETWORKS, Settings

    port = free_port()
    ray.init(num_cpus=os.cpu_count(), include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    serve.run(serving.app(Settings(device="cpu", least=1, most=1, a_minute=NO_LIMIT)), name=MODEL)
    batches = serve.get_deployment_handle(NETWORKS, MODEL).batches
    try:
        yield asking(port), lambda: batches.remote().result()
    finally:
        serve.shutdown()
        ray.shutdown()


def asking(port: int) -> Ask:
    """As soon as the server there answers."""
    ends = time.monotonic() + START_S
    while True:
        try:
            engine = Server(f"http://127.0.0.1:{port}").engine(MODEL)
            return lambda picture: engine.explain([picture])
        except ServerAway:
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)


def one_by_one(ask: Ask, shown: Sequence[Image.Image]) -> float:
    """Milliseconds of a question, the median."""
    times = []
    for picture in shown[:ALONE]:
        begun = time.perf_counter()
        ask(picture)
        times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times)


def at_once(ask: Ask, shown: Sequence[Image.Image]) -> float:
    """Answers a second."""
    numbers, ends = count(), time.perf_counter() + SECONDS

    def client(_: int) -> int:
        answers = 0
        while time.perf_counter() < ends:
            ask(shown[next(numbers) % len(shown)])
            answers += 1
        return answers

    with ThreadPoolExecutor(CLIENTS) as clients:
        return sum(clients.map(client, range(CLIENTS))) / SECONDS


def main() -> None:
    load_before, shown, engine = os.getloadavg()[0], pictures(), Engine(weights.load(MODEL), "cpu")
    with over_http() as http, over_ray() as (ray, batches):
        ways = {"in the process": lambda picture: engine.explain([picture]), "HTTP": http, "Ray Serve": ray}
        rows = {name: {"one_ms": [], "a_second": []} for name in ways}
        for ask in ways.values():  # warms up
            one_by_one(ask, shown)
        for _ in range(ROUNDS):
            for name, ask in ways.items():
                rows[name]["one_ms"].append(one_by_one(ask, shown))
                rows[name]["a_second"].append(at_once(ask, shown))
        largest = max(map(int, batches()))
    results = {
        name: {what: round(statistics.median(values), 1) for what, values in row.items()} for name, row in rows.items()
    }
    conditions = {
        "what": "offline model, one picture a question",
        "clients": CLIENTS,
        "rounds": ROUNDS,
        "cores": psutil.cpu_count(),
        "machine": f"{platform.machine()}, {platform.system()}",
        "load_before": round(load_before, 1),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "ray", "fastapi", "uvicorn")},
        "date": date.today().isoformat(),
    }
    report = {"conditions": conditions, "results": results, "largest_batch": largest}
    (HERE / "serving.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
