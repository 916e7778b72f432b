"""Small networks trained here: two that race, and studies of many with what they tell. Opens without torch."""

import streamlit as st

from ui.experiments import race, results, studies
from ui.session import router
from ui.shared import widgets

router.enter_by_router()

SECTIONS = {
    "race": "Train one now",
    "scaling": "Four ways to grow",
    "search": "The search for α, β, γ",
    "blocks": "The block's parts",
}
section = widgets.choice("Experiments", SECTIONS, key="experiments.section", label_visibility="collapsed")

if section == "race":
    controls, picture = st.columns([1, 2], gap="large")
    with controls:
        orders = race.pick()
        guess = race.pick_guess(orders)
        race.show_start(orders)
        widgets.pick_chart_file()
    with picture:
        race.show(orders)
    results.show(guess)
    widgets.prose(
        """
**What to notice.** Both networks see the same scenes, equally often, with the same recipe, and take about the same
compute a picture. Fine textures ask for pixels: what the picture does not hold, no layer can find. Which dimension a
network is short of depends on its task; the paper's rule keeps all three in step. Race the same ways with coarse and
with fine textures: does the order stay?

**What it is not.** Networks this small, on drawn pictures, after a minute, say little about EfficientNet on ImageNet.
One race is one seed: a difference within chance is no result, and with another seed the same race may end otherwise.
"""
    )

else:
    studies.show(section)

if section == "scaling":
    widgets.prose(
        """
**What to notice.** All networks saw the same pictures, equally often, by the same recipe, and none was tuned by
itself. Compare where the four ways stand above one tick of the axis, not how steep their lines are; and look whether a
difference is larger than its interval before you believe it.

**Why a small experiment may show no advantage.** These networks are far smaller than B0 and their pictures have few
pixels: the single ways have hardly begun to flatten, and it is there that the paper's rule gains. After few epochs the
network that learns fastest leads, which need not be the one that ends best; deep and thin networks start slowest.
Pictures that are made smaller lose detail, which favours resolution until they have their own size. And α, β and γ were
searched for B0 on ImageNet, not for these.
"""
    )

elif section == "search":
    widgets.prose(
        """
**What to notice.** The paper made one such search, on B0, and kept its answer for the whole family. Ask of the best
point which others it can't be told from: where many are alike, the rule is safe because the surface is flat, not
because one point is right. A search reports its best point, and the best of many is partly luck.

**Why a small experiment may find another point.** What a network is short of depends on its task: small pictures with
little detail ask for fewer pixels, and a few epochs favour what learns fast. Channels, layers and pixels are rounded to
whole numbers, so that in so small a network neighbouring points differ little.
"""
    )

elif section == "blocks":
    pixels, side = studies.smallest_maps(section)
    widgets.prose(
        f"""
**What to notice.** Each network has one part of the block changed, and its width is set so that it costs the same
again: what is taken away is given back as channels. A part is worth something if the block without it is worse, by
more than chance, at equal compute.

**Why a small experiment may show no difference.** From {pixels} px the last maps have {side} × {side} values: a few
kernels of any size see the whole picture, and squeeze-and-excitation has little to average. A loss of one point, which
matters on ImageNet, disappears behind what another seed changes.
"""
    )
