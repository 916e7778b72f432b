"""What the tests of the pages share: the app opened at a page, and what stands on its screen."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Node
from support.paths import ROOT

from ui.shared.page_table import PAGES

PATIENCE_S = 300  # a busy machine is no failure


def opened(page: str, **link: str) -> AppTest:
    """The app at one of its pages, with these values in the URL."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
    for key, value in link.items():  # what the first page shows, too, takes its value from the URL once
        at.query_params[key] = value
    return turned_to(page, at.run(), **link)


def straight_to(page: str, **link: str) -> AppTest:
    """The app opened at a page's own address, as a link does it."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
    at.switch_page(f"pages/{page}.py")
    for key, value in link.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def on_screen(at: AppTest) -> dict[str, Node]:
    """Everything that has a key: widgets, charts, components."""
    found, waiting = {}, [at._tree]
    while waiting:
        node = waiting.pop()
        waiting += getattr(node, "children", {}).values()
        name = re.match(r"\$\$ID-\w+-(.*)", getattr(getattr(node, "proto", None), "id", "") or "")
        if name and name[1] != "None":
            found[name[1]] = node
    return found


def text_shown(element: Node) -> str:
    """What a bound input holds, as a link writes it."""
    if element.type == "selectbox":
        return element.options[element.index]
    if element.type == "button_group":
        return ",".join(element.options[index] for index in element.indices)
    return f"{element.value:g}" if element.type in ("slider", "number_input") else str(element.value)


def turned_to(page: str, at: AppTest, **link: str) -> AppTest:
    """Another page in the same session; the widgets there start anew, where a browser remembers bound ones."""
    at.switch_page(f"pages/{page}.py")
    for key, value in link.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def as_read(markdown: str) -> str:
    """Markdown as a person reads it: without the marks that keep others' text what it is (ui/shared/plain.py)."""
    return re.sub(r"\\([^\w\s]|_)|\u2060", r"\1", markdown)


def told(at: AppTest) -> str:
    """All warnings."""
    return as_read(" ".join(warning.value for warning in at.warning))


def captions(at: AppTest) -> str:
    """All that stands in small letters."""
    small = [block for block in at.markdown if ":small[" in block.value]
    return as_read(" | ".join(block.value for block in [*at.caption, *small]))


def chart(at: AppTest, key: str) -> dict:
    """The plotly figure of that key, as it goes to the browser."""
    [found] = [element for element in at.get("plotly_chart") if element.proto.id.endswith(key)]
    return json.loads(found.proto.spec)


def board(at: AppTest, name: str = "scaling_console") -> dict:
    """What a component is given, the scaling console or another; AppTest does not run its code."""
    [found] = boards(at, name)
    return found


def boards(at: AppTest, name: str) -> list[dict]:
    """The same of a component that stands several times on the page."""
    found = [element.proto for element in at.get("bidi_component") if element.proto.component_name == name]
    return [json.loads(proto.json)[0] for proto in found]


def component_data(at: AppTest, key: str) -> dict:
    """What the component of that key is given."""
    return json.loads(on_screen(at)[key].proto.json)[0]


def columns_of(table: dict) -> dict[str, list]:
    """What a table of stages shows, by column."""
    by_column = zip(*(row["cells"] for row in table["rows"]), strict=True)
    named = dict(zip(table["columns"], map(list, by_column), strict=True))
    return named | {"stage": [row["stage"] for row in table["rows"]]}


def heat_maps(at: AppTest, key: str) -> list[dict]:
    """The maps that a component draws over the picture, with `numbers` for the values that it gets."""
    maps = component_data(at, key)["maps"]
    for drawn in maps:
        if values := drawn["values"]:
            steps = np.frombuffer(base64.b64decode(values["base64"]), "<i2").reshape(values["rows"], values["columns"])
            drawn["numbers"] = steps * values["unit"]
    return maps


def numbers(array) -> np.ndarray:
    """Values of a plotly figure: lists, or typed arrays in base64."""
    if isinstance(array, dict):
        flat = np.frombuffer(base64.b64decode(array["bdata"]), np.dtype(array["dtype"]))
        return flat.reshape([int(side) for side in str(array.get("shape", len(flat))).split(",")])
    return np.array(array)


def links(at: AppTest) -> list:
    """The page's own links: those of the menu, which come first, are left out."""
    return [link.proto for link in at.get("page_link")[len(PAGES) :]]
