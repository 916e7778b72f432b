"""The user's progress through the exercises: in this session, and in the browser's local storage, nowhere else."""

from __future__ import annotations

from datetime import date

import streamlit as st

from effnet_core.exercises.progress import Progress, ProgressRejected, from_json, merged, to_json

from ..components import local_storage
from ..session import kept_values

KEY = "build_it.store"
PLACE = "effnet-lab.exercises"  # in the browser's local storage


def known() -> Progress:
    return kept_values.value("build_it.progress", Progress())


def keep(progress: Progress) -> None:
    values = {"progress": progress, "save": to_json(progress), "unreadable": False}
    kept_values.keep_all({f"build_it.{name}": value for name, value in values.items()})


def solve(name: str) -> None:
    """Callback: an exercise is solved, today unless it was before."""
    keep(known().with_solved(name, date.today()))


def show_again() -> None:
    """Callback: the editor takes what is known, where it would keep its own text."""
    kept_values.keep("build_it.version", kept_values.value("build_it.version", 0) + 1)


def _take_stored() -> None:
    """Callback: the browser has something that this session does not know; what is written here stays."""
    stored = str(kept_values.value(KEY, {}).get("stored") or "")
    kept_values.keep("build_it.base", stored)
    before = known()
    try:
        keep(merged(before, from_json(stored) if stored else Progress()))
        if known().drafts != before.drafts:
            show_again()
    except ProgressRejected:
        kept_values.keep("build_it.unreadable", True)


def show_store() -> None:
    """Mount the component; once a run, after everything that changes progress."""
    save, base = kept_values.value("build_it.save", ""), kept_values.value("build_it.base", "")
    local_storage.mount(PLACE, save=save, base=base, key=KEY, on_stored=_take_stored)
    kept_values.keep("build_it.base", save or base)
    if kept_values.value("build_it.unreadable"):
        st.warning("The progress in this browser cannot be read; it is left alone until you write something.")
