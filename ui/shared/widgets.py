"""Inputs and captions that two or more pages use."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core.lessons import glossary

from ..session import kept_values
from .plain import plain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

ASSETS = Path(__file__).parents[1] / "assets"
FAVICON = str(ASSETS / "favicon.png")
UNITS = ("MACs", "FLOPs")
RENAMED = {"Take it along": "Export"}  # choices that older links have by another name
# a word's meaning appears at the foot of the window, where nothing is cut off, on a phone either
TERM_STYLE = """
.term { text-decoration: underline dotted; text-underline-offset: 3px; cursor: help; }
.term:is(:hover, :focus)::after { content: attr(data-says); position: fixed; left: 1rem; right: 1rem; bottom: 1rem;
  max-width: 44rem; margin: 0 auto; padding: .75rem 1rem; background: Canvas; color: CanvasText;
  border: 2px solid; border-radius: 8px; z-index: 1001; }
"""
TABLE_STYLE = """
[data-testid="stTable"] td { overflow-wrap: break-word; }
[data-testid="stTable"] p { overflow-wrap: inherit; white-space: inherit; word-break: inherit; }
@media (max-width: 640px) {
  [data-testid="stTable"] table { width: 100%; }
  [data-testid="stTable"] :is(th, td) { padding: .25rem .1rem; font-size: .65rem; }
  [data-testid="stTable"] div { min-width: 0; max-width: 100% !important; }
  [data-testid="stTable"] :is(th, td, div, p) { white-space: normal; overflow-wrap: break-word !important; }
  [data-testid="stTable"] td:nth-child(n + 6):last-child { min-width: 3.4rem; }
  [data-testid="stTable"] td:nth-child(n + 6):last-child :is(div, p) { overflow-wrap: anywhere !important; }
}
"""
STILL = {"displayModeBar": False, "scrollZoom": False}  # a chart that is read, not moved
CARD = {"delta_color": "off", "delta_arrow": "off", "border": True}  # a readout whose second line is no change
SLIDER_STEPS = 100
COUNTABLE = (-(2**53), 2**53)  # what a browser counts exactly
CHART_FILES = ("PNG", "SVG")
# A saved chart can't use the app's font: the browser sets its text in the system's own, which is wider. Plotly measures
# text in a hidden drawing; there it takes that font, so that legends and labels have room in both.
ROOM_IN_FILES = "<style>#js-plotly-tester text { font-family: sans-serif !important }</style>"
OTHER_BUTTONS = (  # plotly's, beside the one that saves and the one that turns back
    *("zoom2d", "pan2d", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"),
    *("zoom3d", "pan3d", "orbitRotation", "tableRotation", "resetCameraLastSave3d", "hoverClosest3d"),
)


def header(question: str, why: str, *, unit_switch: bool = False) -> DeltaGenerator:
    """The page's question as its title, under it why it is asked; beside it the switch between MACs and FLOPs.

    The row has room for more.
    """
    key = "app.header.cost" if unit_switch else "app.header"
    row = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", key=key)
    with row:
        st.title(question, anchor=False, width="content")
        if unit_switch:
            choice(
                "Compute in",
                {unit: unit for unit in UNITS},
                key="app.unit",
                help="One multiply-accumulate (MAC) is two floating point operations: FLOPs = 2 × MACs. "
                "The papers and torchvision print MACs under the name FLOPs.",
            )
    st.caption(why)
    return row


def prose(text: str) -> None:
    """The project's own text; the first use of each word of the field says what it means, by pointer, tap or Tab."""
    with st.container(key=f"app.notice.{zlib.crc32(text.encode()):x}"):  # a lesson shows it once revealed
        st.html(f"<style>{TERM_STYLE}</style>")
        st.markdown(glossary.marked(text), unsafe_allow_html=True)


def whole_number(label: str, *, key: str, default: int, limits: tuple[int, int], **settings: object) -> int:
    """An input for a whole number, kept in the URL. Limits may change: a kept number is clamped to them."""
    low, high = limits
    kept = kept_values.value(key)
    linked = limits if kept is None else COUNTABLE
    explain_refused(
        key,
        f"a whole number from {low} to {high}",
        lambda text: linked[0] <= int(text) <= linked[1],
        f"{default}",
    )
    if kept is None:
        _reset_if_forgotten(key, lambda text: _inside(int(text), limits), default)
    else:
        kept_values.keep(key, min(max(kept, low), high))
    return st.number_input(label, low, high, default, 1, key=key, bind="query-params", **settings)


def cite(text: str) -> None:
    """The caption under a figure: where its numbers come from and under which condition they hold."""
    st.caption(text)


def whole_table(rows: Sequence[Mapping[str, object]], *, key: str) -> None:
    """A small table that is read as a whole: its cells wrap, where a grid would cut its last columns."""
    with st.container(key=key):
        st.html(f"<style>{TABLE_STYLE}</style>")
        st.table(rows, hide_index=True)


def exact(
    label: str,
    *,
    key: str,
    default: float,
    limits: tuple[float, float],
    step: float,
    on_move: dict[str, object] | None = None,
    **settings,
) -> float:
    """An input for one number, kept in the URL; a move also sets the widgets of `on_move`.

    After explain_refused_number, which needs a wide place.
    """
    _reset_if_forgotten(key, lambda text: _inside(float(text), limits), default)
    return st.number_input(
        label,
        *limits,
        value=default,
        step=step,
        format="%.6g",
        key=key,
        on_change=kept_values.keep_all,
        args=(on_move or {},),
        bind="query-params",
        **settings,
    )


def exact_and_slider(
    label: str,
    *,
    key: str,
    default: float,
    limits: tuple[float, float],
    step: float,
    on_move: dict[str, object] | None = None,
    help: str | None = None,
) -> float:
    """A logarithmic slider and an exact input for one number; a move of either also sets the widgets of `on_move`.

    The input is the state and is kept in the URL; the slider follows it. A value in the URL that is outside the
    limits or no number gets a sentence and the default.
    """
    explain_refused_number(key, default, limits)
    slider_key, moved = f"{key}_slider", on_move or {}
    control = st.container(gap="xsmall")
    row = control.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False)
    row.markdown(f"**{label}**", help=help, width="content")
    hidden = {"label_visibility": "collapsed", "width": 130}
    with row:
        number = exact(f"{label}, exact", key=key, default=default, limits=limits, step=step, on_move=moved, **hidden)
    if kept_values.value(slider_key) != number:
        kept_values.keep(slider_key, number)
    control.select_slider(
        label,
        sorted({*_even_ratios(limits), number}),
        format_func="{:g}".format,
        key=slider_key,
        on_change=kept_values.follow,
        args=(slider_key, key, moved),
        label_visibility="collapsed",
    )
    return number


def _even_ratios(limits: tuple[float, float]) -> set[float]:
    """What the slider stops at: two digits each, an even ratio apart, so that small values are not squeezed."""
    low, high = limits
    between = (float(f"{low * (high / low) ** (step / SLIDER_STEPS):.2g}") for step in range(SLIDER_STEPS + 1))
    return {low, high} | {value for value in between if low < value < high}


def slider(label: str, *, key: str, default: float, limits: tuple[float, float], step: float) -> float:
    """A slider whose value is kept in the URL; a value outside the limits gets a sentence and the default."""
    explain_refused_number(key, default, limits)
    _reset_if_forgotten(key, lambda text: _inside(float(text), limits), default)
    moved = st.slider(label, *limits, value=default, step=step, format="%g", key=key, bind="query-params")
    return min(max(moved, limits[0]), limits[1])


def explain_refused_number(key: str, default: float, limits: tuple[float, float]) -> None:
    """Say in a sentence that the URL's number for a bound input is refused."""
    low, high = limits
    explain_refused(key, f"a number from {low:g} to {high:g}", lambda text: low <= float(text) <= high, f"{default:g}")


def explain_refused(
    key: str, allowed: str, accepts: Callable[[str], bool], instead: str, place: DeltaGenerator | None = None
) -> None:
    """Say in a sentence that the URL's value for a bound input is refused, and drop it before the input is drawn.

    `place`: where it is said, if not here.
    """
    slot = (place or st).empty()  # always there: inputs that move up when a warning goes lose their place in the URL
    refused = [text for text in kept_values.url_values(key) if not _accepted(accepts, text)]
    if refused:
        kept_values.drop_url_value(key)
        slot.warning(f"The link sets {key} to {plain(repr(refused[0][:40]))}; allowed: {allowed}. Using {instead}.")


def _accepted(accepts: Callable[[str], bool], text: str) -> bool:
    try:
        return accepts(text)
    except (ValueError, OverflowError):
        return False


def _reset_if_forgotten(key: str, read: Callable[[str], object], default: object) -> None:
    """Give an input that a lesson's step has reset its value in the URL, or else its default.

    Told outright: the browser keeps what it shows of an input whose value is only left to the default.
    """
    if not kept_values.is_reset(key):
        return
    text = kept_values.url_value(key)
    try:
        kept_values.keep(key, default if text is None else read(text))
    except (ValueError, KeyError):
        kept_values.keep(key, default)


def _inside(number: float, limits: tuple[float, float]) -> float:
    if not limits[0] <= number <= limits[1]:
        raise ValueError(f"{number:g} is outside {limits[0]:g} to {limits[1]:g}")
    return number


def choice(
    label: str,
    options: dict[str, str],
    *,
    key: str,
    default: str | None = None,
    help: str | None = None,
    refused_in: DeltaGenerator | None = None,
    **settings,
) -> str:
    """A segmented control over {value: text on the screen and in the URL}; the first is the default.

    `refused_in`: where a link's value that is not allowed is explained, if not above.
    """
    first, texts = default or next(iter(options)), options.values()
    renamed = RENAMED.get(kept_values.url_value(key))
    if renamed in texts:
        kept_values.set_query_param(key, renamed)
        kept_values.keep(key, next(value for value, text in options.items() if text == renamed))
    explain_refused(key, ", ".join(texts), lambda text: text in texts, options[first], refused_in)
    _reset_if_forgotten(key, {text: value for value, text in options.items()}.__getitem__, first)
    return st.segmented_control(
        label,
        list(options),
        default=first,
        required=True,
        format_func=options.get,
        key=key,
        bind="query-params",
        help=help,
        **settings,
    )


def select(
    label: str, texts: dict[object, str], *, key: str, default: object = None, allowed: str = "", **settings
) -> object:
    """A select box over {value: text on the screen and in the URL}; the first is the default unless one is named.

    `allowed`: what a link may ask for, in words.
    """
    values = list(texts)
    first = default if default in texts else values[0]
    allowed = allowed or f"one of {len(texts)}, such as {texts[first]}"
    explain_refused(key, allowed, lambda text: text in texts.values(), texts[first])
    _reset_if_forgotten(key, {text: value for value, text in texts.items()}.__getitem__, first)
    if kept_values.value(key) not in (None, *texts):
        kept_values.keep(key, first)  # a narrower choice has left the old value behind
    chosen = st.selectbox(
        label, values, values.index(first), format_func=texts.get, key=key, bind="query-params", **settings
    )
    return chosen if chosen in texts else first


def pick_chart_file() -> None:
    """What the camera button above each chart saves; charts read it by chart_config."""
    st.html(ROOM_IN_FILES)
    choice("Save charts as", {kind: kind for kind in CHART_FILES}, key="app.charts")


def chart_config(name: str, *, turns: bool = False) -> dict[str, object]:
    """Of a chart that can be saved: plotly's own button writes a file of that name, in the browser alone.

    `turns`: a chart in three dimensions, which is dragged to turn it and has a button back to the first view.
    """
    kind = str(kept_values.value("app.charts", CHART_FILES[0])).lower()
    return {
        "displayModeBar": True,
        "displaylogo": False,
        "scrollZoom": False,
        # not modeBarButtons, which would leave out Streamlit's own button for the full screen
        "modeBarButtonsToRemove": [*OTHER_BUTTONS, *(() if turns else ("resetCameraDefault3d",))],
        "toImageButtonOptions": {"format": kind, "filename": name, "scale": 2},
    }
