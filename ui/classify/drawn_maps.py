"""Heat maps that the browser draws over the picture: what it gets for that, their look and their legends."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st

from effnet_core.images import overlay

from ..components import heat_map
from ..session import kept_values
from ..session.pictures import Picture
from ..shared import heat_overlay, widgets

if TYPE_CHECKING:
    from PIL.Image import Image

    from effnet_core.explain.results import Heatmap
    from effnet_core.images.preparation import Preparation


CEILING = 99  # per cent of the pixels: a map of pixels has a few extreme ones, which would darken all others
LARGE_PX, SMALL_PX = 280, 165  # on the screen, at least, of each of three, and of each of many: two in a row on a phone
OPACITY = round(100 * overlay.OPACITY)  # per cent
LINE = {
    "share": overlay.LINE_SHARE,
    "least": overlay.LEAST_LINE,
    "level": overlay.LINE_AT,
    "flat": overlay.FLAT,
}
STEPS = 32767  # of a value on its way to the browser: 16 bits


class Drawn(NamedTuple):
    """One map as it is drawn; `heatmap` is None while it is not computed.

    `strongest`: a scale that several share. `stage`: that of the network, where several stages are shown.
    """

    preparation: Preparation
    heatmap: Heatmap | None
    caption: str
    alt: str = ""
    strongest: float | None = None
    stage: int | None = None


# The look ---------------------------------------------------------------------------------------------------------


@dataclass
class Look:
    """How heat is laid over the picture, at the moment: two fragments set it, and a file is drawn so when it is saved.

    The browser draws by itself; it gets the colours, and follows the slider.
    """

    opacity: float = overlay.OPACITY
    colours: str = overlay.WARM


@st.fragment
def pick_opacity(look: Look, *, key: str) -> None:
    """The slider that all maps of the page follow in the browser; when it is let go, nothing else is run again."""
    opacity = widgets.slider("Heat map's opacity, %", key=f"{key}.opacity", default=OPACITY, limits=(0, 100), step=5)
    look.opacity = opacity / 100


@st.fragment
def pick_colours(look: Look, name: str, draw: Callable[[], Image], *, key: str) -> None:
    """The colours of all maps of the page, and a button that saves what `draw` draws under that name."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        look.colours = widgets.choice("Colours", {name: name for name in overlay.COLOUR_MAPS}, key=f"{key}.colours")
        heat_overlay.download_png(name, draw, key=f"{key}.png")
    how = {kind: _colours(look.colours, signed=kind == "signed") for kind in ("plain", "signed")}
    how |= {"slider": kept_values.css_class(f"{key}.opacity"), "line": LINE}
    heat_map.set_look(how, key=f"{key}.look")


def _colours(name: str, *, signed: bool) -> dict[str, object]:
    table, on_grey, lined = overlay.colours_of(name, signed=signed)
    return {"table": _base64(table), "on_grey": on_grey, "lined": lined}


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers)).decode()


# Pictures ---------------------------------------------------------------------------------------------------------


def on_crop(image: Image, preparation: Preparation, heatmap: Heatmap | None, look: Look) -> Image:
    """For a file: the crop in full resolution with a map over it, without one while there is none."""
    if heatmap is None:
        return overlay.seen(image, preparation.crop_box(image.size))
    how = {"signed": heatmap.signed, "strongest": ceiling(heatmap), "opacity": look.opacity, "colours": look.colours}
    return heat_overlay.on_crop(image, preparation, heatmap.values, **how)


def give_picture(picture: Picture, *, key: str) -> None:
    """To the browser, once for all maps of the page that are drawn over it."""
    heat_map.give_picture(*_encoded(picture), key=key)


@st.cache_resource(max_entries=8, scope="session", show_spinner=False, hash_funcs={Picture: attrgetter("digest")})
def _encoded(picture: Picture) -> tuple[str, bytes]:
    """The picture as a screen shows it, by the name of its bytes."""
    data = heat_overlay.encoded(picture.shown)
    return hashlib.sha256(data).hexdigest(), data


def show(
    picture: Picture, maps: Iterable[Drawn], *, key: str, whole: bool = False, least: int | None = SMALL_PX
) -> None:
    """Maps over the crop, or `whole`: over the whole picture.

    `least`: px on the screen that each is wide at least; None: one alone, as wide as there is room.
    """
    size = picture.shown.size
    rows = [
        {
            "caption": drawn.caption,
            "alt": drawn.alt or drawn.caption,
            "box": overlay.pixels_seen(drawn.preparation.crop_box(size)),
            "stage": drawn.stage,
            "values": drawn.heatmap and _values(drawn.heatmap, drawn.strongest or ceiling(drawn.heatmap)),
        }
        for drawn in maps
    ]
    name, _ = _encoded(picture)
    heat_map.show({"picture": name, "size": size, "least": least, "whole": whole, "maps": rows}, key=key)


def _values(heatmap: Heatmap, strongest: float) -> dict[str, object]:
    """A map as the browser gets it: whole numbers of 16 bits, and what 1 is."""
    values = np.nan_to_num(heatmap.values)
    values = values if heatmap.signed else np.maximum(values, 0)
    unit = max(float(np.abs(values).max()), 1e-12) / STEPS
    return {
        "base64": _base64((values / unit).round().astype("<i2")),
        "rows": values.shape[0],
        "columns": values.shape[1],
        "unit": unit,
        "strongest": strongest,
        "signed": heatmap.signed,
        "coarse": overlay.is_lined(values),
    }


def ceiling(heatmap: Heatmap) -> float:
    """What gets the strongest colour: the largest magnitude, of a map of pixels all above its 99th percentile."""
    magnitudes = np.abs(heatmap.values) if heatmap.signed else np.maximum(heatmap.values, 0)
    return float(np.percentile(magnitudes, CEILING) if heatmap.layer == "input" else magnitudes.max())


# Words ------------------------------------------------------------------------------------------------------------


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
