"""What the tests of the pages share: the app opened at a page, and what stands on its screen."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 300  # a busy machine is no failure


def opened(page: str, **link: str) -> AppTest:
    """The app at one of its pages, with these values in the URL."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
    for key, value in link.items():  # what the first page shows, too, takes its value from the URL once
        at.query_params[key] = value
    return turned_to(page, at.run(), **link)


def turned_to(page: str, at: AppTest, **link: str) -> AppTest:
    """Another page in the same session; the widgets there start anew, where a browser remembers bound ones."""
    at.switch_page(f"pages/{page}.py")
    for key, value in link.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def captions(at: AppTest) -> str:
    return " | ".join(caption.value for caption in at.caption)


def chart(at: AppTest, key: str) -> dict:
    """The plotly figure of that key, as it goes to the browser."""
    [found] = [element for element in at.get("plotly_chart") if element.proto.id.endswith(key)]
    return json.loads(found.proto.spec)


def board(at: AppTest, name: str = "scaling_console") -> dict:
    """What a component is given, the scaling console or another; AppTest does not run its code."""
    [found] = [element for element in at.get("bidi_component") if element.proto.component_name == name]
    return json.loads(found.proto.mixed.json or found.proto.json)


def numbers(array) -> np.ndarray:
    """Values of a plotly figure: lists, or typed arrays in base64."""
    if isinstance(array, dict):
        flat = np.frombuffer(base64.b64decode(array["bdata"]), np.dtype(array["dtype"]))
        return flat.reshape([int(side) for side in str(array.get("shape", len(flat))).split(",")])
    return np.array(array)
