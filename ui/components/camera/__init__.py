"""A chart in three dimensions stays turned as the user left it, though Streamlit draws it again. Shows nothing."""

from __future__ import annotations

from ..files import component

_component = component("camera", __file__)


def keep() -> None:
    """Mount it once on a page with such a chart."""
    _component(key="app.camera", height=1)
