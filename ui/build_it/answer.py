"""The right side: the editor, the check, downloads. Code is run on its writer's own computer alone."""

from __future__ import annotations

from threading import Semaphore

import streamlit as st

from effnet_core.exercises import EXERCISES, Exercise
from effnet_core.exercises.notebook import notebook
from effnet_core.exercises.running import LONGEST_CODE, Report, check

from ..components import code_editor
from ..session import kept_values
from . import progress
from .here import is_here

AT_ONCE = 2  # checks of one server
NOT_HERE = """
This app can be reached over a network, so it does not run code. Check yours on your own computer, in the project's
folder:

```
python -m effnet_core exercise check {name}.py
```

With `make run` the app answers your own computer alone, and has a button for it.
"""


@st.cache_resource(show_spinner=False)
def _places() -> Semaphore:
    return Semaphore(AT_ONCE)


def show(chosen: Exercise) -> None:
    here = is_here()
    code, wanted = _edit(chosen, checks=here)
    with st.container(horizontal=True, vertical_alignment="center"):
        if here:
            wanted |= st.button("Check", key="build_it.check", type="primary", icon=":material/play_arrow:")
        _offer_downloads(chosen, code)
        st.button("Start again", key="build_it.again", type="tertiary", on_click=_start_again, args=(chosen,))
    if here:
        _show_check(chosen, code, wanted)
    else:
        st.info(NOT_HERE.format(name=chosen.name))
        st.button("I have solved it", key="build_it.done", on_click=progress.solve, args=(chosen.name,))


def _edit(chosen: Exercise, *, checks: bool) -> tuple[str, bool]:
    """What stands in the editor, and whether its keys ask for a check."""
    code = progress.known().drafts.get(chosen.name, chosen.starter)

    def write(text: str) -> None:
        progress.keep(progress.known().with_draft(chosen.name, text))

    asked = code_editor.edit(
        code,
        name=f"{chosen.name} {kept_values.value('build_it.version', 0)}",
        label=f"Your code: {chosen.title}",
        longest=LONGEST_CODE,
        checks=checks,
        key=f"build_it.editor.{chosen.name}",
        on_written=write,
    )
    return progress.known().drafts.get(chosen.name, chosen.starter), asked


def _start_again(chosen: Exercise) -> None:
    """Callback: the editor shows the starter again."""
    progress.keep(progress.known().with_draft(chosen.name, chosen.starter))
    kept_values.keep("build_it.report", None)
    progress.show_again()


def _offer_downloads(chosen: Exercise, code: str) -> None:
    """What was written, to go on with elsewhere."""
    files = {"py": ("text/x-python", code), "ipynb": ("application/x-ipynb+json", notebook(chosen, code))}
    for ending, (kind, made) in files.items():
        name, key = f"{chosen.name}.{ending}", f"build_it.download-{ending}"
        st.download_button(f"Download .{ending}", made, name, kind, key=key, on_click="ignore")


def _show_check(chosen: Exercise, code: str, wanted: bool) -> None:
    if wanted:
        with st.spinner("Your code runs in a process of its own …"), _places():
            kept_values.keep("build_it.report", (code, check(chosen.name, code)))
        if kept_values.value("build_it.report")[1].is_right and chosen.name not in progress.known().solved:
            progress.solve(chosen.name)
            st.rerun()  # the task's side knows it, too
    checked, report = kept_values.value("build_it.report") or ("", None)
    if report and report.name == chosen.name:
        _show_report(chosen, report, changed=checked != code)


def _show_report(chosen: Exercise, report: Report, *, changed: bool) -> None:
    if changed:
        st.caption("The code has changed since this check.")
    for sentence in report.passed:
        st.markdown(f":material/check: {sentence}")
    if report.is_right:
        st.success("All is right.")
        _offer_next(chosen)
    else:
        st.error(f"{report.problem}\n\n{report.hint}".strip())
    if report.output.strip():
        st.caption("Your code printed:")
        st.code(report.output, language=None, height=180)
    st.caption(f"Sizes were drawn at random, by seed {report.seed}.")


def _offer_next(chosen: Exercise) -> None:
    solved = progress.known().solved
    waiting = [each for each in EXERCISES if each.name not in solved and each != chosen]
    later = [each for each in waiting if EXERCISES.index(each) > EXERCISES.index(chosen)]
    for following in (later or waiting)[:1]:
        st.button(
            f"Next: {following.title}",
            key="build_it.next",
            icon=":material/arrow_forward:",
            on_click=kept_values.keep,
            args=("build_it.exercise", following.name),
        )
