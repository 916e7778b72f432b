"""The network's own view of a picture: torchvision's transforms are the oracle of `Preparation`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from support.pictures import noise

from effnet_core.images import preparation as images_preparation
from effnet_core.images import reading
from effnet_core.images.preparation import Preparation

FAMILY = [f"efficientnet_b{number}" for number in range(8)]


def of_torchvision(preparation: Preparation):
    """The same settings as torchvision's preset, and its view before it becomes a tensor."""
    from torchvision.transforms import InterpolationMode, functional
    from torchvision.transforms._presets import ImageClassification

    mode = InterpolationMode(preparation.interpolation)
    preset = ImageClassification(crop_size=preparation.crop, resize_size=preparation.resize, interpolation=mode)

    def view(image: Image.Image) -> Image.Image:
        resized = functional.resize(image, [preparation.resize], interpolation=mode, antialias=True)
        return functional.center_crop(resized, [preparation.crop])

    return preset, view


@pytest.mark.parametrize("name", FAMILY)
def test_pixels_are_those_of_torchvisions_weights(name):
    from torchvision.models import get_model_weights

    for weights in get_model_weights(name):
        transforms = weights.transforms()
        settings = transforms.resize_size[0], transforms.crop_size[0], transforms.interpolation.value
        preparation = Preparation(*settings, mean=tuple(transforms.mean), std=tuple(transforms.std))
        _, view = of_torchvision(preparation)
        image = noise(131, 90)
        assert np.array_equal(preparation.view(image), view(image))
        assert np.abs(preparation.tensor(image) - transforms(image).numpy()).max() < 1e-6


PREPARATIONS = [Preparation(256, 224), Preparation(255, 240, "bilinear"), Preparation(96, 96), Preparation(33, 32)]


@pytest.mark.parametrize("preparation", PREPARATIONS, ids=str)
@settings(max_examples=15, deadline=None)
@given(width=st.integers(1, 500), height=st.integers(1, 500))
@example(width=640, height=120)
@example(width=120, height=641)
@example(width=256, height=256)
@example(width=255, height=257)
@example(width=1, height=1)
@example(width=3, height=400)
def test_pixels_are_torchvisions_at_any_size(preparation, width, height):
    image = noise(width, height)
    preset, view = of_torchvision(preparation)
    seen = preparation.view(image)
    assert seen.size == (preparation.crop, preparation.crop) and seen.mode == "RGB"
    assert np.array_equal(seen, view(image))
    tensor = preparation.tensor(image)
    assert tensor.dtype == np.float32 and tensor.shape == (3, preparation.crop, preparation.crop)
    assert np.abs(tensor - preset(image).numpy()).max() < 1e-6


def test_the_crop_box_is_what_the_view_shows():
    """Cut out of the original and brought to the crop's size, it is the view, but for rounding between two passes."""
    for size in ((640, 427), (427, 640), (512, 512), (90, 300)):
        for preparation in PREPARATIONS:
            image = noise(*size)
            method = images_preparation.RESAMPLING[preparation.interpolation]
            crop = (preparation.crop, preparation.crop)
            cut = image.resize(crop, method, box=preparation.crop_box(size))
            assert difference(cut, preparation.view(image)) < 0.5


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean over pixels; a picture of noise that is moved by one pixel differs from itself by far more than 1."""
    return np.abs(np.asarray(one, float) - np.asarray(other, float)).mean()


def test_crop_boxes_by_hand():
    assert Preparation(256, 224).crop_box((256, 256)) == (16, 16, 240, 240)
    assert Preparation(256, 224).crop_box((512, 512)) == (32, 32, 480, 480)
    assert Preparation(96, 96).crop_box((300, 200)) == (50, 0, 250, 200)
    assert Preparation(96, 96).crop_box((100, 400)) == (0, 150, 100, 250)


@settings(deadline=None)
@given(width=st.integers(1, 6000), height=st.integers(1, 6000))
def test_the_crop_box_is_a_square_in_the_middle(width, height):
    for preparation in PREPARATIONS:
        left, top, right, bottom = preparation.crop_box((width, height))
        assert 0 <= left < right <= width and 0 <= top < bottom <= height
        side = preparation.crop / preparation.resize * min(width, height)
        pixel = max(width, height) / int(preparation.resize * max(width, height) / min(width, height))
        lost = max(abs(right - left - side), abs(bottom - top - side))
        assert lost <= side / preparation.resize  # the resized long side is cut to whole pixels
        assert abs((left + right) / 2 - width / 2) <= pixel and abs((top + bottom) / 2 - height / 2) <= pixel


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (2, 8000), (1, 60_000)])
def test_strips_cost_no_memory(monkeypatch, size):
    """Resizing 1 x 5000 px as torchvision does would make 256 x 1,280,000 px of it."""
    made = []
    resize = Image.Image.resize
    monkeypatch.setattr(
        Image.Image, "resize", lambda image, to, *rest, **more: made.append(to) or resize(image, to, *rest, **more)
    )
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    made.clear()
    for preparation in (Preparation(256, 224), Preparation(600, 600), Preparation(96, 96, reduce=64)):
        view = preparation.view(picture)
        assert view.size == (preparation.crop, preparation.crop)
        assert 100 < np.asarray(view).mean() < 155  # the gradient's middle
    assert max(width * height for width, height in made) <= reading.LIMIT_MPX * 1e6


def test_the_strips_way_shows_what_torchvision_would(monkeypatch):
    image, preparation = noise(300, 200), Preparation(256, 224)
    plain = preparation.view(image)
    monkeypatch.setattr(reading, "LIMIT_MPX", 0)
    assert difference(preparation.view(image), plain) < 0.5


def test_reduced_views_have_no_more_detail_than_small_pictures():
    image, preparation = noise(300, 200), Preparation(96, 96, reduce=64)
    small = image.crop((50, 0, 250, 200)).resize((64, 64), Image.Resampling.BICUBIC)
    expected = small.resize((96, 96), Image.Resampling.BICUBIC)
    view = preparation.view(image)
    assert difference(view, expected) < 0.5
    sharp = Preparation(96, 96).view(image)
    detail = [np.abs(np.diff(np.asarray(picture, float), 2, axis=1)).mean() for picture in (view, sharp)]
    assert detail[0] < 0.8 * detail[1]


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_other_modes_are_a_mistake_of_the_caller(mode):
    with pytest.raises(ValueError, match="allowed is RGB"):
        Preparation(96, 96).view(noise(10, 10, mode))


@pytest.mark.parametrize(
    "settings",
    [
        {"resize": 64, "crop": 65},
        {"resize": 64, "crop": 0},
        {"resize": 64, "crop": 64, "interpolation": "nearest"},
        {"resize": 64, "crop": 64, "reduce": 0},
    ],
)
def test_settings_that_make_no_view(settings):
    with pytest.raises(ValueError, match="allowed"):
        Preparation(**settings)
