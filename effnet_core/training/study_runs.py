"""Running a study: every arm with every seed, one row of a CSV file each; what is there is not run again.

A run is deterministic by its seed on one machine with one thread, so runs go side by side, one thread each.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import product
from multiprocessing import get_context, parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import perf_counter

import torch
from torch import nn
from torchvision.models.efficientnet import MBConv

from ..cost import cost_of
from ..networks.builder import build
from .data import Pictures, read_pictures
from .evaluation import accuracy, predict
from .recipe import Phase, Recipe
from .run import Run
from .study import Arm, Study
from .study_results import Row, append, read

LEAST_SIDE = 0.6  # of a picture's, that a crop shows
WATCHED = 10  # every so many training pictures are kept apart for the curve
BATCH = 64  # pictures: of 128 the same epochs would be half as many steps, too few for networks this small
PACE_STEPS = 3


@dataclass(frozen=True)
class Job:
    """One arm with one seed, and all that a process of its own needs to run it."""

    study: Study
    arm: Arm
    seed: int
    archives: tuple[Path, ...]
    classes: tuple[str, ...]
    folder: Path
    device: str


def jobs(
    study: Study, data: Path, classes: list[str], results: Path, *, device: str, ways: tuple[str, ...] = ()
) -> list[Job]:
    """The runs that `results` has no row of yet, in rounds: every arm once before any arm twice.

    Raises ValueError where the rows there can't be used.
    """
    archives, picked = tuple(sorted(data.glob("*.zip"))), tuple(_spread(classes, study.classes))
    done = {(row.arm, row.seed) for row in read(study, results).runs}
    arms = [arm for arm in study.arms if not ways or arm.way in ways]
    folder = results.with_suffix("")
    return [
        Job(study, arm, seed, archives, picked, folder / f"{study.arms.index(arm)}-{seed}", device)
        for seed, arm in product(study.seeds, arms)
        if (arm.name, seed) not in done
    ]


def _spread(classes: list[str], count: int) -> list[str]:
    """So many classes, evenly from the list: neighbours in it are alike."""
    if count > len(classes):
        raise ValueError(f"the study needs {count} classes; there are {len(classes)}")
    return [classes[number * len(classes) // count] for number in range(count)]


def run_all(todo: list[Job], results: Path, ran: Callable[[list[Job]], Iterable[Row]]) -> Iterator[Row]:
    """Have the jobs `ran`, and append each row as it comes. A run that fails is a row that says why."""
    results.parent.mkdir(parents=True, exist_ok=True)
    for row in ran(todo):
        append(results, row)
        yield row


def side_by_side(todo: list[Job], *, processes: int) -> Iterator[Row]:
    """Rows as they come, of so many processes of this computer."""
    with workers(processes) as pool:
        for done in as_completed([pool.submit(run, job) for job in todo]):
            yield done.result()


def workers(processes: int) -> ProcessPoolExecutor:
    """So many processes to train in; they end with this one, also where it is killed."""
    return ProcessPoolExecutor(processes, get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    """Else a worker would train its network to the end, beside the one that a new start of the study gives it to."""
    Thread(target=lambda: (parent_process().join(), os._exit(1)), daemon=True).start()


def run(job: Job) -> Row:
    """Train one arm with one seed and test it once, after its last epoch; resumes where its folder has a checkpoint."""
    torch.set_num_threads(1)
    arm, study = job.arm, job.study
    watched, train, test = pictures(job.archives, job.classes)
    recipe = recipe_of(study, arm, job.seed)
    curve, problem, top1 = [], "", float("nan")
    training = Run(job.folder, network(arm, study.classes, job.seed), recipe, device=job.device, compiled=False)
    try:
        for _ in training.train(train, watched):
            pass
        curve = training.log()
        if lost := [row["epoch"] for row in curve if not math.isfinite(row["loss"])]:
            raise RuntimeError(f"the loss is no number from epoch {lost[0]} on: training ran away")
        top1 = accuracy(predict(training.model, test.images, arm.pixels), test.targets)
        shutil.rmtree(job.folder)
    except RuntimeError as error:  # out of memory, too: the study goes on and shows it
        curve, problem = [], str(error).splitlines()[0]
    cost = cost_of(arm.architecture(study.classes))
    return Row(
        study=study.name,
        arm=arm.name,
        way=arm.way,
        depth=round(arm.depth, 4),
        width=round(arm.width, 4),
        pixels=arm.pixels,
        layers=len(arm.architecture(study.classes).blocks),
        macs=cost.macs,
        params=cost.params,
        seed=job.seed,
        epochs=study.epochs,
        classes=study.classes,
        train_pictures=len(train.images),
        test_pictures=len(test.images),
        loss=" ".join(f"{row['loss']:.4f}" for row in curve),
        validation_top1=" ".join(f"{row['top1']:.4f}" for row in curve),
        top1=round(top1, 4),
        seconds=round(training.seconds, 1),
        device=torch.cuda.get_device_name() if job.device == "cuda" else "CPU, 1 thread",
        torch=torch.__version__,
        date=date.today().isoformat(),
        problem=problem,
    )


@lru_cache(maxsize=1)  # a process runs many jobs
def pictures(archives: tuple[Path, ...], classes: tuple[str, ...]) -> tuple[Pictures, Pictures, Pictures]:
    """Those that are watched while training, those trained on, and those tested on once at the end."""
    every = read_pictures(list(archives), list(classes), "train")
    is_watched = torch.arange(len(every.images)) % WATCHED == 0
    watched, train = (Pictures(every.images[pick], every.targets[pick]) for pick in (is_watched, ~is_watched))
    return watched, train, read_pictures(list(archives), list(classes), "val")


def recipe_of(study: Study, arm: Arm, seed: int) -> Recipe:
    """The same for all arms but for the pixels."""
    return Recipe(
        phases=(Phase(study.epochs, arm.pixels, LEAST_SIDE),),
        batch=BATCH,
        warmup=1,
        cooldown=max(1, study.epochs // 2),
        dropout=0.0,
        validation_pixels=arm.pixels,
        validate_every=1,
        seed=seed,
    )


def network(arm: Arm, classes: int, seed: int) -> nn.Module:
    """The arm's network, freshly initialised by the seed."""
    torch.manual_seed(seed)
    made = build(arm.architecture(classes), stochastic_depth=0.0, dropout=0.0)
    if not arm.linear_end:
        for module in made.modules():
            if isinstance(module, MBConv):
                module.block.append(nn.ReLU(inplace=True))
    return made


def estimate(todo: list[Job], processes: int) -> float:
    """Seconds that the jobs will take: a few steps of each network are tried, side by side as they will be run."""
    if not todo:
        return 0.0
    one_each = {job.arm.name: job for job in todo}
    with workers(processes) as pool:
        paces = dict(zip(one_each, pool.map(seconds_an_epoch, one_each.values()), strict=True))
    return sum(job.study.epochs * paces[job.arm.name] for job in todo) / processes


def seconds_an_epoch(job: Job) -> float:
    """Of training and watching, from a part of the pictures."""
    torch.set_num_threads(1)
    watched, train, _ = pictures(job.archives, job.classes)
    recipe = recipe_of(replace(job.study, epochs=2), job.arm, job.seed)
    every = max(1, len(train.images) // (PACE_STEPS * recipe.batch))
    few_train, few_watched = (Pictures(part.images[::every], part.targets[::every]) for part in (train, watched))
    with TemporaryDirectory() as folder:
        model = network(job.arm, job.study.classes, job.seed)
        epochs = Run(Path(folder), model, recipe, device=job.device, compiled=False).train(few_train, few_watched)
        next(epochs)  # is slower: memory is asked for, and kernels are chosen
        started = perf_counter()
        next(epochs)
        return (perf_counter() - started) * len(train.images) / len(few_train.images)
