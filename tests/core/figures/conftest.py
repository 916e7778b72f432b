"""Every chart that a test looks at goes to the browser as plotly's own figure would."""

from __future__ import annotations

import base64
import json

import numpy as np
import plotly.io
import pytest

from effnet_core.figures.sketch import Sketch


def sent(figure: dict) -> object:
    """What the browser gets, arrays as lists."""
    return _plain(json.loads(plotly.io.to_json(figure, validate=False)))


def _plain(node: object) -> object:
    if isinstance(node, list):
        return [_plain(child) for child in node]
    if not isinstance(node, dict):
        return node
    if "bdata" in node:
        values = np.frombuffer(base64.b64decode(node["bdata"]), node["dtype"])
        shape = [int(side) for side in node.get("shape", "-1").split(",")]
        return values.reshape(shape).tolist()
    return {name: _plain(child) for name, child in node.items()}


@pytest.fixture(autouse=True)
def sketches_are_compared(monkeypatch):
    checked = Sketch.checked

    def compared(sketch: Sketch):
        figure = checked(sketch)
        assert sent(sketch.to_dict()) == sent(figure.to_dict())
        return figure

    monkeypatch.setattr(Sketch, "checked", compared)
