"""The paper's claims about two networks: what it prints, what this app counts, what this machine measures."""

from __future__ import annotations

import streamlit as st

from effnet_core import claims, facts
from effnet_core.claims import Claim
from effnet_core.figures import three_digits

from . import costs, measuring, widgets

TITLES = {
    "params ratio": "Fewer parameters",
    "flops ratio": "Less compute",
    "speedup": "Faster",
    "accuracy": "More accurate",
}
PLAIN = {"delta_color": "off", "delta_arrow": "off", "border": True}
Pair = tuple[Claim, ...]  # all claims about the same two networks


def pairs() -> dict[str, Pair]:
    """Every two networks that the paper compares, by a title; the headlines first."""
    found: dict[str, Pair] = {}
    for claim in claims.claims():
        title = f"{claim.ours_label} against {claim.theirs_label}"
        found[title] = (*found.get(title, ()), claim)
    return found


def pick_pair() -> Pair:
    found, key = pairs(), "evidence.pair"
    titles = list(found)
    widgets.explain_refused(key, "one of the list", lambda text: text in titles, titles[0])
    return found[st.selectbox("Compare", titles, key=key, bind="query-params")]


def measure(pair: Pair, condition: str) -> None:
    """A button that measures both networks; a sentence where one of them cannot be built here."""
    ours, theirs = pair[0].ours, pair[0].theirs
    if theirs is None:
        st.info(f"{pair[0].theirs_label} is not built here: its numbers are the paper's alone.")
    elif st.button("Measure both here", type="primary", key="evidence.measure_pair"):
        counts = {row["name"]: row["macs"] for row in facts.networks()}
        measuring.run({name: counts[name] for name in (ours, theirs)}, condition)
    else:
        st.caption("Networks of many operations take minutes on one core: three passes at least are timed.")


def show_pair(pair: Pair, condition: str) -> None:
    """A column a claim: the paper's number above ours."""
    by_kind = {claim.kind: claim for claim in pair}
    kinds = [kind for kind in TITLES if kind in by_kind or (kind == "speedup" and pair[0].theirs)]
    for column, kind in zip(st.columns(len(kinds)), kinds, strict=True):
        with column:
            st.subheader(TITLES[kind], anchor=False)
            claim = by_kind.get(kind)
            st.metric("The paper", *(_printed(claim) if claim else (None, "not compared there")), **PLAIN)
            if kind == "speedup":
                st.metric("Measured here", *_measured(pair[0], condition), **PLAIN)
            elif kind != "accuracy":
                st.metric("Counted here", *_counted(claim), **PLAIN)
    for claim in pair:
        for note in claim.notes:
            widgets.cite(f"**{TITLES[claim.kind]}**: {note}")
    for row in _rows(pair[0], condition):
        if row:
            widgets.cite(f"Measured: {measuring.conditions(row)}.")
    for source in dict.fromkeys(claim.source for claim in pair):
        widgets.cite(f"Printed: {source}.")


def _printed(claim: Claim) -> tuple[str | None, str]:
    """The printed ratio, and the two printed values that it comes from."""
    values = [_value(claim, value) for value in (claim.published_theirs, claim.published_ours)]
    if claim.published is None:
        return None, f"{values[1]}; nothing printed for the other"
    ratio = f"+{claim.published:g} points" if claim.kind == "accuracy" else f"{claim.published:g} ×"
    return ratio, f"{values[1]} against {values[0]}"


def _value(claim: Claim, value: float | None) -> str:
    if value is None:
        return "–"
    if claim.kind == "flops ratio":
        return f"{costs.compute(1e9 * value)} {costs.unit()}"
    return f"{value:g} {claim.unit}"


def _counted(claim: Claim) -> tuple[str | None, str]:
    if claim.counted is None:
        return None, "the other is not built here"
    shown = costs.millions if claim.kind == "params ratio" else costs.compute
    return f"{claim.counted:.2f} ×", f"{shown(claim.counted_ours)} against {shown(claim.counted_theirs)}"


def _rows(claim: Claim, condition: str) -> tuple:
    return tuple(measuring.measured(name, condition) for name in (claim.ours, claim.theirs) if name)


def measured_ratio(claim: Claim, condition: str) -> float | None:
    """How many times longer theirs took than ours; None before both were measured."""
    rows = _rows(claim, condition)
    return rows[1].median_ms / rows[0].median_ms if len(rows) == 2 and all(rows) else None


def _measured(claim: Claim, condition: str) -> tuple[str | None, str]:
    ratio = measured_ratio(claim, condition)
    texts = [f"{three_digits(row.median_ms)} ms" if row else "–" for row in _rows(claim, condition)]
    return (f"{ratio:.2f} ×" if ratio else None), " against ".join(texts) if ratio else "press the button"


def show_all(condition: str) -> None:
    """Every claim as a row of a table."""
    rows = [
        {
            "claim": claim.text,
            "printed": claim.published,
            "counted here": claim.counted,
            "measured here": measured_ratio(claim, condition) if claim.is_measured else None,
            "printed from": f"{_value(claim, claim.published_ours)} against {_value(claim, claim.published_theirs)}",
            "to be known": " ".join(claim.notes),
            "source": claim.source,
        }
        for claim in claims.claims()
    ]
    columns = {
        name: st.column_config.NumberColumn(format="%.3g") for name in ("printed", "counted here", "measured here")
    }
    columns["claim"] = st.column_config.TextColumn(width="large")
    st.dataframe(rows, column_config=columns, hide_index=True, height=560, key="evidence.claims", alt="Every claim")
