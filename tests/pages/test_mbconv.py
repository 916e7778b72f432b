"""The MBConv page as a user meets it: what is on the screen equals what the core and the network say."""

from __future__ import annotations

import base64
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from support.screen import board, captions, chart, numbers, on_screen, opened

from effnet_core import palette
from effnet_core.explain import block_arithmetic, relu_embedding
from effnet_core.explain.engine import Engine
from effnet_core.images.samples import SAMPLES, load_sample
from effnet_core.networks import weights
from effnet_core.networks.weights_source import loading_code
from effnet_core.scaling import block_designs, block_steps, module_tree, what_if
from effnet_core.units import float32_memory, percent, three_digits, with_minus
from ui.components import mbconv_flow, mbconv_step, pixel_map
from ui.mbconv.steps import CHOSEN, STEPS
from ui.mbconv.structure import _opener
from ui.session import kept_values
from ui.shared import map_pickers

pytestmark = pytest.mark.usefixtures("started_server")

PANELS = ("Steps", "Arithmetic", "What if", "Linear end", "Four designs", "Structure")
BLOCKS = ("features.1.0", "features.2.0", "features.7.0")  # no expand; a stride; other channels behind it


@pytest.fixture(scope="module")
def offline() -> Engine:
    return Engine(weights.load("tiny"), "cpu")


def shown(panel: str = "Steps", **link: str) -> AppTest:
    at = opened("mbconv", **{"mbconv.panel": panel}, **{f"mbconv.{key}": value for key, value in link.items()})
    assert not at.warning
    return at


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def text(at: AppTest) -> str:
    return "\n".join(block.value for block in at.markdown)


def block_text(engine: Engine, name: str) -> str:
    """What the select box, and the URL, call a block."""
    block = engine.architecture.block(name)
    return f"{name} · stage {block.stage} · {block.kernel}×{block.kernel} · {block.expanded_channels} channels"


@pytest.mark.parametrize(
    ("panel", "name"), [*((panel, BLOCKS[0]) for panel in PANELS), *(("Arithmetic", name) for name in BLOCKS[1:])]
)
def test_every_panel_opens_for_every_kind_of_block(panel, name, offline):
    at = shown(panel, block=block_text(offline, name))
    assert not at.exception
    assert not at.error
    assert "What happens inside one block?" in [title.value for title in at.title]


@pytest.mark.parametrize(
    "link",
    [
        {"mbconv.panel": "Everything", "mbconv.block": "features.99.0"},
        {"mbconv.panel": "Arithmetic", "mbconv.row": "-1", "mbconv.column": "1e99", "mbconv.channel": "x"},
        {"mbconv.panel": "Arithmetic", "mbconv.step": "Gate", "mbconv.unit": "99999", "mbconv.channel": "-3"},
        {"mbconv.panel": "Linear end", "mbconv.n": "31", "mbconv.seed": "nan", "mbconv.relu": "<b>"},
        {"mbconv.panel": "What if", "mbconv.kernel": "4×4", "mbconv.expansion": "9", "mbconv.se": "-1"},
        {"mbconv.panel": "Four designs", "mbconv.compare": "'; drop table"},
    ],
    ids=lambda link: link["mbconv.panel"],
)
def test_hostile_links_get_a_sentence_and_a_default(link):
    at = opened("mbconv", **link)
    assert not at.exception
    refused = " ".join(warning.value for warning in at.warning)
    asked = {key: value for key, value in link.items() if value not in (*PANELS, "Gate")}
    assert all(key in refused for key in asked)


def flow(at: AppTest) -> dict[str, dict]:
    """The steps that are drawn, by name."""
    return {step["name"]: step for step in board(at, "mbconv_flow")["steps"]}


@pytest.mark.parametrize("unit", ["MACs", "FLOPs"])
@pytest.mark.parametrize("name", [*BLOCKS, map_pickers.FIRST_BLOCK])
def test_the_flow_tells_each_steps_shape_cost_and_formula(offline, name, unit):
    at = shown(block=block_text(offline, name))
    at.get_by_key("app.unit").set_value(unit).run()
    block, size = block_designs.place(offline.architecture, name)
    drawn, factor = flow(at), 1 + (unit == "FLOPs")
    traced = dict(offline.trace(load_sample(SAMPLES[0].name), name).steps)
    for step in block_steps.steps_of(block, size):
        found = drawn[CHOSEN.get(step.name, step.name)]
        assert found["title"] == step.title
        assert found["missing"] == step.missing
        if step.missing:
            assert (found["sentence"], found["maps"]) == (step.missing, [])
            continue
        assert (found["channels"], found["size"]) == (step.channels, step.size)
        assert (step.channels, step.size, step.size) == traced[step.name].shape
        lines = {row[0]: row[1:] for row in found["numbers"]}
        assert lines.get("Parameters", []) == [block_steps.params_formula(layer) for layer in step.layers]
        assert lines.get(unit, []) == [block_steps.compute_formula(layer, factor) for layer in step.layers]
        if step.layers:
            assert f"{step.cost.params:,} parameters, {factor * step.cost.macs:,} {unit}" in found["sentence"]
        assert found["colour"] == palette.ROLE_COLOURS[step.role]


def test_the_gates_drawn_are_the_networks(offline):
    data = board(shown(), "mbconv_flow")
    gates = dict(offline.trace(load_sample(SAMPLES[0].name), map_pickers.FIRST_BLOCK).steps)["gate"]
    assert np.mean(data["gates"]) == pytest.approx(gates.mean(), abs=1e-3)
    assert f"{gates.min():.2f} to {gates.max():.2f}" in flow(shown())["gate"]["sentence"]
    block = offline.architecture.block(map_pickers.FIRST_BLOCK)
    assert (data["kernel"], data["squeezed"]) == (block.kernel, block.squeeze_channels)


def shown_channels(at: AppTest) -> dict[str, list[int]]:
    return {name: [drawn["channel"] for drawn in step["maps"]] for name, step in flow(at).items()}


@pytest.mark.parametrize(("sort", "by"), [("Variation", "spread"), ("Strength", "mean")])
def test_the_flow_shows_the_channels_that_matter_most(offline, sort, by):
    steps = dict(offline.trace(load_sample(SAMPLES[0].name), map_pickers.FIRST_BLOCK).steps)
    found = shown_channels(shown(sort=sort))
    wide = block_arithmetic.ranked(steps["gated"], by)[: len(found["expand"])]
    assert found["expand"] == found["depthwise"] == found["gate"] == wide
    narrow = block_arithmetic.ranked(steps["output"], by)[: len(found["output"])]
    assert found["input"] == found["project"] == found["output"] == narrow


def test_the_flow_can_follow_the_gates(offline):
    gates = dict(offline.trace(load_sample(SAMPLES[0].name), map_pickers.FIRST_BLOCK).steps)["gate"]
    drawn = flow(shown(sort="Gate"))["gate"]["maps"]
    assert [row["channel"] for row in drawn] == gates.argsort()[::-1][: len(drawn)].tolist()
    assert [row["caption"] for row in drawn] == [f"{row['channel']}, gate {gates[row['channel']]:.2f}" for row in drawn]


def test_the_maps_drawn_are_the_networks(offline):
    expand = dict(offline.trace(load_sample(SAMPLES[0].name), map_pickers.FIRST_BLOCK).steps)["expand"]
    for row in flow(shown())["expand"]["maps"]:
        sent = Image.open(io.BytesIO(base64.b64decode(row["url"].partition(",")[2])))
        values = expand[row["channel"]]
        np.testing.assert_allclose(np.asarray(sent) / 255, (values / values.max()).clip(0), atol=1 / 255)


def test_a_click_chooses_a_step_or_opens_a_maps_arithmetic_and_nothing_else_can(monkeypatch):
    mounted, heard = {}, []
    for part in (mbconv_flow, mbconv_step):
        monkeypatch.setattr(part, "_component", lambda **settings: mounted.update(settings))
    expand = {"name": "expand", "maps": [{"channel": 7}], "opens": True}
    data = {"steps": [expand, {"name": "input", "maps": [{"channel": 7}], "opens": False}]}
    mbconv_flow.mount(data, key="flow", on_step=heard.append)
    mbconv_step.mount(data, key="told", on_map=lambda *came: heard.append(came))
    for came in ("input", "other", None, ["expand"]):
        monkeypatch.setattr(kept_values, "value", lambda key, came=came: {"step": came})
        mounted["on_step_change"]()
    for came in (["expand", 7], ["expand", 8], ["input", 7], [{}, 7], "ab", None):
        monkeypatch.setattr(kept_values, "value", lambda key, came=came: {"map": came})
        mounted["on_map_change"]()
    assert heard == ["input", ("expand", 7)]


def test_a_link_chooses_the_step_on_both_panels():
    for step in ("Input", "Gate", "Residual"):
        at = shown(step=step)
        assert STEPS[board(at, "mbconv_flow")["chosen"]] == step
        at.get_by_key("mbconv.panel").set_value("arithmetic").run()
        assert not at.exception
        assert STEPS[at.get_by_key("mbconv.step").value] == step


def test_a_block_says_what_it_goes_without(offline):
    at = shown(block=block_text(offline, "features.1.0"))
    block, size = block_designs.place(offline.architecture, "features.1.0")
    missing = {CHOSEN.get(step.name, step.name): step.missing for step in block_steps.steps_of(block, size)}
    assert {name: step["missing"] for name, step in flow(at).items()} == missing
    assert missing["expand"] and missing["output"]
    assert "No residual: nothing has to be kept" in text(at)
    for step in ("expand", "output"):
        at = shown("Arithmetic", block=block_text(offline, "features.1.0"), step=STEPS[step])
        assert missing[step] == at.info[-1].value
    assert shown_channels(shown(block=block_text(offline, "features.1.0")))["input"], "depthwise works on these"


def test_the_bottleneck_is_the_cores(offline):
    at = shown()
    block, size = block_designs.place(offline.architecture, map_pickers.FIRST_BLOCK)
    classic = block_designs.side_by_side(block, size, same_budget=True)[0]
    assert chart(at, f"mbconv.width.{classic.name}")["data"]
    for design in (block_designs.mbconv(block, size), classic):
        assert f"{' → '.join(f'{count:,}' for count in design.widths)}. Its input has to be kept" in text(at)
        assert f"{design.cost.macs:,}" in text(at)
    own = block_designs.mbconv(block, size)
    assert f"{float32_memory(own.peak)}** at a time where each is made whole" in text(at)
    assert f"{float32_memory(own.peak_split)}** where the wide middle is computed a channel at a time" in text(at)


@pytest.mark.parametrize("step", ["depthwise", "expand", "project"])
def test_the_arithmetic_shown_is_the_cores_and_the_networks(offline, step):
    at = shown("Arithmetic", step=step.capitalize(), channel="5", row="3", column="23")
    name = map_pickers.FIRST_BLOCK
    trace = offline.trace(load_sample(SAMPLES[0].name), name)
    found = block_arithmetic.block_sums(trace, offline.block_weights(name), step, channel=5, row=3, column=23)
    said, seen = metrics(at), dict(trace.steps)[step][5, 3, 23]
    assert said["Sum of the products"] == with_minus(three_digits(found.total))
    assert said["After batch norm"] == with_minus(three_digits(found.normed))
    assert said["The network's own value"] == with_minus(three_digits(seen))
    assert found.value == pytest.approx(seen, rel=1e-3)
    assert f"Here {found.value:.8g}, in the network {seen:.8g}." in text(at)
    cells = board(at, "linked_cells")
    assert three_digits(found.total) in cells["total"]
    *factors, products = (row["values"] for row in cells["rows"])
    assert sum(products) == pytest.approx(found.total)
    for *numbers_of, product in zip(*factors, products, strict=True):
        assert None in numbers_of or np.prod(numbers_of) == pytest.approx(product)
    if step == "depthwise":
        assert cells["columns"] == offline.architecture.block(name).kernel
    else:
        [table] = [frame.value for frame in at.dataframe if "weight" in frame.value]
        assert (table["input"] * table["weight"]).sum() == pytest.approx(found.total)


def test_the_gate_shown_is_the_networks(offline):
    at = shown("Arithmetic", step="Gate", channel="7", unit="2")
    trace = offline.trace(load_sample(SAMPLES[0].name), map_pickers.FIRST_BLOCK)
    found = block_arithmetic.gate_sums(trace, offline.block_weights(map_pickers.FIRST_BLOCK), 7)
    said = metrics(at)
    assert said["Sigmoid: its gate"] == three_digits(dict(trace.steps)["gate"][7])
    assert said["Sigmoid: its gate"] == said["The network's own gate"]
    for key, total in {"squeeze": found.squeezed[2], "excite": found.total}.items():
        [cells] = json.loads(on_screen(at)[f"mbconv.{key}"].proto.json)
        assert sum(cells["rows"][-1]["values"]) == pytest.approx(total)


def test_the_residual_shown_is_the_networks(offline):
    at = shown("Arithmetic", step="Residual", channel="5", row="3", column="23")
    steps = dict(offline.trace(load_sample(SAMPLES[0].name), map_pickers.FIRST_BLOCK).steps)
    entered, added, seen = (steps[name][5, 3, 23] for name in ("input", "project", "output"))
    assert entered + added == pytest.approx(seen, rel=1e-5)
    assert list(metrics(at).values()) == [with_minus(three_digits(value)) for value in (entered, added, seen, seen)]


def test_a_pixel_outside_another_blocks_map_moves_inside(offline):
    at = shown("Arithmetic", row="20", column="20")
    at.selectbox(key="mbconv.block").set_value("features.6.1").run()
    assert not at.exception
    assert not at.warning
    side = block_designs.place(offline.architecture, "features.6.1")[1]
    assert at.number_input(key="mbconv.row").value == side - 1


def test_a_click_on_a_pixel_moves_the_inputs_and_nothing_else_can(monkeypatch):
    kept, mounted = {}, {}
    monkeypatch.setattr(pixel_map, "_component", lambda **settings: mounted.update(settings))
    monkeypatch.setattr(kept_values, "keep_all", kept.update)
    image = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4))
    pixel_map.show(image, pixel_map.Frame(1, 2), key="map", alt="a map", sets=("row", "column"))
    for came, expected in (([2, 1], {"row": 2, "column": 1}), ([-5, 99], {"row": 0, "column": 3})):
        monkeypatch.setattr(kept_values, "value", lambda key, came=came: {"pixel": came})
        mounted["on_pixel_change"]()
        assert kept == expected
    kept.clear()
    for came in (None, [1], "ab", {"row": 1}):
        monkeypatch.setattr(kept_values, "value", lambda key, came=came: {"pixel": came})
        mounted["on_pixel_change"]()
    assert not kept
    data = mounted["data"]
    assert (data["rows"], data["columns"], data["frame"]) == (3, 4, {"top": 1, "left": 2, "side": 1})
    sent = Image.open(io.BytesIO(base64.b64decode(data["image"].partition(",")[2])))
    np.testing.assert_array_equal(np.asarray(sent), np.asarray(image))


def test_other_settings_change_the_cost_at_once(offline):
    at = shown("What if")
    block, size = block_designs.place(offline.architecture, map_pickers.FIRST_BLOCK)
    own = block_designs.mbconv(block, size)
    changes = {metric.label: metric.delta for metric in at.metric}
    assert changes["Parameters"] == f"× 1.00 of {three_digits(own.cost.params / 1e3)} k"
    at.get_by_key("mbconv.kernel").set_value("7")
    at.get_by_key("mbconv.expansion").set_value("3")
    at.get_by_key("mbconv.se").set_value("0")
    at.get_by_key("mbconv.stride").set_value("2").run()
    assert not at.exception
    changed = what_if.changed(block, kernel=7, expansion=3, se_ratio=0, stride=2)
    design, saved = block_designs.mbconv(changed, size), what_if.separable(changed, size)
    said = metrics(at)
    assert said["Parameters"] == f"{three_digits(design.cost.params / 1e3)} k"
    assert said["Kept for the residual"] == "0 kB"
    assert said["Depthwise and project, over one full convolution"] == f"{saved.ratio:.3f}"
    at.get_by_key("mbconv.middle").set_value("full").run()
    full = block_designs.mbconv(changed, size, depthwise=False)
    assert metrics(at)["Parameters"] == f"{three_digits(full.cost.params / 1e3)} k"


def test_the_spiral_is_the_cores():
    at = shown("Linear end", n="3", seed="7")
    found = relu_embedding.embed(3, seed=7)
    said = metrics(at)
    assert said["Loss: error after the way back"] == percent(found.error, 0)
    assert said["Points that collapsed"] == f"{found.collapsed.sum()} of {len(found.curve)}"
    kept, lost = (numbers(trace["x"]) for trace in chart(at, "mbconv.spiral.After")["data"])
    back = found.back[:, 0] * found.shrinkage
    np.testing.assert_allclose(np.sort([*kept, *lost]), np.sort(back))
    at.get_by_key("mbconv.relu").set_value("linear").run()
    assert metrics(at)["Loss: error after the way back"] == percent(0, 0)


@pytest.mark.parametrize("compare", ["Same channels in and out", "Same compute"])
def test_four_designs_stand_side_by_side(offline, compare):
    at = shown("Four designs", compare=compare)
    block, size = block_designs.place(offline.architecture, map_pickers.FIRST_BLOCK)
    found = block_designs.side_by_side(block, size, same_budget=compare == "Same compute")
    bars = chart(at, "mbconv.bars.MACs")["data"][0]
    assert bars["y"] == [design.name for design in found]
    assert numbers(bars["x"]).tolist() == [design.cost.macs for design in found]
    [table] = [frame.value for frame in at.dataframe]
    counted = [int(formula.rpartition(" = ")[2].replace(",", "")) for formula in table["parameters"]]
    assert sum(counted) == sum(design.cost.params for design in found)


def test_the_switch_of_the_unit_holds_on_all_panels(offline):
    block, size = block_designs.place(offline.architecture, map_pickers.FIRST_BLOCK)
    at = opened("mbconv", **{"app.unit": "FLOPs"})
    assert f"{2 * block_steps.steps_of(block, size)[1].cost.macs:,} FLOPs" in flow(at)["expand"]["sentence"]
    at.get_by_key("mbconv.panel").set_value("structure").run()
    [macs] = [row.macs for row in module_tree.modules_of(offline.architecture) if row.path == block.name]
    assert 2 * macs in list(at.dataframe[0].value["FLOPs"])


def test_the_structure_is_the_networks_and_its_code_tells_the_block(offline):
    at = shown("Structure")
    table, inner = (frame.value for frame in at.dataframe)
    rows = module_tree.modules_of(offline.architecture)
    assert list(table["torchvision"]) == [row.path for row in rows]
    assert list(table["class"]) == [type(offline._network.get_submodule(row.path)).__name__ for row in rows]
    assert len(inner) == 4
    [code] = at.code
    assert code.value == loading_code("tiny", offline.weights, map_pickers.FIRST_BLOCK)
    assert "pretrained=True" in captions(at)


def test_a_click_on_a_row_opens_its_block(offline, monkeypatch):
    rows, kept = module_tree.modules_of(offline.architecture), {}
    monkeypatch.setattr(kept_values, "keep_all", kept.update)
    for number, row in enumerate(rows):
        kept.clear()
        clicked = {"mbconv.structure": {"selection": {"cells": [(number, "class")]}}}
        monkeypatch.setattr(kept_values, "value", SimpleNamespace(get=clicked.get).get)
        _opener(rows)()
        assert kept == ({"mbconv.block": row.path, "mbconv.panel": "steps"} if row.block else {})
