"""One budget of compute, spent four ways: depth, width, pixels, or all three. Opens and updates without torch."""

import streamlit as st

from ui.budgets import latency, published, ways
from ui.session import router
from ui.shared import widgets

router.enter_by_router()

controls, picture = st.columns([1, 2], gap="large")
with controls:
    macs = ways.pick_budget()
    batch = ways.pick_batch()
    widgets.pick_chart_file()
solutions = ways.solutions(macs)
with picture:
    ways.show_drawing(solutions)
    widgets.cite(
        "One slab per block, all four to one scale: height is the resolution of its output, thickness its number of "
        "channels. What would be a hairline is drawn a little thicker, and a network far longer than the others is cut."
    )
ways.show_bars(solutions, batch=batch)

panel = widgets.choice(
    "Look closer",
    {
        "numbers": "All numbers",
        "latency": "Latency here",
        "published": "What the paper measured",
        "others": "Other networks",
    },
    key="budgets.panel",
    wrap=True,
)
if panel == "numbers":
    ways.show_table(solutions, batch=batch)
elif panel == "latency":
    latency.show({way: (ways.title(solution), solution.architecture) for way, solution in solutions.items()})
elif panel == "published":
    published.show_published(macs)
else:
    published.show_other_networks()

widgets.prose(
    """
**What to notice.** All four cost about the same compute, and nothing else about them is the same. Depth alone costs
parameters, and its long chain of layers must run one after the other. Width alone costs parameters. More pixels alone
cost no parameters at all, but they cost memory: every activation grows. For budgets above B1's, all three together
stay between the extremes on every count, and the paper's accuracies are best there.

**How memory is counted.** For one picture: the tensors that PyTorch holds at the worst moment of the forward pass, as
32-bit numbers; the weights are added to that. For training: what PyTorch keeps of each layer until the backward pass,
times the batch, and four numbers for each parameter: itself, its gradient, and the two that RMSProp with momentum
keeps. Libraries need some memory of their own in addition; mixed precision needs less.
"""
)
