"""Squeeze-and-excitation on a real picture: every gate of every block, and what a gate does to its channel."""

import streamlit as st

from effnet_core import figures_inside
from ui import answers, pictures, state, widgets

state.enter_by_router()
EXTREMES = 4  # channels shown at either end

engine = widgets.pick_model()
if engine is None:
    st.stop()
picture = pictures.pick_one(pictures.pick(engine))
[answer] = answers.explained(engine, [picture])
gates = {gates.block: gates.values for gates in answer.gates}

look, overview = st.columns([1, 3], gap="large")
with look:
    view = answers.for_screen(engine.preparation.view(picture.image))
    st.image(
        view,
        width="stretch",
        caption=f"What the network sees. Its answer: {answers.sentence(answer)}",
        alt=f"{picture.name} as the network sees it",
    )
with overview:
    st.subheader(f"All {len(gates)} blocks at a glance", anchor=False)
    st.plotly_chart(
        figures_inside.all_gates(list(gates.items())),
        key="se_gates.all",
        alt="Gates of all blocks, one row a block, each sorted from closed to open",
        config=widgets.STILL,
    )

st.subheader("One block: each of its channels has a gate", anchor=False)
chooser, numbers = st.columns([2, 3], gap="large", vertical_alignment="bottom")
with chooser:
    block = answers.pick_block(engine, key="se_gates.block")
values = gates[block]
order = values.argsort()
closed, opened = order[:EXTREMES].tolist(), order[: -EXTREMES - 1 : -1].tolist()
closed_share, open_share = 100 * (values < 0.1).mean(), 100 * (values > 0.9).mean()
numbers.markdown(
    f"Mean gate **{values.mean():.2f}**. Nearly closed, under 0.1: **{closed_share:.0f} %** of the channels. "
    f"Nearly open, over 0.9: **{open_share:.0f} %**."
)
bars, histogram = st.columns([3, 2], gap="large")
bars.plotly_chart(
    figures_inside.gate_bars(values, marked=opened[:1]),
    key="se_gates.bars",
    alt=f"The gate of each channel of {block}",
    config=widgets.STILL,
)
histogram.plotly_chart(
    figures_inside.gate_histogram(values),
    key="se_gates.histogram",
    alt=f"How many channels of {block} have which gate",
    config=widgets.STILL,
)

with st.spinner("Reading the block's feature maps …", show_time=True):
    steps = dict(state.trace(engine, picture, block).steps)
beside, maps = st.columns([1, 4], gap="large")
beside.image(view, width="stretch", caption="The same picture", alt=f"{picture.name} as the network sees it")
for title, channels in (("most open", opened), ("most closed", closed)):
    maps.subheader(f"Its {title} channels, before and after their gates", anchor=False)
    maps.plotly_chart(
        figures_inside.feature_maps(
            [(channel, values[channel], steps["depthwise"][channel], steps["gated"][channel]) for channel in channels]
        ),
        key=f"se_gates.maps.{title}",
        alt=f"Feature maps of the {title} channels of {block}, before and after their gates",
        config=widgets.STILL,
    )

st.subheader("What to notice", anchor=False)
st.markdown(
    """
A squeeze-and-excitation block first **squeezes** every channel into one number, its mean over all positions. Two small
layers turn these numbers into one gate for each channel, between 0 and 1 (**excite**), and the channel's whole map is
multiplied by it. A gate never looks at a position: it opens or closes a feature for the whole picture.

Choose another picture and watch the rows: gates depend on the picture, so they can't be folded into the weights.
Where a block's row hardly changes from picture to picture, its gates act like constants.
A channel's map stands above before its gate and below after it, in the same greys: black is zero and less, white its
strongest value before the gate.
"""
)
