"""A feature map whose pixels can be clicked: each is a square, the chosen one is framed, and so is a patch.

Plotly's heat maps report no click in Streamlit, hence this small component. The number inputs beside it are the
state: a click or the arrow keys set them, and the frame follows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...session import kept_values
from ..files import component, png_url

if TYPE_CHECKING:
    from PIL.Image import Image

_component = component("effnet_lab.pixels", __file__)


class Frame(NamedTuple):
    """A square of the map, in its pixels; it may hang over the edge."""

    top: int
    left: int
    side: int = 1


def show(image: Image, frame: Frame, *, key: str, alt: str, sets: tuple[str, str] | None = None) -> None:
    """The map with a frame. `sets`: keys of the number inputs for row and column that a click on a pixel moves."""

    def moved() -> None:
        pixel = kept_values.value(key)["pixel"]
        if sets and isinstance(pixel, list) and len(pixel) == 2:
            places = zip(sets, pixel, (image.height, image.width), strict=True)
            kept_values.keep_all({name: min(max(int(at), 0), count - 1) for name, at, count in places})

    _component(
        data={
            "image": png_url(image),
            "alt": alt,
            "rows": image.height,
            "columns": image.width,
            "frame": frame._asdict(),
            "clickable": sets is not None,
        },
        key=key,
        on_pixel_change=moved,
    )
