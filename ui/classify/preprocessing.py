"""How a picture becomes the network's input, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image

from effnet_core.images.overlay import paste_crop_back, seen

from ..session import pictures
from ..shared import heat_overlay
from . import drawn_maps

if TYPE_CHECKING:
    from effnet_core.images.preparation import Preparation

COLOURS = ("red", "green", "blue")


def show(preparation: Preparation, picture: pictures.Picture, *, key: str) -> None:
    """Each step with the picture that comes of it, and the numbers that enter the network."""
    image, box = picture.image, preparation.crop_box(picture.image.size)
    outlined = paste_crop_back(image, seen(image, box), box)
    maps = [(f"As it came: {_size(image)}. Outlined: the part that is used", outlined)]
    for done, result in preparation.steps(image):
        maps.append((f"{done.capitalize()}: {_size(result)}, {preparation.interpolation}", result))
    tensor = preparation.tensor(image)
    for colour, values in zip(COLOURS, tensor, strict=True):
        maps.append((f"The tensor's {colour}: {values.min():.2f} to {values.max():.2f}", grey(values, tensor)))
    with st.container(horizontal=True, gap="xsmall"):
        for caption, shown in maps:
            small = heat_overlay.encoded(shown, drawn_maps.SMALL_PX)
            st.image(small, width=drawn_maps.SMALL_PX, caption=caption, alt=caption)
    st.dataframe(rows(preparation, tensor), hide_index=True, key=f"{key}.tensor")
    shape = " × ".join(str(side) for side in tensor.shape)
    st.caption(
        f"What enters the network is a tensor of {shape} float32 numbers from {tensor.min():.3f} to "
        f"{tensor.max():.3f}. Each is (value / 255 - mean) / std, by colour; zero is the mean colour of the pictures "
        "that such networks are trained on, which is why maps take it as “nothing”. The three grey pictures share one "
        "range, from the tensor's lowest value (black) to its highest (white)."
    )


def rows(preparation: Preparation, tensor: np.ndarray) -> list[dict[str, str | float]]:
    """Mean and deviation of each colour, and the range of the numbers that they make of this picture."""
    return [
        {
            "colour": colour,
            "mean": mean,
            "std": std,
            "lowest possible": round((0 - mean) / std, 3),
            "lowest here": round(float(values.min()), 3),
            "highest here": round(float(values.max()), 3),
            "highest possible": round((1 - mean) / std, 3),
        }
        for colour, mean, std, values in zip(COLOURS, preparation.mean, preparation.std, tensor, strict=True)
    ]


def grey(values: np.ndarray, whole: np.ndarray) -> Image.Image:
    """One colour of the tensor as a grey picture, in the range of all three."""
    low, high = whole.min(), whole.max()
    return Image.fromarray(((values - low) / max(high - low, 1e-6) * 255).round().astype(np.uint8))


def _size(image: Image.Image) -> str:
    return f"{image.width} × {image.height} px"
