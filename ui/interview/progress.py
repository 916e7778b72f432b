"""The user's own progress through the cards: in this session, and in the browser's local storage, nowhere else.

Where another tab of the browser has stored something meanwhile, both are merged here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from effnet_core.interview import progress_file, spaced_repetition
from effnet_core.interview.cards import all_cards
from effnet_core.interview.drills.kind import Drill
from effnet_core.interview.spaced_repetition import Memories, ProgressRejected, Review
from effnet_core.interview.weak_spots import DRILL, RIGHT, WRONG, reviewable

from ..components import local_storage
from ..session import kept_values
from ..shared import file_input
from ..shared.plain import plain

KEY = "interview.store"
PLACE = "effnet-lab.interview"  # in the browser's local storage


def now() -> datetime:
    return datetime.now(UTC)


def known() -> Memories:
    """Card id -> memory, as this session knows it."""
    return kept_values.value("interview.progress", {})


def reviews() -> Sequence[Review]:
    """Every answer to a card or a drill that this session knows of."""
    return kept_values.value("interview.reviews", ())


def keep(progress: Memories, reviews: Sequence[Review]) -> None:
    kept_values.keep_all({"interview.progress": progress, "interview.reviews": reviews, "interview.unreadable": False})
    kept_values.keep("interview.save", progress_file.to_json(progress, reviews))


def rate(card: str, rating: str, seconds: int | None = None) -> None:
    """Callback: the user's answer to a card was this good, and took that long."""
    at = now()
    keep(
        spaced_repetition.rated(known(), card, rating, at),
        [*reviews(), Review(at.replace(microsecond=0), card, rating, seconds)],
    )


def record_drill(drill: Drill, is_right: bool) -> None:
    """A drill was answered: it counts for its topic, and has no memory of its own."""
    rating = RIGHT if is_right else WRONG
    keep(known(), [*reviews(), Review(now().replace(microsecond=0), f"{DRILL}{drill.kind}", rating, None)])


def _take_stored() -> None:
    """Callback: the browser has something that this session does not know."""
    stored = str(kept_values.value(KEY, {}).get("stored") or "")
    kept_values.keep("interview.base", stored)
    try:
        _merge(*(_read(stored) if stored else ({}, ())))
    except ProgressRejected:
        kept_values.keep("interview.unreadable", True)


def _merge(progress: Memories, others: Sequence[Review]) -> None:
    """Keep what is known here and there."""
    both = sorted({*reviews(), *others}, key=lambda review: review.at)
    keep(spaced_repetition.merged(known(), progress), both)


def _read(text: str) -> tuple[Memories, Sequence[Review]]:
    return progress_file.from_json(text, reviewable(), now())


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
    memories, answers = known(), reviews()  # read here: the file is made outside the script's thread, without a session
    st.download_button(
        "Export my progress",
        lambda: progress_file.to_json(memories, answers),
        "effnet-progress.json",
        "application/json",
        key="interview.export",
        on_click="ignore",
        disabled=not (memories or answers),
    )
    upload = file_input.show("Import progress", ["json"], max_upload_size=1, key="interview.import", what="that file")
    if upload and upload.file_id != kept_values.value("interview.imported"):
        kept_values.keep("interview.imported", upload.file_id)
        try:
            read, others = _read(upload.getvalue().decode("utf-8", errors="replace"))
        except ProgressRejected as problem:
            st.error(f"Not imported: {plain(problem)}.")
        else:
            _merge(read, others)
            st.success(f"Imported: progress on {len(read)} of {len(all_cards())} cards.")
    st.button(
        "Forget my progress", key="interview.forget", on_click=keep, args=({}, ()), disabled=not (memories or answers)
    )
