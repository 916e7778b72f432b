"""Two small networks that learn side by side on drawn pictures, an epoch each in turn: python -m …training.race.

The orders come as one line of JSON on standard input, the laps go out as lines of JSON. All that is random is drawn
before the networks run side by side, so a race is the same again by its seed on one machine.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import drawn_pictures
from .data import normalise
from .optimizers import Optimizers
from .race_orders import SEEDS_A_RACE, TEST, Lap, Orders, arm_of, study, test_scenes
from .recipe import Phase, Recipe, rate_at
from .study_runs import network

BATCH = 64


class Runner:
    """One network of a race."""

    def __init__(self, way: str, orders: Orders) -> None:
        self.way, self.orders = way, orders
        self.arm = arm_of(way, orders.times)
        self.model = network(self.arm, study().classes, orders.seed).to(memory_format=torch.channels_last)
        phase = Phase(orders.epochs, self.arm.pixels, 1.0)
        self.recipe = Recipe(phases=(phase,), batch=BATCH, warmup=1, cooldown=max(1, orders.epochs // 2), dropout=0.0)
        self.optimizers = Optimizers(self.model, self.recipe)
        self.test = self._pictures(TEST, orders.test_pictures)

    def lap(self, epoch: int) -> Lap:
        """Train for one epoch on pictures that it has not seen, and test."""
        x, targets = self._pictures(epoch, self.orders.pictures)
        self.model.train()
        batches = list(zip(x.split(BATCH), targets.split(BATCH), strict=True))
        loss = 0.0
        for number, (pictures, wanted) in enumerate(batches):
            batch_loss = F.cross_entropy(self.model(pictures), wanted)
            self.model.zero_grad()
            batch_loss.backward()
            self.optimizers.step(rate_at(epoch + (number + 0.5) / len(batches), self.recipe))
            loss += batch_loss.item() / len(batches)
        right, guesses = self._tested()
        wrong = [number for number, is_right in enumerate(right) if not is_right]
        return Lap(
            self.way, epoch + 1, loss, sum(right), len(right), wrong, [guesses[n] for n in wrong], self._filters()
        )

    @torch.no_grad()
    def _tested(self) -> tuple[list[bool], list[int]]:
        x, targets = self.test
        self.model.eval()
        guesses = torch.cat([self.model(part).argmax(1) for part in x.split(4 * BATCH)])
        return (guesses == targets).tolist(), guesses.tolist()

    def _filters(self) -> list:
        first = next(module for module in self.model.modules() if isinstance(module, nn.Conv2d))
        return first.weight.detach().round(decimals=4).tolist()

    def _pictures(self, epoch: int, count: int) -> tuple[Tensor, Tensor]:
        seed = self.orders.seed * SEEDS_A_RACE + epoch
        scenes = test_scenes(self.orders) if epoch == TEST else drawn_pictures.scenes(count, seed, self.orders.texture)
        drawn = torch.from_numpy(drawn_pictures.draw(scenes, self.arm.pixels))
        order = torch.randperm(count, generator=torch.Generator().manual_seed(seed)) if epoch != TEST else slice(None)
        x, targets = normalise(drawn.float() / 255)[order], torch.from_numpy(scenes.targets)[order]
        return x.contiguous(memory_format=torch.channels_last), targets


def race(orders: Orders) -> Iterator[Lap]:
    """The laps of all networks, epoch by epoch; they run side by side, one thread each."""
    torch.set_num_threads(1)
    runners = [Runner(way, orders) for way in orders.ways]
    with ThreadPoolExecutor(len(runners)) as threads:
        for epoch in range(orders.epochs):
            yield from threads.map(lambda runner, epoch=epoch: runner.lap(epoch), runners)


def main() -> None:
    for lap in race(Orders(**json.loads(sys.stdin.readline()))):
        print(json.dumps(asdict(lap)), flush=True)


if __name__ == "__main__":
    main()
