"""The way through the pages: a phone's menu, the next page at a page's foot, and the first moment of a visit.

Elsewhere the pages stand in the page's head. On a phone Streamlit puts them into a sidebar whose lists are nested in a
way that screen readers are told wrongly (axe: list), so that there is a menu of its own for it.
"""

from __future__ import annotations

import time

import streamlit as st

from ..session import kept_values
from .page_table import SECTIONS, Entry

WIDEN_S = 0.1


def let_the_page_widen() -> None:
    """Once a visit: the browser learns of the wide layout before anything is drawn in the narrow one, and moved."""
    if not kept_values.value("app.widened", False):
        kept_values.keep("app.widened", True)
        time.sleep(WIDEN_S)


STYLE = """<style>
@media (min-width: 768px) { .st-key-app-navigation { display: none; } }
@media (max-width: 767.98px) { [data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none; } }
</style>"""


def menu() -> None:
    """All pages by section, on a phone."""
    st.html(STYLE)
    with st.container(key="app.navigation", width="content"), st.popover("Pages", icon=":material/menu:"):
        for name, entries in SECTIONS.items():
            st.caption(name)
            for entry in entries:
                st.page_link(entry.path, label=entry.title, icon=f":material/{entry.icon}:")


def lead_on(entry: Entry | None) -> None:
    """At a page's foot, the way to the next one."""
    if entry:
        st.divider()
        label = f"Next: {entry.title}. {entry.question}"
        st.page_link(entry.path, label=label, icon=":material/arrow_forward:")
