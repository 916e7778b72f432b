"""The user's own progress through the cards: in this session, and in the browser's local storage, nowhere else.

The component shows nothing. It reports what the browser has stored, and stores what the session knows; where another
tab has stored something meanwhile, it reports that first, and both are merged here.
"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from effnet_core import repetition
from effnet_core.cards import all_cards
from effnet_core.repetition import Progress, ProgressRejected

from . import state

KEY = "interview.store"
PLACE = "effnet-lab.interview"  # in the browser's local storage
_JS = """
export default function ({ data, setStateValue }) {
  let stored = ""
  try {
    stored = window.localStorage.getItem(data.place) ?? ""
    if (stored === data.save) return
    if (stored === data.base && data.save !== "") {
      window.localStorage.setItem(data.place, data.save)
      return
    }
  } catch {
    return  // storage is off in this browser: progress lasts as long as the session
  }
  setStateValue("stored", stored)
}
"""
_component = st.components.v2.component("interview_progress", html="<span></span>", js=_JS)


def now() -> datetime:
    return datetime.now(UTC)


def known() -> Progress:
    """Card id -> memory, as this session knows it."""
    return state.value("interview.progress", {})


def keep(progress: Progress) -> None:
    state.keep("interview.progress", progress)
    state.keep("interview.save", repetition.to_json(progress))


def rate(card: str, rating: str) -> None:
    """Callback: the user's answer to a card was this good."""
    keep(repetition.rated(known(), card, rating, now()))


def _take_stored() -> None:
    """Callback: the browser has something that this session does not know."""
    stored = str(state.value(KEY, {}).get("stored") or "")
    state.keep("interview.base", stored)
    try:
        keep(repetition.merged(known(), _read(stored) if stored else {}))
    except ProgressRejected:
        state.keep("interview.unreadable", True)


def _read(text: str) -> Progress:
    return repetition.from_json(text, [card.id for card in all_cards()], now())


def show_store() -> None:
    """Mount the component; once a run, after everything that changes progress."""
    save, base = state.value("interview.save", ""), state.value("interview.base", "")
    _component(data={"place": PLACE, "save": save, "base": base}, key=KEY, on_stored_change=_take_stored)
    state.keep("interview.base", save or base)
    if state.value("interview.unreadable"):
        st.warning("The progress in this browser cannot be read; it is left alone until you rate a card.")


def show_files() -> None:
    """Take progress along as a file, bring it back, or forget it."""
    st.markdown(
        "Your progress stays in this browser. There is no account, and the server keeps nothing. Take it to another "
        "device as a file."
    )
    st.download_button(
        "Export my progress",
        lambda: repetition.to_json(known()),
        "effnet-progress.json",
        "application/json",
        key="interview.export",
        on_click="ignore",
        disabled=not known(),
    )
    brought = st.file_uploader("Import progress", ["json"], max_upload_size=1, key="interview.import")
    if brought and brought.file_id != state.value("interview.imported"):
        state.keep("interview.imported", brought.file_id)
        try:
            read = _read(brought.getvalue().decode("utf-8", errors="replace"))
        except ProgressRejected as problem:
            st.error(f"Not imported: {problem}.")
        else:
            keep(repetition.merged(known(), read))
            st.success(f"Imported: progress on {len(read)} of {len(all_cards())} cards.")
    st.button("Forget my progress", key="interview.forget", on_click=keep, args=({},), disabled=not known())
