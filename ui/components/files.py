"""How a component is registered from the files of its folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

SHARED = Path(__file__).parent / "shared"


def component(name: str, file: str, *, shared: tuple[str, ...] = ()) -> Callable:
    """The component of the folder that `file` stands in: view.html, style.css, main.js, as far as they are there.

    `shared`: files of components/shared that its main.js needs, in their order.
    """
    folder = Path(file).parent
    html, css = (_text(folder / part) for part in ("view.html", "style.css"))
    scripts = [*(SHARED / script for script in shared), folder / "main.js"]
    return st.components.v2.component(name, html=html, css=css, js="\n".join(map(_text, scripts)))


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
