"""What others write is text: names and labels full of markup are shown letter by letter, and no outside host is asked.

`page` fails where the browser asks for anything outside; an element that markup made is looked for, too.
"""

from __future__ import annotations

import io
import zipfile
from urllib.parse import urlencode

import pytest
from PIL import Image
from support.browser import turn_to, wait_until_idle

from effnet_core.images.samples import load_sample

pytestmark = pytest.mark.browser

OUTSIDE = "outside.example"
MARKUP = (  # none has a slash, so that each can be a file's name; `https:host` leads outside all the same
    f"![a](https:{OUTSIDE})",
    f"<img src=https:{OUTSIDE}>",
    f"[go](https:{OUTSIDE}) **b** $x^2$ `c`",
    f"www.{OUTSIDE} :material_delete: :red[r]",
)
IN_LINKS = (*MARKUP, f"![b](//{OUTSIDE}/x.png)", f'<a href="//{OUTSIDE}">x</a>', f"https://{OUTSIDE}/x")
MADE = f"[src*='{OUTSIDE}'], [href*='{OUTSIDE}'], [srcset*='{OUTSIDE}'], [style*='{OUTSIDE}']"
PANELS = ("Look", "Compare", "Edit", "Which channels matter", "By depth", "As data")


def is_text(page, *pieces: str) -> None:
    """Nothing on the page came from markup, and these pieces are read on it."""
    wait_until_idle(page)
    assert not page.locator(MADE).count(), page.locator(MADE).first.evaluate("one => one.parentElement.outerHTML")
    read = page.locator("body").inner_text().replace("\u2060", "")
    for piece in pieces:
        assert piece in read, (piece, page.url)


def picture(name: str) -> dict[str, object]:
    buffer = io.BytesIO()
    load_sample("coffee").resize((200, 200)).save(buffer, "PNG")
    return {"name": f"{name}.png", "mimeType": "image/png", "buffer": buffer.getvalue()}


def checkpoint() -> bytes:
    import torch
    from safetensors.torch import save

    from effnet_core.architecture import tiny
    from effnet_core.networks.builder import build

    torch.manual_seed(0)
    return save(build(tiny(classes=len(MARKUP))).state_dict())


def class_folders() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as pack:
        for shade, name in enumerate(MARKUP):
            for number in range(2):
                data = io.BytesIO()
                Image.new("RGB", (96, 96), (60 * shade, 90 * number, 120)).save(data, "PNG")
                pack.writestr(f"{name}/{number}.png", data.getvalue())
            pack.writestr(f"{name}/{name}.png", b"no picture")
    return buffer.getvalue()


def brings(page, label: str, *files: dict[str, object]) -> None:
    uploader = page.locator('[data-testid="stFileUploader"]').filter(has_text=label)
    uploader.locator("input").set_input_files(list(files))
    wait_until_idle(page)


def test_links(page):
    for text in IN_LINKS:
        link = {"scaling.phi": text, "scaling.panel": text, "app.unit": text, "teach": text}
        page.goto(f"/scaling?{urlencode(link)}")
        is_text(page, text[:20])
        page.goto(f"/classify?{urlencode({'teach': 'compound_scaling', 'step': text, 'app.sample': text})}")
        is_text(page, text[:15])
        page.goto(f"/se_gates?{urlencode({'se_gates.tried': text})}")
        is_text(page)
        page.goto(f"/vote?{urlencode({'c': text})}")
        is_text(page)


def test_names_of_pictures_and_labels_and_class_folders(page):
    page.goto("/classify")
    wait_until_idle(page)
    page.get_by_role("button", name="Picture").click()
    page.get_by_role("radio", name="Upload").click()
    broken = {"name": f"{MARKUP[1]}.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    brings(page, "several at once", *map(picture, MARKUP), broken)
    page.keyboard.press("Escape")
    is_text(page, f"{MARKUP[0]}.png", f"{MARKUP[1]}.jpg")

    page.get_by_role("button", name="Network").click()
    page.get_by_text("Bring your own").click()
    labels = {"name": "labels.txt", "mimeType": "text/plain", "buffer": "\n".join(MARKUP).encode()}
    brings(page, "Labels, one a line", labels)
    network = {"name": f"{MARKUP[0]}.safetensors", "mimeType": "application/x", "buffer": checkpoint()}
    brings(page, "Checkpoint, up to", network)
    is_text(page, f"{MARKUP[0]}.safetensors")
    page.keyboard.press("Escape")
    assert any(
        label in page.get_by_role("heading", name="Its answer").inner_text().replace("\u2060", "") for label in MARKUP
    )

    page.get_by_role("radio", name="Two classes", exact=True).click()
    is_text(page)

    turn_to(page, "SE gates")
    page.get_by_role("radio", name="By depth").click()
    wait_until_idle(page)
    brings(
        page, "Zip file of class folders", {"name": f"{MARKUP[2]}.zip", "mimeType": "x/zip", "buffer": class_folders()}
    )
    page.get_by_role("button", name="Measure the gates on these").click()
    page.get_by_text("Left out").first.wait_for()
    for panel in PANELS:
        page.get_by_role("radio", name=panel, exact=True).click()
        is_text(page)
    page.get_by_role("radio", name="Compare", exact=True).click()
    wait_until_idle(page)
    page.get_by_role("radio", name="Two classes", exact=True).click()
    is_text(page)
