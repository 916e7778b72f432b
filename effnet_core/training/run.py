"""One small training loop, which trained the bundled offline model.

A run is a folder: `last.pt` to resume from, `best.safetensors` (fp16, averaged weights), `log.jsonl`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from .. import files
from .data import Pictures, augment
from .evaluation import accuracy, predict
from .optimizers import Optimizers
from .recipe import Recipe, rate_at


class Run:
    """A training run in a folder: a new one, or resumed from its last checkpoint."""

    def __init__(self, folder: Path, model: nn.Module, recipe: Recipe, *, device: str, compiled: bool) -> None:
        self.folder, self.recipe, self.device = folder, recipe, device
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        self.model = model.to(device, memory_format=torch.channels_last)
        self.forward = torch.compile(self.model, dynamic=False) if compiled else self.model
        self.average = torch.optim.swa_utils.AveragedModel(
            self.model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True
        )
        self.optimizers = Optimizers(self.model, recipe)
        self.best_weights = folder / "best.safetensors"
        self.epoch, self.best, self.seconds = 0, 0.0, 0.0
        if (folder / "last.pt").exists():
            self._resume()

    def _resume(self) -> None:
        path = self.folder / "last.pt"
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimizers.load_state_dict(state["optimizers"])
            self.epoch, self.best, self.seconds = state["epoch"], state["best"], state["seconds"]
        except Exception as problem:  # unpickling damaged files raises whatever they lead to
            raise ValueError(
                f"{path} holds no run of this network that can be resumed; remove it, or name another folder"
            ) from problem

    def _save(self) -> None:
        state = {"model": self.model.state_dict(), "average": self.average.state_dict()}
        state |= {"optimizers": self.optimizers.state_dict(), "epoch": self.epoch}
        state |= {"best": self.best, "seconds": self.seconds}
        with files.replacing(self.folder / "last.pt") as part:
            torch.save(state, part)

    def train(self, train: Pictures, validation: Pictures) -> Iterator[dict]:
        """One row an epoch: losses, rates, accuracy where it was measured. Checkpoints as it goes."""
        if len(train.images) < self.recipe.batch:
            raise ValueError(f"{len(train.images)} training pictures are fewer than a batch of {self.recipe.batch}")
        train = Pictures(train.images.to(self.device), train.targets.to(self.device))
        while self.epoch < self.recipe.epochs:
            started = time.monotonic()
            row = self._one_epoch(train)
            self.epoch += 1
            if self.epoch % self.recipe.validate_every == 0 or self.epoch > self.recipe.epochs - 4:
                row |= self._validate(validation)
            self.seconds += time.monotonic() - started
            self._save()
            row |= {"epoch": self.epoch, "seconds": round(self.seconds)}
            with open(self.folder / "log.jsonl", "a") as log:
                log.write(json.dumps(row) + "\n")
            yield row

    def log(self) -> list[dict]:
        """The rows of all epochs so far."""
        return [json.loads(line) for line in (self.folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]

    def conditions(self) -> dict:
        """The conditions of the run, for the model's card."""
        hardware = torch.cuda.get_device_name() if self.device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
        return {
            "recipe": asdict(self.recipe),
            "epochs_done": self.epoch,
            "seconds": round(self.seconds),
            "hardware": hardware,
            "precision": "bfloat16 autocast" if self.device == "cuda" else "float32",
            "versions": {"torch": torch.__version__},
            "date": date.today().isoformat(),
        }

    def _validate(self, validation: Pictures) -> dict:
        """Accuracy of the weights as they are and averaged; the best so far are kept.

        While the learning rate is high the average lags behind; towards the end it is the better one.
        """
        row = {}
        for name, model in (("", self.model), ("averaged_", self.average.module)):
            logits = predict(model, validation.images, self.recipe.validation_pixels)
            top1, top5 = accuracy(logits, validation.targets), accuracy(logits, validation.targets, 5)
            row |= {f"{name}top1": top1, f"{name}top5": top5}
            if top1 > self.best:
                self.best = top1
                save_fp16(model, self.best_weights)
        return row

    def _one_epoch(self, train: Pictures) -> dict:
        recipe, phase = self.recipe, self.recipe.phase(self.epoch)
        generator = torch.Generator().manual_seed(recipe.seed * 1000 + self.epoch)
        torch.manual_seed(recipe.seed * 1000 + self.epoch)
        order = torch.randperm(len(train.images), generator=generator).to(self.device)
        batches = order[: len(order) // recipe.batch * recipe.batch].split(recipe.batch)
        self.model.train()
        total = correct = 0.0
        for number, picks in enumerate(batches):
            x, y = augment(train.images[picks], phase, jitter=recipe.jitter), train.targets[picks]
            with torch.autocast(self.device, torch.bfloat16, enabled=self.device == "cuda"):
                logits = self.forward(x.contiguous(memory_format=torch.channels_last))
            loss = F.cross_entropy(logits.float(), y, label_smoothing=recipe.label_smoothing)
            self.model.zero_grad()
            loss.backward()
            rate = rate_at(self.epoch + number / len(batches), recipe)
            self.optimizers.step(rate)
            self.average.update_parameters(self.model)
            total += loss.item()
            correct += (logits.argmax(1) == y).sum().item()
        return {
            "pixels": phase.pixels,
            "rate": rate,
            "loss": total / len(batches),
            "train_top1": correct / len(batches) / recipe.batch,
        }


def save_fp16(model: nn.Module, path: Path) -> None:
    """The weights as half-precision safetensors; counters and other integers keep their type."""
    state = {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in model.state_dict().items()}
    with files.replacing(path) as part:
        save_file(state, part)
