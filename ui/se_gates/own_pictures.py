"""Gate statistics measured on class folders that the user uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import units
from effnet_core.explain.gate_statistics import GateStatistics

from ..session import answer_cache, engines
from ..shared import file_input, progress_bar
from ..shared.plain import plain

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from effnet_core.explain.engine import Engine


LIMIT_MB = 200  # of an uploaded zip file


def own_folders(engine: Engine) -> None:
    """Measure the network's gates on class folders that the user brings as a zip file."""
    upload = file_input.show(
        f"Zip file of class folders (one folder a class, pictures inside), up to {LIMIT_MB} MB",
        ["zip"],
        max_upload_size=LIMIT_MB,
        key="se_gates.zip",
        what="your zip file",
        help=plain(engines.who_sees_pictures()),
    )
    if upload and st.button(
        "Measure the gates on these", key="se_gates.measure", type="primary", help=progress_bar.BOUND
    ):
        _measure(engine, upload)
    statistics = answer_cache.gate_statistics(engine)
    for sentence in (statistics.refused if statistics else ())[:5]:
        st.warning(f"Left out: {plain(sentence)}")


def _measure(engine: Engine, upload: UploadedFile) -> None:
    """With a bar; a click on anything ends it where the bar is moved, and nothing is kept."""
    from effnet_core.explain import gate_statistics
    from effnet_core.images import class_folders

    try:
        folders = class_folders.open_zip(upload, upload.name)
    except ValueError as problem:
        st.error(plain(problem))
        return
    if progress_bar.refuses(engine, len(folders.entries), "Bring fewer pictures, or choose a smaller network."):
        return
    running = progress_bar.stoppable(
        "Reading pictures …",
        lambda share: f"{units.percent(round(share, 2))} of the pictures",
        key="se_gates.stop_measuring",
    )
    with running as (bar, report):
        try:
            with answer_cache.queueing():
                statistics = progress_bar.compute(
                    lambda report: gate_statistics.measure(
                        engine, folders, about={"data": upload.name}, progress=report
                    ),
                    report,
                )
        except ValueError as problem:
            bar.empty()
            st.error(plain(problem))
            return
    answer_cache.keep_gate_statistics(engine, statistics)
    st.rerun()


def download(statistics: GateStatistics) -> None:
    from effnet_core.explain import gate_statistics_file

    st.download_button(
        "Download means and spreads (NPZ)",
        lambda: gate_statistics_file.as_npz(statistics),
        "gate_statistics.npz",
        "application/zip",
        key="se_gates.statistics_npz",
        on_click="ignore",
    )
