"""One printable page: formulas, B0's table, the family, a block to scale, where cost sits. All numbers are computed.

A4, landscape, three columns; lengths in mm. The font is DejaVu Sans, which has Greek letters and comes with matplotlib.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from fpdf import FPDF

from ..architecture import ALPHA, B0_STAGES, BETA, GAMMA, RELEASES, STEM_KERNEL, released, strided
from ..cost import block_layers, cost_of, layers_of, total
from ..palette import DEPTHWISE, EXPAND, PROJECT, RESIDUAL, SQUEEZE_EXCITE, STEM_HEAD
from ..published.claims import newest
from ..units import three_digits
from .cards import all_cards
from .cards.values import filled

MARGIN, GAP, COLUMN = 9, 6, 89
TEXT, SMALL, LINE = 7.6, 6.6, 3.9  # pt, pt, mm
INK, RULE = (20, 33, 43), (150, 160, 170)
EXAMPLE = "features.6.1"  # the block that is drawn: one of B0's widest with a shortcut
FORMULAS = (
    ("Compound scaling", "depth α^φ, width β^φ, resolution γ^φ, with α · β² · γ² ≈ 2 and α, β, γ ≥ 1"),
    ("The paper's values", f"α = {ALPHA:g}, β = {BETA:g}, γ = {GAMMA:g}: a step of φ costs × {{growth|3}}"),
    ("Rounding", "layers: ⌈d · n⌉ per stage; channels: to a multiple of 8, one up if over 10 % would be lost"),
    ("Convolution", "MACs = C_in · C_out · k² · H · W / groups; FLOPs = 2 · MACs (papers print MACs)"),
    ("Depthwise separable", "1/C_out + 1/k² of an ordinary convolution"),
    ("MBConv, expansion t", "1×1: C → tC · depthwise k×k, stride s · SE on tC · 1×1: tC → C′, linear"),
    ("Shortcut", "adds the input where s = 1 and C = C′"),
    ("SE", "gate = σ(W₂ · swish(W₁ · mean)), output = gate · map; width ¼ of the block's input"),
    ("SE's parameters", "2 · tC · C/4 + C/4 + tC"),
    ("swish (SiLU)", "x · σ(x)"),
    ("Batch norm, folded", "w · γ / √(σ² + ε) and β − μ · γ / √(σ² + ε)"),
    (
        "Stochastic depth",
        "block i of n, if it has a shortcut, is dropped with {one - survival|2} · i / n, per picture",
    ),
    ("Label smoothing", "target of the right class: 1 − ε + ε/K"),
    ("GPipe's bubble", "(K − 1) / (M + K − 1), K partitions, M micro-batches"),
    ("Grad-CAM", "ReLU(Σ αₖ · Aₖ), αₖ = mean of the logit's gradient over channel k"),
)
NUMBERS = (
    "B0: expand and project {b0.pointwise.macs / b0.macs|%} of MACs, depthwise {b0.depthwise.macs / b0.macs|%}, "
    "head {b0.head.macs / b0.macs|%}, SE {b0.se.macs / b0.macs|%}.",
    "B0: SE {b0.se.params / b0.params|%} of parameters, classifier {b0.classifier.params / b0.params|%}, "
    "expand and project {b0.pointwise.params / b0.params|%}.",
    "B7 over B0: {b7.params / b0.params|3} times the parameters, {b7.macs / b0.macs|3} times the MACs.",
    "GPipe over B7: {gpipe.params} M / {b7.params.printed} M = {gpipe.times} times the parameters; {gpipe.seconds|.1} "
    "s / {b7.seconds} s = {b7.speedup} times slower on one CPU core, one picture. No claim about GPUs.",
    "B0 at {single.macs} G MACs by depth {single.depth}, width {single.width}, resolution {single.resolution}, "
    "compound {single.compound} % top-1.",
    "ResNet-50's recipe alone: {tv.resnet50.v1|3} to {tv.resnet50.v2|3} % (torchvision).",
)
MISCONCEPTIONS = (
    "The product α · β² · γ² is not two, and B1 is not φ = 1: released coefficients were picked by hand.",
    "SE's ratio applies to the block's input, not to the expanded channels.",
    "No activation after the projection; drop connect here is stochastic depth.",
    "Few FLOPs do not mean fast: depthwise waits for memory.",
    "B0's search rewarded FLOPs; MnasNet's rewarded latency.",
)


def font_folder() -> Path:
    """DejaVu's folder, found without importing matplotlib."""
    return Path(importlib.util.find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"


def pdf() -> bytes:
    """The cheat sheet as a PDF file of one page."""
    sheet = Sheet()
    sheet.heading("EfficientNet on one page", 13)
    sheet.rows("Formulas", formulas())
    sheet.next_column()
    sheet.table("B0, stage by stage", *b0_table(), widths=(11, 27, 13, 16, 11, 11))
    sheet.table("The family", *family_table(), widths=(9, 13, 13, 13, 13, 14, 14))
    for card in (card for card in all_cards() if card.first):
        sheet.notes(card.question, (card.answer,))
    sheet.next_column()
    draw_block(sheet)
    sheet.notes("Numbers to know", [filled(text) for text in NUMBERS])
    sheet.notes("Common misconceptions", MISCONCEPTIONS)
    sheet.notes("Sources", (SOURCES,))
    return bytes(sheet.page.output())


SOURCES = (
    "Counted by this app from the architecture; top-1: Tan and Le, arXiv:1905.11946v5, Table 2. Head as in torchvision."
    " Blocks: Sandler et al., arXiv:1801.04381; SE: Hu et al., arXiv:1709.01507; GPipe: Huang et al., arXiv:1811.06965."
)


def formulas() -> list[tuple[str, str]]:
    """(what, formula) with its numbers filled in."""
    return [(name, filled(text)) for name, text in FORMULAS]


def b0_table() -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of the paper's Table 1: each stage's input, output and cost."""
    b0 = released("b0")
    layers, rows = (
        layers_of(b0),
        [("1", f"Conv {STEM_KERNEL}×{STEM_KERNEL}", f"{b0.resolution}", f"{b0.stem_channels}", "1")],
    )
    size = layers[0].size
    for number, stage in enumerate(B0_STAGES, start=2):
        name = f"MBConv{stage.expansion}, {stage.kernel}×{stage.kernel}"
        rows.append((f"{number}", name, f"{size}", f"{stage.out_channels}", f"{stage.layers}"))
        size = strided(size, stage.stride)
    rows.append(("9", "Conv 1×1, pool, FC", f"{size}", f"{b0.head_channels:,}", "1"))
    cost = {row[0]: total([layer for layer in layers if layer.stage == int(row[0])]) for row in rows}
    header = ("stage", "operator", "input px", "channels out", "layers", "M MACs")
    return header, [(*row, three_digits(cost[row[0]].macs / 1e6)) for row in rows]


def family_table() -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of B0 to B7 as released."""
    top1 = {row["model"]: row["top1_pct"] for row in newest()}
    rows = []
    for member, release in RELEASES.items():
        network, cost = released(member), cost_of(released(member))
        rows.append(
            (
                member.upper(),
                f"{release.depth:g} / {release.width:g}",
                f"{release.resolution}",
                f"{len(network.blocks)}",
                three_digits(cost.params / 1e6),
                three_digits(cost.macs / 1e9),
                f"{top1[f'EfficientNet-{member.upper()}']:.1f}",
            )
        )
    return ("", "depth / width", "px", "blocks", "M params", "G MACs", "top-1, %"), rows


class Sheet:
    """A page that is filled column by column, from the top."""

    def __init__(self) -> None:
        self.page = FPDF("landscape", "mm", "A4")
        self.page.set_auto_page_break(False)
        for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
            self.page.add_font("sheet", style, font_folder() / file)
        self.page.set_title("EfficientNet on one page")
        self.page.add_page()
        self.page.set_text_color(*INK)
        self.left, self.y = MARGIN, MARGIN

    def next_column(self) -> None:
        self.left, self.y = self.left + COLUMN + GAP, MARGIN

    def write(self, text: str, size: float = TEXT, *, bold: bool = False, indent: float = 0) -> None:
        """Text over the column's width, wrapped."""
        self.page.set_font("sheet", "B" if bold else "", size)
        self.page.set_xy(self.left + indent, self.y)
        self.page.multi_cell(COLUMN - indent, LINE * size / TEXT, text, align="L")
        self.y = self.page.get_y()

    def heading(self, text: str, size: float = 9.5) -> None:
        self.y += 1 if self.y > MARGIN else 0
        self.write(text, size, bold=True)
        self.page.set_draw_color(*RULE)
        self.page.line(self.left, self.y + 0.5, self.left + COLUMN, self.y + 0.5)
        self.y += 2

    def rows(self, title: str, pairs: Sequence[tuple[str, str]]) -> None:
        """What and how, each on its own lines."""
        self.heading(title)
        for name, text in pairs:
            self.write(name, TEXT, bold=True)
            self.write(text, TEXT, indent=3)
            self.y += 1.2

    def notes(self, title: str, texts: Sequence[str]) -> None:
        self.heading(title)
        for text in texts:
            self.write(text, SMALL if title == "Sources" else TEXT)
            self.y += 0.9

    def table(self, title: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, widths: Sequence[int]) -> None:
        self.heading(title)
        for number, row in enumerate((header, *rows)):
            self.page.set_font("sheet", "B" if number == 0 else "", SMALL if number == 0 else TEXT)
            x = self.left
            for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
                words = index < 2 and not cell.replace(".", "").isdigit()
                self.page.set_xy(x, self.y)
                if number == 0:
                    self.page.multi_cell(width, 3.2, cell, align="L" if index < 2 else "R")
                else:
                    self.page.cell(width, LINE, cell, align="L" if words or index == 0 else "R")
                x += width
            self.y += 7 if number == 0 else LINE + 0.5
        self.y += 1.5


def draw_block(sheet: Sheet) -> None:
    """One MBConv of B0 and a ResNet bottleneck as bars: as wide as their tensors have channels."""
    block = released("b0").block(EXAMPLE)
    size = next(layer.size for layer in layers_of(released("b0")) if layer.name.startswith(EXAMPLE))
    cost = total(block_layers(block, size))
    sheet.heading("A block, its channels to scale")
    steps = (
        (f"input, {block.in_channels}", block.in_channels, STEM_HEAD),
        (f"1×1 expand → {block.expanded_channels:,}", block.expanded_channels, EXPAND),
        (f"{block.kernel}×{block.kernel} depthwise, swish", block.expanded_channels, DEPTHWISE),
        (f"SE, {block.squeeze_channels} inside: × gate", block.expanded_channels, SQUEEZE_EXCITE),
        (f"1×1 project → {block.out_channels}, no activation", block.out_channels, PROJECT),
        ("+ input between thin ends", block.out_channels, RESIDUAL),
    )
    _bars(sheet, steps, block.expanded_channels)
    name = f"MBConv{block.expansion} of B0, {EXAMPLE}, {size} px"
    sheet.write(f"{name}: {cost.params:,} parameters, {cost.macs:,} MACs.", SMALL)
    sheet.y += 2
    wide = block.expanded_channels
    classic = (
        (f"input, {wide:,}", wide, STEM_HEAD),
        (f"1×1 → {wide // 4}", wide // 4, EXPAND),
        ("3×3, ordinary", wide // 4, DEPTHWISE),
        (f"1×1 → {wide:,}", wide, PROJECT),
        ("+ input between wide ends, ReLU", wide, RESIDUAL),
    )
    _bars(sheet, classic, wide)
    sheet.write("A classic ResNet bottleneck of the same widest tensor.", SMALL)
    sheet.y += 2


def _bars(sheet: Sheet, steps: Sequence[tuple[str, int, str]], widest: int) -> None:
    """A bar for each step, centred, with its words beside it."""
    room = 38
    for text, channels, colour in steps:
        width = room * channels / widest
        sheet.page.set_fill_color(colour)
        sheet.page.rect(sheet.left + (room - width) / 2, sheet.y, width, 3.4, style="F")
        sheet.page.set_font("sheet", "", SMALL)
        sheet.page.set_xy(sheet.left + room + 1, sheet.y - 0.3)
        sheet.page.cell(COLUMN - room - 1, LINE, text)
        sheet.y += LINE + 0.3
