"""The evidence page as a user meets it: published rows, claims measured behind a button, a choice within a limit."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.screen import ROOT, captions, chart, numbers, opened, turned_to

from effnet_core.architecture import RELEASES, released
from effnet_core.cost import cost_of
from effnet_core.machine import latency
from effnet_core.machine.latency import Measurement, NotEnoughMemory
from effnet_core.published import accuracies, claims, scaling_curves
from effnet_core.scaling import member_choice, ways_to_grow
from effnet_core.units import three_digits

pytestmark = pytest.mark.usefixtures("started_server")
CLAIMS = {"evidence.section": "Headline claims, checked"}
WAYS = {"evidence.section": "Three ways to grow"}
CHOICE = {"evidence.section": "Which B for my budget?"}
LATENCY = CHOICE | {"evidence.budget": "Measured latency"}
MILLISECONDS = {"efficientnet_b7": 500.0, "amoebanet_b": 3000.0}


def readouts(at) -> list[tuple[str, str, str]]:
    return [(metric.label, metric.value, metric.delta) for metric in at.metric]


def row(name: str, *, threads: int | None = None, median: float = 100.0, **_) -> Measurement:
    """A measured row as the bench would give it."""
    return Measurement(
        name=name,
        resolution=600,
        batch=1,
        device="cpu",
        device_name="A processor",
        threads=threads or 4,
        precision="float32",
        runs=10,
        median_ms=median,
        lower_ms=0.9 * median,
        upper_ms=1.1 * median,
        fastest_ms=0.8 * median,
        slowest_ms=1.2 * median,
        params=1,
        date="2026-01-31T10:00:00+00:00",
        versions={"torch": "2"},
        machine="a machine",
    )


@pytest.fixture
def bench_asked(monkeypatch) -> list[dict]:
    """A bench that answers at once, and what it was asked for."""
    asked = []

    def measure(_make, *, progress, **settings):
        asked.append(settings)
        assert progress(0.5)
        return row(**settings, median=MILLISECONDS.get(settings["name"], 10.0))

    monkeypatch.setattr(latency, "measure", measure)
    monkeypatch.setattr(latency, "refuse_what_does_not_fit", lambda *_, **__: None)
    return asked


def test_the_page_opens_with_one_dimension_against_all_three():
    at = opened("evidence")
    assert at.title[0].value == "Why scale all three at once?"
    drawn = {trace["name"]: trace for trace in chart(at, "evidence.curves.Fig8")["data"]}
    assert list(drawn) == ["depth", "width", "resolution", "all three"]
    for curve in scaling_curves.curves("Fig8"):
        assert list(numbers(drawn[curve.name]["y"])) == [point.top1 for point in curve.points]
    at_three = [scaling_curves.top1_at(curve, 8 * curve.points[0].macs) for curve in scaling_curves.curves("Fig8")]
    start = scaling_curves.curves("Fig8")[0].points[0].top1
    assert f"all three together gain {at_three[-1] - start:.1f} points" in at.header[0].value
    assert f"any one alone at most {max(at_three[:3]) - start:.1f}" in at.header[0].value
    assert "Fig. 8" in captions(at) and accuracies.erratum("E11")["correct_or_clarified"] in captions(at)


def test_the_unit_of_the_switch_is_that_of_the_curves():
    at = opened("evidence", **{"app.unit": "FLOPs"})
    axis = chart(at, "evidence.curves.Fig8")["layout"]["xaxis"]
    least = scaling_curves.curves("Fig8")[0].points[0].macs
    assert "FLOPs (G)" in axis["title"]["text"] and numbers(axis["tickvals"])[0] == pytest.approx(2 * least / 1e9)


@pytest.mark.parametrize(
    ("figure", "key", "source"),
    [
        ("One alone", "curves.Fig3", "Fig. 3"),
        ("Width from better starts", "curves.Fig4", "Fig. 4"),
        ("Other networks", "gains.Table3", "Table 3"),
        ("Equal compute", "gains.Table7", "Table 7"),
    ],
)
def test_each_comparison_is_drawn_and_listed_with_its_source(figure, key, source):
    at = opened("evidence", **{"evidence.figure": figure})
    assert chart(at, f"evidence.{key}")["data"] and source in captions(at)
    at.get_by_key("evidence.view").set_value("table").run()
    assert not at.exception and len(at.dataframe) == (2 if key.startswith("curves") else 1)
    assert not at.get("plotly_chart") and at.dataframe[-1].value["points gained"].notna().all()


def test_three_ways_to_grow_stand_in_one_table():
    at = opened("evidence", **WAYS)
    rows, base = ways_to_grow.grown(1), ways_to_grow.costs(released("b0"))
    table = at.table[0].value
    assert list(table.columns) == ["", *scaling_curves.DIMENSIONS.values()]
    cells = {line[""]: line for line in table.to_dict("records")}
    for row in rows:
        way, times = scaling_curves.DIMENSIONS[row.way], row.costs.times(base)
        assert cells["top-1"][way] == f"**+{row.points:.1f} points**"
        assert cells["parameters"][way].startswith(f"× {times.params:.2f}")
        assert cells["activations"][way].startswith(f"× {times.activation_bytes:.2f}")
        assert cells["ends at"][way].startswith(f"{row.end.top1:.1f} % ({row.end.label[:3].replace('.', '')}")
    assert f"all three together gain {rows[-1].points:.1f} points" in at.header[0].value
    assert chart(at, "evidence.curves.ways")["data"] and "Fig. 8" in captions(at)


def test_the_example_of_more_pixels_is_the_printed_one():
    at = opened("evidence", **WAYS)
    [text] = [block.value for block in at.markdown if "512 × 512" in block.value]
    assert "84.3 % in place of 84.6 %" in text and "29 pictures a second in place of 37" in text
    assert "run out of memory at 512" in captions(at)


def test_more_doublings_gain_and_cost_more():
    at = opened("evidence", **WAYS)
    at.get_by_key("evidence.times").set_value("3").run()
    assert not at.exception and at.header[0].value.startswith("8 times the compute")
    assert "**+6.0 points**" in at.table[0].value["all three"].tolist()


def mapped(at, column: str = "params") -> set[str]:
    return {data[0] for trace in chart(at, f"evidence.map.{column}")["data"] for data in trace["customdata"]}


def test_the_map_shows_table_2_and_names_what_it_cannot_place():
    at = opened("evidence", **{"evidence.section": "Accuracy and cost"})
    assert mapped(at) == {network.name for network in accuracies.table2()}
    assert accuracies.newest_version() in captions(at)
    at.get_by_key("evidence.cost").set_value("macs").run()
    assert mapped(at, "macs") == {network.name for network in accuracies.table2()} - {"GPipe"}
    assert "prints no FLOPs: GPipe" in captions(at)


def test_families_filter_the_map_and_none_is_possible():
    at = opened("evidence", **{"evidence.section": "Accuracy and cost"})
    at.get_by_key("evidence.families").set_value(["EfficientNet"]).run()
    assert mapped(at) == {f"EfficientNet-{member.upper()}" for member in RELEASES}
    at.get_by_key("evidence.families").set_value([]).run()
    assert not at.exception and "Choose at least one family" in at.info[0].value


def test_families_that_a_source_does_not_have_are_named():
    """The paper's table has no networks for phones: a chosen family that is not drawn says why."""
    at = opened("evidence", **{"evidence.section": "Accuracy and cost"})
    assert "Nothing is drawn of For phones and EfficientNetV2: this source has no row of them" in captions(at)
    at.get_by_key("evidence.families").set_value(["For phones", "EfficientNetV2"]).run()
    assert "nothing to draw of For phones and EfficientNetV2 yet" in at.info[0].value
    at.get_by_key("evidence.origin").set_value("both").run()
    assert not at.info and "no row of them" not in captions(at)


def test_the_budgets_slider_gives_every_network_room():
    """The limits between B0 and B3 take a good part of it, where they took a twentieth."""
    stops = opened("evidence", **CHOICE).select_slider(key="evidence.limit_macs_slider").options
    b0, b3, b7 = (cost_of(released(member)).macs / 1e9 for member in ("b0", "b3", "b7"))
    low = sum(b0 < float(stop) <= b3 for stop in stops)
    high = sum(b3 < float(stop) <= b7 for stop in stops)
    assert low > 20 and low > high / 3


def test_torchvisions_two_ports_are_told_wherever_its_accuracies_stand():
    at = opened("evidence", **{"evidence.section": "Accuracy and cost"})
    assert not at.warning
    for origin in ("torchvision", "both"):
        at.get_by_key("evidence.origin").set_value(origin).run()
        [warning] = at.warning
        assert "B5 is 0.06 points above B4 there, 0.7 in the paper" in warning.value
        assert "rwightman" in warning.value and "lukemelas" in warning.value
    assert mapped(at) == {network.name for network in (*accuracies.table2(), *accuracies.torchvision())}


def test_measured_cells_are_empty_before_the_button():
    at = opened("evidence", **CLAIMS)
    cells = readouts(at)
    assert ("Measured here", "—", "press the button") in cells
    assert ("The paper", "8.4 ×", "66 against 557 M") in cells
    counted = next(value for label, value, _ in cells if label == "Counted here")
    assert counted == f"{three_digits(557_277_864 / 66_347_960)} ×"
    assert not at.get("download_button")


def test_a_pair_is_measured_as_asked_and_stays_for_the_session(bench_asked):
    at = opened("evidence", **CLAIMS)
    at.button(key="evidence.measure_pair").click().run()
    assert not at.exception and not at.error
    assert [(asked["name"], asked["resolution"], asked["device"], asked["threads"]) for asked in bench_asked] == [
        ("efficientnet_b0", 224, "cpu", 1),  # the yardstick
        ("efficientnet_b7", 600, "cpu", 1),
        ("amoebanet_b", 480, "cpu", 1),
    ]
    assert ("Measured here", "6.00 ×", "500 against 3,000 ms") in readouts(at)
    assert "median of 10 passes 500 ms (450 to 550), batch 1" in captions(at)
    assert "1 thread on a machine" in captions(at) and "2026-01-31" in captions(at)
    at = turned_to("overview", at)
    at = turned_to("evidence", at, **CLAIMS)
    assert ("Measured here", "6.00 ×", "500 against 3,000 ms") in readouts(at)
    at.get_by_key("evidence.condition").set_value("all").run()
    assert ("Measured here", "—", "press the button") in readouts(at), "another condition, another row"


def test_measured_rows_are_downloaded_as_json(bench_asked, monkeypatch):
    import streamlit as st

    offered = []
    monkeypatch.setattr(st, "download_button", lambda _label, data, *_, **__: offered.append(json.loads(data)))
    at = opened("evidence", **CLAIMS)
    at.button(key="evidence.measure_pair").click().run()
    assert not at.exception
    rows = {saved["name"]: saved for saved in offered[-1]}
    assert set(rows) == {"efficientnet_b0", "efficientnet_b7", "amoebanet_b"}
    assert rows["amoebanet_b"]["median_ms"] == 3000.0 and rows["amoebanet_b"]["condition"] == "one"
    assert {"date", "machine", "device_name", "threads", "versions", "runs", "batch"} <= set(rows["amoebanet_b"])


def test_too_little_memory_is_told_before_anything_is_measured(bench_asked, monkeypatch):
    def refuse(_make, *, name, **_):
        if name == "amoebanet_b":
            raise NotEnoughMemory("amoebanet_b at 480 px needs about 5.0 GB, but 1.0 GB are free")

    monkeypatch.setattr(latency, "refuse_what_does_not_fit", refuse)
    at = opened("evidence", **CLAIMS)
    at.button(key="evidence.measure_pair").click().run()
    assert not at.exception and "needs about 5.0 GB" in at.error[0].value
    assert bench_asked == [], "B7 would have fitted, and was not begun"


@pytest.mark.parametrize("devices", [("cuda", "cpu"), ("cpu",)])
def test_a_gpu_is_used_where_pytorch_finds_one(bench_asked, monkeypatch, devices):
    from effnet_core.machine import system
    from effnet_core.networks import device

    monkeypatch.setattr(system, "may_have_gpu", lambda: True)
    monkeypatch.setattr(device, "available_devices", lambda: devices)
    at = opened("evidence", **CLAIMS | {"evidence.condition": "GPU"})
    at.button(key="evidence.measure_pair").click().run()
    assert not at.exception
    if devices[0] == "cpu":
        assert "PyTorch finds no GPU" in at.error[0].value and not bench_asked
    else:
        assert [(asked["device"], asked["threads"]) for asked in bench_asked] == [("cuda", None)] * 3


def test_a_press_of_stop_ends_the_run_and_keeps_what_was_measured(bench_asked, monkeypatch):
    """As in a browser: a press asks the script to run again, and the running one ends at its next word to the page."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    answering = latency.measure

    def stopped_in_the_second(make, *, progress, **settings):
        if settings["name"] == "amoebanet_b":
            get_script_run_ctx().script_requests.request_rerun(RerunData())
            progress(0.1)
            pytest.fail("the run went on")
        return answering(make, progress=progress, **settings)

    monkeypatch.setattr(latency, "measure", stopped_in_the_second)
    at = opened("evidence", **CLAIMS)
    at.button(key="evidence.measure_pair").click().run()
    at.run()
    assert not at.exception and ("Measured here", "—", "press the button") in readouts(at)
    assert "efficientnet_b7: median of 10 passes" in captions(at) and "amoebanet_b: median" not in captions(at)


def test_a_real_network_is_measured(monkeypatch):
    """The whole way, on the pair that is cheapest to run."""
    monkeypatch.setattr(latency, "SECONDS", 0.001)
    monkeypatch.setattr(latency, "WARM_UPS", 1)
    title = "EfficientNet-B0 against ResNet-50"
    at = opened("evidence", **CLAIMS | {"evidence.pair": title, "evidence.condition": "All cores"})
    at.button(key="evidence.measure_pair").click().run()
    assert not at.exception and not at.error
    measured = next(value for label, value, _ in readouts(at) if label == "Measured here")
    assert float(measured.removesuffix(" ×")) > 0
    assert "efficientnet_b0: median of 3 passes" in captions(at) and "resnet50: median of 3 passes" in captions(at)


def test_all_claims_are_a_table():
    at = opened("evidence", **CLAIMS | {"evidence.claims_shown": "All claims"})
    table = at.dataframe[0].value
    assert list(table["claim"]) == [claim.text for claim in claims.claims()]
    assert table["measured here"].isna().all() and table["source"].notna().all()


def cards(at) -> dict[str, tuple[str, str]]:
    return {label: (value, delta) for label, value, delta in readouts(at)}


def test_a_limit_on_compute_follows_the_unit():
    at = opened("evidence", **CHOICE, **{"evidence.limit_macs": "4"})
    by_name = {member.name: member for member in member_choice.members()}
    fits, following = cards(at)["The largest that fits"], cards(at)["The next one"]
    assert fits == ("B3", f"{three_digits(by_name['b3'].macs / 1e9)} G MACs, top-1 81.6 %")
    assert following[0] == "B4" and f"× {three_digits(by_name['b4'].macs / by_name['b3'].macs)}" in following[1]
    assert "+1.3 points" in following[1]
    at.get_by_key("app.unit").set_value("FLOPs").run()
    at.number_input(key="evidence.limit_flops").set_value(2.0).run()
    assert cards(at)["The largest that fits"][0] == "B2" and "G FLOPs" in cards(at)["The largest that fits"][1]


@pytest.mark.parametrize(
    ("budget", "key", "limit", "fits"),
    [
        ("Parameters", "params", "8", "B1"),
        ("Parameters", "params", "1", "none"),
        ("Parameters", "params", "70", "B7"),
        ("Memory", "memory", "450", "B7"),
        ("Memory", "memory", "35", "B0"),
    ],
)
def test_limits_of_parameters_and_memory(budget, key, limit, fits):
    at = opened("evidence", **CHOICE, **{"evidence.budget": budget, f"evidence.limit_{key}": limit})
    assert not at.exception and cards(at)["The largest that fits"][0] == fits
    at.get_by_key("evidence.view").set_value("table").run()
    assert list(at.dataframe[0].value["network"]) == [member.upper() for member in RELEASES]
    assert "0.06 points" in at.warning[0].value, "accuracies of both sources stand together"


def test_latency_is_chosen_from_what_was_measured(bench_asked):
    at = opened("evidence", **LATENCY)
    assert not at.metric and "Nothing is measured yet" in at.info[0].value
    at.button(key="evidence.measure_family").click().run()
    assert not at.exception
    assert [asked["name"] for asked in bench_asked] == [f"efficientnet_{member}" for member in RELEASES]
    assert cards(at)["The largest that fits"][0] == "B6" and cards(at)["The next one"][0] == "B7"
    assert "efficientnet_b0: median of 10 passes 10.0 ms" in captions(at)
    at.get_by_key("evidence.view").set_value("table").run()
    table = at.dataframe[0].value
    assert list(table["ms"]) == [10.0] * 7 + [500.0] and table["measured"].str.contains("batch 1").all()


def test_no_network_is_chosen_across_a_gap_of_what_was_measured(bench_asked):
    """A claim's button measured B0 and B7 and nothing between: what comes before B7, nobody knows."""
    at = opened("evidence", **CLAIMS)
    at.button(key="evidence.measure_pair").click().run()
    at.get_by_key("evidence.section").set_value("choice").run()
    at.get_by_key("evidence.budget").set_value("latency").run()
    assert not at.exception and [metric.value for metric in at.metric] == ["B0", "none"]


def test_patience_ends_before_a_network_that_would_outlast_it(bench_asked, monkeypatch):
    from ui.shared import latency_runs

    clock = iter(range(0, 10_000, 9))  # seconds: each look at the clock is 9 later
    monkeypatch.setattr(latency_runs, "monotonic", lambda: float(next(clock)))
    at = opened("evidence", **LATENCY)
    at.button(key="evidence.measure_family").click().run()
    assert not at.exception and [asked["name"] for asked in bench_asked] == ["efficientnet_b0"]
    assert cards(at)["The next one"] == ("none", "the largest that is known here")


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"evidence.section": "<script>"}, "Using The dilemma"),
        ({"evidence.figure": "Fig9"}, "Using One against all three"),
        ({"evidence.section": "Accuracy and cost", "evidence.families": "Cats"}, "Using the others"),
        (CLAIMS | {"evidence.pair": "B7 against the world"}, "Using EfficientNet-B"),
        (CLAIMS | {"evidence.condition": "A cluster"}, "Using One core"),
        (CHOICE | {"evidence.limit_macs": "-1"}, "Using 1.9."),
        (CHOICE | {"evidence.limit_macs": "nan"}, "Using 1.9."),
        (LATENCY | {"evidence.patience": "forever"}, "Using 30 s"),
    ],
)
def test_a_bad_link_gets_a_sentence_and_the_default(link, sentence):
    at = opened("evidence", **link)
    assert not at.error and sentence in " ".join(warning.value for warning in at.warning)


def test_every_section_opens_without_torch():
    script = """
import json, sys
from streamlit.testing.v1 import AppTest
from ui.session import engines
engines.WARM_UP_AFTER_S = 1e6
at = AppTest.from_file("app.py", default_timeout=300).run()
at.switch_page("pages/evidence.py").run()
shown = [at.title[0].value]
for section in ("map", "claims", "choice"):
    at.get_by_key("evidence.section").set_value(section).run()
    shown.append(len(at.get("plotly_chart")) + len(at.metric))
print(json.dumps([shown, not at.exception, sorted({name.split(".")[0] for name in sys.modules})]))
"""
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    shown, healthy, modules = json.loads(answer.stdout.splitlines()[-1])
    assert healthy and shown[0] == "Why scale all three at once?" and all(shown[1:])
    assert "effnet_core" in modules and not {"torch", "torchvision", "captum"} & set(modules)
