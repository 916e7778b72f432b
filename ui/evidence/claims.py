"""The paper's claims about two networks: what it prints, what this app counts, what this machine measures."""

from __future__ import annotations

import streamlit as st

from effnet_core.published import claims
from effnet_core.published.claims import Claim
from effnet_core.units import mega, three_digits

from ..shared import costs, latency_runs, widgets

TITLES = {
    "params ratio": "Fewer parameters",
    "flops ratio": "Less compute",
    "speedup": "Faster",
    "accuracy": "More accurate",
}
UNITS = {"params ratio": "M", "speedup": "s", "accuracy": "%"}  # of the printed values; compute follows the switch
Pair = tuple[Claim, ...]  # all claims about the same two networks


def pairs() -> dict[str, Pair]:
    """Every two networks that the paper compares, by a title; the headlines first."""
    by_title: dict[str, Pair] = {}
    for claim in claims.claims():
        title = f"{claim.ours_label} against {claim.theirs_label}"
        by_title[title] = (*by_title.get(title, ()), claim)
    return by_title


def pick_pair() -> Pair:
    by_title = pairs()
    return by_title[widgets.select("Compare", {title: title for title in by_title}, key="evidence.pair")]


def offer_measuring(pair: Pair, condition: str) -> None:
    """A button that measures both networks; a sentence where one of them cannot be built here.

    To be called last, in a place above: what is drawn before stays on the screen while the button's work goes on.
    """
    names = _names(pair)
    if len(names) < 2:
        st.info(f"{pair[0].theirs_label} is not built here: its numbers are the paper's alone.")
        return
    networks = [latency_runs.compared(name) for name in names]
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Measure both here", type="primary", key="evidence.measure_pair")
        built = " and ".join(f"{network.name} at {network.resolution} px" for network in networks)
        st.caption(f"Built here as {built}.")
        latency_runs.say_how_long(networks, condition)
    if pressed:
        latency_runs.run(networks, condition)


def _names(pair: Pair) -> tuple[str, ...]:
    """The networks of a pair that can be built here, the EfficientNet first."""
    return tuple(name for name in (pair[0].ours, pair[0].theirs) if name)


def show_pair(pair: Pair, condition: str) -> None:
    """A column a claim: the paper's number above ours."""
    by_kind = {claim.kind: claim for claim in pair}
    kinds = [kind for kind in TITLES if kind in by_kind or (kind == "speedup" and len(_names(pair)) == 2)]
    for column, kind in zip(st.columns(len(kinds)), kinds, strict=True):
        with column:
            st.header(TITLES[kind], anchor=False)
            claim = by_kind.get(kind)
            st.metric("The paper", *(_printed(claim) if claim else (None, "not compared there")), **widgets.CARD)
            if kind == "speedup":
                st.metric("Measured here", *_measured(pair, condition), **widgets.CARD)
            elif kind != "accuracy":
                st.metric("Counted here", *_counted(claim), **widgets.CARD)
    for name in _names(pair):
        if row := latency_runs.measured(name, condition):
            widgets.cite(f"Measured: {latency_runs.conditions(row)}.")
    notes = [(TITLES[claim.kind], note) for claim in pair for note in claim.notes]
    for note in dict.fromkeys(note for _, note in notes):
        widgets.cite(f"**{', '.join(title for title, heading in notes if heading == note)}**: {note}")
    widgets.cite("Printed: " + "; ".join(dict.fromkeys(claim.source for claim in pair)) + ".")


def _printed(claim: Claim) -> tuple[str | None, str]:
    """The printed ratio, and the two printed values that it comes from."""
    if claim.published is None:
        return None, _values(claim)
    return f"+{claim.published:g} points" if claim.kind == "accuracy" else f"{claim.published:g} ×", _values(claim)


def _values(claim: Claim) -> str:
    """Both printed values with their unit; compute in the unit of the switch: "7.8 against 60 M"."""
    factor = costs.quantity().factor if claim.kind == "flops ratio" else 1
    unit = UNITS.get(claim.kind, f"G {costs.unit()}")
    if claim.published_theirs is None:
        return f"{factor * claim.published_ours:g} {unit}; none for the other"
    return f"{factor * claim.published_ours:g} against {factor * claim.published_theirs:g} {unit}"


def _counted(claim: Claim) -> tuple[str | None, str]:
    if claim.counted is None:
        return None, "the other is not built here"
    shown = mega if claim.kind == "params ratio" else costs.compute
    return f"{three_digits(claim.counted)} ×", f"{shown(claim.counted_ours)} against {shown(claim.counted_theirs)}"


def measured_ratio(pair: Pair, condition: str) -> float | None:
    """How many times longer theirs took than ours; None before both were measured."""
    rows = [latency_runs.measured(name, condition) for name in _names(pair)]
    return rows[1].median_ms / rows[0].median_ms if len(rows) == 2 and all(rows) else None


def _measured(pair: Pair, condition: str) -> tuple[str | None, str]:
    ratio = measured_ratio(pair, condition)
    if ratio is None:
        return None, "press the button"
    ours, theirs = (three_digits(latency_runs.measured(name, condition).median_ms) for name in _names(pair))
    return f"{three_digits(ratio)} ×", f"{ours} against {theirs} ms"


def show_all(condition: str) -> None:
    """Every claim as a row of a table."""
    rows = [
        {
            "claim": claim.text,
            "printed": claim.published,
            "counted here": claim.counted,
            "measured here": measured_ratio((claim,), condition) if claim.is_measured else None,
            "printed from": _values(claim),
            "caveats": " ".join(claim.notes),
            "source": claim.source,
        }
        for claim in claims.claims()
    ]
    columns = {
        name: st.column_config.NumberColumn(format="%.3g") for name in ("printed", "counted here", "measured here")
    }
    columns["claim"] = st.column_config.TextColumn(width="large")
    st.dataframe(
        rows, column_config=columns, hide_index=True, height=560, placeholder="", key="evidence.claims", alt="Claims"
    )
