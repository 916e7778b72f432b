"""The scaling console's Python side: what it is given, what of its reports is believed, and the held product."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest
from support.screen import board, captions, opened

from effnet_core.architecture import B0_STAGES, RELEASES, Stage, growth
from ui.overview import network_by_phi
from ui.scaling import console
from ui.shared import console as shared
from ui.shared import costs

pytestmark = pytest.mark.usefixtures("started_server")
SETTINGS = {"network": "formula", "phi": 2.5, "alpha": 1.3, "beta": 1.05, "gamma": 1.2}
BETA_HELD = (2 / 1.2 / 1.15**2) ** 0.5


def test_the_rules_are_those_of_the_architecture():
    rules = shared.rules()
    assert tuple(Stage(**stage) for stage in rules["stages"]) == B0_STAGES
    assert rules["releases"].keys() == RELEASES.keys()
    assert rules["releases"]["b7"] == {"width": 2.0, "depth": 3.1, "resolution": 600}


def test_a_report_within_the_limits_is_believed():
    assert console.accepted(SETTINGS) == SETTINGS
    assert console.accepted(SETTINGS | {"network": "b3", "phi": 8}) == SETTINGS | {"network": "b3", "phi": 8.0}


@pytest.mark.parametrize(
    "wrong",
    [
        {"phi": 8.1},
        {"phi": float("nan")},
        {"alpha": 0.99},
        {"gamma": None},
        {"beta": "1.1"},
        {"network": "b9"},
    ],
)
def test_a_report_outside_the_limits_is_not(wrong):
    assert console.accepted(SETTINGS | wrong) == {}


@pytest.mark.parametrize("wrong", [None, [], "x", {}, {"network": "formula"}])
def test_a_report_without_all_settings_is_not(wrong):
    assert console.accepted(wrong) == {}


@pytest.mark.parametrize("wrong", [8.1, float("nan"), None, "1", [1]])
def test_the_overview_believes_a_phi_within_its_limits_alone(wrong):
    assert shared.accepted({"phi": 3, "alpha": 99}, [network_by_phi.PHI]) == {"phi": 3.0}
    assert shared.accepted({"phi": wrong}, [network_by_phi.PHI]) == {}


def letting_go():
    import streamlit as st

    from ui.scaling import console

    st.session_state.setdefault("scaling.network", "b3")
    settings = {"network": "formula", "phi": 2.5, "alpha": 1.3, "beta": 1.05, "gamma": 1.2}
    report = {"number": 7, "settings": settings, "possible": settings | {"phi": 2.0}}
    st.button("good", on_click=console.take, args=(report,))
    st.button("bad", on_click=console.take, args=({"number": 8, "settings": {"phi": 99}, "possible": 3},))
    phi, coefficients = console.exact_inputs(st.session_state["scaling.network"])
    data = console.console_data({"phi": phi})
    st.json([phi, coefficients, st.session_state["scaling.network"], data["heard"], data["possible"]])


def test_letting_go_sets_the_inputs_and_leaves_the_released_network():
    at = AppTest.from_function(letting_go, default_timeout=300).run()
    assert not at.exception
    at.button[0].click().run()
    wanted = {name: SETTINGS[name] for name in ("alpha", "beta", "gamma")}
    assert at.number_input(key="scaling.phi").value == 2.5
    assert json_of(at) == [2.5, wanted, "formula", 7, SETTINGS | {"phi": 2.0}]
    at.button[1].click().run()
    assert json_of(at) == [2.5, wanted, "formula", 8, None]


def json_of(at) -> object:
    return json.loads(at.json[0].value)


def test_a_last_possible_network_that_is_none_is_not_believed():
    at = opened("scaling", **{"scaling.phi": "8", "scaling.gamma": "2"})
    at.session_state[costs.POSSIBLE] = SETTINGS | {"phi": 8.0, "gamma": 2.0}
    at.run()
    assert not at.exception and "Using B0 as released" in at.error[0].value


def test_what_gives_way_follows_the_two_others():
    at = opened("scaling", **{"scaling.lock": "β"})
    beta = at.number_input(key="scaling.beta")
    assert beta.disabled and beta.value == pytest.approx(BETA_HELD) and not at.warning
    assert "α · β² · γ² = 2.0000" in captions(at)
    at.number_input(key="scaling.alpha").set_value(1.4).run()
    settings = board(at)["settings"]
    assert growth(settings["alpha"], settings["beta"], settings["gamma"]) == pytest.approx(2)
    assert (settings["alpha"], settings["gamma"]) == (1.4, 1.15)
    at.number_input(key="scaling.target").set_value(3.0).run()
    settings = board(at)["settings"]
    assert growth(settings["alpha"], settings["beta"], settings["gamma"]) == pytest.approx(3)
    assert board(at)["lock"] == {"frees": "beta", "target": 3}


def test_a_link_in_which_what_gives_way_has_another_value_is_put_right():
    at = opened("scaling", **{"scaling.lock": "β", "scaling.beta": "1.9"})
    assert board(at)["settings"]["beta"] == pytest.approx(BETA_HELD)


@pytest.mark.parametrize(("alpha", "target", "stays"), [("2", "2", 1.0), ("1", "32", 2.0)])
def test_where_nothing_can_give_way_a_sentence_says_so(alpha, target, stays):
    link = {"scaling.lock": "γ", "scaling.alpha": alpha, "scaling.beta": "1.5", "scaling.target": target}
    at = opened("scaling", **link)
    [warning] = at.warning
    assert f"no γ from 1 to 2 makes α·β²·γ² {target}" in warning.value
    assert board(at)["settings"]["gamma"] == stays


def test_the_papers_button_lets_go():
    at = opened("scaling", **{"scaling.lock": "α", "scaling.target": "3"})
    at.button(key="scaling.paper").click().run()
    assert board(at)["lock"]["frees"] == "none"
    assert board(at)["settings"] == {"network": "formula", "phi": 1, "alpha": 1.2, "beta": 1.1, "gamma": 1.15}
