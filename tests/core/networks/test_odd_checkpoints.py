"""Damaged, cut and hostile checkpoints by the hundred: each is read or refused in words, in little memory and time."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from safetensors.torch import save as save_safetensors
from support.bombs import PICKLES
from support.fuzzing import changed, figures, mutations, read_all, reading
from support.reports import told_at_the_end
from support.saved_networks import hollow, pth

from effnet_core.architecture import tiny
from effnet_core.networks.builder import build

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a process is forked for each file")


def whole_checkpoints() -> dict[str, bytes]:
    state = hollow(build(tiny(classes=3)))
    whole = {"archive": pth(state), "old format": pth(state, _use_new_zipfile_serialization=False)}
    whole["safetensors"] = save_safetensors(
        {name: tensor[..., :1].contiguous() for name, tensor in state.items() if tensor.dim()}
    )
    return whole


def odd_checkpoints(count: int) -> Iterator[tuple[str, bytes]]:
    for kind, data in whole_checkpoints().items():
        yield kind, data
        yield from ((f"{kind}, {tenth} tenths", data[: len(data) * tenth // 10]) for tenth in range(10))
        yield from ((f"{kind}, changed", copy) for copy in changed(data, count, kind))


@pytest.mark.parametrize("count", [25, pytest.param(3000, marks=pytest.mark.soak)])
def test_each_is_read_or_refused(tmp_path, count):
    bombs = [(name, data) for name, (data, _) in PICKLES.items()]
    rows = read_all("checkpoints", [*odd_checkpoints(count), *bombs], tmp_path)
    told_at_the_end(figures("odd checkpoints", rows))
    assert len(rows) >= 3 * (count + 11) and {row["outcome"] for row in rows.values()} == {"read", "refused"}


@pytest.mark.parametrize("examples", [60, pytest.param(5_000, marks=pytest.mark.soak)])
def test_whatever_is_changed(tmp_path, examples):
    with reading("checkpoints", tmp_path) as reader:

        @given(mutations(whole_checkpoints()))
        @settings(max_examples=examples)
        def is_read_or_refused(data):
            reader.read(data)

        is_read_or_refused()
    told_at_the_end(figures("checkpoints changed by Hypothesis", reader.rows))
    assert len(reader.rows) >= examples * 0.9
