"""The evidence: published curves, published accuracies, claims checked here, and a choice. Opens without torch."""

import streamlit as st

from effnet_core.published import accuracies
from ui.evidence import accuracy_map, claims, curves, member_choice, ways_to_grow
from ui.session import router
from ui.shared import latency_runs, widgets

router.enter_by_router()

SECTIONS = {
    "curves": "The dilemma",
    "ways": "Three ways to grow",
    "map": "Accuracy and cost",
    "claims": "Headline claims, checked",
    "choice": "Which B for my budget?",
}
section = widgets.choice("Evidence", SECTIONS, key="evidence.section", label_visibility="collapsed")

if section == "curves":
    with st.container(horizontal=True, vertical_alignment="bottom"):
        figure = widgets.choice("Published comparison", curves.FIGURES, key="evidence.figure", wrap=True)
        view = curves.pick_view()
    curves.show_scaling(figure, view)
    widgets.prose(
        """
**What to notice.** Along each single dimension the gain fades, and the paper says what is missing there: very deep
networks are hard to train, wide and shallow ones hardly learn higher-level features, and more pixels need more layers
to see an object as a whole and more channels to hold its finer patterns. Each dimension needs the others; scaled
together, they keep improving accuracy where one alone has stopped.

How far to trust it: one data set, one recipe, and the spread between runs is not published.
"""
    )
    curves.footnotes(figure)

elif section == "ways":
    ways_to_grow.show()

elif section == "map":
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cost = widgets.choice("Against", {"params": "Parameters", "macs": "Compute"}, key="evidence.cost")
        origin = widgets.choice(
            "Accuracies of",
            {accuracies.PAPER: "The paper", accuracies.TORCHVISION: "torchvision", "both": "Both"},
            key="evidence.origin",
        )
        view = curves.pick_view()
    families = accuracy_map.pick_families()
    accuracy_map.show_map(accuracy_map.networks(origin, families), families, cost, view)
    if origin != accuracies.TORCHVISION:
        widgets.cite(
            f"Filled marks: Table 2 of {accuracies.newest_version()}, compute and parameters as printed there."
        )
    if origin != accuracies.PAPER:
        widgets.cite("Open marks: every set of ImageNet weights that torchvision publishes for these families.")
        accuracy_map.warn_of_recipes()

elif section == "claims":
    with st.container(horizontal=True, vertical_alignment="bottom"):
        extent = widgets.choice("Show", {"pair": "Two networks", "all": "All claims"}, key="evidence.claims_shown")
        condition = latency_runs.pick_condition("evidence")
    pair = claims.pick_pair() if extent == "pair" else None
    button = st.container()
    if pair:
        claims.show_pair(pair, condition)
    else:
        claims.show_all(condition)
    latency_runs.download()
    widgets.prose(
        """
**What to notice.** Parameters and operations are counted and come out the same everywhere, up to the rounding of what
is printed. Speed is not a property of a network alone: it depends on the machine, its libraries and the batch size.
Depthwise convolutions do few operations for each value that they read from memory, so an EfficientNet is rarely faster
by the same factor as it is cheaper. A claim of speed without its conditions says little.
"""
    )
    if pair:
        with button:
            claims.offer_measuring(pair, condition)

elif section == "choice":
    controls, answer = st.columns([1.2, 1.8], gap="large")
    with controls:
        budget = widgets.choice("What is limited", member_choice.BUDGETS, key="evidence.budget", wrap=True)
        limit = member_choice.pick_limit(budget)
        condition = latency_runs.pick_condition("evidence") if budget == "latency" else latency_runs.ONE
        button = st.container()
        view = curves.pick_view()
    with answer:
        member_choice.show(budget, limit, condition, view)
    accuracy_map.warn_of_recipes()
    widgets.prose(
        """
The strongest bar is the largest that fits, grey ones fit too, blank ones do not. Top-1 beside the choice is the
paper's; the table has torchvision's as well, and what a step gains depends on whose weights you use.

Memory is for one picture in float32: all weights, batch norm's statistics, and the tensors that PyTorch holds at the
worst moment of the forward pass, counted, not measured. Libraries need some memory of their own in addition. Latency
depends on the machine and its libraries, not on the count of operations alone: measure it where the network will run.
"""
    )
    if budget == "latency":
        latency_runs.download()
        with button:
            member_choice.measure_all(condition)
