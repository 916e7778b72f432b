"""A page for people made from the API's own description: one file without scripts, which asks no other host."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
:root { color-scheme: light dark; }
h2 { font-size: 1.1rem; margin: 2rem 0 0; border-top: 1px solid #8886; padding-top: 1rem; }
code { font: .95em ui-monospace, monospace; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .15rem 1.5rem .15rem 0; vertical-align: top; }
"""


def page(api: dict) -> str:
    """HTML of an OpenAPI description."""
    parts = [_paragraph(part) for part in api["info"].get("description", "").split("\n\n")]
    parts += [part for path, methods in api["paths"].items() for part in _path(path, methods)]
    title = escape(api["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style><h1>{title}</h1>{''.join(parts)}"
        '<p>The same for programs: <a href="openapi.json">openapi.json</a>.</p></html>'
    )


def _path(path: str, methods: dict) -> Iterator[str]:
    for method, said in methods.items():
        yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>{_paragraph(said.get('description', ''))}"
        if body := said.get("requestBody"):
            yield _paragraph(f"Body: {body['description']} As {', '.join(body['content'])}.")
        rows = "".join(map(_option, said.get("parameters", ())))
        yield f"<table>{rows}</table>" if rows else ""
        forms = said["responses"].get("200", {}).get("content", {})
        yield _paragraph(f"Answers as {', '.join(forms)}.") if forms else ""


def _option(option: dict) -> str:
    schema = option["schema"]
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind["type"] != "null"]
    kind = " or ".join(f"{kind['items']['type']}, several" if "items" in kind else kind["type"] for kind in kinds)
    default = f", else {schema['default']}" if schema.get("default") is not None else ""
    needed = ", needed" if option.get("required") else default
    words = escape(option.get("description", ""))
    return f"<tr><th><code>{escape(option['name'])}</code></th><td>{escape(kind + needed)}</td><td>{words}</td></tr>"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""
