"""The command line as a machine and as a person meet it: JSON, tables, exit codes, sentences."""

import numpy as np
import pytest
from PIL import Image

from effnet_core.architecture import compound, released
from effnet_core.cost import cost_of, layers_of
from effnet_core.images.samples import load_sample


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A cat as JPEG, coffee as PNG, and a text file that calls itself a picture."""
    folder = tmp_path_factory.mktemp("photos")
    load_sample("chelsea").save(folder / "cat.jpg", quality=92)
    load_sample("coffee").save(folder / "coffee.png")
    (folder / "notes.png").write_text("not a picture")
    return folder


def test_scale_prints_the_cost_model(ask):
    code, answer, _ = ask("scale", "--phi", 1, "--alpha", 1.3, "--beta", 1.05, "--gamma", 1.2, "--json")
    architecture = compound(1, alpha=1.3, beta=1.05, gamma=1.2)
    cost = cost_of(architecture)
    assert code == 0 and " ".join(answer) == "depth width resolution blocks params macs flops layers"
    assert (answer["depth"], answer["width"], answer["resolution"]) == (1.3, 1.05, 269)
    assert (answer["params"], answer["macs"], answer["flops"]) == (cost.params, cost.macs, 2 * cost.macs)
    assert answer["blocks"] == len(architecture.blocks) and len(answer["layers"]) == len(layers_of(architecture))
    keys = "name role in_channels out_channels kernel stride groups size params macs activations"
    assert all(" ".join(layer) == keys for layer in answer["layers"])
    assert sum(layer["macs"] for layer in answer["layers"]) == cost.macs


def test_scale_of_a_released_member_at_another_size(ask):
    _, answer, _ = ask("scale", "--released", "b3", "--resolution", 200, "--classes", 10, "--json")
    cost = cost_of(released("b3").at(resolution=200, classes=10))
    assert (answer["depth"], answer["width"], answer["resolution"]) == (1.4, 1.2, 200)
    assert (answer["params"], answer["macs"]) == (cost.params, cost.macs)
    code, table, _ = ask("scale", "--released", "b3", "--resolution", 200, "--classes", 10)
    assert code == 0 and f"{cost.params:,} parameters" in table and "features.8.0" in table


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--phi", "9"], "allowed is -3 to 8"),
        (["--phi", "nan"], "allowed is -3 to 8"),
        (["--phi", "1", "--alpha", "3"], "allowed is 1 to 2"),
        (["--phi", "8", "--alpha", "2", "--beta", "2"], "allowed are 2,000,000,000"),
        (["--released", "b9"], "there are b0, b1"),
        (["--released", "b0", "--resolution", "20"], "allowed is 32 to 2400"),
        ([], "one of the arguments --phi --released is required"),
        (["--phi", "1", "--released", "b1"], "not allowed with"),
    ],
)
def test_scale_refuses_with_a_sentence(ask, words, sentence):
    code, out, err = ask("scale", *words)
    assert code == 2 and sentence in err and "Traceback" not in err and not out


def test_explain_as_json(ask, photos):
    code, answer, _ = ask("explain", photos / "cat.jpg", photos / "coffee.png", "--json", "--top", 3)
    assert code == 0 and list(answer) == ["model", "device", "results"]
    assert answer["model"] == {"name": "tiny", "weights": "bundled offline model", "classes": 100}
    for result in answer["results"]:
        assert list(result) == ["file", "error", "top", "gates", "heatmap"] and result["error"] is None
        assert [list(row) for row in result["top"]] == [["index", "label", "probability", "logit"]] * 3
        probabilities = [row["probability"] for row in result["top"]]
        assert probabilities == sorted(probabilities, reverse=True) and 0 < sum(probabilities) <= 1
        assert len(result["gates"]) == 16 and all(
            0 <= value <= 1 for gate in result["gates"] for value in gate["values"]
        )
        heatmap = np.array(result["heatmap"]["values"])
        assert heatmap.min() >= 0 and min(heatmap.shape) >= 6
        assert (result["heatmap"]["layer"], result["heatmap"]["target"]) == ("features.8", result["top"][0]["index"])


def test_explain_at_a_layer_for_a_class_with_pictures(ask, photos, tmp_path):
    code, answer, _ = ask(
        "explain", photos / "cat.jpg", "--layer", "features.3", "--target", 7, "--out", tmp_path, "--json"
    )
    [result] = answer["results"]
    assert code == 0 and (result["heatmap"]["layer"], result["heatmap"]["target"]) == ("features.3", 7)
    [picture] = tmp_path.iterdir()
    assert picture.name == "cat.jpg.features.3.7.png"
    assert Image.open(picture).size == pytest.approx([min(load_sample("chelsea").size)] * 2, abs=1)


def test_a_bad_picture_does_not_cost_the_others(ask, photos):
    words = ["explain", photos / "notes.png", photos / "cat.jpg", photos / "absent.jpg"]
    code, answer, _ = ask(*words, "--json")
    bad, good, absent = answer["results"]
    assert code == 1 and good["error"] is None and good["top"]
    assert "text" in bad["error"] and (bad["top"], bad["gates"], bad["heatmap"]) == (None, None, None)
    assert absent["error"] == "absent.jpg can't be read: No such file or directory" and list(absent) == list(good)
    code, out, err = ask(*words)
    assert code == 1 and "cat.jpg" in out and "notes.png" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--layer", "features.9"], "features.8"),
        (["--target", "100"], "0 to 99"),
        (["--top", "0"], "allowed is 1 to 100"),
        (["--model", "resnet50"], "no model is called 'resnet50'; there are tiny"),
        (["--device", "abacus"], "abacus"),
    ],
)
def test_explain_refuses_with_a_sentence(ask, photos, words, sentence):
    code, _, err = ask("explain", photos / "cat.jpg", *words)
    assert code == 2 and sentence in err and "Traceback" not in err


METHODS = ("gradcam", "integrated_gradients", "saliency", "input_x_gradient", "occlusion")
ATTRIBUTE_KEYS = ["file", "method", "target", "maps", "faithfulness"]


@pytest.fixture(scope="module")
def offline():
    from effnet_core.explain.engine import Engine
    from effnet_core.networks import weights

    return Engine(weights.load("tiny"), "cpu")


@pytest.mark.parametrize("method", METHODS)
def test_attribute_prints_the_engines_map(ask, photos, offline, method):
    parameters = {"occlusion": {"window": 50}, "integrated_gradients": {"steps": 8}}.get(method, {})
    words = [word for name, number in parameters.items() for word in ("--set", f"{name}={number}")]
    code, answer, _ = ask("attribute", photos / "cat.jpg", "--method", method, "--target", 7, "--json", *words)
    image = Image.open(photos / "cat.jpg")
    expected = offline.attribute(image, method=method, target=7, **parameters)
    assert code == 0 and list(answer) == ATTRIBUTE_KEYS
    assert (answer["file"], answer["method"], answer["target"]) == (str(photos / "cat.jpg"), method, 7)
    assert answer["faithfulness"] is None
    [found] = answer["maps"]
    assert list(found) == ["layer", "values"] and found["layer"] == expected.layer
    np.testing.assert_allclose(found["values"], expected.values, atol=1e-4 * np.abs(expected.values).max())


def test_attribute_at_all_stages_is_the_signed_ladder(ask, photos, offline):
    code, answer, _ = ask("attribute", photos / "cat.jpg", "--layer", "all", "--json")
    image = Image.open(photos / "cat.jpg")
    top = offline.explain([image])[0].top[0].index
    assert code == 0 and answer["target"] == top
    assert [found["layer"] for found in answer["maps"]] == list(offline.layers)
    lowest = []
    for found, expected in zip(answer["maps"], offline.ladder(image, targets=[top]), strict=True):
        np.testing.assert_allclose(found["values"], expected.values, atol=1e-4 * np.abs(expected.values).max())
        lowest.append(np.min(found["values"]))
    assert min(lowest) < 0


def test_attribute_judges_its_map_when_asked(ask, photos, offline):
    words = ("attribute", photos / "cat.jpg", "--layer", "features.6", "--faithfulness")
    code, answer, _ = ask(*words, "--json")
    image = Image.open(photos / "cat.jpg")
    judged = offline.faithfulness(image, offline.attribute(image, method="gradcam", layer="features.6"))
    areas = answer["faithfulness"]
    assert code == 0 and list(areas) == ["deletion", "insertion", "random", "centre"]
    for found, curves in ((areas, judged.heatmap), (areas["random"], judged.random), (areas["centre"], judged.centre)):
        assert found["deletion"] == pytest.approx(curves.deletion_area, rel=1e-3)
        assert found["insertion"] == pytest.approx(curves.insertion_area, rel=1e-3)
    code, table, _ = ask(*words)
    assert code == 0 and "features.6" in table and f"{areas['insertion']:.3f}" in table and "random" in table


@pytest.mark.parametrize("name", ["notes.png", "absent.jpg"])
def test_attribute_of_a_bad_picture_keeps_its_keys(ask, photos, name):
    code, answer, err = ask("attribute", photos / name, "--json")
    assert code == 1 and list(answer) == ATTRIBUTE_KEYS and name in err and "Traceback" not in err
    assert (answer["target"], answer["maps"], answer["faithfulness"]) == (None, None, None)
    code, out, _ = ask("attribute", photos / name)
    assert (code, out) == (1, "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--method", "guided_backprop"], f"there are {', '.join(METHODS)}"),
        (["--method", "saliency", "--layer", "all"], "all is for gradcam"),
        (["--method", "occlusion", "--layer", "features.3"], "asks the pixels"),
        (["--layer", "features.9"], "features.8"),
        (["--target", "100"], "0 to 99"),
        (["--layer", "all", "--target", "-1"], "0 to 99"),
        (["--set", "steps=many"], "NAME=NUMBER"),
        (["--set", "steps=9"], "no parameter 'steps'"),
    ],
)
def test_attribute_refuses_with_a_sentence(ask, photos, words, sentence):
    code, out, err = ask("attribute", photos / "cat.jpg", *words)
    assert code == 2 and sentence in err and "Traceback" not in err and not out


def test_models_tells_what_is_ready(ask, monkeypatch, tmp_path):
    monkeypatch.setenv("EFFNET_WEIGHTS_DIR", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    code, rows, _ = ask("models", "--json")
    assert code == 0 and [row["name"] for row in rows] == ["tiny", *(f"efficientnet_b{k}" for k in range(8))]
    keys = ["name", "ready", "source", "classes", "labels", "params", "macs", "resolution", "top1", "photographs"]
    assert all(list(row) == keys for row in rows)
    assert [row["ready"] for row in rows] == [True] + [False] * 8
    assert rows[3]["resolution"] == 288, "torchvision evaluates B2 at another size than its own 260 px"
    code, table, _ = ask("models")
    assert code == 0 and "bundled offline model" in table
    assert table.splitlines()[2].split()[:3] == ["efficientnet_b0", "no", "1,000"]


@pytest.fixture
def own_files(tmp_path):
    """A checkpoint of the offline model's shapes with three classes under a wrapper's prefix, and its labels."""
    import torch

    from effnet_core.architecture import tiny
    from effnet_core.networks.builder import build

    state = build(tiny(classes=3)).state_dict()
    torch.save({f"model.{key}": value for key, value in state.items()}, tmp_path / "mine.ckpt")
    (tmp_path / "labels.txt").write_text("cat\ndog\nbird\n", encoding="utf-8")
    return tmp_path


def test_explain_with_ones_own_checkpoint(ask, photos, own_files):
    words = ("explain", photos / "cat.jpg", "--weights", own_files / "mine.ckpt", "--json")
    code, answer, err = ask(*words, "--labels", own_files / "labels.txt")
    assert code == 0
    assert answer["model"] == {"name": "tiny", "weights": "own checkpoint mine.ckpt", "classes": 3}
    assert {row["label"] for row in answer["results"][0]["top"]} == {"cat", "dog", "bird"}
    assert "'model.'" in err, "what was done to read it is said, beside the JSON"
    _, unnamed, _ = ask(*words)
    assert {row["label"] for row in unnamed["results"][0]["top"]} == {None}


def test_explain_with_a_checkpoint_that_can_not_be_used(ask, photos, own_files):
    words = ("explain", photos / "cat.jpg", "--weights")
    for arguments, reason in (
        ((own_files / "labels.txt",), "labels.txt is not a checkpoint by its name"),
        ((own_files / "mine.ckpt", "--model", "efficientnet_b3"), "efficientnet_b3 was chosen"),
        ((own_files / "nowhere.pth",), "No such file"),
    ):
        code, out, err = ask(*words, *arguments)
        assert (code, out) == (2, "")
        assert reason in err
        assert "Traceback" not in err


def test_explain_without_weights_says_how_to_get_them(ask, photos, monkeypatch, tmp_path):
    monkeypatch.setenv("EFFNET_WEIGHTS_DIR", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    code, out, err = ask("explain", photos / "cat.jpg", "--model", "efficientnet_b0")
    assert code == 2 and "fetch efficientnet_b0" in err and not out


def test_fetch_refuses_what_it_cannot_fetch(ask):
    code, rows, err = ask("fetch", "tiny", "--json")
    assert code == 1 and rows == [{"name": "tiny", "path": None, "error": rows[0]["error"]}]
    assert "bundled" in rows[0]["error"] and "bundled" in err
