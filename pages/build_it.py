"""Write the parts of EfficientNet by hand, or find a bug: task, hints, editor, check. Opens without torch."""

import streamlit as st

from ui.build_it import answer, progress, task
from ui.session import router
from ui.shared import widgets

router.enter_by_router()

left, right = st.columns([2, 3], gap="large")
with left:
    chosen = task.pick()
    with st.container(key="build_it.task"):
        task.show(chosen)
with right:
    answer.show(chosen)
widgets.cite(
    "A check compares your code with references at random sizes: the project's own rules, torch's layers, and "
    "torchvision's blocks on the same weights. Your code and your progress stay in this browser."
)
progress.show_store()
