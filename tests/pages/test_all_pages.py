"""Pages as a user meets them, driven through AppTest: what is on the screen equals what the core says."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from streamlit.testing.v1 import AppTest
from support.screen import as_read, captions, chart, component_data, heat_maps, numbers, on_screen, opened, turned_to

from effnet_core.explain.engine import Engine
from effnet_core.explain.results import Heatmap
from effnet_core.images.overlay import COLOUR_MAPS, colours_of, pixels_seen
from effnet_core.images.samples import SAMPLES, load_sample
from effnet_core.networks import weights
from effnet_core.units import percent
from ui.shared import heat_overlay, map_pickers, picture_picker, predictions

pytestmark = pytest.mark.usefixtures("started_server")


def in_bytes(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def picture_captions(at: AppTest) -> list[str]:
    return [image.captions[0] for image in at.get("image")]


@pytest.fixture(scope="session")
def offline() -> Engine:
    return Engine(weights.load("tiny"), "cpu")


@pytest.fixture
def brought() -> list[Image.Image]:
    """Two pictures as a user would bring them: upright and wide, not of the samples' sizes."""
    coffee, cat = load_sample("coffee"), load_sample("chelsea")
    return [coffee.crop((0, 0, 300, 400)), cat.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]


def with_upload(at: AppTest, *files: tuple[str, bytes]) -> AppTest:
    at.get("segmented_control")[0].set_value("upload").run()
    for name, data in files:
        at.file_uploader(key="app.upload").upload(name, data)
    return at.run()


def test_the_offline_model_names_the_first_sample_right_by_a_clear_margin(offline):
    [answer] = offline.explain([load_sample(SAMPLES[0].name)])
    first, second = answer.top[:2]
    assert first.label == SAMPLES[0].label
    assert first.probability > second.probability + 0.2


def test_classify_shows_a_samples_answer_before_anything_is_brought(offline):
    at = opened("classify")
    [answer] = offline.explain([load_sample(SAMPLES[0].name)])
    assert at.header[0].value == f"Its answer: {predictions.sentence(answer)}"
    shares = [bar["share"] for bar in component_data(at, "classify.bars")["bars"]]
    np.testing.assert_allclose(shares, [prediction.probability for prediction in answer.top])
    assert f"Highlighted: {answer.top[0].label}" in heat_maps(at, "classify.crop")[0]["caption"]
    assert "never saw" in heat_maps(at, "classify.whole")[0]["caption"]
    side = offline.preparation.crop
    assert f"own view: {side} × {side} pixels" in picture_captions(at)[0]
    text = " ".join(block.value for block in at.markdown)
    assert answer.groups[0][0] in text
    assert "highlights" in text
    assert "because" not in text


def test_the_weights_in_use_and_their_accuracy_are_on_the_screen_with_better_ones_beside_them():
    for page in ("classify", "se_gates", "machine"):
        at = opened(page)
        assert "**Offline model**" in captions(at)
        status = weights.statuses()[0]
        assert f"{percent(status.top1, 0)} right on validation pictures" in captions(at)
        assert f"{percent(status.photographs.top1, 0)} (" in captions(at)
        assert f" of {status.photographs.count} photographs" in captions(at)
        assert f"{percent(status.photographs.top1, 0)} on photographs" in captions(at)
        assert any("Download EfficientNet-B0" in button.label for button in at.button)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_each_sample_says_whether_the_model_knows_its_class(sample, offline):
    at = opened("classify")
    at.get_by_key("app.sample").set_value(sample.name).run()
    assert not at.exception
    knows = sample.label in offline.labels
    assert ("a class that the network knows" in captions(at)) == knows
    assert ("does not know what this shows" in captions(at)) == (sample.label is None)


def test_what_a_sample_note_says_of_networks_without_its_class_or_without_names():
    coffee = next(sample for sample in SAMPLES if sample.label)
    assert "does not know" in picture_picker.sample_note(coffee, ["something else"])
    assert "without the names" in picture_picker.sample_note(coffee, None)


def test_uploads_are_answered_and_a_bad_one_is_named(offline, brought):
    first, second = map(in_bytes, brought)
    at = with_upload(opened("classify"), ("wide.png", first), ("notes.png", b"just text"), ("=tall.png", second))
    assert not at.exception
    assert [error.value for error in at.error if "notes.png" in error.value]
    table = at.table[0].value
    assert [as_read(name) for name in table["picture"]] == ["wide.png", "=tall.png"]
    expected = offline.explain(brought)
    firsts = [answer.top[0] for answer in expected]
    assert list(table["1"]) == [f"{first.label} {percent(first.probability)}" for first in firsts]
    assert at.header[0].value == f"Its answer: {predictions.sentence(expected[0])}"
    at.session_state["app.shown"] = 1  # what a click on the second thumbnail keeps
    at.run()
    assert at.header[0].value == f"Its answer: {predictions.sentence(expected[1])}"


def test_an_upload_stays_in_use_on_the_next_page_and_out_of_other_sessions(offline, brought):
    at = with_upload(opened("classify"), ("mine.png", in_bytes(brought[1])))
    turned_to("se_gates", at)
    at.get_by_key("app.source").set_value("upload").run()
    assert "Still in use: mine.png" in captions(at)
    shown = " ".join(block.value for block in [*at.header, *at.subheader, *at.markdown])
    assert offline.explain([brought[1]])[0].top[0].label in shown
    other = opened("classify")
    other.get("segmented_control")[0].set_value("upload").run()
    assert "mine.png" not in captions(other)
    assert "A sample, until" in captions(other)


def test_only_bad_pictures_leave_a_sample_on_the_screen():
    at = with_upload(opened("classify"), ("empty.jpg", b""))
    assert not at.exception
    assert "empty.jpg" in at.error[0].value
    assert at.header[0].value.startswith("Its answer: ")


def test_a_photograph_from_the_camera_is_answered(offline, brought):
    at = opened("classify")
    at.get("segmented_control")[0].set_value("camera").run()
    assert "only on localhost or over https" in captions(at)
    at.camera_input(key="app.camera").upload("shot.jpg", in_bytes(brought[0], "JPEG")).run()
    assert not at.exception
    assert at.table[0].value["picture"][0] == "shot.jpg"


def test_class_and_stage_choose_the_map(offline):
    image = load_sample(SAMPLES[0].name)
    at = opened("classify")
    at.selectbox(key="classify.stage").set_value("features.3").run()
    [heatmap] = offline.explain([image], layer="features.3", target=0)[0].heatmaps
    rows, columns = heatmap.values.shape
    assert f"{rows} × {columns} values" in " ".join(block.value for block in at.markdown)
    at.selectbox(key="classify.target").set_value(0).run()
    assert not at.exception
    assert f"Highlighted: {offline.labels[0]}" in heat_maps(at, "classify.crop")[0]["caption"]


def test_heat_on_the_screen_is_the_engines_map_for_the_chosen_class_and_stage(offline):
    image = load_sample(SAMPLES[0].name)
    [answer] = offline.explain([image])
    target, layer = answer.top[1].index, offline.layers[4]
    at = opened("classify", **{"classify.stage": f"stage 5 ({layer})", "classify.target": offline.labels[target]})
    [expected] = offline.explain([image], layer=layer, target=target)[0].heatmaps
    [drawn] = heat_maps(at, "classify.crop")
    assert np.ptp(expected.values) > 0
    np.testing.assert_allclose(drawn["numbers"], expected.values, atol=1e-4 * expected.values.max())
    assert tuple(drawn["box"]) == pixels_seen(offline.preparation.crop_box(image.size))


def test_old_links_keep_their_colours():
    tables = {}
    for name in COLOUR_MAPS:
        at = opened("classify", **{"classify.colours": name})
        [look] = json.loads(on_screen(at)["classify.look"].proto.json)
        tables[name] = look["plain"]["table"]
        np.testing.assert_array_equal(
            np.frombuffer(base64.b64decode(tables[name]), np.uint8), colours_of(name).table.ravel()
        )
    assert len(set(tables.values())) == len(COLOUR_MAPS)


def test_a_blank_map_says_that_there_is_no_positive_evidence(monkeypatch):
    blank = Heatmap("features.8", 0, np.zeros((6, 6), np.float32))
    monkeypatch.setattr(map_pickers, "heatmap_of", lambda *_things, **_choice: blank)
    at = opened("classify")
    assert not at.exception
    assert any("No positive evidence" in info.value for info in at.info)


@pytest.mark.parametrize("key", ["app.model", "app.source", "app.sample", "classify.stage", "classify.target"])
def test_a_bad_link_gets_a_sentence_and_the_default(key):
    at = opened("classify", **{key: "no such thing"})
    assert not at.exception
    assert [warning.value for warning in at.warning if "no such thing" in warning.value]
    assert at.header[0].value.startswith("Its answer: ")


def test_other_bad_links_never_break_a_page():
    for page, link in (
        ("classify", {"classify.opacity": "1e9", "classify.colours": "jet", "app.shown": "-3"}),
        ("se_gates", {"se_gates.block": "features.99.0"}),
        ("machine", {"machine.device": "abacus"}),
    ):
        assert not opened(page, **link).exception


def test_a_good_link_restores_the_lesson(offline):
    at = opened("classify", **{"app.sample": SAMPLES[1].title, "classify.stage": "stage 5 (features.4)"})
    assert (
        at.header[0].value == f"Its answer: {predictions.sentence(offline.explain([load_sample(SAMPLES[1].name)])[0])}"
    )
    assert at.selectbox(key="classify.stage").value == "features.4"


@given(st.lists(st.tuples(st.text(), st.floats(0, 1)), min_size=1, max_size=5))
def test_csv_cells_never_begin_like_a_formula_and_keep_their_text(cells):
    rows = [{"picture": text, "probability": share} for text, share in cells]
    written = list(csv.DictReader(io.StringIO(predictions.csv_text(rows), newline="")))
    for (text, share), row in zip(cells, written, strict=True):
        assert not row["picture"].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert row["picture"].removeprefix("'") == text.removeprefix("'")
        assert float(row["probability"]) == share


def test_class_names_are_unique_and_follow_the_labels(lively_model):
    engine = Engine(replace(lively_model, labels=("crane", "maillot", "crane", *lively_model.labels[3:])), "cpu")
    names = map_pickers.class_names(engine)
    assert len(set(names)) == engine.architecture.classes
    assert names[:3] == ["crane (0)", "maillot", "crane (2)"]
    assert map_pickers.class_names(Engine(replace(lively_model, labels=None), "cpu"))[4] == "class 4"


def test_a_downloaded_picture_is_the_crop_in_full_resolution(offline, brought):
    [answer] = offline.explain([brought[0]])
    look = {"opacity": 0.0, "colours": "viridis"}
    drawn = heat_overlay.on_crop(brought[0], offline.preparation, answer.heatmaps[0].values, **look)
    assert drawn.size == (300, 300)
    assert drawn.tobytes() == brought[0].crop((0, 50, 300, 350)).tobytes()
    assert heat_overlay.file_name("../a b: c?.png cat/dog") == "a_b_c_.png_cat_dog.png"


def test_the_networks_own_view_is_enlarged_in_whole_squares(offline, brought):
    view = offline.preparation.view(brought[0])
    large = heat_overlay.enlarged(view)
    factor = large.width // view.width
    assert large.size == (view.width * factor, view.height * factor)
    assert factor > 1
    np.testing.assert_array_equal(np.asarray(large)[::factor, ::factor], np.asarray(view))


def test_the_download_button_fetches_with_progress_and_says_what_went_wrong(monkeypatch):
    def no_network(name, *, progress):
        progress(10, 100)
        raise weights.WeightsUnavailable(f"{name} can't be downloaded: no connection")

    monkeypatch.setattr(weights, "fetch", no_network)
    at = opened("classify")
    at.button(key="app.fetch.efficientnet_b0").click().run()
    assert not at.exception
    assert any("no connection" in error.value for error in at.error)
    assert at.header[0].value.startswith("Its answer: ")


def test_a_network_that_is_not_here_is_offered_and_the_offline_model_answers_meanwhile():
    at = opened("classify", **{"app.model": "EfficientNet-B3"})
    assert not at.exception
    assert any("EfficientNet-B3's weights are not on this machine" in info.value for info in at.info)
    assert "**Offline model**" in captions(at)
    assert any("Download EfficientNet-B3" in button.label for button in at.button)


@pytest.fixture(scope="session")
def own_checkpoint() -> bytes:
    """A B0 with three classes, as somebody would bring it."""
    from safetensors.torch import save

    from effnet_core.architecture import released
    from effnet_core.networks.builder import build

    return save(build(released("b0", classes=3)).state_dict())


def test_an_own_checkpoint_answers_in_its_own_session_only(own_checkpoint):
    at = opened("classify")
    at.file_uploader(key="app.labels").upload("names.txt", b"tea\nmilk\nwater\n")
    at.file_uploader(key="app.checkpoint").upload("cups.safetensors", own_checkpoint).run()
    assert not at.exception
    assert not at.error
    assert "own checkpoint cups.safetensors ·" in captions(at)
    assert re.fullmatch("Its answer: (perhaps )?(tea|milk|water), .*", at.header[0].value)
    assert "does not know" in captions(at)
    turned_to("se_gates", at)
    at.selectbox(key="app.model").set_value("own").run()
    assert "own checkpoint cups.safetensors" in captions(at)
    assert "**Offline model**" in captions(opened("classify"))


def test_labels_that_come_after_the_checkpoint_are_used(own_checkpoint):
    at = opened("classify")
    at.file_uploader(key="app.labels").upload("names.txt", b"tea\nmilk\nwater\n").run()
    assert any("bring that, too" in info.value for info in at.info)
    at = opened("classify")
    at.file_uploader(key="app.checkpoint").upload("cups.safetensors", own_checkpoint).run()
    assert re.fullmatch(r"Its answer: (perhaps )?class \d, .*", at.header[0].value)
    turned_to("mbconv", at)
    turned_to("classify", at)  # the inputs of files are empty again; the network is still there
    at.file_uploader(key="app.labels").upload("names.txt", b"tea\nmilk\nwater\n").run()
    assert re.fullmatch("Its answer: (perhaps )?(tea|milk|water), .*", at.header[0].value)
    at.file_uploader(key="app.labels").upload("more.txt", b"tea\nmilk\nwater\nwine\n").run()
    assert any("names 4 classes" in error.value for error in at.error)
    assert re.fullmatch("Its answer: (perhaps )?(tea|milk|water), .*", at.header[0].value)


def test_a_checkpoint_that_can_not_be_used_gets_a_sentence():
    at = opened("classify")
    at.file_uploader(key="app.checkpoint").upload("mine.pth", b"not a checkpoint").run()
    assert not at.exception
    assert any("mine.pth" in error.value for error in at.error)
    assert "**Offline model**" in captions(at)


def test_gates_on_the_screen_are_the_engines(offline):
    at = opened("se_gates")
    [answer] = offline.explain([load_sample(SAMPLES[0].name)])
    rows = component_data(at, "se_gates.all")["rows"]
    assert [row["block"] for row in rows] == [gates.block for gates in answer.gates]
    for row, gates in zip(rows, answer.gates, strict=True):
        assert np.isin(row["gates"], np.round(gates.values.astype(float), 4)).all()
    values = {gates.block: gates.values for gates in answer.gates}
    np.testing.assert_allclose(component_data(at, "se_gates.bars")["gates"], values[map_pickers.FIRST_BLOCK], atol=1e-4)
    at.selectbox(key="se_gates.block").set_value("features.6.1").run()
    assert not at.exception
    assert component_data(at, "se_gates.all")["chosen"] == "features.6.1"
    np.testing.assert_allclose(component_data(at, "se_gates.bars")["gates"], values["features.6.1"], atol=1e-4)
    assert numbers(chart(at, "se_gates.histogram")["data"][0]["y"]).sum() == len(values["features.6.1"])


def test_extreme_channels_stand_with_their_maps(offline):
    at = opened("se_gates", **{"app.sample": SAMPLES[1].title})
    trace = dict(offline.trace(load_sample(SAMPLES[1].name), map_pickers.FIRST_BLOCK).steps)
    order = trace["gate"].argsort()
    for title, channel in (("most open", order[-1]), ("most closed", order[0])):
        maps = chart(at, f"se_gates.maps.{title}")["data"]
        np.testing.assert_allclose(numbers(maps[0]["z"]), trace["depthwise"][channel], rtol=1e-5)
        np.testing.assert_allclose(numbers(maps[1]["z"]), trace["gated"][channel], rtol=1e-5)


def test_the_machine_page_tells_device_versions_and_models():
    at = opened("machine")
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown["Precision"] == "float32"
    assert shown["Device"]
    models, memory, versions = (table.value for table in at.dataframe)
    assert list(models["network"])[:2] == ["Offline model", "EfficientNet-B0"]
    assert len(models) == len(weights.NAMES)
    assert models["weights"][0] == "comes with the app"
    assert (memory["GB"] > 0).all()
    assert dict(zip(versions["package"], versions["version"], strict=True))["torch"] == version("torch")


def test_the_chosen_device_holds_on_all_pages():
    at = opened("machine")
    at.get_by_key("machine.device").set_value("cpu").run()
    turned_to("classify", at)
    assert at.session_state["machine.device"] == "cpu"
    assert "runs on CPU" in captions(at)


def test_a_device_that_is_not_here_gets_a_sentence(monkeypatch):
    from ui.session import engines

    engines.engine.clear()
    monkeypatch.setenv("EFFNET_DEVICE", "cuda:7")
    at = opened("classify")
    assert not at.exception
    assert any("EFFNET_DEVICE is 'cuda:7'" in error.value for error in at.error)
