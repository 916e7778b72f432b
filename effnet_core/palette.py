"""The colours of the app, chosen once: the same meaning has the same colour on every page, in figures and tables.

Operators have one set of colours, what is scaled another. All else is grey, and what a figure is about is in the
colour of text (figures/style.py: INK); shapes, dashes and names tell the rest apart.

Those of operators come from Okabe and Ito's colour-blind-safe set. All are readable on light and on dark ground.
Pure Python.
"""

from __future__ import annotations

EXPAND, DEPTHWISE, SQUEEZE_EXCITE = "#E69F00", "#0072B2", "#CC79A7"
PROJECT, STEM_HEAD, RESIDUAL = "#009E73", "#56B4E9", "#D55E00"
ROLE_COLOURS = {
    "stem": STEM_HEAD,
    "expand": EXPAND,
    "depthwise": DEPTHWISE,
    "squeeze": SQUEEZE_EXCITE,
    "excite": SQUEEZE_EXCITE,
    "project": PROJECT,
    "head": STEM_HEAD,
    "classifier": STEM_HEAD,
    "residual": RESIDUAL,
}
ROLE_GROUPS = {  # what a legend lists: the roles of one colour
    "stem, head": ("stem", "head", "classifier"),
    "expand": ("expand",),
    "depthwise": ("depthwise",),
    "SE": ("squeeze", "excite"),
    "project": ("project",),
}
PATTERNS = dict(zip(ROLE_GROUPS, ("", "/", ".", "x", "-"), strict=True))  # readable without colour, too
# what is scaled, one axis or all: a set of its own, so that no colour means an operator here and an axis there. Apart
# for colour-blind eyes (simulated: CIELAB distance 21 and more), 3 to 1 and more on both grounds
DEPTH, WIDTH, RESOLUTION, COMPOUND = "#6A51C4", "#A39020", "#B0476A", "#4B9AA0"
NEUTRAL = "#8794A0"  # outlines, references, all that is neither operator nor axis: readable on both grounds
NEUTRAL_DARK = "#5F6C78"  # beside it, where two greys are told apart: readable on both grounds, too
# a block is many operators, so it has none of their colours
SLAB_COLOURS = {"stem, head": STEM_HEAD, "MBConv, 3×3": NEUTRAL, "MBConv, 5×5": NEUTRAL_DARK}
GATE_SCALE = "Viridis"  # for gates, always over 0..1
