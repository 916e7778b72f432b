"""Damaged, cut and hostile checkpoints by the hundred: each is read or refused in words, in little memory and time."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from safetensors.torch import save as save_safetensors
from support.bombs import PICKLES
from support.fuzzing import changed, figures, read_all
from support.saved_networks import hollow, pth

from effnet_core.architecture import tiny
from effnet_core.networks.builder import build

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a process is forked for each file")


def odd_checkpoints(count: int) -> Iterator[tuple[str, bytes]]:
    state = hollow(build(tiny(classes=3)))
    whole = {"archive": pth(state), "old format": pth(state, _use_new_zipfile_serialization=False)}
    whole["safetensors"] = save_safetensors(
        {name: tensor[..., :1].contiguous() for name, tensor in state.items() if tensor.dim()}
    )
    for kind, data in whole.items():
        yield kind, data
        yield from ((f"{kind}, {tenth} tenths", data[: len(data) * tenth // 10]) for tenth in range(10))
        yield from ((f"{kind}, changed", copy) for copy in changed(data, count, kind))


@pytest.mark.parametrize("count", [25, pytest.param(3000, marks=pytest.mark.soak)])
def test_each_is_read_or_refused(tmp_path, capsys, count):
    bombs = [(name, data) for name, (data, _) in PICKLES.items()]
    rows = read_all("checkpoints", [*odd_checkpoints(count), *bombs], tmp_path)
    with capsys.disabled():
        print(figures("odd checkpoints", rows))
    assert len(rows) >= 3 * (count + 11) and {row["outcome"] for row in rows.values()} == {"read", "refused"}
