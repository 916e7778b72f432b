"""A figure as plain dictionaries: for charts that are drawn again on every rerun of a page.

Plotly checks every property when it is set, which takes several times as long as the rest of a page's run. A sketch
sets them unchecked, and becomes a checked figure when anything but its dictionary is asked for, as the tests do.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import plotly.colors
import plotly.graph_objects as go
import plotly.io
from plotly.basedatatypes import BaseFigure

WHOLE = ("error_x", "error_y")  # names whose underscore joins no two names


class Sketch(BaseFigure):
    """`traces` and `layout` with plotly's own names, underscores for nesting included: textfont_size."""

    def __init__(self, traces: Iterable[dict] | dict = (), layout: dict | None = None) -> None:
        # not BaseFigure's own, which would check everything
        self._traces = [nested(trace) for trace in ([traces] if isinstance(traces, dict) else traces)]
        self._settings = nested(layout or {})

    def to_dict(self) -> dict:
        """As plotly's own: every axis that is in use, and the default template."""
        template = _template(plotly.io.templates.default)
        return {"data": self._traces, "layout": {"template": template, **self._settings}}

    @property
    def data(self) -> tuple:
        return self.checked().data

    @property
    def layout(self) -> go.Layout:
        return self.checked().layout

    def checked(self) -> go.Figure:
        """The same as plotly's own figure. Raises ValueError for properties that there are not."""
        return go.Figure({"data": self._traces, "layout": self._settings})

    def add_trace(self, kind: str, **properties: object) -> Sketch:
        self._traces.append(nested({"type": kind, **properties}))
        return self

    def add_scatter(self, **properties: object) -> Sketch:
        return self.add_trace("scatter", **properties)

    def add_bar(self, **properties: object) -> Sketch:
        return self.add_trace("bar", **properties)

    def add_heatmap(self, **properties: object) -> Sketch:
        return self.add_trace("heatmap", **properties)

    def add_annotation(self, **properties: object) -> Sketch:
        self._settings.setdefault("annotations", []).append(nested(properties))
        return self

    def update_layout(self, settings: dict | None = None, **more: object) -> Sketch:
        merge(self._settings, nested({**(settings or {}), **more}))
        return self

    def update_traces(self, **properties: object) -> Sketch:
        for trace in self._traces:
            merge(trace, nested(properties))
        return self

    def update_xaxes(self, settings: dict | None = None, **more: object) -> Sketch:
        return self._update_axes("xaxis", {**(settings or {}), **more})

    def update_yaxes(self, settings: dict | None = None, **more: object) -> Sketch:
        return self._update_axes("yaxis", {**(settings or {}), **more})

    def _update_axes(self, kind: str, settings: dict) -> Sketch:
        for name in [name for name in self._settings if name.startswith(kind)] or [kind]:
            merge(self._settings.setdefault(name, {}), nested(settings))
        return self


def nested(properties: dict) -> dict:
    """Properties as the browser's plotly has them.

    Underscores are unfolded: textfont_size -> textfont: {size}. A title's text by itself becomes title: {text}, and
    the name of a colour scale its colours.
    """
    result: dict = {}
    for name, value in properties.items():
        if value is None:  # not set
            continue
        if isinstance(value, dict):
            value = nested(value)
        elif name.endswith("title") and isinstance(value, str):
            value = {"text": value}
        elif name == "colorscale" and isinstance(value, str):
            value = _colours(value)
        path = [name] if name in WHOLE else name.split("_")
        for key in reversed(path[1:]):
            value = {key: value}
        merge(result, {path[0]: value})
    return result


def merge(into: dict, new: dict) -> None:
    """The new properties over those that are there, nested ones one by one."""
    for name, value in new.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = value


@lru_cache(maxsize=16)
def _colours(name: str) -> list:
    return plotly.colors.get_colorscale(name)


@lru_cache(maxsize=4)
def _template(name: str) -> dict:
    return plotly.io.templates[name].to_plotly_json()
