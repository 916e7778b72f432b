"""The user's own progress through the cards: in this session, and in the browser's local storage, nowhere else.

Where another tab of the browser has stored something meanwhile, both are merged here.
"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from effnet_core.interview import progress_file, spaced_repetition
from effnet_core.interview.cards import all_cards
from effnet_core.interview.spaced_repetition import Memories, ProgressRejected

from ..components import local_storage
from ..session import kept_values

KEY = "interview.store"
PLACE = "effnet-lab.interview"  # in the browser's local storage


def now() -> datetime:
    return datetime.now(UTC)


def known() -> Memories:
    """Card id -> memory, as this session knows it."""
    return kept_values.value("interview.progress", {})


def keep(progress: Memories) -> None:
    kept_values.keep("interview.progress", progress)
    kept_values.keep("interview.save", progress_file.to_json(progress))


def rate(card: str, rating: str) -> None:
    """Callback: the user's answer to a card was this good."""
    keep(spaced_repetition.rated(known(), card, rating, now()))


def _take_stored() -> None:
    """Callback: the browser has something that this session does not know."""
    stored = str(kept_values.value(KEY, {}).get("stored") or "")
    kept_values.keep("interview.base", stored)
    try:
        keep(spaced_repetition.merged(known(), _read(stored) if stored else {}))
    except ProgressRejected:
        kept_values.keep("interview.unreadable", True)


def _read(text: str) -> Memories:
    return progress_file.from_json(text, [card.id for card in all_cards()], now())


def show_store() -> None:
    """Mount the component; once a run, after everything that changes progress."""
    save, base = kept_values.value("interview.save", ""), kept_values.value("interview.base", "")
    local_storage.mount(PLACE, save=save, base=base, key=KEY, on_stored=_take_stored)
    kept_values.keep("interview.base", save or base)
    if kept_values.value("interview.unreadable"):
        st.warning("The progress in this browser cannot be read; it is left alone until you rate a card.")


def show_files() -> None:
    """Take progress along as a file, bring it back, or forget it."""
    st.markdown(
        "Your progress stays in this browser. There is no account, and the server keeps nothing. Take it to another "
        "device as a file."
    )
    st.download_button(
        "Export my progress",
        lambda: progress_file.to_json(known()),
        "effnet-progress.json",
        "application/json",
        key="interview.export",
        on_click="ignore",
        disabled=not known(),
    )
    upload = st.file_uploader("Import progress", ["json"], max_upload_size=1, key="interview.import")
    if upload and upload.file_id != kept_values.value("interview.imported"):
        kept_values.keep("interview.imported", upload.file_id)
        try:
            read = _read(upload.getvalue().decode("utf-8", errors="replace"))
        except ProgressRejected as problem:
            st.error(f"Not imported: {problem}.")
        else:
            keep(spaced_repetition.merged(known(), read))
            st.success(f"Imported: progress on {len(read)} of {len(all_cards())} cards.")
    st.button("Forget my progress", key="interview.forget", on_click=keep, args=({},), disabled=not known())
