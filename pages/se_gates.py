"""Squeeze-and-excitation on a real picture: its gates, another picture's, edited ones, and those of many pictures."""

import streamlit as st

from ui.se_gates import (
    as_data,
    at_a_glance,
    by_depth,
    compared,
    edits,
    interventions,
    many_pictures,
    own_pictures,
    ranking,
)
from ui.session import answer_cache, router
from ui.shared import first_look, map_pickers, predictions, subject, widgets

router.enter_by_router()
LOOK, COMPARE, EDIT, NEED, MANY, DEPTH, DATA = "look", "compare", "edit", "need", "many", "depth", "data"
PANELS = {
    LOOK: "Look",
    COMPARE: "Compare",
    EDIT: "Edit",
    NEED: "Which channels matter",
    MANY: "Many pictures",
    DEPTH: "By depth",
    DATA: "As data",
}

NOTICE = """
**Squeeze**: every channel becomes one number, its mean over all positions. **Excite**: two small layers turn these
numbers into one gate for each channel, between 0 and 1, and the channel's whole map is multiplied by it. A gate never
looks at a position: it opens or closes a feature for the whole picture.

Choose another picture and watch the rows: gates depend on the picture, so they can't be folded into the weights. Where
a block's row hardly changes from picture to picture, its gates act like constants.
"""


@st.fragment  # a click on a row runs this alone
def look(engine, picture, answer) -> None:
    """What gates do to the answer, all blocks to choose one from, and the channels of that one."""
    top = first_look.place("se_gates.top")
    rows, words = st.columns([3, 2], gap="large")
    with words:
        block = map_pickers.pick_block(engine, key="se_gates.block")
        with st.container(key="se_gates.one_block"):
            at_a_glance.one_block(answer, block)
    with rows, st.container(key="se_gates.glance"):
        at_a_glance.all_blocks(answer, block)
    with top:
        interventions.offered(engine, picture, answer, block)
    with words:
        st.header("What to notice", anchor=False)
        widgets.prose(NOTICE)
    with st.container(key="se_gates.maps"):
        at_a_glance.channels(engine, picture, answer, block)


@st.fragment
def edit(engine, picture, answer) -> None:
    """Gates closed, opened or set, and beside them what that changes."""
    headline = st.container(key="se_gates.verdict")
    controls, effect = st.columns([1.2, 1], gap="large")
    with controls:
        asked = edits.pick_edit(engine, answer)
    if asked:
        with headline:
            intervention = edits.headline(engine, picture, *asked)
        with effect:
            edits.changes(intervention, asked[1])
        edits.details(engine, picture, intervention)


engine, _, picture = subject.pick("se_gates.block")
[answer] = predictions.explained(engine, [picture])
panel = widgets.choice("What to do with the gates", PANELS, key="se_gates.panel", wrap=True)

if panel == LOOK:
    look(engine, picture, answer)

elif panel == COMPARE:
    what = widgets.choice("Compare", {"pictures": "Two pictures", "classes": "Two classes"}, key="se_gates.of")
    sides = (
        compared.two_pictures(engine, picture, answer) if what == "pictures" else compared.two_classes(engine, answer)
    )
    if sides:
        compared.compared(engine, *sides)
        if what == "classes":
            compared.profiles(engine, *sides)
        widgets.prose(
            """
Each row sorts a block's channels by their difference: blue channels are more closed on the second side, red ones are
more open, white ones are alike. **A pale row means that this block's gates hardly tell the two apart.** Compare two
pictures of one class, then pictures of different classes: gates follow the picture, not only its class.
"""
        )

elif panel == EDIT:
    edit(engine, picture, answer)
    widgets.prose(
        """
The rest of the network runs as before, and gates of later blocks react to what the edit did to their input. What is
shown is measured for this picture alone: it says what the edit changes here, not what a channel means. The most open
channel need not matter: the panel **Which channels matter** finds those whose closing costs most. **SE off
everywhere** sets all gates to 1. The network was never trained this way: what breaks then also comes from maps that
are stronger than any layer behind them has seen, and setting a block to its mean is the gentler question.
"""
    )

elif panel == NEED:
    ranking.rank(engine, picture, answer)
    widgets.prose(
        """
Each channel alone is closed, everything else left as it is, and the class's logit is read again. **An open gate is not
an important channel**: the gate says how much of a channel passes; the drop of the logit says what the later layers
make of it for this class. Channels can also stand in for each other, so single drops do not add up.
"""
    )

elif panel == MANY:
    many_pictures.one_channel(engine)
    widgets.prose(many_pictures.NOTICE)

elif panel == DEPTH:
    statistics = answer_cache.gate_statistics(engine)
    if statistics:
        by_depth.by_depth(statistics)
    else:
        st.info("Nothing has been measured for this network yet: add pictures below.")
    st.header("What the SE paper saw", anchor=False)
    by_depth.published()
    st.header("On your own pictures", anchor=False)
    own_pictures.own_folders(engine)
    if statistics:
        own_pictures.download(statistics)

else:
    as_data.downloads(picture, answer)
    st.header("The same gates in Python", anchor=False)
    st.code(as_data.code(engine), language="python")
