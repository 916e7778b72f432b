"""Heat maps drawn on the picture, and their legends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from effnet_core.images.overlay import overlay, seen
from effnet_core.images.preparation import Preparation

from ..session import answer_cache
from ..shared import heat_overlay

if TYPE_CHECKING:
    from PIL.Image import Image

    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Heatmap

    from ..session.pictures import Picture
    from ..shared.heat_overlay import Look


CEILING = 99  # per cent of the pixels: a map of pixels has a few extreme ones, which would darken all others


MAP_PX = 165  # on the screen, of each of many: two in a row on a phone


def on_crop(
    image: Image, preparation: Preparation, heatmap: Heatmap | None, look: Look, *, strongest: float | None = None
) -> Image:
    """The crop with a map over it, without one while there is none. `strongest`: a scale that several maps share."""
    if heatmap is None:
        return seen(image, preparation.crop_box(image.size))
    return heat_overlay.on_crop(image, preparation, heatmap.values, look, **_drawn(heatmap, strongest))


def on_small_crop(engine: Engine, picture: Picture, heatmap: Heatmap, look: Look) -> Image:
    """The crop with a map over it, as small as one of many is shown."""
    crop = answer_cache.small_crop(engine, picture, MAP_PX)
    return overlay(crop, heatmap.values, opacity=look.opacity, colours=look.colours, **_drawn(heatmap))


def on_whole(image: Image, preparation: Preparation, heatmap: Heatmap | None, look: Look) -> Image:
    """The same, back in its place on the whole picture."""
    if heatmap is None:
        return heat_overlay.on_whole(image, preparation, np.zeros((1, 1)), look)
    return heat_overlay.on_whole(image, preparation, heatmap.values, look, **_drawn(heatmap))


def _drawn(heatmap: Heatmap, strongest: float | None = None) -> dict[str, bool | float | None]:
    return {"signed": heatmap.signed, "strongest": strongest or ceiling(heatmap)}


def ceiling(heatmap: Heatmap) -> float:
    """What gets the strongest colour: the largest magnitude, of a map of pixels all above its 99th percentile."""
    magnitudes = np.abs(heatmap.values) if heatmap.signed else np.maximum(heatmap.values, 0)
    return float(np.percentile(magnitudes, CEILING) if heatmap.layer == "input" else magnitudes.max())


def legend(heatmap: Heatmap) -> str:
    """How to read the colours."""
    parts = ["Blue speaks against the class, orange for it"] if heatmap.signed else []
    parts += ["The strongest 1 % of the pixels share one colour"] if heatmap.layer == "input" else []
    return ". ".join(["", *parts])


def grid_of(heatmap: Heatmap | None) -> str:
    """How fine the map is, in a sentence."""
    if heatmap is None:
        return ""
    rows, columns = heatmap.values.shape
    return f"The map on the screen has {rows} × {columns} values; the colours between them are interpolated."


def show_small(engine: Engine, picture: Picture, titled: Iterable[tuple[str, Heatmap]], look: Look) -> None:
    """Many maps over the crop of one picture, each as small as it is shown."""
    show_maps((title, on_small_crop(engine, picture, heatmap, look)) for title, heatmap in titled)


def show_maps(maps: Iterable[tuple[str, Image]]) -> None:
    """Many small pictures with their captions, as many in a row as fit."""
    with st.container(horizontal=True, gap="xsmall"):
        for caption, image in maps:
            st.image(heat_overlay.encoded(image, MAP_PX), width=MAP_PX, caption=caption, alt=caption)
