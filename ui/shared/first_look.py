"""The look that all pages share, there before anything is drawn, so that nothing jumps while a page is loaded.

The browser loads the code of each kind of input and of each component by itself, a while after the page's first paint.
Streamlit keeps 43 px free for what is not there yet: whatever is higher, and stands on a page's first screen, has its
room here. The code of style comes late as well, so that a page stands in a frame that only the style opens.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from ..session import kept_values

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

FIRST_S = 0.1
FRAME = "app.frame"
# White text on a primary button, whatever the theme: 4.5 to 1. Choices are as high as inputs, so that labels in a row
# are level; where words have no room they wrap, and are not cut. A phone has a menu of its own (navigation.menu).
LOOK = """
[data-testid^="stBaseButton-primary"]:enabled { background-image: linear-gradient(rgb(0 0 0 / 20%) 0 0); }
[data-testid="stButtonGroup"] [role="radio"] { min-height: 2.5rem; }
[data-testid="stMain"] [data-testid^="stPageLink"] * { white-space: normal; height: auto; }
[data-testid="stMain"] :is([data-testid^="stBaseButton"], [data-testid="stMetricLabel"]) * { white-space: normal; }
@media (min-width: 768px) { .st-key-app-navigation { display: none; } }
@media (max-width: 767.98px) { [data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none; } }
:has(> .st-key-app-frame), .st-key-app-frame { height: auto !important; overflow: visible !important; }
[class*="st-key-tour-"] { min-width: 125px; min-height: 31px; }
[class*="st-key-tour-"] [data-testid="stSkeleton"] { height: 31px; }
.st-key-app-unit { min-width: 143px; }
@media (min-width: 1000px) {
  .st-key-evidence-figure:has([data-testid="stSkeleton"]) { min-width: 703px; }
  .st-key-mbconv-panel:has([data-testid="stSkeleton"]) { min-width: 556px; }
  .st-key-mbconv-step:has([data-testid="stSkeleton"]) { min-width: 482px; }
}
[class*="st-key-lessons-picture"] { aspect-ratio: 16 / 9; }
.st-key-classify-crop { aspect-ratio: 12 / 13; }
"""
PAGE = ".st-key-app-frame:not(:has(.st-key-lesson-page))"  # a lesson's step shows parts of a page, which it fits
INPUT_PX = 72  # an input, or a choice of one row, with its label
ONE_ROW = (
    *("app.unit", "app.charts", "app.model", "machine.device", "glossary.find", "mbconv.block", "evidence.view"),
    *("interview.group", "interview.level", "interview.card", "build_it.exercise", "budgets.batch", "classify.colours"),
    *("experiments.first", "experiments.second", "experiments.times", "experiments.texture", "experiments.seed"),
)
# least height in px by the key's beginning: from 1000 px of width on, and on a phone; 0: as high as it comes
ROOM = dict.fromkeys(ONE_ROW, (INPUT_PX, INPUT_PX)) | {
    "budgets.as": (117, 117),
    "evidence.figure": (INPUT_PX, 160),
    "evidence.section": (0, 136),
    "experiments.guess": (INPUT_PX, 117),
    "experiments.scenes": (170, 0),
    "interview.mode": (0, 90),
    "interview.written": (122, 146),
    "machine.facts": (104, 340),
    "mbconv.panel": (INPUT_PX, 117),
    "overview.console": (0, 540),
    "scaling.network": (INPUT_PX, 117),
    "se_gates.panel": (INPUT_PX, 160),
}
# the same of what is drawn a while after its code is there
ROOM_OF_DRAWINGS = {
    "budgets.drawing": (620, 620),
    "build_it.editor": (480, 480),
    "classify.bars": (239, 239),
    "classify.heat": (653, 429),
    "evidence.curves": (420, 420),
    "evidence.gains": (375, 375),
    "mbconv.flow": (378, 0),
    "scaling.console": (546, 853),
    "se_gates.bars": (290, 290),
    "se_gates.effect": (330, 330),
    "se_gates.top": (526, 0),
}


def prepare() -> None:
    """Before all else on every page; once a visit the browser gets the time to take it in.

    It then also knows of the wide layout before anything is drawn in the narrow one, and moved.
    """
    st.html(f"<style>{LOOK}{_room()}</style>")
    if not kept_values.value("app.prepared", False):
        kept_values.keep("app.prepared", True)
        time.sleep(FIRST_S)


def frame() -> DeltaGenerator:
    """Where a page is drawn: closed, as far as Streamlit knows, until the style is there."""
    return st.container(gap=None, height=1, border=False, key=FRAME)


def place(key: str) -> DeltaGenerator:
    """A place that is filled late and has its room before that, where an empty one has none."""
    room = st.container(key=key, gap=None)
    room.html("<div></div>")
    return room.container()


def _room() -> str:
    def rules(place: int) -> str:
        return "".join(
            f"{PAGE} [class*='{kept_values.css_class(key)}']{state} {{ min-height: {heights[place]}px; }}"
            for room, state in ((ROOM, ":has([data-testid=stSkeleton])"), (ROOM_OF_DRAWINGS, ""))
            for key, heights in room.items()
            if heights[place]
        )

    return f"@media (min-width: 1000px) {{ {rules(0)} }} @media (max-width: 640px) {{ {rules(1)} }}"
