"""The evidence: published curves, published accuracies, claims checked here, and a choice. Opens without torch."""

import streamlit as st

from effnet_core import published
from ui import choosing, claims, evidence, measuring, state, widgets

state.enter_by_router()

SECTIONS = {
    "curves": "The dilemma",
    "map": "Accuracy and cost",
    "claims": "Headline claims, checked",
    "choice": "Which B for my budget?",
}
section = widgets.choice("Evidence", SECTIONS, key="evidence.section", label_visibility="collapsed")

if section == "curves":
    with st.container(horizontal=True, vertical_alignment="bottom"):
        figure = widgets.choice("Published comparison", evidence.FIGURES, key="evidence.figure", wrap=True)
        view = evidence.pick_view()
    evidence.show_scaling(figure, view)
    widgets.prose(
        """
**What to notice.** Along each single dimension the gain fades, and the paper says what is missing there: very deep
networks are hard to train, wide and shallow ones hardly form features of a higher level, and more pixels ask for more
layers, to see a thing as a whole, and for more channels, to hold its finer patterns. Each dimension needs the others;
grown together, they keep paying where one alone has stopped.

How far to trust it: one data set, one recipe, and no spread between runs is printed.
"""
    )
    evidence.footnotes(figure)

elif section == "map":
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cost = widgets.choice("Against", {"params": "Parameters", "macs": "Compute"}, key="evidence.cost")
        origin = widgets.choice(
            "Accuracies of",
            {published.PAPER: "The paper", published.TORCHVISION: "torchvision", "both": "Both"},
            key="evidence.origin",
        )
        view = evidence.pick_view()
    families = evidence.pick_families()
    evidence.show_map(evidence.networks(origin, families), cost, view)
    if origin != published.TORCHVISION:
        widgets.cite(f"Filled marks: Table 2 of {published.newest_version()}, compute and parameters as printed there.")
    if origin != published.PAPER:
        widgets.cite("Open marks: every set of ImageNet weights that torchvision publishes for these families.")
        evidence.warn_of_recipes()

elif section == "claims":
    with st.container(horizontal=True, vertical_alignment="bottom"):
        extent = widgets.choice("Show", {"pair": "Two networks", "all": "All claims"}, key="evidence.claims_shown")
        condition = measuring.pick_condition("evidence")
    pair = claims.pick_pair() if extent == "pair" else None
    button = st.container()
    if pair:
        claims.show_pair(pair, condition)
    else:
        claims.show_all(condition)
    measuring.download()
    widgets.prose(
        """
**What to notice.** Parameters and operations are counted and come out the same everywhere, up to the rounding of what
is printed. Speed is no property of a network alone: it belongs to a machine, its libraries and the size of a batch.
Depthwise convolutions do few operations for each value that they fetch, so an EfficientNet is seldom as much faster
as it is cheaper. A claim of speed without its conditions says little.
"""
    )
    if pair:
        with button:
            claims.offer_measuring(pair, condition)

elif section == "choice":
    controls, answer = st.columns([1.2, 1.8], gap="large")
    with controls:
        budget = widgets.choice("What is limited", choosing.BUDGETS, key="evidence.budget", wrap=True)
        limit = choosing.pick_limit(budget)
        condition = measuring.pick_condition("evidence") if budget == "latency" else measuring.ONE
        button = st.container()
        view = evidence.pick_view()
    with answer:
        choosing.show(budget, limit, condition, view)
    evidence.warn_of_recipes()
    widgets.prose(
        """
Green is the largest that fits, blue fits too, grey does not. Top-1 beside the choice is the paper's; the table has
torchvision's as well, and which step you buy depends on whose weights you take.

Memory is for one picture in float32: all weights, batch norm's statistics, and the tensors that PyTorch holds at the
worst moment of the forward pass, counted, not measured. What libraries take for their own work comes on top. Latency
depends on the machine and its libraries, not on the count of operations alone: measure it where the network will run.
"""
    )
    if budget == "latency":
        measuring.download()
        with button:
            choosing.measure_all(condition)
