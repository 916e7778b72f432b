"""The HTTP API on one machine: engines loaded when they are first asked for, uvicorn in front."""

from __future__ import annotations

import threading
from functools import lru_cache

import uvicorn

from ..explain.engine import Engine
from ..networks import weights
from ..networks.model_status import ModelStatus
from .http_api import build_app, is_loopback
from .limits import Limits

MOST_MODELS = 3  # in memory at once; the one that was asked for least recently goes
SHORTEST_TOKEN = 16
TOKEN_MB = 0.001  # of the file that holds it


def serve(
    address: str, port: int, *, token: str | None = None, device: str = "auto", limits: Limits | None = None
) -> None:
    """Answer until Ctrl+C. Raises ValueError for an address beyond loopback without a token that is hard to guess."""
    check(address, token)
    uvicorn.run(build_app(Engines(device), token, limits), host=address, port=port, log_level="warning")


def check(address: str, token: str | None) -> None:
    """Refuse to listen where strangers could ask."""
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise ValueError(f"the token has {len(token)} characters; it needs {SHORTEST_TOKEN} or more")
    if token is not None and not (token.isascii() and token.isprintable()):
        raise ValueError("the token has characters that can't stand in a header; take letters, digits and signs")
    if token is None and not is_loopback(address):
        raise ValueError(f"{address} lets other computers in: name a file that holds a token with --token-file")


class Engines:
    """Name -> engine, each loaded once however many ask for it at the same time."""

    def __init__(self, device: str = "auto") -> None:
        self._loading = threading.Lock()
        self._loaded = lru_cache(MOST_MODELS)(lambda name: Engine(weights.load(name), device))

    def __call__(self, name: str) -> Engine:
        """Raises WeightsUnavailable, and ValueError listing the valid names."""
        with self._loading:
            return self._loaded(name)

    def statuses(self) -> list[ModelStatus]:
        """All models, and which of them are ready on this machine."""
        return weights.statuses()
