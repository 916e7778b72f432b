"""The cheat sheet and the Anki deck, to read and to download."""

from __future__ import annotations

import streamlit as st

from effnet_core.interview import cards


def show_sheet() -> None:
    """The cheat sheet to print and the cards for Anki; the sheet's tables and formulas also on the screen."""
    from effnet_core.interview import cheatsheet

    with st.container(horizontal=True):
        st.download_button(
            "Cheat sheet, PDF",
            cheatsheet.pdf,
            "efficientnet.pdf",
            "application/pdf",
            key="interview.pdf",
            type="primary",
            on_click="ignore",
        )
        st.download_button(
            "Cards for Anki, .apkg",
            _deck,
            "efficientnet.apkg",
            "application/octet-stream",
            key="interview.apkg",
            on_click="ignore",
        )
    left, right = st.columns([1, 1.35], gap="large")
    with left:
        st.header("Formulas", anchor=False)
        st.table([{"what": name, "formula": text} for name, text in cheatsheet.formulas()], border="horizontal")
    with right:
        for title, (header, rows) in (("B0", cheatsheet.b0_table()), ("The family", cheatsheet.family_table())):
            st.header(title, anchor=False)
            st.dataframe([dict(zip(header, row, strict=True)) for row in rows], hide_index=True, alt=title)


def _deck() -> bytes:
    from effnet_core.interview import anki

    return anki.deck(cards.all_cards())
