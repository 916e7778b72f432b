"""Heat maps over one picture, drawn in the browser: a page's opacity slider moves them without the server.

A page mounts it several times: with the picture, with the look, and wherever maps are shown.
"""

from __future__ import annotations

from ..files import component

_component = component("heat_map", __file__)


def give_picture(name: str, jpeg: bytes, *, key: str) -> None:
    """The picture that maps name, as it is shown: sent by itself, so that no map sends it again."""
    _component(key=key, data=name.encode() + jpeg)


def set_look(look: dict[str, object], *, key: str) -> None:
    """How all maps of the page look; main.js lists what it gets."""
    _component(key=key, data=look)


def show(maps: dict[str, object], *, key: str) -> None:
    """One or several maps over the picture; main.js lists what it gets."""
    _component(key=key, data=maps)
