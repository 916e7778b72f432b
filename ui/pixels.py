"""A feature map whose pixels can be clicked: each is a square, the chosen one is framed, and so is a patch.

Plotly's heat maps report no click in Streamlit, hence this small component. The number inputs beside it are the
state: a click or the arrow keys set them, and the frame follows them.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from .session import kept_values

if TYPE_CHECKING:
    from PIL.Image import Image

HTML = '<div class="map"><img draggable="false"><div class="frame"></div></div>'
CSS = """
.map {position: relative; width: 100%; max-width: 420px; overflow: hidden; line-height: 0}
.map img {width: 100%; image-rendering: pixelated; user-select: none}
.map.clickable {cursor: crosshair}
.map:focus-visible {outline: 3px solid var(--st-primary-color); outline-offset: 2px; overflow: visible}
.frame {position: absolute; box-sizing: border-box; border: 3px solid #D55E00; box-shadow: 0 0 0 1px white;
        pointer-events: none; min-width: 8px; min-height: 8px}
"""
JS = """
const KEYS_REST_MS = 300, waiting = new WeakMap();
const STEPS = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
export default function ({data, parentElement, setTriggerValue}) {
  const map = parentElement.querySelector(".map");
  const image = map.querySelector("img"), frame = map.querySelector(".frame").style;
  image.src = data.image;
  image.alt = data.alt;
  let {top, left, side} = data.frame;
  const percent = (part, whole) => `${100 * part / whole}%`;
  const place = () => {
    frame.top = percent(top, data.rows);
    frame.left = percent(left, data.columns);
    frame.height = percent(side, data.rows);
    frame.width = percent(side, data.columns);
  };
  place();
  map.classList.toggle("clickable", data.clickable);
  if (data.clickable) {
    map.tabIndex = 0;
    map.setAttribute("role", "application");
    map.setAttribute("aria-label", `${data.alt}. Arrow keys choose a pixel`);
  }
  map.onkeydown = event => {
    const step = data.clickable && STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    top = Math.max(0, Math.min(data.rows - 1, top + step[0]));
    left = Math.max(0, Math.min(data.columns - 1, left + step[1]));
    place();
    clearTimeout(waiting.get(map));  // until the keys rest: a held key does not flood the server
    waiting.set(map, setTimeout(() => setTriggerValue("pixel", [top, left]), KEYS_REST_MS));
  };
  map.onclick = event => {
    if (!data.clickable) return;
    const box = image.getBoundingClientRect();
    const at = (offset, length, count) => Math.max(0, Math.min(count - 1, Math.floor(offset / length * count)));
    setTriggerValue("pixel", [
      at(event.clientY - box.top, box.height, data.rows),
      at(event.clientX - box.left, box.width, data.columns),
    ]);
  };
}
"""
_component = st.components.v2.component("effnet_lab.pixels", html=HTML, css=CSS, js=JS)


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
            "image": _as_url(image),
            "alt": alt,
            "rows": image.height,
            "columns": image.width,
            "frame": frame._asdict(),
            "clickable": sets is not None,
        },
        key=key,
        on_pixel_change=moved,
    )


def _as_url(image: Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
