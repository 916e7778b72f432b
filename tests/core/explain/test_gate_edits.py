"""Edits of gates as data: read from text, resolved against a network's blocks, refused in sentences."""

from __future__ import annotations

import numpy as np
import pytest

from effnet_core.architecture import released
from effnet_core.explain.gate_edits import GateEdit, read_channels, read_edit, resolve_edits

B0 = released("b0")


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("features.4.0=0.0:3,17", GateEdit("features.4.0", 0.0, (3, 17))),
        ("features.4.0=1.0", GateEdit("features.4.0", 1.0)),
        (" all = 1 ", GateEdit("all", 1.0)),
        ("features.1.0=.5: 3 , 3; 4", GateEdit("features.1.0", 0.5, (3, 4))),
    ],
)
def test_an_edit_is_read_from_text(text, edit):
    assert read_edit(text) == edit


@pytest.mark.parametrize("text", ["", "features.4.0", "features.4.0=open", "features.4.0=0:", "features.4.0=0:3-17"])
def test_what_is_no_edit_gets_the_form(text):
    with pytest.raises(ValueError, match=r"can't be read; write BLOCK=VALUE .*features\.4\.0=0\.0:3,17"):
        read_edit(text)


@pytest.mark.parametrize("text", ["", "a", "-1", "1.5", "1e9", "9" * 40, "٣"])
def test_channels_are_numbers(text):
    with pytest.raises(ValueError, match=r"channels .* can't be read; write their numbers"):
        read_channels(text)


def test_edits_leave_other_gates_alone_and_later_ones_hold():
    gates = resolve_edits(
        [GateEdit("all", 1.0), GateEdit("features.1.0", 0.25, (3, 31)), GateEdit("features.1.0", 0, (3,))], B0
    )
    assert list(gates) == [block.name for block in B0.blocks]
    expected = np.ones(32)
    expected[[3, 31]] = 0, 0.25
    np.testing.assert_array_equal(gates["features.1.0"], expected)
    [only] = resolve_edits([GateEdit("features.2.0", 0.0, (5,))], B0).values()
    assert len(only) == B0.block("features.2.0").expanded_channels
    assert np.flatnonzero(~np.isnan(only)).tolist() == [5]


def test_a_vector_gives_each_channel_its_own():
    vector = tuple(np.linspace(0, 1, 32))
    whole, some = (
        resolve_edits([GateEdit("features.1.0", vector, channels)], B0)["features.1.0"] for channels in (None, (2, 7))
    )
    np.testing.assert_allclose(whole, vector, rtol=1e-6)
    np.testing.assert_array_equal(some[[2, 7]], whole[[2, 7]])
    assert np.isnan(some).sum() == 30


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (GateEdit("features.9.0", 0.0), r"no block is called 'features.9.0'; there are all, features.1.0, .*7.0"),
        (GateEdit("features.1.0", 0.0, (32,)), "features.1.0 has no channel 32; its channels are 0 to 31"),
        (GateEdit("features.1.0", 0.0, (-1,)), "no channel -1"),
        (GateEdit("all", 0.0, (40,)), "features.1.0 has no channel 40"),
        (GateEdit("features.1.0", 1.5), "can't be 1.5; allowed is 0 to 1"),
        (GateEdit("features.1.0", float("nan")), "allowed is 0 to 1"),
        (GateEdit("features.1.0", (0.5, 0.5)), "features.1.0 got 2 values; allowed is one, or .* 32 channels"),
    ],
)
def test_what_can_not_be_is_refused_with_what_can(edit, sentence):
    with pytest.raises(ValueError, match=sentence):
        resolve_edits([edit], B0)
