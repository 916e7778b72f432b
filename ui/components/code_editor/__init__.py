"""An editor for Python: a text area with colours and line numbers, which keeps the indentation.

Editors from the package index were tried: streamlit-monaco and streamlit-code-editor fetch code or fonts from outside
the computer, and streamlit-ace, which does not, has had no release since 2021.
"""

from __future__ import annotations

from collections.abc import Callable

from ...session import kept_values
from ..files import component

_component = component("code_editor", __file__)


def edit(
    code: str, *, name: str, label: str, longest: int, checks: bool, key: str, on_written: Callable[[str], None]
) -> bool:
    """Whether a check is asked for by its keys, which are told if it `checks`.

    `on_written` gets what was written, before the page runs again. The editor keeps its own text until `name` is
    another one; then it shows `code`.
    """

    def written() -> None:
        text = kept_values.value(key)["written"]
        if isinstance(text, str) and len(text) <= longest:
            on_written(text)

    shown = {"code": code, "name": name, "label": label, "longest": longest, "checks": checks}
    result = _component(data=shown, key=key, on_written_change=written, on_asked_change=lambda: None)
    return bool(result.asked)
