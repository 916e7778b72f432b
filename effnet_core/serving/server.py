"""The HTTP API on one machine: engines loaded when they are first asked for, uvicorn in front."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import uvicorn

from ..explain.engine import Engine
from ..networks import weights
from ..networks.model_status import ModelStatus
from .http_api import build_app
from .limits import MOST_MODELS, Limits
from .own_checkpoints import OwnCheckpoints, Upload, load_own
from .tokens import check

MOST_OWN = 2  # of clients' own checkpoints in memory at once, which push no other model out


def serve(
    address: str, port: int, *, tokens: Sequence[str] = (), device: str = "auto", limits: Limits | None = None
) -> None:
    """Answer until Ctrl+C. Raises ValueError for an address beyond loopback without tokens that are hard to guess."""
    check(address, tokens)
    uvicorn.run(build_app(Engines(device), tokens, limits), host=address, port=port, log_level="warning")


class Loaded:
    """Name -> engine, each loaded once however many ask for it at the same time; those asked for least recently go.

    Who asks for one that is there never waits for another that is being loaded.
    """

    def __init__(self, most: int, load: Callable[[str], Engine]) -> None:
        self._most, self._load = most, load
        self._engines: OrderedDict[str, Future[Engine]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, name: str) -> Engine:
        """Raises what `load` raises, and loads again for who asks after that."""
        with self._lock:
            engine = self._engines.get(name)
            is_new = engine is None
            if is_new:
                engine = self._engines[name] = Future()
            self._engines.move_to_end(name)
        if is_new:
            self._fill(name, engine)
        return engine.result()

    def forget(self, name: str) -> None:
        with self._lock:
            self._engines.pop(name, None)

    def _fill(self, name: str, engine: Future[Engine]) -> None:
        try:
            engine.set_result(self._load(name))
        except BaseException as error:
            self.forget(name)
            engine.set_exception(error)
        with self._lock:  # only what could be loaded pushes another out
            while len(self._engines) > self._most:
                self._engines.popitem(last=False)


class Engines:
    """Name -> engine, on this machine."""

    def __init__(self, device: str = "auto", clock: Callable[[], float] = time.monotonic) -> None:
        self._trained = Loaded(MOST_MODELS, lambda name: Engine(weights.load(name), device))
        self._own = Loaded(MOST_OWN, lambda name: Engine(load_own(self._checkpoints.of_any(name)), device))
        self._checkpoints = OwnCheckpoints(clock, self._own.forget)

    def __call__(self, name: str) -> Engine:
        """Raises WeightsUnavailable, and ValueError listing the valid names."""
        return self._trained(name)

    def own(self, holder: str, name: str) -> Engine:
        """Raises CheckpointForgotten."""
        self._checkpoints.use(holder, name)
        return self._own(name)

    def keep(self, holder: str, upload: Upload) -> str:
        """The name under which the holder asks for it. Raises CheckpointRejected."""
        self._checkpoints.keep(holder, upload)
        try:
            self.own(holder, upload.name)
        except ValueError:
            self._checkpoints.forget(holder, upload.name)
            raise
        return upload.name

    def statuses(self) -> list[ModelStatus]:
        """All models, and which of them are ready on this machine."""
        return weights.statuses()
