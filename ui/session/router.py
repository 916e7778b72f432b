"""Pages run inside app.py, also the first one that a fresh server is asked for."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def enter_by_router() -> None:
    """First line of each page: have app.py run before it.

    Until st.navigation is called for the first time, a server runs files of a folder named pages by themselves,
    so a fresh server that is first asked for /scaling would show that page without the app around it.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
