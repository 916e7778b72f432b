"""What the machine page shows: the device and the choice of it, models and their downloads, memory, versions."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core.machine import system
from effnet_core.serving.remote import RemoteEngine
from effnet_core.units import mega

from ..session import engines
from . import costs, model_picker, widgets
from .plain import plain

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.networks.model_status import ModelStatus

DEVICE_TITLES = {"auto": "Automatic", "cuda": "NVIDIA GPU", "mps": "Apple GPU", "cpu": "CPU"}


def pick_device() -> None:
    """Where networks run, for this session; engines.device() reads it on all pages."""
    if there := engines.server():
        st.caption(f"Networks run on {plain(there.address)}, which EFFNET_ENGINE names.")
        return
    engines.start_pytorch()
    from effnet_core.networks.device import available_devices

    titles = {name: DEVICE_TITLES.get(name, name) for name in ("auto", *available_devices())}
    widgets.choice(
        "Run networks on",
        titles,
        key="machine.device",
        help="Automatic takes the GPU where there is one. The variable EFFNET_DEVICE sets what automatic means.",
    )


def running(engine: Engine) -> tuple[tuple[str, str], ...]:
    """(what, value) of how the network in use runs."""
    device = engine.device
    if isinstance(engine, RemoteEngine):
        name = DEVICE_TITLES.get(device.partition(":")[0], device)
        return ("Device", name), ("Precision", "float32"), ("Computer", engine.address)
    import torch

    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else DEVICE_TITLES.get(device, device)
    return ("Device", name), ("Precision", "float32"), ("CPU threads", str(torch.get_num_threads()))


def show_models() -> None:
    """A table of all models, and a button for each whose weights are not here."""
    statuses = engines.statuses()
    rows = [
        {
            "network": model_picker.title(status.name),
            "weights": _where(status),
            "classes": status.classes,
            "top-1, %": None if status.top1 is None else 100 * status.top1,
            "parameters": mega(status.params),
            costs.unit(): costs.compute(status.macs),
            "input, px": status.resolution,
        }
        for status in statuses
    ]
    columns = {
        "classes": st.column_config.NumberColumn(format="localized"),
        "top-1, %": st.column_config.NumberColumn(format="%.1f", help="Top-1 accuracy on its validation pictures"),
    }
    st.dataframe(rows, hide_index=True, column_config=columns, key="machine.models", alt="All networks")
    with st.container(horizontal=True):
        for status in statuses:
            if not status.ready and not engines.server():
                model_picker.offer_download(status, key="machine.fetch")


def _where(status: ModelStatus) -> str:
    if not status.ready:
        return "to be downloaded"
    return "comes with the app" if status.name == engines.OFFLINE_MODEL else f"on {engines.where()}"


def show_memory(engine: Engine) -> None:
    rows = [
        {"what": what, "GB": size / 1e9} for what, size in system.memory("cpu" if engines.server() else engine.device)
    ]
    st.dataframe(
        rows, hide_index=True, column_config={"GB": st.column_config.NumberColumn(format="%.1f")}, alt="Memory"
    )


_versions = cache(system.versions)  # they do not change while the server runs


def show_versions() -> None:
    st.dataframe(
        [{"package": name, "version": number} for name, number in _versions()], hide_index=True, alt="Versions"
    )
