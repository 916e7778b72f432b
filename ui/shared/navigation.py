"""The way through the pages: sections in the sidebar, and the next page at a page's foot.

Streamlit's own navigation with sections nests its lists in a way that screen readers are told wrongly (axe: list).
"""

from __future__ import annotations

import streamlit as st

from .page_table import SECTIONS, Entry

WIDTH_PX = 200  # of the sidebar, Streamlit's least: the names fit, and the page moves least aside when it comes
# the page that is open has a ground of its own, which hides Streamlit's ring
STYLE = "<style>.st-key-app-navigation a:focus-visible { outline: 3px solid currentColor; }</style>"


def show() -> None:
    """All pages by section, in the sidebar."""
    st.html(STYLE)
    with st.sidebar, st.container(key="app.navigation", gap="xxsmall"):
        for name, entries in SECTIONS.items():
            st.caption(name)
            for entry in entries:
                st.page_link(
                    entry.path,
                    label=entry.title,
                    icon=f":material/{entry.icon}:",
                    help=entry.question,
                    width="stretch",
                )


def lead_on(entry: Entry | None) -> None:
    """At a page's foot, the way to the next one."""
    if entry:
        st.divider()
        label = f"Next: {entry.title}. {entry.question}"
        st.page_link(entry.path, label=label, icon=":material/arrow_forward:")
