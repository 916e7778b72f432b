"""Whom Streamlit takes for the app's own page, without asking anybody outside."""

from __future__ import annotations

from streamlit import net_util


def ask_nobody() -> None:
    """Streamlit asks an outside host for this machine's public address whenever a page of another origin calls."""
    net_util.get_external_ip = lambda: None
