"""The page of SE gates, panel by panel: what is on the screen equals what the core says."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from support.pictures import noise, saved
from support.screen import captions, chart, component_data, numbers, opened, told

from effnet_core.explain import closed_channels, gate_statistics, gate_statistics_file, rank_correlation
from effnet_core.explain.engine import Engine
from effnet_core.explain.gate_edits import GateEdit
from effnet_core.images.samples import SAMPLES, load_sample
from effnet_core.networks import weights
from effnet_core.published import tables
from ui.se_gates import as_data, at_a_glance, edits, many_pictures
from ui.shared import heat_overlay, map_pickers

pytestmark = pytest.mark.usefixtures("started_server")
BLOCK = map_pickers.FIRST_BLOCK
FIRST = SAMPLES[0].name


@pytest.fixture(scope="module")
def offline() -> Engine:
    return Engine(weights.load("tiny"), "cpu")


@pytest.fixture(scope="module")
def statistics() -> gate_statistics.GateStatistics:
    return gate_statistics_file.load()


def panel(name: str, **link: str):
    return opened("se_gates", **{"se_gates.panel": name, **{f"se_gates.{key}": value for key, value in link.items()}})


def words(at) -> str:
    return " ".join(block.value for block in at.markdown)


@pytest.mark.parametrize(
    ("link", "channel"), [({}, "max"), ({"channel": "its most closed"}, "min"), ({"channel": "channel 7"}, 7)]
)
def test_a_channel_lies_over_the_picture(offline, link, channel, monkeypatch):
    drawn = []
    draw = heat_overlay.on_crop
    monkeypatch.setattr(heat_overlay, "on_crop", lambda *things: drawn.append(things[2]) or draw(*things))
    at = panel("Look", **link)
    steps = dict(offline.trace(load_sample(FIRST), BLOCK).steps)
    number = channel if isinstance(channel, int) else int(getattr(steps["gate"], f"arg{channel}")())
    [shown] = drawn
    np.testing.assert_allclose(shown, steps["depthwise"][number], rtol=1e-4, atol=1e-5)
    assert any(f"Channel {number}, gate {steps['gate'][number]:.3f}" in image.captions[0] for image in at.get("image"))


def test_two_pictures_are_compared(offline):
    at = panel("Compare", second="A rocket at its launch", block="features.6.1 · stage 7 · 5×5 · 576 channels")
    first, second = offline.explain([load_sample(name) for name in (FIRST, "rocket")])
    change = [two.values - one.values for one, two in zip(first.gates, second.gates, strict=True)]
    drawn = chart(at, "se_gates.differences")["data"][0]
    most_of_all = max(np.abs(values).max() for values in change)
    assert drawn["zmin"] == -drawn["zmax"] and 0 <= drawn["zmax"] - most_of_all < 0.01
    assert f"−{drawn['zmax']:.2f} and +{drawn['zmax']:.2f}" in captions(at)
    for row, expected in zip(numbers(drawn["z"]), change, strict=True):
        assert list(row) == sorted(row)
        assert np.abs(row[:, None] - expected[None]).min(1).max() < 1e-5
    strips = chart(at, "se_gates.sides")["data"]
    at_block = [gates.block for gates in first.gates].index("features.6.1")
    for strip, expected in zip(strips, (first.gates[at_block].values, second.gates[at_block].values), strict=False):
        np.testing.assert_allclose(numbers(strip["z"])[0], expected, atol=1e-5)
    np.testing.assert_allclose(numbers(strips[2]["z"])[0], change[at_block], atol=1e-5)
    most = max(range(16), key=lambda number: np.abs(change[number]).mean())
    assert f"**{first.gates[most].block}** differ most: by {np.abs(change[most]).mean():.3f}" in words(at)


def test_two_classes_are_compared(statistics):
    at = panel("Compare", of="Two classes", class_a="goldfish", class_b="lion")
    places = [statistics.classes.index(name) for name in ("goldfish", "lion")]
    means = statistics.blocks[BLOCK].means[places]
    strips = chart(at, "se_gates.sides")["data"]
    np.testing.assert_allclose(numbers(strips[2]["z"])[0], means[1] - means[0], atol=1e-6)
    profiles = chart(at, "se_gates.profiles")["data"]
    order = statistics.blocks[BLOCK].mean.argsort(kind="stable")
    np.testing.assert_allclose(numbers(profiles[0]["y"]), means[0][order], atol=1e-6)
    assert statistics.about["data"] in captions(at)


@pytest.mark.parametrize(
    ("link", "edit"),
    [
        ({"channels": "3, 17"}, GateEdit(BLOCK, 0.0, (3, 17))),
        ({"edit": "Open channels", "channels": "3"}, GateEdit(BLOCK, 1.0, (3,))),
        ({"edit": "Block's gates to 1"}, GateEdit(BLOCK, 1.0)),
        ({"edit": "Block's gates to their mean"}, "mean"),
        ({"edit": "SE off everywhere"}, GateEdit("all", 1.0)),
    ],
)
def test_an_edit_on_the_screen_is_the_engines(offline, statistics, link, edit):
    at = panel("Edit", **link)
    if edit == "mean":
        edit = GateEdit(BLOCK, tuple(statistics.blocks[BLOCK].mean.tolist()))
    found = offline.intervene(load_sample(FIRST), [edit])
    before, after = chart(at, "se_gates.changes")["data"]
    shares = np.array([(row.before.probability, row.after.probability) for row in found.changes])
    seen = shares.max(axis=1) >= edits.SEEN
    np.testing.assert_allclose(np.stack([numbers(before["x"]), numbers(after["x"])], axis=1), shares[seen], atol=1e-5)
    table = at.dataframe[0].value
    assert list(table["class"]) == [row.before.label for row in found.changes]
    np.testing.assert_allclose(
        table["change of the logit"], [row.logit_change for row in found.changes], rtol=1e-3, atol=1e-3
    )
    assert edits.in_words(found) in words(at) and edits.logit_words(found) in captions(at)
    maps = [image.captions[0] for image in at.get("image") if "Grad-CAM" in image.captions[0]]
    assert [text.split(":")[0] for text in maps] == ["Grad-CAM before", "Grad-CAM after"]


def test_with_no_channel_typed_the_most_open_one_is_closed(offline):
    [answer] = offline.explain([load_sample(FIRST)])
    most = int(at_a_glance.gates_of(answer)[BLOCK].argmax())
    assert f"Closing channel {most} of {BLOCK}" in words(panel("Edit"))


@pytest.mark.parametrize(
    ("channels", "sentence"),
    [
        ("96", f"{BLOCK.capitalize()} has no channel 96; its channels are 0 to 95."),
        ("0-95", "The channels '0-95' can't be read"),
        ("<b>x</b>", "can't be read; write their numbers"),
    ],
)
def test_channels_that_can_not_be_get_a_sentence(channels, sentence):
    at = panel("Edit", channels=channels)
    assert any(sentence in error.value for error in at.error)
    assert "Closing channel" in words(at)


def test_channels_are_ranked_when_asked(offline):
    at = panel("Which channels matter")
    assert any("Nothing is measured yet" in info.value for info in at.info)
    at.button(key="se_gates.rank").click().run()
    assert not at.exception
    target = offline.explain([load_sample(FIRST)])[0].top[0]
    found = offline.rank_channels(load_sample(FIRST), BLOCK, target=target.index)
    table = at.dataframe[0].value
    np.testing.assert_allclose(table["fall of the logit"], [row.drop for row in found], atol=1e-3)
    assert f"Closing channel **{found[0].channel}** of {BLOCK} lowers the logit of {target.label}" in words(at)
    alike = rank_correlation.rank_correlation([row.gate for row in found], [row.drop for row in found])
    assert f"rank correlation **{alike:.2f}**" in words(at)
    points = chart(at, "se_gates.effects")["data"][0]
    np.testing.assert_allclose(numbers(points["y"]), [row.drop for row in found], atol=1e-3)
    at.run()
    assert len(at.dataframe[0].value) == 96, "it is kept for the session"


def test_a_click_elsewhere_ends_the_ranking_and_keeps_nothing(monkeypatch):
    """Where the bar is moved Streamlit ends the run, by what is no Exception."""
    from streamlit.runtime.scriptrunner import StopException

    def clicked(_engine, *_what, progress, **_more):
        progress(0.5)
        raise StopException

    at = panel("Which channels matter")
    monkeypatch.setattr(Engine, "rank_channels", clicked)
    at.button(key="se_gates.rank").click().run()
    assert not at.exception
    at.run()
    assert any("Nothing is measured yet" in info.value for info in at.info)


def test_gates_by_depth_beside_what_is_published(statistics):
    at = panel("By depth")
    bars, chance = chart(at, "se_gates.share")["data"]
    np.testing.assert_allclose(numbers(bars["y"]), [block.share_between for block in statistics.blocks.values()])
    np.testing.assert_allclose(numbers(chance["y"]), 99 / 4999)
    over, within, between = chart(at, "se_gates.spread")["data"]
    np.testing.assert_allclose(
        numbers(within["y"]), [np.sqrt(block.within).mean() for block in statistics.blocks.values()], rtol=1e-5
    )
    assert (numbers(over["y"]) >= numbers(between["y"])).all()
    text = words(at)
    follows = rank_correlation.rank_correlation(
        range(16), [block.share_between for block in statistics.blocks.values()]
    )
    assert f"rank correlation with depth {follows:.2f}" in text
    assert ("does not rise steadily" in text) == (abs(follows) <= 0.5)
    for row in tables.table("senet_gate_observations"):
        assert (row["observation"] in text) == (row["figure"] in ("Fig. 6", "Fig. 7"))
    assert "arXiv:1709.01507" in captions(at) and "http" not in captions(at)
    assert len(at.dataframe[0].value) == 16


def class_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as pack:
        for place, name in enumerate(("tea", "milk")):
            for number in range(3):
                picture = noise(70, 70, seed=10 * place + number).point(lambda v, p=place: v // (p + 1))
                pack.writestr(f"mine/{name}/{number}.png", saved(picture, "PNG"))
        pack.writestr("mine/milk/bad.png", b"no picture")
    return file.getvalue()


def test_own_class_folders_are_measured_for_this_session():
    at = panel("By depth")
    at.file_uploader(key="se_gates.zip").upload("cups.zip", class_zip()).run()
    at.button(key="se_gates.measure").click().run()
    assert not at.exception and not at.error
    assert "Measured on cups.zip" in captions(at) and "6 pictures of 2 classes" in captions(at)
    assert any("milk/bad.png" in warning.value for warning in at.warning)
    assert "tiny-imagenet" in captions(panel("By depth")), "not in another session"


def test_a_zip_without_classes_gets_a_sentence():
    at = panel("By depth")
    at.file_uploader(key="se_gates.zip").upload("bad.zip", b"no zip").run()
    at.button(key="se_gates.measure").click().run()
    assert not at.exception
    assert any("bad.zip can't be opened as a zip file" in error.value for error in at.error)


@pytest.mark.parametrize("key", ["panel", "block", "channel", "of", "second", "edit", "target", "class_a", "class_b"])
def test_hostile_links_get_a_sentence_and_the_default(key):
    panels = {"of": "Compare", "second": "Compare", "edit": "Edit", "target": "Which channels matter"}
    bad = "<script>alert(1)</script>"
    link = {"se_gates.panel": panels.get(key, "Look"), f"se_gates.{key}": bad}
    if key.startswith("class"):
        link |= {"se_gates.panel": "Compare", "se_gates.of": "Two classes"}
    at = opened("se_gates", **link)
    assert "<script>" in told(at)


# --- what gates do to the answer


def effect(at) -> list[np.ndarray]:
    """Bars before and after."""
    return [numbers(bars["x"]) for bars in chart(at, "se_gates.effect")["data"]]


@pytest.mark.parametrize(
    ("button", "edit"),
    [
        ("strongest", GateEdit(BLOCK, 1.0, (43,))),
        ("block", GateEdit(BLOCK, 1.0)),
        ("off", GateEdit("all", 1.0)),
    ],
)
def test_each_button_does_what_the_engine_measures_and_undo_takes_it_back(offline, button, edit):
    at = panel("Look")
    at.button(key=f"se_gates.try.{button}").click().run()
    found = offline.intervene(load_sample(FIRST), [edit])
    assert edits.in_words(found) in words(at) and edits.logit_words(found) in captions(at)
    before, after = effect(at)
    first = found.changes[0]
    np.testing.assert_allclose((before[0], after[0]), (first.before.probability, first.after.probability), atol=1e-5)
    at.button(key="se_gates.try.undo").click().run()
    assert "what if one of its 4,576 gates" in words(at)
    assert effect(at)[1].tolist() == [None] * len(before)


def test_the_class_that_comes_first_afterwards_is_among_the_bars(offline):
    after = offline.intervene(load_sample(FIRST), [GateEdit("all", 1.0)]).after.top[0]
    assert after.index not in [row.index for row in offline.explain([load_sample(FIRST)])[0].top]
    drawn = chart(panel("Look", tried="off"), "se_gates.effect")["data"][1]
    assert [name for name, _ in drawn["customdata"]][-1] == after.label
    assert drawn["x"][-1] == pytest.approx(after.probability, abs=1e-5)


def test_numbers_out_of_bounds_are_said_to_be(offline):
    off, one = (offline.intervene(load_sample(FIRST), [edit]) for edit in (GateEdit("all", 1.0), GateEdit(BLOCK, 1.0)))
    assert "left all bounds" in edits.logit_words(off)
    assert "left all bounds" not in edits.logit_words(one)


def test_channels_of_a_link_are_flipped(offline):
    at = panel("Look", tried="43, 17, 7, 5000")
    [answer] = offline.explain([load_sample(FIRST)])
    gates = at_a_glance.gates_of(answer)[BLOCK]
    ends = {channel: float(gates[channel] < 0.5) for channel in (43, 17, 7)}
    assert set(ends.values()) == {0.0, 1.0}
    assert component_data(at, "se_gates.bars")["edited"] == [[channel, end] for channel, end in ends.items()]
    found = offline.intervene(load_sample(FIRST), [GateEdit(BLOCK, end, (channel,)) for channel, end in ends.items()])
    assert edits.in_words(found) in words(at)
    assert "Opening channels 43, 17 and closing channel 7" in words(at)


def test_a_link_with_what_can_not_be_set_gets_a_sentence():
    at = panel("Look", tried="<b>x</b>")
    assert any("can't be read" in warning.value and "Nothing is set" in warning.value for warning in at.warning)


# --- as data


def run_code(text: str, picture, tmp_path, monkeypatch) -> dict[str, np.ndarray]:
    picture.save(tmp_path / "photo.jpg", quality=95)
    monkeypatch.chdir(tmp_path)
    space: dict = {}
    exec(text, space)
    return {block: values.numpy() for block, values in space["gates"].items()}


def same_gates(engine: Engine, found: dict[str, np.ndarray], tmp_path) -> None:
    from effnet_core.images.reading import read_image

    [answer] = engine.explain([read_image((tmp_path / "photo.jpg").read_bytes())])
    assert list(found) == [gates.block for gates in answer.gates]
    for expected in answer.gates:
        np.testing.assert_allclose(found[expected.block], expected.values, atol=1e-5)


def test_the_code_on_the_screen_reads_the_same_gates(offline, tmp_path, monkeypatch, capsys):
    at = panel("As data")
    text = at.code[0].value
    assert text == as_data.code(offline).strip()
    same_gates(offline, run_code(text, load_sample(FIRST), tmp_path, monkeypatch), tmp_path)
    assert "features.7.0 torch.Size([576])" in capsys.readouterr().out
    assert f"{4576:,} gates" in captions(at)


def test_the_code_for_imagenet_weights_is_torchvisions_alone(lively_b0, tmp_path, monkeypatch):
    from dataclasses import replace

    import torch
    from torchvision.models import get_weight

    from effnet_core.networks.download import file_name

    known = weights.known("efficientnet_b0")
    model = replace(lively_b0, weights=known.weights, preparation=known.preparation)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    place = tmp_path / "hub" / "checkpoints" / file_name(get_weight("EfficientNet_B0_Weights.IMAGENET1K_V1").url)
    place.parent.mkdir(parents=True)
    torch.save(model.module.state_dict(), place)
    engine = Engine(model, "cpu")
    text = as_data.code(engine)
    assert "effnet_core" not in text
    same_gates(engine, run_code(text, load_sample(FIRST), tmp_path, monkeypatch), tmp_path)


def test_the_code_for_an_own_checkpoint(tmp_path, monkeypatch, lively_model):
    from safetensors.torch import save

    data = save(lively_model.module.state_dict())
    (tmp_path / "my cups.safetensors").write_bytes(data)
    engine = Engine(weights.load_checkpoint(data, "my cups.safetensors"), "cpu")
    same_gates(engine, run_code(as_data.code(engine), load_sample(FIRST), tmp_path, monkeypatch), tmp_path)


def bars(at, what: str) -> dict[str, float]:
    """Class -> length of its bar, of a chart by class; its rank stands before its name."""
    [drawn] = chart(at, f"se_gates.by_class.{what}")["data"]
    return dict(zip(drawn["y"], numbers(drawn["x"]).tolist(), strict=True))


def test_a_channel_is_closed_for_all_classes_and_on_all_photographs(offline, statistics):
    """Oracles: the bundled measurements themselves, and one edit after the other."""
    closed = closed_channels.load()
    dogs = [label for label, group in zip(offline.labels, offline.groups, strict=True) if group == "dogs"]
    at = panel("Many pictures")
    own = [closed.classes.index(name) for name in dogs]
    others = [number for number in range(len(closed.classes)) if number not in own]
    channel = int((closed.falls[:, own].mean(1) - closed.falls[:, others].mean(1)).argmax())
    assert at.number_input(key="se_gates.across_channel").value == channel, "the best candidate"
    for what, classes, values in (
        ("fall", closed.classes, closed.falls[channel]),
        ("mean", statistics.classes, statistics.blocks[closed.block].means[:, channel]),
    ):
        shown = bars(at, what)
        assert set(dogs) <= {row.partition(". ")[2] for row in shown}, "all dogs, wherever they come"
        for row, value in shown.items():
            rank, _, name = row.partition(". ")
            own_value = values[classes.index(name)]
            assert value == pytest.approx(own_value)
            assert (values > own_value).sum() < int(rank) <= (values >= own_value).sum(), "equal ones in any order"
    first = closed.classes[closed.falls[channel].argmax()]
    assert f"Closing it hurts **{first}** most" in words(at)

    edit = GateEdit(closed.block, 0.0, (channel,))
    changes = {sample.title: offline.intervene(load_sample(sample.name), [edit]).changes[0] for sample in SAMPLES}
    hurt = sorted(changes, key=lambda title: changes[title].logit_change)[: many_pictures.SHOWN]
    before, after = chart(at, "se_gates.across_changes")["data"]
    assert [name[0].partition(":")[0] for name in before["customdata"]] == hurt
    np.testing.assert_allclose(numbers(after["x"]), [changes[name].after.probability for name in hurt], atol=1e-5)

    at = at.selectbox(key="se_gates.across_group").select("cats").run()
    assert not at.exception and "cats alone would hurt their 3 classes" in words(at)
    assert at.number_input(key="se_gates.across_channel").value != channel, "theirs"


def test_a_block_that_nobody_measured_shows_gates_and_photographs_alone():
    at = panel("Many pictures", across=BLOCK, across_channel="5")
    assert at.number_input(key="se_gates.across_channel").value == 5
    assert bars(at, "mean") and chart(at, "se_gates.across_changes")["data"]
    assert not [element for element in at.get("plotly_chart") if "by_class.fall" in element.proto.id]
    assert "Closing it hurts" not in words(at)


def test_more_pictures_than_one_question_may_take_are_refused_before_the_first(monkeypatch):
    from ui.shared import progress_bar

    at = panel("By depth")
    at.file_uploader(key="se_gates.zip").upload("cups.zip", class_zip()).run()
    monkeypatch.setitem(progress_bar.MOST_MACS, "cpu", 1)
    at.button(key="se_gates.measure").click().run()
    [sentence] = [warning.value for warning in at.warning]
    assert not at.exception and sentence.startswith("This takes 7 passes of") and "Bring fewer pictures" in sentence
