"""The inverted residual block, step by step: its maps of a real picture, its arithmetic, its cost, its relatives."""

import streamlit as st

from ui.mbconv import arithmetic, designs, linear_bottleneck, steps, structure, what_if
from ui.session import router
from ui.shared import map_pickers, subject, widgets

router.enter_by_router()

PANELS = {
    "steps": "Steps",
    "arithmetic": "Arithmetic",
    "what_if": "What if",
    "linear": "Linear end",
    "designs": "Four designs",
    "structure": "Structure",
}

engine, _, picture = subject.pick("mbconv.block")
with st.container(horizontal=True):  # labels of neighbours at one height
    block = map_pickers.pick_block(engine, key="mbconv.block", width=340)
    panel = widgets.choice("Look at", PANELS, key="mbconv.panel", wrap=True)

if panel == "steps":
    steps.show_steps(engine, picture, block)
    widgets.prose(
        """
**What to notice.** The block is narrow at both ends and wide in its middle: it **expands** the few channels that come
in, filters each wide channel by itself with a **depthwise** kernel, lets **squeeze-and-excitation** weaken channels,
each by a gate of its own, and **projects** back to few. A classic bottleneck does the reverse.

What a residual adds has to be kept until the block's end. Here that is the narrow input; in a classic bottleneck of
about the same compute it is a wide one. That is what "inverted residual" means. It saves memory where a program for
inference computes the wide middle a few channels at a time (MobileNetV2, Sec. 5.1). PyTorch makes the wide maps whole,
and training keeps them.

Depthwise is the only step that looks at neighbours, and it never mixes channels: follow one channel's number through
expand, depthwise and SE. Expand and project never look at neighbours, and they do all the mixing.
"""
    )
    with st.container(key="mbconv.widths"):
        steps.show_bottleneck(engine, block)
elif panel == "arithmetic":
    arithmetic.show_arithmetic(engine, picture, block)
    widgets.prose(
        """
**What to notice.** A depthwise value is a handful of products: one kernel, one patch, one channel. An expand or
project value sums over all channels at one pixel. A gate sums over the whole picture first, then over all channels,
twice. Everything is repeated here in double precision from the block's own weights and compared with what the network
says; it computes in single precision, so the last digits may differ.
"""
    )
elif panel == "what_if":
    what_if.show_what_if(engine, block)
    widgets.prose(
        """
**What to notice.** A larger kernel multiplies one small step here, and in a full convolution the product of two
channel counts. Expansion multiplies everything, activations too: the wide maps are what training has to remember. SE
costs parameters but hardly any compute, since it works on one number per channel. Only the cost of other settings is
computed here: only training can tell how well such a network would answer.
"""
    )
elif panel == "linear":
    linear_bottleneck.show_linear_bottleneck()
    widgets.prose(
        """
**What to notice.** A ReLU keeps what is above zero and loses the rest. In a space of few dimensions, several points
become one, and no later layer can separate them; with more dimensions, most of the shape survives in those that stay.
So MobileNetV2, and every MBConv after it, applies its non-linearity only in the wide space and leaves the narrow end
**linear**: project has no activation function.
"""
    )
    widgets.cite(
        "The experiment of Sandler et al., MobileNetV2, arXiv:1801.04381, Fig. 1: a spiral through a random matrix "
        "into n dimensions, a ReLU, and back by the matrix's pseudo-inverse. EfficientNet's SiLU is softer than a ReLU."
    )
elif panel == "designs":
    designs.show_designs(engine, block)
    widgets.prose(
        """
**What to notice.** Between the same narrow ends a classic bottleneck is cheapest wherever MBConv expands, but it has
hardly any channels left to work with. At the same compute it must be wide where the residual is kept. Fused MBConv
replaces expand and depthwise with one full convolution: many more operations, but of a kind that accelerators run
well, which is why EfficientNetV2 uses it in its early stages.
"""
    )
else:
    structure.show_structure(engine, block)
