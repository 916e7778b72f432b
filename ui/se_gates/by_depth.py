"""The panel "By depth": how class-specific the gates of each block are."""

from __future__ import annotations

import streamlit as st

from effnet_core.explain.gate_statistics import STEADY, GateStatistics
from effnet_core.explain.rank_correlation import rank_correlation
from effnet_core.figures import gates as figures_gates
from effnet_core.published import tables
from effnet_core.units import probability

from ..shared import widgets
from . import compared

FIGURES = ("Fig. 6", "Fig. 7")  # of the SE paper: gates of four classes by depth, and their spread within a class


def by_depth(statistics: GateStatistics) -> None:
    """Share of the variance between classes and spreads, block by block, in words, charts and a table."""
    with st.container(key="se_gates.verdict"):
        st.markdown(share_words(statistics))
    depth = [
        figures_gates.Depth(name, block.share_between, block.spread, block.within_spread, block.class_spread)
        for name, block in statistics.blocks.items()
    ]
    shares, spreads = st.columns(2, gap="large")
    shares.header("How class-specific are a block's gates?", anchor=False)
    shares.plotly_chart(
        figures_gates.share_by_depth(depth, by_chance=statistics.by_chance),
        key="se_gates.share",
        alt="Share of the gates' variance that lies between classes, one bar per block: from "
        f"{probability(depth[0].share_between)} in the first to {probability(depth[-1].share_between)} in the last",
        config=widgets.STILL,
    )
    spreads.header("How much do they vary at all?", anchor=False)
    spreads.plotly_chart(
        figures_gates.spread_by_depth(depth),
        key="se_gates.spread",
        alt="Standard deviation of a gate over all pictures, within classes and between class means, by block; "
        f"over all pictures from {depth[0].spread:.3f} in the first to {depth[-1].spread:.3f} in the last",
        config=widgets.STILL,
    )
    st.markdown(spread_words(statistics))
    widgets.cite(
        f"{compared.measured_on(statistics.about)} {sum(statistics.counts):,} pictures of {len(statistics.classes)} "
        "classes. Share between classes: η², the variance of the classes' means over the whole variance, summed over a "
        "block's channels. Spreads are standard deviations, averaged over the channels."
    )
    with st.expander("The numbers as a table"):
        st.dataframe(table(statistics), hide_index=True, key="se_gates.depth_table")


def share_words(statistics: GateStatistics) -> str:
    """Whether this network's gates become more class-specific with depth, from its own numbers."""
    shares = {name: block.share_between for name, block in statistics.blocks.items()}
    low, high = min(shares, key=shares.get), max(shares, key=shares.get)
    follows = rank_correlation(range(len(shares)), list(shares.values())) or 0.0
    trend = (
        "**This share rises with depth**"
        if follows > 0.5
        else "**This share falls with depth**"
        if follows < -0.5
        else "**This share does not rise steadily with depth**"
    )
    return (
        f"In this network between {probability(shares[low])} ({low}) and {probability(shares[high])} ({high}) of the "
        "variance of a block's gates lies between classes; gates that know nothing of the class would have "
        f"{probability(statistics.by_chance)}. {trend} (rank correlation with depth {follows:.2f})."
    )


def spread_words(statistics: GateStatistics) -> str:
    """Which blocks' gates hardly vary, and which are nearly closed or open."""
    blocks = statistics.blocks
    steady = [name for name, block in blocks.items() if block.steady > 0.9]
    saturated = [name for name, block in blocks.items() if block.saturated > 0.5]
    widest = max(blocks, key=lambda name: blocks[name].class_spread)
    follows = rank_correlation(range(len(blocks)), [block.class_spread for block in blocks.values()]) or 0.0
    text = (
        f"Class means differ most in **{widest}**, by a standard deviation of {blocks[widest].class_spread:.3f}; the "
        f"rank correlation of that spread with depth is {follows:.2f}. This is what the SE paper's Fig. 6 shows: there "
        "the class means lie together in early blocks and apart in later ones. "
    )
    if steady:
        text += (
            f"In **{', '.join(steady)}** over nine tenths of the gates have a spread under {STEADY}: they hardly vary "
            "between pictures and act like constants, so a share between classes says little there. "
        )
    if saturated:
        text += f"In **{', '.join(saturated)}** most gates are on average under 0.1 or over 0.9: nearly closed or open."
    return text


def table(statistics: GateStatistics) -> list[dict[str, str | int | float]]:
    return [
        {
            "block": name,
            "channels": len(block.mean),
            "share between classes": round(block.share_between, 4),
            "spread over pictures": round(block.spread, 4),
            "spread within a class": round(block.within_spread, 4),
            "spread of class means": round(block.class_spread, 4),
            "hardly vary": round(block.steady, 3),
            "nearly closed or open": round(block.saturated, 3),
        }
        for name, block in statistics.blocks.items()
    ]


def published() -> None:
    """What the SE paper saw in its own network, block by block."""
    rows = tables.table("senet_gate_observations")
    seen = [row for row in rows if row["figure"] in FIGURES]
    [setup] = [row for row in rows if row["figure"] == "setup"]
    st.markdown("\n".join(f"- {row['block']}: {row['observation']}" for row in seen))
    sources = dict.fromkeys(row["source"] for row in seen)
    widgets.cite(f"{'; '.join(sources)}. Measured there on: {setup['observation']}.")
