"""Inputs for files. What a browser lists may be gone: the list outlives the server, and a session that has expired."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.uploaded_file_manager import DeletedFile

from ..session import kept_values

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.runtime.uploaded_file_manager import UploadedFile

LOST = "The server no longer has {}: it was started again, or it was out of this page's reach for too long."


def show(
    *words: object,
    key: str,
    what: str,
    sentences: DeltaGenerator | None = None,
    draw: Callable = st.file_uploader,
    **settings: object,
) -> UploadedFile | list[UploadedFile] | None:
    """st.file_uploader, or what `draw` is, with these words and settings.

    Where the server lacks a file of its list, a sentence says in `sentences`, or else here, that it no longer has
    `what`, and in the place of the input a button brings it back with an empty list.
    """
    place = st.empty()
    with place.container():
        files = draw(*words, key=key, **settings)
    if len(held(key)) < len(_listed(key)):
        (sentences or st).warning(LOST.format(what))
        place.button("Choose again", key=f"{key}.again", on_click=kept_values.forget, args=([key],))
    return files


def held(key: str) -> list[UploadedFile]:
    """The files of an input that the server has."""
    return [file for file in _listed(key) if not isinstance(file, DeletedFile)]


def _listed(key: str) -> list[UploadedFile | DeletedFile]:
    files = kept_values.value(key) or []
    return files if isinstance(files, list) else [files]
