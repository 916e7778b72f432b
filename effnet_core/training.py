"""One small training loop: the bundled offline model and, later, the measured studies.

Pictures live in memory as one uint8 tensor (N, 3, 64, 64); augmentation runs on whole batches.
A run is a folder: `last.pt` to resume from, `best.safetensors` (fp16, averaged weights), `log.jsonl`.
"""

from __future__ import annotations

import io
import json
import math
import time
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from .images import Preparation


@dataclass(frozen=True)
class Phase:
    """`epochs` at `pixels`, on crops whose side is `least_side` to 1 of the picture's."""

    epochs: int
    pixels: int
    least_side: float


@dataclass(frozen=True)
class Recipe:
    """Everything that a run depends on beside its pictures and its architecture."""

    phases: tuple[Phase, ...] = (Phase(18, 48, 0.6), Phase(10, 64, 0.6), Phase(11, 80, 0.6), Phase(2, 96, 0.9))
    batch: int = 128
    learning_rate: float = 5e-3
    weight_decay: float = 0.05
    warmup: float = 0.04
    label_smoothing: float = 0.1
    dropout: float = 0.1
    stochastic_depth: float = 0.0
    averaging: float = 0.998
    jitter: float = 0.2
    muon: bool = True
    test_pixels: int = 96
    test_every: int = 4  # epochs; the last four are always tested
    seed: int = 0

    @property
    def epochs(self) -> int:
        return sum(phase.epochs for phase in self.phases)

    def phase(self, epoch: int) -> Phase:
        for phase in self.phases:
            if epoch < phase.epochs:
                return phase
            epoch -= phase.epochs
        raise ValueError(f"the recipe has {self.epochs} epochs")


@dataclass(frozen=True)
class Pictures:
    """Pictures (N, 3, H, W) uint8 with their class indices (N,)."""

    images: Tensor
    targets: Tensor


def read_pictures(archives: list[Path], classes: list[str], split: str) -> Pictures:
    """All `split/<class>/*` pictures of these classes from zip files, in the order of their names."""
    index = {name: number for number, name in enumerate(classes)}
    images, targets = [], []
    for archive in archives:
        with zipfile.ZipFile(archive) as pack:
            for name in sorted(pack.namelist()):
                parts = name.split("/")
                if len(parts) == 3 and parts[0] == split and parts[1] in index:
                    images.append(np.asarray(Image.open(io.BytesIO(pack.read(name))).convert("RGB")))
                    targets.append(index[parts[1]])
    if not images:
        raise ValueError(f"no {split}/<class>/ pictures of these classes in {', '.join(map(str, archives))}")
    return Pictures(torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous(), torch.tensor(targets))


def normalise(images: Tensor) -> Tensor:
    """(N, 3, H, W) in 0..1 -> centred and scaled as ImageNet networks expect it."""
    return (images - images.new_tensor(Preparation.mean).view(3, 1, 1)) / images.new_tensor(Preparation.std).view(
        3, 1, 1
    )


def augment(images: Tensor, phase: Phase, *, jitter: float) -> Tensor:
    """Random crop, flip and colour of a uint8 batch, resized to the phase's pixels and normalised."""
    count = len(images)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(count, *shape, device=images.device).uniform_(low, high)

    x = images.float() / 255
    ratio = torch.exp(uniform(-0.15, 0.15))
    side = uniform(phase.least_side, 1)
    width, height = (side * ratio).clamp(max=1), (side / ratio).clamp(max=1)
    theta = x.new_zeros(count, 2, 3)
    theta[:, 0, 0] = width * torch.where(uniform(0, 1) < 0.5, 1.0, -1.0)
    theta[:, 1, 1] = height
    theta[:, 0, 2], theta[:, 1, 2] = uniform(-1, 1) * (1 - width), uniform(-1, 1) * (1 - height)
    grid = F.affine_grid(theta, [count, 3, phase.pixels, phase.pixels], align_corners=False)
    x = F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
    grey = x.mean(1, keepdim=True)
    x = torch.lerp(grey, x, uniform(1 - jitter, 1 + jitter, 1, 1, 1))
    mean = x.mean((1, 2, 3), keepdim=True)
    x = torch.lerp(mean, x, uniform(1 - jitter, 1 + jitter, 1, 1, 1)) * uniform(1 - jitter, 1 + jitter, 1, 1, 1)
    return normalise(x.clamp(0, 1))


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, pixels: int, *, batch: int = 250) -> Tensor:
    """Logits (N, classes) of whole uint8 pictures resized to `pixels`."""
    device = next(model.parameters()).device
    model.eval()
    logits = []
    for chunk in images.split(batch):
        x = F.interpolate(chunk.to(device).float() / 255, size=pixels, mode="bicubic", antialias=True).clamp(0, 1)
        logits.append(model(normalise(x).contiguous(memory_format=torch.channels_last)).float().cpu())
    return torch.cat(logits)


def accuracy(logits: Tensor, targets: Tensor, top: int = 1) -> float:
    return (logits.topk(min(top, logits.shape[1])).indices == targets[:, None]).any(1).double().mean().item()


class Optimizers:
    """Muon for matrices (1x1 convolutions are matrices), AdamW for all the rest.

    torch's Muon takes two-dimensional parameters, so it works on views that share the weights' storage.
    """

    def __init__(self, model: nn.Module, recipe: Recipe) -> None:
        self.pairs: list[tuple[nn.Parameter, nn.Parameter]] = []
        decayed, free = [], []
        for name, parameter in model.named_parameters():
            matrix = parameter.ndim == 4 and parameter.shape[2:] == (1, 1) and "fc" not in name
            if recipe.muon and matrix:
                self.pairs.append((parameter, nn.Parameter(parameter.detach().view(parameter.shape[:2]))))
            else:
                (decayed if parameter.ndim > 1 else free).append(parameter)
        groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": free, "weight_decay": 0.0}]
        self.all: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)]
        if self.pairs:
            views = [view for _, view in self.pairs]
            settings = {"weight_decay": recipe.weight_decay, "adjust_lr_fn": "match_rms_adamw"}
            self.all.append(torch.optim.Muon(views, lr=recipe.learning_rate, **settings))

    def step(self, learning_rate: float) -> None:
        for parameter, view in self.pairs:
            view.grad = parameter.grad.view(view.shape)
        for optimizer in self.all:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate
            optimizer.step()

    def state_dict(self) -> list[dict]:
        return [optimizer.state_dict() for optimizer in self.all]

    def load_state_dict(self, states: list[dict]) -> None:
        for optimizer, state in zip(self.all, states, strict=True):
            optimizer.load_state_dict(state)


def rate_at(progress: float, recipe: Recipe) -> float:
    """Learning rate at a fraction of the run: linear warm-up, then a cosine to zero."""
    if progress < recipe.warmup:
        return recipe.learning_rate * progress / recipe.warmup
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * (progress - recipe.warmup) / (1 - recipe.warmup)))


class Run:
    """A training run in a folder: made new, or resumed where its last checkpoint stands."""

    def __init__(self, folder: Path, model: nn.Module, recipe: Recipe, *, device: str, compiled: bool) -> None:
        self.folder, self.recipe, self.device = folder, recipe, device
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        self.model = model.to(device, memory_format=torch.channels_last)
        self.forward = torch.compile(self.model, dynamic=False) if compiled else self.model
        self.average = torch.optim.swa_utils.AveragedModel(
            self.model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.averaging), use_buffers=True
        )
        self.optimizers = Optimizers(self.model, recipe)
        self.best_weights = folder / "best.safetensors"
        self.epoch, self.best, self.seconds = 0, 0.0, 0.0
        if (folder / "last.pt").exists():
            self._resume()

    def _resume(self) -> None:
        state = torch.load(self.folder / "last.pt", map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizers.load_state_dict(state["optimizers"])
        self.epoch, self.best, self.seconds = state["epoch"], state["best"], state["seconds"]

    def _save(self) -> None:
        state = {"model": self.model.state_dict(), "average": self.average.state_dict()}
        state |= {"optimizers": self.optimizers.state_dict(), "epoch": self.epoch}
        state |= {"best": self.best, "seconds": self.seconds}
        torch.save(state, self.folder / "last.tmp")
        (self.folder / "last.tmp").replace(self.folder / "last.pt")

    def train(self, train: Pictures, test: Pictures) -> Iterator[dict]:
        """One row an epoch: losses, rates, accuracy where it was tested. Checkpoints as it goes."""
        if len(train.images) < self.recipe.batch:
            raise ValueError(f"{len(train.images)} training pictures came; a batch takes {self.recipe.batch}")
        train = Pictures(train.images.to(self.device), train.targets.to(self.device))
        while self.epoch < self.recipe.epochs:
            started = time.monotonic()
            row = self._one_epoch(train)
            self.epoch += 1
            if self.epoch % self.recipe.test_every == 0 or self.epoch > self.recipe.epochs - 4:
                row |= self._test(test)
            self.seconds += time.monotonic() - started
            self._save()
            row |= {"epoch": self.epoch, "seconds": round(self.seconds)}
            with open(self.folder / "log.jsonl", "a") as log:
                log.write(json.dumps(row) + "\n")
            yield row

    def conditions(self) -> dict:
        """Under which conditions the run was made, for the model's card."""
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

    def _test(self, test: Pictures) -> dict:
        """Accuracy of the weights as they are and averaged; the best so far are kept.

        While the learning rate is high the average lags behind; towards the end it is the better one.
        """
        row = {}
        for name, model in (("", self.model), ("averaged_", self.average.module)):
            logits = predict(model, test.images, self.recipe.test_pixels)
            top1, top5 = accuracy(logits, test.targets), accuracy(logits, test.targets, 5)
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
            rate = rate_at((self.epoch + number / len(batches)) / recipe.epochs, recipe)
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
    save_file(state, path)
