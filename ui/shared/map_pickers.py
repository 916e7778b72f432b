"""Inputs that choose the class, stage and block that a panel shows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from ..session import answer_cache, kept_values
from ..session import pictures as session_pictures
from . import widgets
from .predictions import FIRST_ANSWER, top_of

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Explanation, Heatmap


FIRST_BLOCK = "features.2.1"  # shown at first: all family members have it, and its maps still show the picture


def pick_class(engine: Engine, answer: Explanation, *, key: str) -> int:
    """Index of the class to map: the first answer unless another is chosen; the best answers come first."""
    best = [prediction.index for prediction in answer.top]
    names = class_names(engine)
    others = sorted(set(range(len(names))) - set(best), key=lambda index: names[index].lower())
    texts = {FIRST_ANSWER: "its first answer"} | {index: names[index] for index in [*best, *others]}
    chosen = widgets.select("Class", texts, key=key)
    return best[0] if chosen == FIRST_ANSWER else chosen


def class_names(engine: Engine) -> list[str]:
    """One name for each class, no two alike: ImageNet has two classes called crane."""
    labels = engine.labels or [f"class {index}" for index in range(engine.architecture.classes)]
    seen = Counter(labels)
    return [label if seen[label] == 1 else f"{label} ({index})" for index, label in enumerate(labels)]


def pick_stage(engine: Engine, *, key: str) -> str:
    """The stage where Grad-CAM looks; the last unless another is chosen. Stages are counted as the paper does."""
    texts = {layer: f"stage {number} ({layer})" for number, layer in enumerate(engine.layers, start=1)}
    return widgets.select("Stage", dict(reversed(texts.items())), key=key)


def pick_block(engine: Engine, *, key: str, default: str = FIRST_BLOCK, **settings: object) -> str:
    """One MBConv block, named by its place in the paper's table and its parts."""
    texts = {
        block.name: f"{block.name} · stage {block.stage} · {block.kernel}×{block.kernel} · "
        f"{block.expanded_channels} channels"
        for block in engine.architecture.blocks
    }
    if (asked := kept_values.url_value(key)) in texts:  # a link may name the block alone
        kept_values.set_query_param(key, texts[asked])
        st.rerun()  # then the input finds what it would have written
    return widgets.select("Block", texts, key=key, default=default, **settings)


def heatmap_of(
    engine: Engine, picture: session_pictures.Picture, answer: Explanation, *, target: int, layer: str
) -> Heatmap:
    """Grad-CAM for one class at one stage; from the answer itself where it is already there."""
    for heatmap in answer.heatmaps:
        if (heatmap.target, heatmap.layer) == (target, layer):
            return heatmap
    return answer_cache.explain(engine, picture, top=top_of(engine), layer=layer, target=target).heatmaps[0]
