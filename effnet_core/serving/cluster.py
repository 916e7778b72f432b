"""The same API on a Ray cluster: an ingress that speaks HTTP, without torch, and replicas of the networks behind it.

Every question is pure, so one whose replica dies is asked again of another; what can't be answered then is refused
with a sentence. Ray reports its use to its makers unless it is told not to: here it is.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TYPE_CHECKING

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

from fastapi import FastAPI
from pydantic import BaseModel, Field
from ray import serve
from ray.exceptions import RayError, RayTaskError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError
from ray.serve.handle import DeploymentHandle

from ..explain.request_queue import Busy, NetworkFailed, tell
from ..networks.download import WeightsUnavailable
from ..networks.model_status import ModelStatus
from ..progress import Cancelled, Progress
from .answering import Work
from .http_api import build_app, facts_of
from .limits import MOST_MODELS, Limits
from .own_checkpoints import PREFIX, OwnCheckpoints, Upload, load_own
from .questions import Facts
from .tokens import check, read_tokens

if TYPE_CHECKING:
    from ray.serve import Application

    from ..explain.engine import Engine
    from ..explain.results import Explanation

NETWORKS, CHECKPOINTS = "Networks", "Checkpoints"
MOST_TRIES = 4
AGAIN_S = 0.5  # between two tries: what died is noticed in that time, or started anew
FACTS_S = 30.0  # for which an ingress knows what a model is
BATCH, BATCH_WAIT_S = 32, 0.005
TOLD = (ValueError, Busy, NetworkFailed, WeightsUnavailable, Cancelled)  # each has a sentence
WITH_PROGRESS = ("attribute", "rank_channels", "faithfulness", "randomisation")
QUESTIONS = (*WITH_PROGRESS, "explain", "ladder", "trace", "block_weights", "intervene", "strongest_flip")
AWAY = "the computers that this network runs on are away; try again in a moment"


class Settings(BaseModel):
    """What `serve run effnet_core.serving:app NAME=VALUE` and a config file's `args` may set.

    `cpus`, `gpus`: of each replica of the networks, which there are `least` to `most` of, by load; `ingresses`:
    processes that read HTTP. Without a token file other computers are not answered.
    """

    device: str = "auto"
    cpus: float = Field(1.0, ge=0)
    gpus: float = Field(0.0, ge=0)
    least: int = Field(1, ge=1)
    most: int = Field(4, ge=1)
    ingresses: int = Field(2, ge=1)  # one may die while the other goes on
    token_file: str | None = None
    seconds: float = Limits().seconds
    a_minute: int = Limits().a_minute


def app(settings: Settings) -> Application:
    """The application as Ray Serve starts it. Raises ValueError for settings that nobody can keep."""
    tokens = read_tokens(settings.token_file)
    check("localhost", tokens)
    limits = Limits(settings.seconds, settings.a_minute)

    def api() -> FastAPI:
        return build_app(Cluster(_handle(NETWORKS), _handle(CHECKPOINTS)), tokens, limits, strangers=False)

    class Api:
        def __init__(self, networks: DeploymentHandle, checkpoints: DeploymentHandle) -> None:
            """They are started with it, and asked by their names."""

    options = {"num_cpus": settings.cpus, "num_gpus": settings.gpus}
    scale = {"min_replicas": settings.least, "max_replicas": settings.most, "target_ongoing_requests": 4}
    networks = serve.deployment(Networks, name=NETWORKS, max_ongoing_requests=64).options(
        ray_actor_options=options, autoscaling_config=scale
    )
    ingress = serve.deployment(
        serve.ingress(api)(Api),
        num_replicas=settings.ingresses,
        max_ongoing_requests=512,
        ray_actor_options={"num_cpus": 0},
    )
    checkpoints = serve.deployment(OwnCheckpoints, name=CHECKPOINTS, ray_actor_options={"num_cpus": 0})
    return ingress.bind(networks.bind(settings.device, limits.seconds), checkpoints.bind())


def _handle(deployment: str) -> DeploymentHandle:
    """Another deployment of the application that this process belongs to."""
    return serve.get_deployment_handle(deployment, serve.get_replica_context().app_name)


class Networks:
    """One replica: a few models in memory, those that were asked for last."""

    def __init__(self, device: str, seconds: float) -> None:
        self._device, self._seconds = device, seconds
        self._threads = ThreadPoolExecutor(8)
        self._sizes: dict[int, int] = defaultdict(int)  # batch -> how often

    @serve.multiplexed(max_num_models_per_replica=MOST_MODELS)
    async def engine(self, name: str) -> Engine:
        """Raises WeightsUnavailable, CheckpointForgotten, and ValueError listing the valid names."""
        upload = await _handle(CHECKPOINTS).of_any.remote(name) if name.startswith(PREFIX) else None
        return await self._in_thread(lambda: _loaded(name, upload, self._device))

    async def statuses(self) -> list[ModelStatus]:
        from ..networks import weights

        return await self._in_thread(weights.statuses)

    async def batches(self) -> dict[int, int]:
        """How many pictures went through a network together -> how often, on this replica."""
        return dict(self._sizes)

    async def ask(self, name: str, question: str, args: Sequence, how: dict) -> AsyncIterator[tuple[str, object]]:
        """States of the work, as Work has them; at last ("answer", rows) or ("problem", what to raise)."""
        try:
            engine = await self.engine(name)
            work = Work(lambda progress: _answered(engine, question, args, how, progress), self._seconds)
            async with aclosing(work.states()) as states:
                async for state in states:
                    for pair in state.items() or [("alive", True)]:
                        yield pair
        except TOLD as problem:
            yield "problem", problem

    async def facts(self, name: str) -> Facts:
        return facts_of(await self.engine(name))

    async def explain(self, name: str, images: Sequence, how: dict) -> list[Explanation]:
        """Each picture goes through the network with those that others ask alike at this moment."""
        kind = (name, *sorted(how.items()))
        answers = await asyncio.gather(*(self._together((kind, image)) for image in images))
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    @serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=BATCH_WAIT_S)
    async def _together(self, asked: list[tuple]) -> list[Explanation | Exception]:
        alike: dict[tuple, list[int]] = defaultdict(list)
        for number, (kind, _) in enumerate(asked):
            alike[kind].append(number)
        answers: list[Explanation | Exception | None] = [None] * len(asked)
        for (name, *how), numbers in alike.items():
            self._sizes[len(numbers)] += 1
            try:
                engine, images = await self.engine(name), [asked[number][1] for number in numbers]
                found = await self._in_thread(lambda e=engine, i=images, h=how: e.explain(i, **dict(h)))
            except TOLD as problem:
                found = [problem] * len(numbers)
            for number, answer in zip(numbers, found, strict=True):
                answers[number] = answer
        return answers

    async def _in_thread(self, work: Callable[[], object]) -> object:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _loaded(name: str, upload: Upload | None, device: str) -> Engine:
    from ..explain.engine import Engine
    from ..networks import weights

    return Engine(load_own(upload) if upload else weights.load(name), device)


def _answered(engine: Engine, question: str, args: Sequence, how: dict, progress: Progress) -> object:
    how = how | {"progress": progress} if question in WITH_PROGRESS else how
    return getattr(engine, question)(*args, **how)


class Cluster:
    """Name -> engine, on whichever replicas have the model: what an ingress gives its API."""

    def __init__(self, networks: DeploymentHandle, checkpoints: DeploymentHandle) -> None:
        self._networks, self._checkpoints = networks, checkpoints
        self._facts: dict[str, tuple[float, Facts]] = {}
        self._lock = threading.Lock()

    def __call__(self, name: str) -> ClusterEngine:
        """Raises WeightsUnavailable, ValueError listing the valid names, and Busy where no replica can be asked."""
        with self._lock:
            read, facts = self._facts.get(name, (0.0, None))
        if facts is None or time.monotonic() - read > FACTS_S:
            facts = self._at_once(name, "facts")
            with self._lock:
                new = {other: row for other, row in self._facts.items() if time.monotonic() - row[0] < FACTS_S}
                self._facts = new | {name: (time.monotonic(), facts)}
        return ClusterEngine(self, name, facts)

    def own(self, holder: str, name: str) -> ClusterEngine:
        """Raises CheckpointForgotten."""
        self._again(lambda: self._checkpoints.touch.remote(holder, name).result())
        return self(name)

    def keep(self, holder: str, upload: Upload) -> str:
        """The name under which the holder asks for it. Raises CheckpointRejected, as the replica that reads it does."""
        self._again(lambda: self._checkpoints.keep.remote(holder, upload).result())
        try:
            self(upload.name)
        except ValueError:
            self._again(lambda: self._checkpoints.forget.remote(holder, upload.name).result())
            raise
        return upload.name

    def statuses(self) -> list[ModelStatus]:
        return self._again(lambda: self._networks.statuses.remote().result())

    def ask(self, name: str, question: str, *args: object, progress: Progress | None = None, **how: object) -> object:
        """What Engine's method `question` answers, on a replica that has the model or gets it."""
        if question == "explain":  # one pass: nothing to tell on the way, and states take longer than the pass
            return self._at_once(name, question, *args, how)
        return self._again(lambda: self._once(name, question, args, how, progress))

    def _at_once(self, name: str, method: str, *args: object) -> object:
        handle = self._networks.options(multiplexed_model_id=name)
        return self._again(lambda: getattr(handle, method).remote(name, *args).result())

    def _again(self, work: Callable[[], object]) -> object:
        """Once more, of another replica, where one dies or none is there."""
        for _ in range(MOST_TRIES):
            try:
                return work()
            except RayTaskError as error:  # the replica lives: it met something unexpected
                raise error.cause from error
            except BackPressureError as error:
                raise Busy("too many questions wait for this network already; try again in a moment") from error
            except (RayError, DeploymentUnavailableError):
                time.sleep(AGAIN_S)
        raise Busy(AWAY)

    def _once(self, name: str, question: str, args: Sequence, how: dict, progress: Progress | None) -> object:
        handle = self._networks.options(stream=True, multiplexed_model_id=name)
        coming = handle.ask.remote(name, question, args, how)
        try:
            for kind, value in coming:
                if kind == "answer":
                    return value
                if kind == "problem":
                    raise value
                if kind == "before":
                    tell(value)
                elif kind == "share" and progress and not progress(value):
                    raise Cancelled
        finally:
            coming.cancel()
        raise Busy(AWAY)


class ClusterEngine:
    """One model of the cluster, with the attributes and methods of `Engine`."""

    def __init__(self, cluster: Cluster, asked_as: str, facts: Facts) -> None:
        self._cluster, self._asked_as = cluster, asked_as
        vars(self).update(vars(facts))

    def __getattr__(self, question: str) -> Callable[..., object]:
        if question not in QUESTIONS:
            raise AttributeError(question)
        return lambda *args, **how: self._cluster.ask(self._asked_as, question, *args, **how)
