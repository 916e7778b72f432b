"""What the paper measured at equal compute, and other networks."""

from __future__ import annotations

from effnet_core.published import accuracies, scaling_curves, tables
from effnet_core.scaling import equal_compute

from ..shared import costs, widgets
from .ways import NAMES


def show_published(macs: int) -> None:
    """The paper's nearest point for each way, with its own compute; and the same experiment on other networks."""
    rows = [
        {
            "what grows": NAMES[way],
            "ImageNet top-1, %": f"{point.top1:g}",
            "the paper's point": point.label,
            f"its own {costs.unit()}": costs.compute(point.macs),
            "against this budget": f"× {point.macs / macs:.2f}",
            "source": source,
        }
        for way in equal_compute.WAYS
        for point, source in [scaling_curves.nearest(way, macs)]
    ]
    widgets.whole_table(rows, key="budgets.published")
    notes = [accuracies.erratum(mark)["correct_or_clarified"] for mark in ("E11", "E12")]
    widgets.cite(
        "Nearest published point of each way, at its own compute; nothing is interpolated, and all are accuracies of "
        f"the paper's first version. {' '.join(notes)}"
    )


def show_other_networks() -> None:
    """Table 3: the same four ways on MobileNets and ResNet-50."""
    factor = costs.quantity().factor
    rows = [
        {
            "network": row["base_model"],
            "what grows": row["method"],
            "by": ", ".join(f"{axis} × {row[axis]:g}" for axis in "dwr" if row[axis] is not None),
            costs.unit(): f"{factor * row['flops_B_multiply_adds']:g} G",
            "ImageNet top-1, %": f"{row['top1_pct']:g}",
        }
        for row in tables.table("effnet_table3_scaling_other_nets")
    ]
    widgets.whole_table(rows, key="budgets.others")
    widgets.cite(f"Source: {tables.table('effnet_table3_scaling_other_nets')[0]['source']}.")
