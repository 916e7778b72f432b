"""Budgets as a user meets it: four networks for one budget, their numbers in the unit of the switch, hostile links."""

from __future__ import annotations

import threading

import pytest
from streamlit.delta_generator import DeltaGenerator
from support.screen import captions, chart, numbers, opened, told

from effnet_core.architecture import released
from effnet_core.cost import cost_of
from effnet_core.machine import latency
from effnet_core.machine.latency import Measurement, NotEnoughMemory
from effnet_core.progress import Cancelled
from effnet_core.scaling import equal_compute, memory
from effnet_core.units import three_digits
from ui.budgets import ways
from ui.session import engines
from ui.shared.latency_runs import YARDSTICK

pytestmark = pytest.mark.usefixtures("started_server")


def solved(macs: int) -> dict:
    return {way: equal_compute.solve(way, macs) for way in equal_compute.WAYS}


def test_it_opens_with_b3s_budget_spent_four_ways():
    at = opened("budgets")
    assert at.title[0].value == "What does the same compute buy?"
    found = solved(cost_of(released("b3")).macs)
    notes = [note["text"] for note in chart(at, "budgets.drawing")["layout"]["annotations"]]
    for solution, note in zip(found.values(), notes, strict=True):
        assert f"{ways.title(solution)}: {len(solution.architecture.blocks):,} blocks" in note
    [metric] = at.metric
    assert (metric.label, metric.value, metric.delta) == ("Budget, MACs", "1.83 G", "exactly 1,827,141,392")
    assert at.info[0].value == (
        "Not within 1 % of the budget. "
        "Resolution alone \N{MINUS SIGN}3.41\N{NO-BREAK SPACE}%: the nearest step that rounding allows."
    )
    bars = [numbers(trace["x"])[0] for trace in chart(at, "budgets.parameters")["data"]]
    assert bars == [cost_of(one.architecture).params / 1e6 for one in found.values()]


@pytest.mark.parametrize(("unit", "factor"), [("MACs", 1), ("FLOPs", 2)])
def test_the_table_is_exact_and_in_the_unit(unit, factor):
    at = opened("budgets", **{"budgets.as": "as B1", "app.unit": unit, "budgets.batch": "7"})
    table, found = at.table[0].value.set_index(""), solved(cost_of(released("b1")).macs)
    for one in found.values():
        need, column = memory.needs(one.architecture, batch=7), table[ways.title(one)]
        assert column[unit] == f"{factor * need.macs:,}" and column["blocks"] == f"{need.blocks:,}"
        assert column["training"] == f"{need.training_bytes / 1e9:,.2f} GB"
        assert column[f"depthwise: share of {unit}"] == f"{100 * need.depthwise_of_macs:.2f}\N{NO-BREAK SPACE}%"
        assert column["off the budget"] == f"{100 * one.off:+.2f}\N{NO-BREAK SPACE}%".replace("-", "\N{MINUS SIGN}")
    assert len(table.columns) == len(found)
    assert at.metric[0].label == f"Budget, {unit}"


def test_an_own_number_is_asked_for_only_where_it_counts():
    at = opened("budgets")
    assert "budgets.macs" not in [number.key for number in at.number_input]
    at.get_by_key("budgets.as").set_value(ways.OWN).run()
    at.number_input(key="budgets.macs").set_value(0.5).run()
    assert at.metric[0].value == "0.500 G"
    assert list(at.table[0].value)[1:] == [ways.title(one) for one in solved(500_000_000).values()]


def test_a_limit_is_named():
    at = opened("budgets", **{"budgets.as": "own number", "budgets.macs": "60"})
    assert (
        "Resolution alone \N{MINUS SIGN}26.55\N{NO-BREAK SPACE}%: 2400 px is the most that the app builds"
        in at.info[0].value
    )


def test_the_papers_nearest_points_keep_their_own_compute():
    at = opened("budgets", **{"budgets.panel": "What the paper measured", "app.unit": "FLOPs"})
    table = at.table[0].value
    assert list(table["ImageNet top-1, %"]) == ["78.99", "78.9", "79.1", "81.1"]
    assert list(table["its own FLOPs"]) == ["3.70 G", "3.60 G", "3.80 G", "3.60 G"]
    assert "nothing is interpolated" in captions(at) and all("1905.11946" in source for source in table["source"])


def test_other_networks_are_table_3():
    at = opened("budgets", **{"budgets.panel": "Other networks"})
    table = at.table[0].value
    assert len(table) == 14 and table["by"][3] == "d × 1.4, w × 1.2, r × 1.3" and table["MACs"][3] == "2.3 G"


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("budgets.as", "as B9", "Using as B3."),
        ("budgets.macs", "1e9", "allowed: a number from 0.05 to 60. Using 1.83."),
        ("budgets.macs", "nan", "allowed: a number from 0.05 to 60. Using 1.83."),
        ("budgets.batch", "0", "allowed: a whole number from 1 to 4096. Using 32."),
        ("budgets.batch", "1.5", "allowed: a whole number from 1 to 4096. Using 32."),
        ("budgets.panel", "<b>", "Using All numbers."),
        ("app.charts", "exe", "allowed: PNG, SVG. Using PNG."),
    ],
)
def test_a_bad_link_gets_a_sentence_and_the_default(key, value, sentence):
    own = {"budgets.as": "own number"} if key == "budgets.macs" else {}
    at = opened("budgets", **own, **{key: value})
    assert len(at.warning) == 1
    assert f"The link sets {key} to {value!r}" in told(at) and sentence in told(at)
    assert at.metric[0].value == "1.83 G"


def measurement(name: str, **settings) -> Measurement:
    conditions = {"batch": 1, "device": "cpu", "device_name": "a processor", "threads": 1, "precision": "float32"}
    times = {"median_ms": 20.0, "lower_ms": 18.0, "upper_ms": 25.0, "fastest_ms": 17.0, "slowest_ms": 31.0}
    made = {"date": "2026-01-02T03:04:05+00:00", "versions": {"torch": "2"}, "machine": "a machine", "params": 1}
    return Measurement(name=name, runs=9, **conditions, **times, **made, **settings)


@pytest.fixture
def asked(monkeypatch) -> list:
    """Stands in for the measuring, which takes minutes; what was asked of it."""
    calls = []

    def refuse(_make, *, name, **_):
        assert not calls or name == YARDSTICK, "told before anything is measured"
        if name.startswith("Width"):
            raise NotEnoughMemory(f"{name} needs more memory than is free")

    def measure(make, *, name, resolution, device, threads, progress):
        if name != YARDSTICK:
            calls.append((name, resolution, device, threads, make))
        if not progress(0.5):
            raise Cancelled
        return measurement(name, resolution=resolution)

    monkeypatch.setattr(latency, "measure", measure)
    monkeypatch.setattr(latency, "refuse_what_does_not_fit", refuse)
    return calls


def test_what_networks_need_is_looked_at_in_the_thread_that_measures_them(asked, monkeypatch):
    """Both build large networks, which takes seconds of Python."""
    looked, page = set(), set()
    monkeypatch.setattr(engines, "start_pytorch", lambda: page.add(threading.current_thread()))
    monkeypatch.setattr(latency, "refuse_what_does_not_fit", lambda *_, **__: looked.add(threading.current_thread()))
    at = opened("budgets", **{"budgets.panel": "Latency here"})
    at.get_by_key("budgets.measure").click().run()
    assert asked and looked and page and not looked & page


def test_latency_is_empty_before_the_button_and_measured_after(asked):
    at = opened("budgets", **{"budgets.panel": "Latency here"})
    assert "Nothing measured yet" in captions(at) and not asked and not at.table
    at.get_by_key("budgets.measure").click().run()
    found = solved(cost_of(released("b3")).macs)
    assert [call[:4] for call in asked] == [
        (ways.title(one), one.architecture.resolution, "cpu", 1) for way, one in found.items() if way != "width"
    ]
    params = sum(weight.numel() for weight in asked[1][4]().parameters())
    assert params == cost_of(found["resolution"].architecture).params
    assert [error.value for error in at.error] == ["Width alone, × 2.229 needs more memory than is free"]
    table = at.table[0].value
    assert list(table["network"]) == [ways.title(found[way]) for way in ("depth", "resolution", "compound")]
    assert list(table["quartiles, ms"]) == ["18.0 to 25.0"] * 3 and list(table["passes"].astype(int)) == [9] * 3
    bars = chart(at, "budgets.latency")["data"]
    assert [numbers(bar["x"])[0] for bar in bars] == [20] * 3
    assert "Measured with batch 1, float32, 1 thread on a machine; torch 2." in captions(at)


def test_how_long_it_takes_is_said_before_a_run_and_while_it_lasts(asked, monkeypatch):
    """By its MACs and the pace of B0, which was measured first."""
    said = []
    monkeypatch.setattr("streamlit.delta_generator.DeltaGenerator.progress", lambda _, share, text: said.append(text))
    monkeypatch.setattr("ui.shared.progress_bar.st.progress", lambda share, text: DeltaGenerator())
    at = opened("budgets", **{"budgets.panel": "Latency here"})
    assert "B0 comes first and tells how long the others take here" in captions(at)
    at.get_by_key("budgets.measure").click().run()
    networks = [one.architecture for one in solved(cost_of(released("b3")).macs).values()]
    pace = 0.020 / cost_of(released("b0")).macs
    seconds = [latency.seconds_for(pace * cost_of(network).macs) for network in networks]
    first, then, *_ = dict.fromkeys(said)
    assert first.startswith("B0 first") and then.startswith("1 of 3: Depth alone")
    assert then.endswith(" left") and "about" in then
    at.run()
    assert f"About {sum(seconds):.0f} s, by the pace of B0 here" in captions(at)
    assert sum(seconds) > 1


def test_measured_rows_belong_to_their_networks_and_conditions(asked):
    at = opened("budgets", **{"budgets.panel": "Latency here", "budgets.condition": "All cores"})
    at.get_by_key("budgets.measure").click().run()
    assert len(at.table[0].value) == 3 and {call[3] for call in asked} == {None}
    at.get_by_key("budgets.condition").set_value("one").run()
    assert not at.table
    at.get_by_key("budgets.condition").set_value("all").run()
    assert len(at.table[0].value) == 3
    at.get_by_key("budgets.as").set_value("b1").run()
    assert not at.table and three_digits(cost_of(released("b1")).macs / 1e9) in at.metric[0].value
