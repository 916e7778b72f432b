"""Own pictures: what the network answers, and which places a heat map highlights."""

import streamlit as st

from ui.classify import drawn_maps, faithfulness, heat_maps, map_panels, networks_compared, preprocessing
from ui.classify.drawn_maps import Drawn, Look
from ui.session import answer_cache, router
from ui.shared import first_look, heat_overlay, in_pytorch, map_pickers, predictions, subject, widgets
from ui.shared.plain import plain

router.enter_by_router()

engine, chosen, picture = subject.pick("classify.stage")
answers = predictions.explained(engine, chosen)
answer = answers[chosen.index(picture)]
preparation, look = engine.preparation, Look()

left, right = st.columns(2, gap="large")
with left:
    seen = first_look.place("classify.heat")
with right:
    st.header(f"Its answer: {plain(predictions.sentence(answer))}", anchor=False)
    predictions.show_bars(answer, key="classify")
    if in_pytorch.asked(key="classify.in_pytorch"):
        in_pytorch.show_answer(engine, picture, answer)
    choice = heat_maps.pick_map(engine, answer, look, key="classify")
    heatmap = heat_maps.map_of(engine, picture, answer, choice, key="classify.compute")
    predictions.show_groups(answer)
name = map_pickers.class_names(engine)[choice.target]
with seen:
    drawn_maps.give_picture(picture, key="classify.picture")
    caption = f"Highlighted: {name}{drawn_maps.legend(heatmap)}" if heatmap else "The map is not computed yet"
    caption = f"The crop that the network saw. {caption}"
    on_crop = Drawn(preparation, heatmap, caption, f"Heat map for {name} over the crop of {picture.name}")
    drawn_maps.show(picture, [on_crop], key="classify.crop", least=None)
    if heatmap and heatmap.is_blank:
        st.info(f"No positive evidence: nothing that this map looks at raises the score of {plain(name)}.")
    file = f"{picture.name} {name} {choice.method} {choice.layer or ''}"
    drawn_maps.pick_colours(
        look, file, lambda: drawn_maps.on_crop(picture.image, preparation, heatmap, look), key="classify"
    )

whole, noticed = st.columns(2, gap="large")
with whole:
    caption = "The same map on the whole picture. The network never saw the dimmed part"
    on_whole = Drawn(preparation, heatmap, caption, f"{picture.name} with the crop outlined")
    drawn_maps.show(picture, [on_whole], key="classify.whole", whole=True, least=None)
    side = preparation.crop
    st.image(
        heat_overlay.enlarged(answer_cache.view(engine, picture)),
        caption=f"The network's own view: {side} × {side} pixels, enlarged here. This is all that it gets",
        alt=f"{picture.name} at {side} by {side} pixels",
    )
with noticed:
    st.header("What to notice", anchor=False)
    widgets.prose(
        f"""
The bars are the network's best answers among its {engine.architecture.classes:,} classes. They are its probabilities,
which always add up to 1 over all classes, even for a picture that shows none of them: try the sample whose class it
does not know.

The heat **highlights** places that raise the score of the class that you chose. A map says where, never why, and each
method has its own way to say it: where two methods disagree, neither is the truth. {drawn_maps.grid_of(heatmap)} In the
warm colours a line encloses what is stronger than half of the strongest value, unless the map is too fine for one.
Grad-CAM at an early stage has a finer map of simpler features, and each map is scaled to its own strongest value.
Guided backpropagation, which other tools offer, is left out: it only changes the gradient of ReLU, and this network
uses SiLU instead, so its map would be that of the plain gradient.
"""
    )
    if preparation.reduce:
        widgets.prose(
            f"Before it enters this network, a picture is reduced to {preparation.reduce} × {preparation.reduce} "
            "pixels, as soft as the pictures that it was trained on."
        )

st.header("Look closer", anchor=False)
panel = widgets.choice(
    "Look closer",
    {
        "stages": "Every stage",
        "classes": "Two classes",
        "networks": "Several networks",
        "honest": "Can it be trusted?",
        "input": "What goes in",
    },
    key="classify.panel",
    label_visibility="collapsed",
)
if panel == "stages":
    map_panels.show_ladder(engine, picture, choice.target, key="classify")
elif panel == "classes":
    map_panels.show_two_classes(engine, picture, answer, choice, key="classify")
elif panel == "networks":
    networks_compared.show(picture, key="classify")
elif panel == "honest":
    faithfulness.show(engine, picture, heatmap, choice, key="classify")
else:
    preprocessing.show(preparation, picture, key="classify")

st.header("All answers as a table", anchor=False)
predictions.show_table(engine, chosen, answers, key="classify")
