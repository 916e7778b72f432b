"""The command that runs the app for a class: classroom."""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..classroom.worker import Worker

ROOT = Path(__file__).resolve().parents[2]
MOST_WORKERS = 64
FRAME_MB = 1  # of an upload, around its file
STREAMLIT = ("run", "app.py", "--server.headless=true", "--logger.level=warning", "--server.address=127.0.0.1")
LOADED = (  # when a worker starts; what ui/session/engines.py would load with the first network is among it
    "streamlit.web.cli",
    "plotly.graph_objects",
    "effnet_core.explain.engine",
    "effnet_core.machine.latency",
    "effnet_core.networks.comparison",
)


def add_commands(command) -> None:
    parser = command(classroom)
    parser.add_argument("--workers", type=int, help=f"processes of the app, 1 to {MOST_WORKERS}; default: one a core")
    parser.add_argument("--port", type=int, default=8501, help="default 8501")
    parser.add_argument("--address", default="127.0.0.1", help="0.0.0.0 lets other computers in; default 127.0.0.1")


def classroom(options: argparse.Namespace) -> int:
    """Run the app for a class: several processes behind nginx, each student always with the same one."""
    from ..classroom import launcher
    from ..machine import system

    workers = min(system.cores(), MOST_WORKERS) if options.workers is None else options.workers
    if not 1 <= workers <= MOST_WORKERS:
        raise ValueError(f"{workers} workers; allowed are 1 to {MOST_WORKERS}")
    if not 1 <= options.port < 1 << 16:
        raise ValueError(f"port {options.port}; allowed is 1 to 65535")
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    plan = launcher.Plan(
        run=run_app,
        loaded=LOADED,
        workers=workers,
        address=options.address,
        port=options.port,
        upload_mb=settings["server"]["maxUploadSize"] + FRAME_MB,
    )
    # networks of all workers may compute at the same time: together they take each core once
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, system.cores() // workers)))
    os.chdir(ROOT)
    return launcher.serve(plan, lambda started: announce(options, started))


def run_app(port: int) -> None:
    """One process of the app, as `streamlit run` starts it."""
    sys.argv = ["streamlit", *STREAMLIT, f"--server.port={port}"]
    runpy.run_module("streamlit", run_name="__main__")


def announce(options: argparse.Namespace, workers: Sequence[Worker]) -> None:
    everywhere = options.address in ("0.0.0.0", "::")  # noqa: S104 (compared, not bound)
    address = f"http://{'localhost' if everywhere else options.address}:{options.port}"
    if options.json:
        rows = [{"pid": worker.pid, "port": worker.port} for worker in workers]
        print(json.dumps({"address": address, "workers": rows}), flush=True)
        return
    others = "; for other computers at this one's name or address" * everywhere
    print(f"The app is at {address}{others}: {len(workers)} workers (stop it with Ctrl+C)", flush=True)
