"""Work of the command line on the computers of a Ray cluster: many pictures through Ray Data, a study's runs as tasks.

The cluster is the one that RAY_ADDRESS names or that this computer belongs to; without one, Ray starts on this computer
alone. Files are read where the work is done: their folders have to be at the same place on all computers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
from ray.data import ActorPoolStrategy, DataContext

from ..explain import many_pictures

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from ..networks.weights import Model
    from ..training.study_results import Row
    from ..training.study_runs import Job

MOST_BLOCKS = 1000  # that the list of pictures is cut into


class Looker:
    """A network on one of the cluster's workers; `model` stands in Ray's object store, once for all of them."""

    def __init__(self, model: ray.ObjectRef[Model], device: str, asked: dict[str, object]) -> None:
        from ..explain.engine import Engine

        self._engine, self._asked = Engine(ray.get(model), device), asked

    def __call__(self, batch: dict[str, np.ndarray]) -> pa.Table:
        names, paths = batch["name"].tolist(), map(Path, batch["path"].tolist())
        answers = many_pictures.rows(self._engine, paths, **self._asked)
        return many_pictures.as_table([answer | {"file": name} for name, answer in zip(names, answers, strict=True)])


def rows(model: Model, device: str, paths: Iterable[Path], **asked: object) -> Iterator[dict]:
    """What many_pictures.rows gives, in the same order."""
    _connect()
    if not (pictures := [{"name": many_pictures.name_of(path), "path": str(path.absolute())} for path in paths]):
        return
    context = DataContext.get_current()
    context.execution_options.preserve_order, context.enable_progress_bars = True, False
    blocks = min(MOST_BLOCKS, -(-len(pictures) // many_pictures.BATCH))
    has_gpu = device != "cpu" and ray.cluster_resources().get("GPU", 0) >= 1
    workers = int(ray.cluster_resources()["GPU" if has_gpu else "CPU"])
    answered = ray.data.from_items(pictures, override_num_blocks=blocks).map_batches(
        Looker,
        fn_constructor_args=(ray.put(model), device, asked),
        batch_size=many_pictures.BATCH,
        compute=ActorPoolStrategy(min_size=1, max_size=max(1, min(workers, blocks))),
        num_gpus=1 if has_gpu else 0,
    )
    for batch in answered.iter_batches(batch_size=None, batch_format="pyarrow"):
        yield from batch.to_pylist()


def runs(jobs: Iterable[Job]) -> Iterator[Row]:
    """The rows of a study's runs as they come, each by a worker with one thread, or one GPU."""
    from ..training import study_runs

    _connect()
    task = ray.remote(study_runs.run)
    waiting = [
        task.options(num_cpus=1, num_gpus=job.device == "cuda").remote(
            replace(job, archives=tuple(path.absolute() for path in job.archives), folder=job.folder.absolute())
        )
        for job in jobs
    ]
    while waiting:
        done, waiting = ray.wait(waiting)
        yield from ray.get(done)


def _connect() -> None:
    ray.init(ignore_reinit_error=True, log_to_driver=False, logging_level="ERROR")
