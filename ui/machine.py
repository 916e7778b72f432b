"""What the machine page shows: the device and the choice of it, models and their downloads, memory, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import machine

from . import widgets

if TYPE_CHECKING:
    from effnet_core.engine import Engine

DEVICE_TITLES = {"auto": "Automatic", "cuda": "NVIDIA GPU", "mps": "Apple GPU", "cpu": "CPU"}


def pick_device() -> None:
    """Where networks run, for this session; state.device() reads it on all pages."""
    from effnet_core.engine import available_devices

    titles = {name: DEVICE_TITLES.get(name, name) for name in ("auto", *available_devices())}
    widgets.choice(
        "Run networks on",
        titles,
        key="machine.device",
        help="Automatic takes the GPU where there is one. The variable EFFNET_DEVICE sets what automatic means.",
    )


def running(engine: Engine) -> tuple[tuple[str, str], ...]:
    """(what, value) of how the network in use runs."""
    import torch

    device = engine.device
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else DEVICE_TITLES.get(device, device)
    return ("Device", name), ("Precision", "float32"), ("CPU threads", str(torch.get_num_threads()))


def show_models() -> None:
    """A table of all models, and a button for each whose weights are not here."""
    from effnet_core import weights

    statuses = weights.statuses()
    rows = [
        {
            "network": widgets.model_title(status.name),
            "ready": status.ready,
            "classes": status.classes,
            "top-1 on its validation pictures": status.top1,
            "parameters": widgets.millions(status.params),
            "compute": widgets.compute(status.macs),
            "input, px": status.resolution,
        }
        for status in statuses
    ]
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        rows, hide_index=True, column_config={"top-1 on its validation pictures": percent}, key="machine.models"
    )
    with st.container(horizontal=True):
        for status in statuses:
            if not status.ready:
                widgets.offer_download(status, key="machine.fetch")


def show_memory(engine: Engine) -> None:
    rows = [{"what": what, "GB": size / 1e9} for what, size in machine.memory(engine.device)]
    st.dataframe(rows, hide_index=True, column_config={"GB": st.column_config.NumberColumn(format="%.1f")})


def show_versions() -> None:
    st.dataframe([{"package": name, "version": number} for name, number in machine.versions()], hide_index=True)
