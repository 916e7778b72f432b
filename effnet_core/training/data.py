"""Training pictures: zip files -> uint8 tensors, and augmentation of whole batches."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from ..images.preparation import Preparation
from .recipe import Phase


@dataclass(frozen=True)
class Pictures:
    """Pictures (N, 3, H, W) uint8 with their class indices (N,)."""

    images: Tensor
    targets: Tensor

    def halves(self) -> tuple[Pictures, Pictures]:
        """Every other picture, and the rest: one half to choose with, the other to measure what was chosen."""
        return tuple(Pictures(self.images[start::2], self.targets[start::2]) for start in (0, 1))


def read_pictures(archives: list[Path], classes: list[str], split: str) -> Pictures:
    """All `split/<class>/*` pictures of these classes from zip files, in the order of their names."""
    index = {name: number for number, name in enumerate(classes)}
    images, targets = [], []
    for archive in archives:
        with _opened(archive) as pack:
            for name in sorted(pack.namelist()):
                parts = name.split("/")
                if len(parts) == 3 and parts[0] == split and parts[1] in index:
                    images.append(np.asarray(Image.open(io.BytesIO(pack.read(name))).convert("RGB")))
                    targets.append(index[parts[1]])
    if not images:
        raise ValueError(f"no {split}/<class>/ pictures of these classes in {', '.join(map(str, archives))}")
    return Pictures(torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous(), torch.tensor(targets))


def _opened(archive: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except zipfile.BadZipFile as problem:
        raise ValueError(f"{archive} is no zip file: {problem}") from problem


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
