"""A sketch is what plotly's own figure with the same properties is, and leaves out nothing but the checks."""

from __future__ import annotations

import json

import plotly.graph_objects as go
import plotly.io
import plotly.tools
import pytest

from effnet_core.figures.sketch import Sketch, nested
from effnet_core.figures.style import with_defaults


def drawn(figure):
    """The same calls on either kind of figure."""
    figure.add_scatter(x=[1, 2], y=[3, 4], mode="lines", line={"color": "red"}, textfont_size=14, error_y={"value": 1})
    figure.add_bar(x=[1], y=[2], marker_color="blue", marker_line_width=2)
    figure.add_heatmap(z=[[0, 1]], colorbar={"title": {"text": "gate"}, "tickfont_size": 15})
    figure.update_traces(showlegend=False)
    figure.add_annotation(text="here", x=1, y=2, font_size=17, showarrow=False)
    figure.update_xaxes(title="steps", range=[0, 3])
    figure.update_yaxes({"tickfont": {"size": 15}}, visible=False)
    figure.update_layout(margin={"l": 1}, barmode="overlay")
    return with_defaults(figure, height=123, legend_font_size=13)


def sent(figure) -> dict:
    """What Streamlit sends of a figure."""
    return json.loads(plotly.io.to_json(plotly.tools.return_figure_from_figure_or_data(figure, True), validate=False))


def test_the_browser_gets_the_same_from_both():
    assert sent(drawn(Sketch())) == sent(drawn(go.Figure()))


def test_the_theme_in_use_is_sent(monkeypatch):
    monkeypatch.setattr(plotly.io.templates, "default", "plotly_dark")
    assert sent(Sketch())["layout"] == sent(go.Figure(go.Bar()))["layout"]


def test_asking_for_more_checks_it():
    figure = Sketch({"type": "bar", "x": [1], "colour": "red"})
    with pytest.raises(ValueError, match="colour"):
        figure.checked()
    assert drawn(Sketch()).layout.height == 123 and len(drawn(Sketch()).data) == 3


def test_underscores_and_titles_are_unfolded():
    assert nested({"title": "x", "title_font": {"size": 3}, "error_x": {"value": 1}, "a_b_c": 2}) == {
        "title": {"text": "x", "font": {"size": 3}},
        "error_x": {"value": 1},
        "a": {"b": {"c": 2}},
    }
