"""A heat map over the picture: how it looks, how large it is shown, and saving it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from effnet_core.images.overlay import COLOUR_MAPS, overlay, paste_crop_back, seen
from effnet_core.images.preparation import Preparation

from . import widgets

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image


QUALITY = 90  # of the JPEGs that the browser gets: no difference to be seen, a tenth of a PNG's size and time


class Look(NamedTuple):
    """How heat is laid over a picture."""

    opacity: float
    colours: str


def pick_look(*, key: str) -> Look:
    opacity = widgets.slider("Heat map's opacity, %", key=f"{key}.opacity", default=50, limits=(0, 100), step=5)
    colours = widgets.choice("Colours", {name: name for name in COLOUR_MAPS}, key=f"{key}.colours")
    return Look(opacity / 100, colours)


def on_crop(image: Image, preparation: Preparation, values: np.ndarray, look: Look, **drawn: bool | float) -> Image:
    """What the network saw of the picture, at the picture's own resolution, with the heat over it.

    `drawn`: overlay's `signed` and `strongest`.
    """
    crop = seen(image, preparation.crop_box(image.size))
    return overlay(crop, values, opacity=look.opacity, colours=look.colours, **drawn)


def on_whole(image: Image, preparation: Preparation, values: np.ndarray, look: Look, **drawn: bool | float) -> Image:
    """The same, back in its place on the whole picture."""
    crop = on_crop(image, preparation, values, look, **drawn)
    return paste_crop_back(image, crop, preparation.crop_box(image.size))


def encoded(image: Image, widest: int | None = None) -> bytes:
    """A photograph as the browser gets it, JPEG; no wider than that many px."""
    if widest and image.width > widest:
        image = image.resize((widest, round(image.height * widest / image.width)), reducing_gap=2.0)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def enlarged(view: Image, least: int = 384) -> Image:
    """The network's own view with its pixels kept as squares, by a whole factor, so that a person can see them."""
    factor = max(1, -(-least // view.width))
    return view.resize((view.width * factor, view.height * factor), resample=0)


def download_png(name: str, draw: Callable[[], Image], *, key: str) -> None:
    """A button that draws the picture in full resolution when it is pressed."""

    def png() -> bytes:
        buffer = io.BytesIO()
        draw().save(buffer, "PNG")
        return buffer.getvalue()

    st.download_button("Download PNG", png, file_name(name), "image/png", key=key, on_click="ignore")


def file_name(name: str) -> str:
    """A name that every file system takes."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._") + ".png"
