"""One click from an answer: PyTorch code that gives it, to copy, as a notebook, and with the files that it reads."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core.images.reading import SUFFIXES
from effnet_core.networks import in_pytorch, offline_model
from effnet_core.networks.in_pytorch import Shown
from effnet_core.scaling.export import notebook

from . import heat_overlay

if TYPE_CHECKING:
    from PIL.Image import Image

    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Explanation

    from ..session.pictures import Picture

TITLE, ICON = "Use it in PyTorch", ":material/code:"
Files = Mapping[str, Callable[[], bytes]]  # by name, what the code reads and the reader may not have


def asked(*, key: str) -> bool:
    """The button beside an answer; True in the run after its click."""
    return st.button(TITLE, icon=ICON, key=key)


def show_answer(engine: Engine, picture: Picture, answer: Explanation) -> None:
    """The code for an answer that the network has just given."""
    from . import predictions  # brings plotly, which the overview does without

    has_file = PurePath(picture.name).suffix.lower().lstrip(".") in SUFFIXES
    name = picture.name if has_file else heat_overlay.file_name(picture.name)
    shown = Shown(
        engine.name,
        engine.weights,
        engine.architecture,
        engine.preparation,
        has_labels=bool(engine.labels),
        picture=name,
        answers=[(predictions.class_name(one), one.probability) for one in answer.top],
    )
    show(shown, engine.labels, {} if has_file else {name: lambda: picture.image})


def show(shown: Shown, labels: Sequence[str] | None, pictures: Mapping[str, Callable[[], Image]]) -> None:
    """The code for what is known of an answer; `pictures`: by file name, those that the reader has no file of."""
    files = {name: lambda read=read: heat_overlay.as_png(read()) for name, read in pictures.items()}
    _dialog(shown, _network_files(shown, labels) | files)


def _network_files(shown: Shown, labels: Sequence[str] | None) -> Files:
    """torchvision brings its own; the file of an own checkpoint is the reader's."""
    files = {}
    if shown.weights.kind == "bundled":
        files[offline_model.FILE] = (offline_model.ASSETS / offline_model.FILE).read_bytes
    if shown.weights.kind != "imagenet" and labels:
        files[in_pytorch.LABELS_FILE] = json.dumps(list(labels), ensure_ascii=False).encode
    return files


@st.dialog(TITLE, width="large", icon=ICON)
def _dialog(shown: Shown, files: Files) -> None:
    parts = in_pytorch.parts(shown)
    script, cells = in_pytorch.as_script(parts), in_pytorch.as_cells(f"{shown.model} in PyTorch", parts)
    with st.container(horizontal=True):
        _download("Notebook", notebook(cells), f"{shown.model}.ipynb", "application/x-ipynb+json")
        _download("Python file", script, f"{shown.model}.py", "text/x-python")
        if files:
            zipped = heat_overlay.in_session(lambda: _zipped(files))
            _download(f"The {len(files)} files that it reads", zipped, f"{shown.model}.zip", "application/zip")
    steps, whole = st.tabs(["Step by step", "All in one"])
    whole.code(script, language="python")
    with steps:
        for part in parts:
            _show_part(part)


def _show_part(part: in_pytorch.Part) -> None:
    st.markdown(f"**{part.title}.** {part.text}")
    st.code(part.code, language="python")
    if part.printed:
        st.caption("It prints")
        st.code(part.printed, language=None)


def _download(label: str, data: str | Callable[[], bytes], name: str, kind: str) -> None:
    st.download_button(label, data, name, kind, key=f"app.code.{name}", on_click="ignore", icon=":material/download:")


def _zipped(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, read in files.items():
            archive.writestr(name, read())
    return buffer.getvalue()
