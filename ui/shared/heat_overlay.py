"""Pictures as the browser gets them, heat over what the network saw of them, and saving it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from effnet_core.images.overlay import overlay, seen
from effnet_core.images.preparation import Preparation

from ..session import pictures

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image


QUALITY = 90  # of the JPEGs that the browser gets: no difference to be seen, a tenth of a PNG's size and time


def on_crop(image: Image, preparation: Preparation, values: np.ndarray, **drawn: bool | float | str) -> Image:
    """What the network saw of the picture, at the picture's own resolution, with the heat over it.

    `drawn`: as overlay takes it.
    """
    return overlay(seen(image, preparation.crop_box(image.size)), values, **drawn)


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
    data = in_session(lambda: as_png(draw()))
    st.download_button("Download PNG", data, file_name(name), "image/png", key=key, on_click="ignore")


def as_png(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def in_session(work: Callable[[], bytes]) -> Callable[[], bytes]:
    """What makes a file of pictures, in a thread that belongs to the session as they do; Streamlit's own does not."""
    session = get_script_run_ctx()

    def done() -> bytes:
        try:
            return work()
        finally:
            pictures.release()

    def file() -> bytes:
        with ThreadPoolExecutor(1, initializer=add_script_run_ctx, initargs=(None, session)) as threads:
            return threads.submit(done).result()

    return file


def file_name(name: str) -> str:
    """A name that every file system takes."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._") + ".png"
