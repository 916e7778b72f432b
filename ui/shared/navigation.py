"""The way through the pages: the next page at a page's foot, and the first moment of a visit."""

from __future__ import annotations

import time

import streamlit as st

from ..session import kept_values
from .page_table import Entry

WIDEN_S = 0.1


def let_the_page_widen() -> None:
    """Once a visit: the browser learns of the wide layout before anything is drawn in the narrow one, and moved."""
    if not kept_values.value("app.widened", False):
        kept_values.keep("app.widened", True)
        time.sleep(WIDEN_S)


def lead_on(entry: Entry | None) -> None:
    """At a page's foot, the way to the next one."""
    if entry:
        st.divider()
        label = f"Next: {entry.title}. {entry.question}"
        st.page_link(entry.path, label=label, icon=":material/arrow_forward:")
