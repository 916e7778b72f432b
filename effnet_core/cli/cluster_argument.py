"""The option that has a Ray cluster do the work."""

from __future__ import annotations

import argparse
from types import ModuleType


def add_cluster_argument(parser: argparse.ArgumentParser, where: str) -> None:
    parser.add_argument(
        "--cluster", action="store_true", help=f"{where}: on the computers of a Ray cluster (docs/cluster.md)"
    )


def on_ray() -> ModuleType:
    """serving.on_ray. Raises ValueError where Ray is not installed."""
    try:
        from ..serving import on_ray
    except ModuleNotFoundError as missing:
        raise ValueError(
            f"--cluster needs {missing.name}, which is not installed: pip install -r requirements-cluster.txt"
        ) from missing
    return on_ray
