"""A patch decides the class of a network made for it: each map's peak lies on the patch, on the whole picture too."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from effnet_core.architecture import tiny
from effnet_core.explain.engine import Engine
from effnet_core.explain.methods import METHODS
from effnet_core.images.overlay import colours_of, paste_crop_back
from effnet_core.images.preparation import Preparation
from effnet_core.networks.weights import Model
from ui.classify import drawn_maps

SIZES = {"square": (300, 300), "wide": (640, 320), "tall": (240, 500)}
CORNERS = [(0, 0), (0, 1), (1, 0), (1, 1)]
STAGES, RED = 9, 1


class RedIsSeen(nn.Module):
    """Counts red: its first stage tells red from grey, the others pass it on or halve its grid."""

    def __init__(self) -> None:
        super().__init__()
        first = nn.Conv2d(3, 2, 1)
        with torch.no_grad():
            first.weight[0, :, 0, 0] = torch.tensor([1.0, -0.5, -0.5])
            first.weight[1, :, 0, 0] = torch.tensor([-1.0, 0.5, 0.5])
            first.bias[:] = torch.tensor([-0.5, -0.5])
        stages = [nn.AvgPool2d(2) if stage in (2, 4, 6) else nn.Identity() for stage in range(1, STAGES)]
        self.features = nn.Sequential(nn.Sequential(first, nn.SiLU()), *stages)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(), nn.Linear(2, 2))
        with torch.no_grad():
            self.classifier[1].weight[:] = 8 * torch.tensor([[-1.0, 0.0], [1.0, 0.0]])
            self.classifier[1].bias[:] = torch.tensor(
                [-1.44, 1.44]
            )  # between a picture without red and one with a patch

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


@pytest.fixture(scope="module")
def engine() -> Engine:
    architecture = tiny(classes=2, resolution=64)
    return Engine(Model("red", "made by hand", architecture, RedIsSeen(), ("grey", "red"), Preparation(72, 64)), "cpu")


def planted(engine: Engine, size: tuple[int, int], corner: tuple[int, int]) -> tuple[Image.Image, np.ndarray]:
    """Grey grain with a red square at a corner of the crop, and where the square is."""
    grain = np.random.default_rng(0).integers(90, 160, (size[1], size[0], 1)).repeat(3, 2).astype(np.uint8)
    left, top, right, bottom = (round(edge) for edge in engine.preparation.crop_box(size))
    side = (right - left) // 5
    rows, columns = (
        (low, high - side)[end] for end, low, high in zip(corner, (top, left), (bottom, right), strict=True)
    )
    grain[rows : rows + side, columns : columns + side] = (230, 20, 20)
    inside = np.zeros(grain.shape[:2], bool)
    inside[rows : rows + side, columns : columns + side] = True
    return Image.fromarray(grain), inside


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("shape", SIZES)
def test_the_hottest_place_on_the_whole_picture_is_the_patch_that_decides(engine, shape, corner):
    picture, inside = planted(engine, SIZES[shape], corner)
    grey = Image.fromarray(np.where(inside[..., None], 128, np.asarray(picture)).astype(np.uint8))
    assert [engine.explain([image])[0].top[0].index for image in (picture, grey)] == [RED, 1 - RED], "the patch decides"
    for method in METHODS:
        quick = {"window": 20, "stride": 50} if method == "occlusion" else {}
        for layer in ("features.0", "features.4", "features.8") if METHODS[method].at_stage else (None,):
            heatmap = engine.attribute(picture, method=method, target=RED, layer=layer, **quick)
            crop = drawn_maps.on_crop(picture, engine.preparation, heatmap, drawn_maps.Look(1.0, "inferno"))
            drawn = paste_crop_back(picture, crop, engine.preparation.crop_box(picture.size))
            hot = colours_of("inferno", signed=heatmap.signed).table[-1, :3].astype(int)
            distance = np.abs(np.asarray(drawn, int) - hot).sum(2)
            hottest = distance <= distance.min() + 6
            share = inside[hottest].mean()
            assert share > 0.9, f"{method} at {layer}: {share:.0%} of the hottest pixels lie on the patch"
