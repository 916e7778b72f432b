"""Run the notebooks of examples/ and keep in them what they print and show: python docs/run_notebooks.py.

No Jupyter is needed: the cells of a notebook are run in order in one namespace. Pictures are kept as JPEG, charts as
PNG photographed in a system Chromium, so that both are seen where a notebook is only read.
"""

from __future__ import annotations

import ast
import base64
import io
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIZE = {"width": 900, "height": 420}  # px of a chart


def code_cells(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def run(notebook: dict) -> Iterator[tuple[dict, str, object]]:
    """Each code cell with what it printed and the value of its last line, if that is an expression."""
    names: dict = {"__name__": "__main__"}
    sys.path.insert(0, str(ROOT))  # a notebook's own folder stands there in Jupyter, from which it finds the project
    try:
        for number, cell in enumerate(code_cells(notebook), start=1):
            printed = io.StringIO()
            with redirect_stdout(printed):
                shown = _run_cell("".join(cell["source"]), f"<cell {number}>", names)
            yield cell, printed.getvalue(), shown
    finally:
        sys.path.remove(str(ROOT))


def _run_cell(source: str, where: str, names: dict) -> object:
    tree = ast.parse(source, where)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last.value), where, "eval"), names)


def outputs(printed: str, shown: object, browser) -> list[dict]:
    """As a notebook keeps them."""
    rows = []
    if printed:
        rows.append({"name": "stdout", "output_type": "stream", "text": printed.splitlines(keepends=True)})
    if shown is not None:
        data = _picture(shown, browser) | {"text/plain": [type(shown).__name__]}
        rows.append({"data": data, "metadata": {}, "output_type": "display_data"})
    return rows


def _picture(shown: object, browser) -> dict[str, str]:
    if hasattr(shown, "to_html"):  # a plotly figure
        page = browser.new_page(viewport=SIZE | {"height": shown.layout.height or SIZE["height"]})
        page.set_content(f"<body style='margin:0'>{shown.to_html(include_plotlyjs=True)}</body>")
        page.locator(".plot-container").wait_for()
        page.wait_for_timeout(1000)
        data, kind = page.screenshot(), "image/png"
        page.close()
    else:
        file, kind = io.BytesIO(), "image/jpeg"
        shown.save(file, "JPEG", quality=85)
        data = file.getvalue()
    return {kind: base64.b64encode(data).decode()}


def main() -> None:
    from playwright.sync_api import sync_playwright
    from take_pictures import start_chromium

    with sync_playwright() as driver:
        browser = start_chromium(driver)
        for path in sorted((ROOT / "examples").glob("*.ipynb")):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            for number, (cell, printed, shown) in enumerate(run(notebook), start=1):
                cell |= {"outputs": outputs(printed, shown, browser), "execution_count": number}
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
