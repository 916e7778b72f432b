"""What a reader of the field once corrected stays so, in every text and every drill of the project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from effnet_core.architecture import ALPHA, BETA, GAMMA, growth, released
from effnet_core.cost import cost_of
from effnet_core.interview.cards import card
from effnet_core.interview.cards.values import value
from effnet_core.interview.drills import drill
from effnet_core.interview.drills.depthwise import _side_of_balance
from effnet_core.lessons.glossary import terms
from effnet_core.published import tables

ROOT = Path(__file__).parents[3]
FOLDERS = ("effnet_core", "ui", "pages", "docs", "examples")
WRITTEN = {".py", ".toml", ".yaml", ".csv", ".md", ".ipynb"}
WRONG = (  # statements that are not true, as regular expressions
    r"depth always lags",
    r"nearly 0\.2",
    r"(weigh|gate)s? (the )?channels\s+against\s+(each other|one another)",
    r"do the work of one full convolution",
    r"narrow ends? save memory",
    r"pipelining does not change",
    r"far under what a GPU",
    r"unlike in the SE paper",
    r"makes things appear larger than in training",
    r"exactly 1\.92 times",
)


@pytest.fixture(scope="module")
def texts() -> dict[Path, str]:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in WRITTEN]
    return {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in files}


@pytest.mark.parametrize("wrong", WRONG)
def test_no_text_says_it_again(texts, wrong):
    assert len(texts) > 200
    assert not [path for path, text in texts.items() if re.search(wrong, text, re.IGNORECASE)]


def test_a_drill_by_the_formula_is_answered_by_the_formula():
    """Whoever scales by d · w² · r², or by r², is right at every seed; what is counted is told afterwards."""
    for seed in range(300):
        asked = drill("other_resolution", seed, seed % 3 + 1)
        own = released(asked.given["member"]).resolution
        if asked.level < 3:
            assert asked.answer == pytest.approx((asked.given["resolution"] / own) ** 2)
        else:
            assert (asked.answer / own) ** 2 == pytest.approx(asked.given["share"] / 100)
        assert "by the rule" in asked.question.lower() and any("counted" in line for line in asked.working)
        asked = drill("network_ratio", seed, seed % 3 + 1)
        assert "By the formula" in asked.question and any("counted" in line for line in asked.working)


def test_depth_lags_from_b3_on_and_width_in_b1():
    phis = {row["model"]: row for row in tables.table("effnet_phi_fit")}
    axes = ("phi_from_depth", "phi_from_width", "phi_from_resolution")
    for number in range(3, 8):
        row = phis[f"efficientnet-b{number}"]
        assert min(axes, key=lambda axis: row[axis]) == "phi_from_depth"
    assert phis["efficientnet-b1"]["phi_from_width"] == 0 < phis["efficientnet-b1"]["phi_from_depth"]
    assert "From B3 on depth lags" in card("how-coefficients-found").answer


def test_stochastic_depth_is_never_asked_of_a_block_without_a_shortcut():
    for seed in range(300):
        asked = drill("drop_probability", seed, seed % 3 + 1)
        assert released(asked.given["member"]).blocks[asked.given["index"]].has_residual
    b0 = released("b0").blocks
    assert not b0[-1].has_residual and b0[value("b0.last_droppable")].has_residual
    assert "0.175" in card("drop-connect").answer


def test_gpipes_speed_up_names_its_baseline():
    answer = card("pipeline-bubble").answer
    ratio = value("pipeline.8x32 / pipeline.2x32")
    assert f"going from two to eight partitions gives {ratio:.1f} times" in answer and f"{ratio:.1f}" == "3.5"
    assert "batch norm takes its statistics of each micro-batch" in card("pipeline-bubble").mistake


def test_a_shortcut_between_wide_tensors_keeps_one_tensor():
    for seed in range(100):
        asked = drill("thin_shortcut", seed, 1)
        thin = asked.given["in_channels"] * asked.given["size"] ** 2
        assert asked.answer == (asked.given["expansion"] - 1) * thin, "six times the values, not twelve"


def test_the_side_of_a_gpus_balance_is_told():
    assert "memory sets the pace" in _side_of_balance(20) and "arithmetic sets the pace" in _side_of_balance(151)


def test_one_step_of_phi_by_the_formula_and_counted():
    """The rule says 1.92; layers, channels and pixels are rounded, and so it is more."""
    assert growth(ALPHA, BETA, GAMMA) == pytest.approx(1.92, abs=0.005)
    assert value("phi1.macs") / cost_of(released("b0")).macs == pytest.approx(2.57, abs=0.005)
    assert "1.92 times by the formula" in card("scaling-rule").answer and "2.57 times" in card("scaling-rule").answer


def test_the_head_holds_its_share_of_the_parameters():
    assert value("b0.head.params / b0.params") == pytest.approx(0.078, abs=0.0005)
    assert "7.79\N{NO-BREAK SPACE}%" in card("b0-stages").mistake


def test_integers_have_no_optimiser():
    for seed in range(200):
        given = drill("weight_memory", seed, 3).given
        assert given["format"] != "int8" or given["copies"] == 1


def test_terms_name_their_own_origin():
    sources = {term.name: term.source for term in terms()}
    assert not [name for name in ("ReLU", "convolution", "kernel") if "ResNet" in sources[name]]
    [ig] = [term.sentence for term in terms() if term.name == "integrated gradients"]
    assert "times what each pixel changed" in ig


def test_a_separable_convolution_is_a_restricted_form():
    [sentence] = [term.sentence for term in terms() if term.name == "depthwise separable convolution"]
    assert "restricted form" in sentence and "restricted form" in card("what-depthwise-does").answer
