"""Classify's methods and panels through AppTest: what is on the screen equals what the engine says."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from support.screen import captions, chart, heat_maps, numbers, on_screen, opened, straight_to, told

from effnet_core.explain.engine import Engine
from effnet_core.explain.methods import METHODS
from effnet_core.explain.results import Heatmap
from effnet_core.images.samples import SAMPLES, load_sample
from effnet_core.networks import weights
from effnet_core.networks.weights import Model
from effnet_core.networks.weights_source import WeightsSource
from ui.classify import networks_compared, preprocessing
from ui.classify.heat_maps import SLOW
from ui.session import answer_cache, engines
from ui.shared import predictions

pytestmark = pytest.mark.usefixtures("started_server", "cheap")

PANELS = ("Every stage", "Two classes", "Several networks", "Can it be trusted?", "What goes in")
IMAGE = load_sample(SAMPLES[0].name)


@pytest.fixture
def cheap(monkeypatch, lively_model: Model):
    """The pages' offline model is the lively test network; by a name of its own, since caches outlive a test."""
    load, model = weights.load, replace(lively_model, weights=WeightsSource("bundled", "cheap test weights"))
    monkeypatch.setattr(weights, "load", lambda name: model if name == "tiny" else load(name))
    engines.engine.clear()
    yield
    engines.engine.clear()


@pytest.fixture
def offline(lively_model: Model) -> Engine:
    return Engine(lively_model, "cpu")


def text(at: AppTest) -> str:
    return " ".join(block.value for block in at.markdown)


def picture_captions(at: AppTest) -> list[str]:
    return [image.captions[0] for image in at.get("image")]


def map_captions(at: AppTest, key: str) -> list[str]:
    return [drawn["caption"] for drawn in heat_maps(at, key)]


def same(drawn: dict, heatmap: Heatmap) -> None:
    """What the browser gets is that map."""
    values = heatmap.values if heatmap.signed else np.maximum(heatmap.values, 0)
    assert drawn["values"]["signed"] == heatmap.signed
    np.testing.assert_allclose(drawn["numbers"], values, atol=1e-4 * np.abs(values).max())


@pytest.mark.parametrize(("stage", "cost"), [(-1, "1 forward pass."), (3, "1 forward pass, 1 backward.")])
def test_grad_cam_at_the_last_stage_takes_no_backward_pass(offline, stage, cost):
    texts = [f"stage {number} ({layer})" for number, layer in enumerate(offline.layers, start=1)]
    assert f"Cost: {cost}" in captions(opened("classify", **{"classify.stage": texts[stage]}))


@pytest.mark.parametrize("name", METHODS)
def test_each_method_tells_its_cost_and_limits_and_draws_its_map(offline, name):
    method = METHODS[name]
    at = opened("classify", **{"classify.method": method.title})
    assert method.cannot_tell in text(at) and method.shows in text(at)
    parameters = {parameter.name: parameter.default for parameter in method.parameters}
    forward, _ = method.passes(64, **parameters)
    assert f"Cost: {forward:,} forward pass" in captions(at)
    if sum(method.passes(64, **parameters)) > SLOW:
        [waiting] = heat_maps(at, "classify.crop")
        assert waiting["values"] is None and "not computed yet" in waiting["caption"]
        at.button(key="classify.compute").click().run()
        assert not at.exception and not [button for button in at.button if button.key == "classify.compute"]
    for key in ("classify.crop", "classify.whole"):
        [drawn] = heat_maps(at, key)
        same(drawn, offline.attribute(IMAGE, method=name))
    assert ("Blue speaks against" in map_captions(at, "classify.crop")[0]) == method.signed
    assert "because" not in text(at)


def test_a_computed_map_is_kept_for_its_question_alone(monkeypatch):
    asked, work = [], Engine.attribute
    monkeypatch.setattr(Engine, "attribute", lambda *a, **how: asked.append(how["target"]) or work(*a, **how))
    at = opened("classify", **{"classify.method": METHODS["integrated_gradients"].title})
    at.button(key="classify.compute").click().run()
    at.get_by_key("classify.opacity").set_value(30.0).run()
    assert len(asked) == 1 and not at.exception
    at.get_by_key("classify.steps").set_value(40.0).run()
    assert at.button(key="classify.compute")
    at.get_by_key("classify.steps").set_value(32.0).run()
    assert "not computed yet" not in map_captions(at, "classify.crop")[0] and len(asked) == 1


def test_a_click_stops_a_computation_and_nothing_is_kept(monkeypatch):
    """Streamlit raises in the call that moves the bar once the page is asked for anew."""
    from streamlit.runtime.scriptrunner import StopException

    work = Engine.attribute

    def clicked(self, image, *, progress=None, **how):
        def stopped(share: float) -> bool:
            raise StopException

        return work(self, image, progress=progress and stopped, **how)

    monkeypatch.setattr(Engine, "attribute", clicked)
    at = opened("classify", **{"classify.method": METHODS["occlusion"].title})
    at.button(key="classify.compute").click().run()
    assert not at.exception and "Stop" in [button.label for button in at.button]
    monkeypatch.setattr(Engine, "attribute", work)
    at.button(key="classify.compute.stop").click().run()
    assert at.button(key="classify.compute") and "not computed yet" in map_captions(at, "classify.crop")[0]
    at.button(key="classify.compute").click().run()
    assert not at.exception and "not computed yet" not in map_captions(at, "classify.crop")[0]


def test_the_ladder_stands_side_by_side_with_and_without_signs(offline):
    at = opened("classify")
    top = offline.explain([IMAGE])[0].top[0].index
    ladder = offline.ladder(IMAGE, targets=[top])
    drawn = heat_maps(at, "classify.ladder")
    for number, (shown, heatmap) in enumerate(zip(drawn, ladder, strict=True), start=1):
        same(shown, heatmap.rectified())
        rows, columns = heatmap.values.shape
        caption = shown["caption"]
        assert caption.startswith(f"Stage {number}, {rows} × {columns}")
        assert ("no positive evidence" in caption) == heatmap.is_blank
    at.get_by_key("classify.signs").set_value("both").run()
    for shown, expected in zip(heat_maps(at, "classify.ladder"), ladder, strict=True):
        same(shown, expected)
    assert "Blue speaks against" in captions(at)


def test_two_classes_stand_side_by_side_to_one_scale(offline):
    first, second, *_ = (prediction.index for prediction in offline.explain([IMAGE])[0].top)
    at = opened("classify", **{"classify.panel": "Two classes"})
    one, other = (offline.explain([IMAGE], target=target)[0].heatmaps[0] for target in (first, second))
    drawn = heat_maps(at, "classify.two_classes")
    difference = replace(one, values=one.values - other.values, signed=True)
    for shown, expected in zip(drawn, (one, other, difference), strict=True):
        same(shown, expected)
    assert len({shown["values"]["strongest"] for shown in drawn}) == 1
    at.get_by_key("classify.other").set_value(11).run()
    assert not at.exception and offline.labels[11] in map_captions(at, "classify.two_classes")[1]


def test_with_one_network_ready_it_says_how_to_get_others_and_shows_that_one(offline, monkeypatch):
    monkeypatch.setattr(networks_compared, "ready", lambda: ["tiny"])
    at = opened("classify", **{"classify.panel": "Several networks"})
    assert any("fetch efficientnet_b0" in info.value for info in at.info)
    at.button(key="classify.all").click().run()
    assert not at.exception
    row = at.dataframe[0].value.iloc[0]
    best = offline.explain([IMAGE])[0].top[0]
    assert (row["network"], row["first answer"]) == ("Offline model", best.label)
    assert row["probability"] == pytest.approx(best.probability, rel=1e-3) and float(row["time, ms"]) > 0
    assert f"median of {networks_compared.RUNS} runs" in captions(at) and "CPU of this machine" in captions(at)


def test_all_ready_networks_see_the_same_picture_and_a_broken_one_is_named(monkeypatch, lively_model, lively_b0):
    models = {
        "tiny": replace(lively_model, weights=WeightsSource("bundled", "cheap test weights")),
        "efficientnet_b0": lively_b0,
    }

    def load(name: str) -> Model:
        if name not in models:
            raise weights.WeightsUnavailable(f"{name} is damaged")
        return models[name]

    monkeypatch.setattr(weights, "load", load)
    monkeypatch.setattr(networks_compared, "ready", lambda: [*models, "efficientnet_b1"])
    at = opened("classify", **{"classify.panel": "Several networks"})
    at.button(key="classify.all").click().run()
    assert not at.exception and not [info for info in at.info if "Only one" in info.value]
    table = at.dataframe[0].value
    assert list(table["network"]) == ["Offline model", "EfficientNet-B0"]
    assert list(table["first answer"]) == [
        predictions.class_name(Engine(model, "cpu").explain([IMAGE])[0].top[0]) for model in models.values()
    ]
    assert list(table["input, px"]) == [64, 128]
    assert any("efficientnet_b1 is damaged" in warning.value for warning in at.warning)
    assert [caption.split(":")[0] for caption in map_captions(at, "classify.maps")] == list(table["network"])


def test_the_map_on_the_screen_is_judged(offline):
    at = opened("classify", **{"classify.panel": "Can it be trusted?", "classify.stage": "stage 5 (features.4)"})
    at.button(key="classify.faithfulness").click().run()
    heatmap = offline.attribute(IMAGE, method="gradcam", layer="features.4")
    judged = offline.faithfulness(IMAGE, heatmap)
    for kind in ("deletion", "insertion"):
        lines = chart(at, f"classify.{kind}")["data"]
        for line, curves in zip(lines, (judged.heatmap, judged.random, judged.centre), strict=True):
            np.testing.assert_allclose(numbers(line["y"]), getattr(curves, kind), atol=1e-3)
    table = at.dataframe[0].value
    assert list(table["order of"]) == ["this map", "random map", "centre blob"]
    assert table["deletion area (low is good)"][0] == pytest.approx(judged.heatmap.deletion_area, abs=2e-3)
    assert "For this picture and class the map is" in text(at)
    at.button(key="classify.randomisation").click().run()
    trained, *strip = map_captions(at, "classify.strip")
    steps = offline.randomisation(IMAGE, offline.ladder(IMAGE, targets=[heatmap.target])[4])
    assert len(strip) == len(steps) and trained == "As trained"
    for caption, step in zip(strip, steps, strict=True):
        part, said = caption.removeprefix("Down to ").split(": ")
        assert part == step.part and (said == "blank") == (step.similarity is None)
        assert said == "blank" or float(said) == pytest.approx(step.similarity, abs=0.03)
    assert "seed 0" in captions(at) and "Spearman" in captions(at)


def test_without_a_map_there_is_nothing_to_judge():
    link = {"classify.panel": "Can it be trusted?", "classify.method": METHODS["occlusion"].title}
    at = opened("classify", **link)
    assert any("not computed yet" in info.value for info in at.info)


def test_what_goes_in_is_shown_step_by_step(offline):
    at = opened("classify", **{"classify.panel": "What goes in"})
    tensor = offline.preparation.tensor(IMAGE)
    _, *shown = picture_captions(at)  # after the network's own view
    assert f"{IMAGE.width} × {IMAGE.height} px" in shown[0]
    assert [caption.split(":")[0] for caption in shown[1:3]] == ["Resized", "Cut out"]
    assert f"from {tensor.min():.3f} to {tensor.max():.3f}" in captions(at) and "3 × 64 × 64" in captions(at)
    for row, values in zip(preprocessing.rows(offline.preparation, tensor), tensor, strict=True):
        assert row["lowest possible"] <= row["lowest here"] == round(float(values.min()), 3)
        assert row["highest possible"] >= row["highest here"] == round(float(values.max()), 3)


@pytest.mark.parametrize(
    "link",
    [
        {"classify.panel": "<b>no such panel</b>"},
        {"classify.method": "guided_backprop"},
        {"classify.method": METHODS["integrated_gradients"].title, "classify.steps": "1e9"},
        {"classify.method": METHODS["occlusion"].title, "classify.window": "nan"},
        {"classify.panel": "Two classes", "classify.other": "no such class"},
        {"classify.signs": "-1"},
    ],
)
def test_hostile_links_get_a_sentence_and_the_default(link):
    at = opened("classify", **link)
    assert not at.exception
    bad = list(link.values())[-1]
    assert bad in told(at)
    assert at.header[0].value.startswith("Its answer: ")


def test_a_question_that_takes_too_much_is_refused_before_it_starts(monkeypatch):
    from ui.shared import progress_bar

    monkeypatch.setitem(progress_bar.MOST_MACS, "cpu", 1e9)
    at = straight_to("classify", **{"classify.method": "Occlusion", "classify.window": "4", "classify.stride": "25"})
    [sentence] = [warning.value for warning in at.warning if "one question may take" in warning.value]
    assert "passes of" in sentence and "classify.compute" not in on_screen(at)
    at.slider(key="classify.window").set_value(50).run()
    assert not at.warning and "classify.compute" in on_screen(at)


def test_a_question_that_lasts_too_long_is_ended_with_a_sentence(started_server, monkeypatch):
    from ui.shared import progress_bar

    at = straight_to("classify", **{"classify.method": "Occlusion", "classify.window": "50"})
    assert progress_bar.BOUND in at.button(key="classify.compute").help
    monkeypatch.setattr(progress_bar, "MOST_MINUTES", 0)
    at.button(key="classify.compute").click().run()
    assert not at.exception and progress_bar.TOO_LONG in [warning.value for warning in at.warning]
    monkeypatch.setattr(progress_bar, "MOST_MINUTES", 10)
    at.run().button(key="classify.compute").click().run()
    at.run()
    assert not at.exception and not at.warning and "classify.compute" not in on_screen(at)


def test_randomising_a_map_that_takes_too_much_is_refused_before_it_starts(monkeypatch):
    from ui.shared import progress_bar

    at = opened("classify", **{"classify.panel": "Can it be trusted?"})
    assert "classify.randomisation" in on_screen(at)
    monkeypatch.setitem(progress_bar.MOST_MACS, "cpu", 1)
    at.run()
    [sentence] = [warning.value for warning in at.warning if "one question may take" in warning.value]
    assert "10 passes of" in sentence or "20 passes of" in sentence  # the classifier and nine stages
    assert "classify.randomisation" not in on_screen(at)


def test_what_several_networks_said_keeps_none_of_them(monkeypatch):
    kept = []
    monkeypatch.setattr(networks_compared, "ready", lambda: ["tiny"])
    monkeypatch.setattr(answer_cache, "remember", lambda _key, answer: kept.append(answer))
    at = opened("classify", **{"classify.panel": "Several networks"})
    at.button(key="classify.all").click().run()
    [[seen]] = kept
    assert seen.answer and not at.exception
    pickle.dumps(seen)  # an engine can't be: it has locks
