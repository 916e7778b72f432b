"""Two networks of the same compute that learn before the visitor's eyes. Opens without torch."""

import streamlit as st

from ui.experiments import race, results
from ui.session import router
from ui.shared import widgets

router.enter_by_router()

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
