"""What leaves the app: scripts are run and build the network, with torch as the oracle; CSV is read back."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from effnet_core.architecture import RELEASES, compound, released, scaled, tiny
from effnet_core.cost import cost_of
from effnet_core.scaling.export import csv_text, script

NETWORKS = some.one_of(
    some.builds(compound, some.floats(-3, 4), alpha=some.floats(1, 1.4), beta=some.floats(1, 1.3)),
    some.builds(scaled, some.just("one axis"), depth=some.floats(0.2, 4), width=some.floats(0.3, 3)),
    some.sampled_from([released(member) for member in RELEASES]),
    some.builds(tiny, classes=some.integers(2, 300)),
)


def run(text: str) -> dict:
    """The names that a script leaves."""
    names = {}
    exec(compile(text, "exported", "exec"), names)
    return names


def run_on_meta(architecture, capsys) -> tuple[object, str]:
    """The script's network without memory, and what it printed."""
    import torch

    with torch.device("meta"):
        network = run(script(architecture, "a title"))["network"]
    return network, capsys.readouterr().out


@given(NETWORKS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_scripts_build_the_network_on_the_screen(capsys, architecture):
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    network, printed = run_on_meta(architecture, capsys)
    cost = cost_of(architecture)
    assert sum(weight.numel() for weight in network.parameters()) == cost.params
    assert printed == f"{cost.params:,} parameters\n"
    picture = torch.zeros(1, 3, architecture.resolution, architecture.resolution, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        logits = network.eval()(picture)
    assert counter.get_total_flops() == cost.flops
    assert logits.shape == (1, architecture.classes)


@pytest.mark.parametrize("member", RELEASES)
def test_a_release_has_torchvisions_modules_names_and_settings(member, capsys):
    import torch
    from torchvision import models

    network, _ = run_on_meta(released(member), capsys)
    with torch.device("meta"):
        theirs = models.get_model(f"efficientnet_{member}")
    assert repr(network) == repr(theirs)  # every module with its sizes, eps, momentum and dropout
    assert {name: weight.shape for name, weight in network.state_dict().items()} == {
        name: weight.shape for name, weight in theirs.state_dict().items()
    }
    text = script(released(member), "as released")
    assert f"EfficientNet_{member.upper()}_Weights.DEFAULT.get_state_dict(check_hash=True)" in text
    assert hasattr(models, f"EfficientNet_{member.upper()}_Weights")


@pytest.mark.parametrize("member", ["b0", "b5"])  # with either of the two settings of batch norm
def test_a_release_gives_torchvisions_logits_with_the_same_weights(member, make_lively, sample_batch):
    import torch
    from torchvision import models

    theirs = make_lively(models.get_model(f"efficientnet_{member}"), 64)
    ours = run(script(released(member), "as released"))["network"].eval()
    ours.load_state_dict(theirs.state_dict())
    with torch.no_grad():
        wanted, given_ = (network(sample_batch(64)) for network in (theirs, ours))
    assert wanted.std(0).min() > 0  # pictures are told apart
    assert torch.equal(given_, wanted)


def test_scripts_run_by_themselves():
    architecture = compound(0.7)
    done = subprocess.run(
        [sys.executable, "-c", script(architecture, "Formula, φ = 0.7")], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{cost_of(architecture).params:,} parameters\n"


def test_a_network_without_published_weights_offers_none():
    for architecture in (compound(1), tiny(), released("b0", classes=10)):
        assert "get_state_dict" not in script(architecture, "a title")


LETTERS = "=+-@＝＋－＠﹦ \t\n\u200babc, \"'é"


@given(some.lists(some.fixed_dictionaries({"layer": some.text(LETTERS, max_size=8), "n": some.integers()}), min_size=1))
def test_csv_is_read_back_and_no_cell_is_a_formula(rows):
    back = list(csv.DictReader(io.StringIO(csv_text(rows), newline="")))
    assert [int(row["n"]) for row in back] == [row["n"] for row in rows]
    for row, original in zip(back, rows, strict=True):
        assert row["layer"].removeprefix("'") == original["layer"].removeprefix("'")
        assert not unicodedata.normalize("NFKC", row["layer"]).strip(" \t\n\u200b").startswith(("=", "+", "-", "@"))
        assert not row["layer"].startswith(("\t", "\n"))
