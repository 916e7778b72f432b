"""The way through the pages: a phone's menu and the next page at a page's foot.

Elsewhere the pages stand in the page's head. On a phone Streamlit puts them into a sidebar whose lists are nested in a
way that screen readers are told wrongly (axe: list), so that there is a menu of its own for it.
"""

from __future__ import annotations

import streamlit as st

from .page_table import SECTIONS, Entry


def menu() -> None:
    """All pages by section, on a phone."""
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
