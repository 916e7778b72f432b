"""How a component is registered from the files of its folder."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from PIL.Image import Image

IMPORT = re.compile(r'^import \{[^}]*\} from "(\.[^"]+)"\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)
UNPACK = """
export default (given) => {
  const data = Array.isArray(given.data) ? given.data[0] : given.data
  const setTriggerValue = (name, value) => {
    const send = () => given.setTriggerValue(name, value)
    ;(window.effnetUnheard ??= new Map()).set(`${given.key} ${name}`, send)
    send()
  }
  return component({ ...given, data, setTriggerValue })
}
"""


def component(name: str, file: str) -> Callable:
    """The component of the folder that `file` stands in: view.html, style.css, main.js, as far as they exist.

    Its data travels as a list of one, unless it is bytes: Streamlit looks through a dictionary for data frames, which
    brings pandas, a third of a second of the first page, and takes time on every rerun.
    """
    folder = Path(file).parent
    html, css = (_text(folder / part) for part in ("view.html", "style.css"))
    mount = st.components.v2.component(name, html=html, css=css, js=packed(script(folder / "main.js")))
    return lambda *, data=None, **settings: mount(data=data if isinstance(data, bytes) else [data], **settings)


def packed(code: str) -> str:
    """A component's script that takes its data out of the list of one, and notes what it reports (reconnection)."""
    return code.replace("export default function ", "function component", 1) + UNPACK


def script(path: Path) -> str:
    """A JavaScript module after those that it imports, as one script: Streamlit takes no more than one.

    Each module is included once, without its imports, so their top-level names must differ.
    """
    modules: dict[Path, str] = {}

    def add(module: Path) -> None:
        code = module.read_text(encoding="utf-8")
        for imported in IMPORT.findall(code):
            if (other := (module.parent / imported).resolve()) not in modules:
                add(other)
        modules[module] = EXPORT.sub("", IMPORT.sub("", code))

    add(path.resolve())
    return "\n".join(modules.values())


def png_url(image: Image) -> str:
    """A small picture as an address that holds it."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
