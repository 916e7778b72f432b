"""What charts of cost count, in which unit. Pure Python: readouts use it, too."""

from __future__ import annotations

from typing import NamedTuple


class Quantity(NamedTuple):
    """What a chart counts: a column of the layer rows times `factor`, and the large unit that its axis shows."""

    column: str
    factor: int
    name: str
    axis: str
    per_axis_unit: float


PARAMETERS = Quantity("params", 1, "parameters", "parameters (M)", 1e6)
MACS = Quantity("macs", 1, "MACs", "MACs (G)", 1e9)
FLOPS = Quantity("macs", 2, "FLOPs", "FLOPs (G)", 1e9)
