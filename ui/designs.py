"""A block as a design: other settings, what a ReLU destroys, three other designs, its place in the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import designs, embedding, figures, figures_mbconv, structure
from effnet_core.figures_mbconv import memory, short

from . import costs, state, widgets
from .mbconv import draw, widths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from effnet_core.architecture import Block
    from effnet_core.designs import Design
    from effnet_core.engine import Engine

OWN = "own"
KERNELS = (3, 5, 7)
EXPANSIONS = range(1, 9)
SE_RATIOS = {0: "No SE", 1 / 16: "1/16", 1 / 8: "1/8", 1 / 4: "1/4", 1 / 2: "1/2"}
STRIDES = (1, 2)
SEED_LIMITS = (0, 9999)
ROW_PX, MOST_PX = 38, 900  # of a table
STEPS_PANEL = {"mbconv.panel": "steps"}

# What if ----------------------------------------------------------------------------------------------------------


def show_what_if(engine: Engine, name: str) -> None:
    """The block with other settings, its cost before and after, and what depthwise saves."""
    block, size = designs.place(engine.architecture, name)
    controls, answers = st.columns([2, 3], gap="large")
    with controls:
        after = _pick_settings(block, size)
    before = designs.mbconv(block, size)
    with answers:
        _show_change(before, after)
        widest = max(before.widest, after.widest)
        for title, design in (("Before", before), ("After", after)):
            st.markdown(f"**{title}**")
            draw(design, widest, key=f"mbconv.what_if.{title}")
    _layer_table([after], key="mbconv.what_if.layers")


def _pick_settings(block: Block, size: int) -> Design:
    """Settings in place of the block's own, and the design that they make; below, what depthwise saves with them."""
    st.markdown(
        f"**{block.name} as it is**: {block.kernel}×{block.kernel}, expansion {block.expansion}, "
        f"stride {block.stride}, {block.squeeze_channels} channels in SE's narrow layer, "
        f"{'a' if block.has_residual else 'no'} residual"
    )
    changed = designs.changed(
        block,
        kernel=_pick("Kernel", {side: f"{side}×{side}" for side in KERNELS}, key="mbconv.kernel"),
        expansion=_pick("Expansion", {times: f"{times}" for times in EXPANSIONS}, key="mbconv.expansion"),
        se_ratio=_pick("SE ratio, of the channels that come in", SE_RATIOS, key="mbconv.se"),
        stride=_pick("Stride", {step: f"{step}" for step in STRIDES}, key="mbconv.stride"),
    )
    residual = widgets.choice("Residual", {"on": "Where it fits", "off": "Off"}, key="mbconv.residual")
    middle = {"depthwise": "Depthwise", "full": "Full convolution"}
    depthwise = widgets.choice("In the middle", middle, key="mbconv.middle") == "depthwise"
    _show_separable(changed, size)
    return designs.mbconv(changed, size, depthwise=depthwise, residual=residual == "on")


def _pick(label: str, options: dict[float, str], *, key: str) -> float | None:
    """One of the options by its number; None, the first, leaves the block as it is."""
    texts = {OWN: "As it is"} | {f"{number}": text for number, text in options.items()}
    chosen = widgets.choice(label, texts, key=key, wrap=True)
    return None if chosen == OWN else next(number for number in options if f"{number}" == chosen)


def _show_separable(block: Block, size: int) -> None:
    """1/C + 1/k² with this block's numbers, and the MACs that it is the ratio of."""
    saved, shown = designs.separable(block, size), costs.quantity()
    st.metric("Depthwise and project, over one full convolution", f"{saved.separable / saved.full:.3f}")
    st.latex(
        rf"\frac{{1}}{{C}}+\frac{{1}}{{k^2}} = \frac{{1}}{{{block.out_channels}}}+"
        rf"\frac{{1}}{{{block.kernel}^2}} = {saved.ratio:.3f}"
    )
    st.caption(
        f"{shown.factor * saved.separable:,} {shown.name} for depthwise {block.kernel}×{block.kernel} and project, "
        f"{shown.factor * saved.full:,} for one {block.kernel}×{block.kernel} convolution from "
        f"{block.expanded_channels:,} to {block.out_channels:,} channels. "
        "C: channels that go out, k: the kernel's side."
    )


def _show_change(before: Design, after: Design) -> None:
    shown = costs.quantity()
    rows = (
        ("Parameters", before.cost.params, after.cost.params, short),
        (shown.name, shown.factor * before.cost.macs, shown.factor * after.cost.macs, short),
        ("Activations", before.cost.activations, after.cost.activations, short),
        ("Kept for the residual", before.kept, after.kept, memory),
    )
    with st.grid(2, min_column_width=150):
        for label, old, new, text in rows:
            change = f"× {figures.three_digits(new / old)} of {text(old)}" if old else f"before: {text(old)}"
            st.metric(label, text(new), change, delta_color="off", delta_arrow="off", help=f"{new:,}, before {old:,}")


# Linear bottleneck ------------------------------------------------------------------------------------------------


def show_linear_bottleneck() -> None:
    """A spiral through a random space and a ReLU, and back: how much is lost depends on the space's dimensions."""
    controls, before, after = st.columns([1, 1.3, 1.3], gap="large")
    low, high = embedding.DIMENSIONS
    with controls:
        dimensions = widgets.whole_number("Dimensions n of the space", key="mbconv.n", default=low, limits=(low, high))
        seed = widgets.whole_number("Seed of the random matrix", key="mbconv.seed", default=0, limits=SEED_LIMITS)
        rectify = widgets.choice("In that space", {"relu": "ReLU", "linear": "Nothing"}, key="mbconv.relu") == "relu"
    found = embedding.embed(dimensions, seed=seed, rectify=rectify)
    with controls:
        st.metric("Lost: error of what comes back", f"{found.error:.0%}", help=LOSS_HELP)
        collapsed, points = int(found.collapsed.sum()), len(found.curve)
        st.metric("Points that collapsed", f"{collapsed} of {points}", help=COLLAPSE_HELP)
    for column, title, shape in (
        (before, "The spiral", found.curve),
        (after, f"After {dimensions} dimensions and back", found.back * found.shrinkage),
    ):
        column.markdown(f"**{title}**")
        column.plotly_chart(
            figures_mbconv.spiral(shape, found.collapsed),
            key=f"mbconv.spiral.{title.split()[0]}",
            alt=f"{title}: {collapsed} of {points} points collapsed, error {found.error:.0%}",
            config=widgets.STILL,
        )
    _show_losses()


LOSS_HELP = (
    "Root mean square distance from the spiral over its root mean square radius, after the one factor that fits best: "
    "ReLU makes the shape smaller, and that alone loses nothing."
)
COLLAPSE_HELP = (
    "Fewer than two of the point's n coordinates are above zero: ReLU then sends a whole line or region to one value, "
    "and nothing can tell its points apart again. They are drawn as crosses."
)


def _show_losses() -> None:
    """What is lost for every number of dimensions, the median of several matrices, as lines and as a table."""
    rows, last = embedding.losses(), embedding.MATRICES - 1
    st.plotly_chart(
        figures_mbconv.losses(rows),
        key="mbconv.losses",
        alt=f"Error with ReLU: {rows[0].error:.0%} in {rows[0].dimensions} dimensions, {rows[-1].error:.0%} "
        f"in {rows[-1].dimensions}",
        config=widgets.STILL,
    )
    st.caption(f"With ReLU; medians of {embedding.MATRICES} random matrices, seeds 0 to {last}.")
    with st.expander("The numbers"):
        shares = {name: st.column_config.NumberColumn(format="percent") for name in ("error", "collapsed")}
        table = [row._asdict() for row in rows]
        st.dataframe(table, hide_index=True, column_config=shares, key="mbconv.losses.table")


# Four designs -----------------------------------------------------------------------------------------------------


def show_designs(engine: Engine, name: str) -> None:
    """ResNet bottleneck, MobileNetV2 block, MBConv and fused MBConv, between the same ends or at the same budget."""
    block, size = designs.place(engine.architecture, name)
    texts = {"ends": "Same channels in and out", "budget": "Same compute"}
    compared = widgets.choice("Compare at", texts, key="mbconv.compare")
    found = designs.side_by_side(block, size, same_budget=compared == "budget")
    widest = max(design.widest for design in found)
    for pair in (found[:2], found[2:]):
        for column, design in zip(st.columns(2, gap="large"), pair, strict=True):
            column.markdown(f"**{design.name}**: {widths(design)} channels")
            with column:
                draw(design, widest, key=f"mbconv.design.{design.name}")
    _show_bars(found)
    _layer_table(found, key="mbconv.designs.layers")
    widgets.cite(designs.SOURCES)


def _show_bars(found: Sequence[Design]) -> None:
    """Four charts of one bar a design: parameters, compute, activations, and what is kept for the residual."""
    shown = costs.quantity()
    quantities = {
        "parameters": [design.cost.params for design in found],
        shown.name: [shown.factor * design.cost.macs for design in found],
        "activations": [design.cost.activations for design in found],
        "elements kept for the residual": [design.kept for design in found],
    }
    columns = st.columns(2, gap="large") * 2
    for column, (name, counts) in zip(columns, quantities.items(), strict=True):
        column.markdown(f"**{name[0].upper()}{name[1:]}**")
        named = dict(zip((design.name for design in found), counts, strict=True))
        column.plotly_chart(
            figures_mbconv.bars(named, name, marked="MBConv"),
            key=f"mbconv.bars.{name.split()[0]}",
            alt=f"{name}: " + ", ".join(f"{design} {count:,}" for design, count in named.items()),
            config=widgets.STILL,
        )


def _layer_table(found: Sequence[Design], *, key: str) -> None:
    """Every layer of the designs with its counts and the formula behind them."""
    shown = costs.quantity()
    rows = [
        {
            "design": design.name,
            "layer": f"{layer.role} {layer.kernel}×{layer.kernel}",
            "output": f"{layer.out_channels} × {layer.size} × {layer.size}",
            "parameters": layer.params,
            shown.name: shown.factor * layer.macs,
            "activations": layer.activations,
            "parameters are": designs.params_formula(layer),
            f"{shown.name} are": designs.compute_formula(layer, shown.factor),
        }
        for design in found
        for layer in design.all_layers
    ]
    counts = ("parameters", shown.name, "activations")
    exact = {column: st.column_config.NumberColumn(format="localized") for column in counts}
    st.dataframe(rows, hide_index=True, column_config=exact, key=key)


# Structure --------------------------------------------------------------------------------------------------------


def show_structure(engine: Engine, name: str) -> None:
    """torchvision's module tree beside the paper's stages; a click on a block's row opens its steps."""
    modules = structure.modules_of(engine.architecture)
    opened = next(row for row in modules if row.path == name)
    st.markdown("**Click a row of an MBConv to open it.**")
    _module_table(modules, key="mbconv.structure", on_select=_opener(modules), selection_mode="single-cell")
    st.markdown(f"**Inside {name}**")
    _module_table(structure.inside(*designs.place(engine.architecture, name)), key="mbconv.inside")
    st.header("Load it and count for yourself", anchor=False)
    st.code(structure.loading_code(engine.name, engine.weights, name), language="python")
    st.markdown(f"It prints **{opened.kind} {opened.params}** and **{sum(row.params for row in modules)}**.")
    st.caption("Older code says pretrained=True: torchvision deprecated that word; weights=… names what is loaded.")


def _module_table(modules: Sequence[structure.Module], *, key: str, **selection) -> None:
    shown = costs.quantity()
    rows = [
        {
            "torchvision": row.path,
            "class": row.kind,
            "stage": row.stage,
            "in the paper": row.operator,
            "output": " × ".join(str(side) for side in row.shape),
            "parameters": row.params,
            shown.name: shown.factor * row.macs,
        }
        for row in modules
    ]
    config = {column: st.column_config.NumberColumn(format="localized") for column in ("parameters", shown.name)}
    config |= {"class": st.column_config.TextColumn(width=170), "stage": st.column_config.NumberColumn(width=60)}
    height = min(ROW_PX * (len(rows) + 1) + 3, MOST_PX)
    st.dataframe(rows, hide_index=True, height=height, column_config=config, key=key, **selection)


def _opener(modules: Sequence[structure.Module]) -> Callable[[], None]:
    """Callback: open the block whose row was clicked; other rows hold no block."""

    def open_block() -> None:
        for row, _column in state.value("mbconv.structure")["selection"]["cells"]:
            if modules[row].block:
                state.keep_all({"mbconv.block": modules[row].path} | STEPS_PANEL)

    return open_block
