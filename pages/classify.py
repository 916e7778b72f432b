"""Own pictures: what the network answers, and which places a heat map highlights."""

import streamlit as st

from ui import answers, pictures, state, widgets

state.enter_by_router()

engine = widgets.pick_model()
if engine is None:
    st.stop()
brought = pictures.pick(engine)
found = answers.explained(engine, brought)
picture = pictures.pick_one(brought)
answer = found[brought.index(picture)]
image, preparation = picture.image, engine.preparation

left, right = st.columns(2, gap="large")
with right:
    st.subheader(f"Its answer: {answers.sentence(answer)}", anchor=False)
    answers.show_bars(answer, key="classify")
    target = answers.pick_class(engine, answer, key="classify.target")
    stage = answers.pick_stage(engine, key="classify.stage")
heatmap = answers.heatmap_of(engine, picture, answer, target=target, layer=stage)
name = answers.class_names(engine)[target]
rows, columns = heatmap.values.shape
with left:
    slot = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        look = answers.pick_look(key="classify")
        answers.download_png(
            f"{picture.name} {name} {stage}",
            lambda: answers.on_crop(image, preparation, heatmap.values, look),
            key="classify.png",
        )
    shown = answers.for_screen(image)
    slot.image(
        answers.on_crop(shown, preparation, heatmap.values, look),
        width="stretch",
        caption=f"The crop that the network saw, in the picture's own resolution. Highlighted: {name}",
        alt=f"Heat map for {name} over the crop of {picture.name}",
    )
    if heatmap.is_blank:
        slot.info(f"No positive evidence: at this stage nothing in the picture raises the score of {name}.")

whole, view = st.columns(2, gap="large")
whole.image(
    answers.on_whole(shown, preparation, heatmap.values, look),
    width="stretch",
    caption="Back in its place on the whole picture. What is dimmed the network never saw",
    alt=f"{picture.name} with the crop outlined",
)
side = preparation.crop
view.image(
    answers.enlarged(preparation.view(image)),
    caption=f"The network's own view: {side} × {side} pixels, enlarged here. It gets no more than this",
    alt=f"{picture.name} at {side} by {side} pixels",
)

st.subheader("What to notice", anchor=False)
st.markdown(
    f"""
The bars are the network's best answers among its {engine.architecture.classes:,} classes. They are shares of its own
belief and always add up to 1 over all classes, for a picture of none of them too: try the sample of no class it knows.

The heat **highlights** positions whose features raise the score of the class that you chose (Grad-CAM: the stage's
channels, each weighted by how much the score depends on it, summed, negative sums cut off). It says where, never why.
At this stage it has {rows} × {columns} values; what lies between them is blended. Earlier stages have finer maps of
simpler features, and each map is scaled to its own strongest value.
"""
)
if preparation.reduce:
    st.markdown(
        f"Before it enters this network, a picture is reduced to {preparation.reduce} × {preparation.reduce} pixels, "
        "as soft as the pictures that it was trained on."
    )
st.subheader("All answers as a table", anchor=False)
answers.show_table(engine, brought, found, key="classify")
