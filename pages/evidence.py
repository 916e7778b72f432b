"""The evidence: published curves, published accuracies, claims checked here, and a choice. Opens without torch."""

import streamlit as st

from effnet_core import published
from ui import choosing, evidence, measuring, state, widgets

state.enter_by_router()

SECTIONS = {
    "curves": "The dilemma",
    "map": "Accuracy and cost",
    "choice": "Which B for my budget?",
}
section = widgets.choice("Evidence", SECTIONS, key="evidence.section", label_visibility="collapsed")

if section == "curves":
    with st.container(horizontal=True, vertical_alignment="bottom"):
        figure = widgets.choice("Published comparison", evidence.FIGURES, key="evidence.figure", wrap=True)
        view = evidence.pick_view()
    evidence.show_scaling(figure, view)
    st.markdown(
        """
**What to notice.** A step to the right doubles the compute. Each single dimension bends over, and the paper says what
is missing there: very deep networks are hard to train, wide and shallow ones hardly form features of a higher level,
and more pixels ask for more layers, to see a thing as a whole, and for more channels, to hold its finer patterns. Each
dimension needs the others; grown together, they keep paying where one alone has stopped.

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
        widgets.cite(
            f"Filled circles: Table 2 of {published.newest_version()}, compute and parameters as printed there."
        )
    if origin != published.PAPER:
        widgets.cite("Open diamonds: every set of ImageNet weights that torchvision publishes for these families.")
        st.warning(
            f"**torchvision's weights do not come from one training.** B5 is "
            f"{evidence.step_up('b4', 'b5', published.TORCHVISION):.2f} points above B4 here, "
            f"{evidence.step_up('b4', 'b5', published.PAPER):.1f} in the paper. "
            + " ".join(f"{', '.join(names)}: {whose}." for whose, names in evidence.trainings().items())
            + " A step between two trainings is no effect of size."
        )

elif section == "choice":
    controls, answer = st.columns([1, 1.8], gap="large")
    with controls:
        budget = widgets.choice("What is limited", choosing.BUDGETS, key="evidence.budget", wrap=True)
        limit = choosing.pick_limit(budget)
        condition = measuring.ONE
        if budget == "latency":
            condition = measuring.pick_condition()
            choosing.measure_all(condition)
        view = evidence.pick_view()
    with answer:
        choosing.show(budget, limit, choosing.costs_of(budget, condition), view)
