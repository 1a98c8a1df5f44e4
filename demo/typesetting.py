"""Where a poster's texts stand and how large they are, worked out before anything is painted.

``compose`` turns a film's texts into blocks (masks with a place, in pixels) in a group at the head
and a group at the foot of the sheet, and tells what band is left for the picture. Colours, and
whether a text is readable on what is painted behind it, are printing.py's business.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from demo.lettering import Lettering, block_mask, covering, fit, line_mask, trimmed, width
from demo.terrain import Focus

MARGIN = 0.06
"""Free space left and right of every text, in poster widths."""


@dataclass(frozen=True)
class Plan:
    """A layout: which end of the sheet holds the title, and where the tagline goes.

    ``tagline`` is "over" or "under" the title, or at the "top" or "foot" of the sheet. ``share`` is
    the most of the sheet's height the title may take. ``stacked`` sets each line to the full width,
    ``billing`` puts the players' names at the top, ``panel`` a plain strip under the foot's texts.
    """

    head: bool
    tagline: str
    share: float = 0.2
    align: str = "centre"
    billing: bool = False
    panel: bool = False
    stacked: bool = False


PLANS: dict[str, Plan] = {
    "foot": Plan(False, "under", billing=True),
    "foot-left": Plan(False, "under", align="left", billing=True),
    "foot-low": Plan(False, "top", 0.21),
    "foot-over": Plan(False, "over", 0.19, align="left"),
    "panel": Plan(False, "under", 0.17, panel=True),
    "panel-left": Plan(False, "under", 0.17, align="left", panel=True),
    "stack-foot": Plan(False, "top", 0.34, stacked=True),
    "head": Plan(True, "over"),
    "head-left": Plan(True, "under", align="left"),
    "head-billing": Plan(True, "foot", billing=True),
    "stack": Plan(True, "under", 0.34, align="left", stacked=True),
}
_WORDY = frozenset({"foot", "foot-low", "head", "head-left", "panel", "foot-left"})
# A corridor's or a wood's weight is at the bottom, where a title at the foot may cover it.
_ROOTED = frozenset({"corridor", "woods", "lone_figure", "grid_sun"})


def plan_for(title: str, composition: str, chance: random.Random) -> Plan:
    """A layout that suits how long the title is and where the composition keeps its weight."""
    names = [n for n in PLANS if n in _WORDY or len(title) <= 34]
    if composition in _ROOTED:
        names = [n for n in names if PLANS[n].head] + ["foot-low", "panel"]
    return PLANS[chance.choice(names)]


@dataclass(frozen=True)
class Block:
    """One piece of text: its mask, the place of its top left corner (px), and what it is."""

    mask: Image.Image
    left: int
    top: int
    title: bool

    @property
    def box(self) -> tuple[int, int, int, int]:
        """left, top, right, bottom in pixels."""
        return (self.left, self.top, self.left + self.mask.width, self.top + self.mask.height)


@dataclass(frozen=True)
class Sheet:
    """All texts in place: the head's blocks from the top down, the foot's from the bottom up."""

    head: tuple[Block, ...]
    foot: tuple[Block, ...]
    focus: Focus
    panel: bool
    effect: str


def compose(
    film: Mapping[str, Any],
    size: tuple[int, int],
    plan: Plan,
    title: tuple[Lettering, str],
    tagline: Lettering,
    chance: random.Random,
) -> Sheet:
    """Set a film's texts on a sheet of ``size`` pixels; ``title`` is its lettering and effect."""
    wide, high = size
    style, effect = title
    name = str(film["title"]).strip() or str(film["id"])
    headline = _title(name, style, effect, plan, size, chance)
    motto = _tagline(str(film.get("tagline") or "").strip(), tagline, plan, wide)
    billing = _billing(film, wide) if plan.billing else None
    main = {"over": [motto, headline], "under": [headline, motto]}.get(plan.tagline, [headline])
    above = [billing, motto if plan.tagline == "top" else None, *(main if plan.head else [])]
    below = [*([] if plan.head else main), motto if plan.tagline == "foot" else None, _credits(film, plan, wide)]

    def placed(mask: Image.Image, top: float, row_align: str) -> Block:
        left = MARGIN * wide if row_align == "left" else (wide - mask.width) / 2
        return Block(mask, round(left), round(top), mask is headline)

    gap, head, foot = 0.032 * wide, [], []
    top = 0.05 * wide
    for mask in above:
        if mask is not None:
            head.append(placed(mask, top, "centre" if mask is billing else plan.align))
            top += mask.height + gap
    bottom = high - 0.037 * wide
    for mask in reversed(below):
        if mask is not None:
            foot.append(placed(mask, bottom - mask.height, plan.align))
            bottom -= mask.height + gap
    free = max(0.4 * wide, bottom - top)
    focus = Focus(0.5, (top + free / 2) / wide, min(0.46, free / wide / 2))
    return Sheet(tuple(head), tuple(foot), focus, plan.panel, effect)


def _title(text: str, style: Lettering, effect: str, plan: Plan, size: tuple[int, int], chance: random.Random) -> Image.Image:
    style = covering(style, text)
    wide, high = (1 - 2 * MARGIN) * size[0], plan.share * size[1]
    biggest = size[0] * (0.5 if plan.stacked or len(text) <= 3 else 0.27)
    leading = 1.0 if style.upper else 1.08
    wobble = None
    if effect == "jitter":
        leading, wide = leading * 1.1, wide * 0.97
        wobble = [(chance.uniform(-0.05, 0.05), chance.uniform(-7, 7)) for _ in range(11)]
    # Capitals reach only about seven tenths of the size, so the ink needs less height than the sizes add up to.
    lines, points = fit(text, style, (wide, high * 1.2), most_lines=6, biggest=biggest, leading=leading)
    full = wide if plan.stacked and len(lines) > 1 else None
    mask = block_mask(lines, style, points, leading=leading, align=plan.align, justify_to=full, wobble=None if full else wobble)
    shrink = min(1.0, wide / mask.width, high / mask.height)
    if shrink < 1:
        mask = mask.resize((max(1, round(mask.width * shrink)), max(1, round(mask.height * shrink))), Image.Resampling.LANCZOS)
    return _altered(mask, effect, chance)


def _tagline(text: str, style: Lettering, plan: Plan, wide: int) -> Image.Image | None:
    if not text:
        return None
    style = covering(style, text)
    lines, size = fit(text, style, ((1 - 2 * MARGIN) * wide, 0.1 * wide), most_lines=3, biggest=wide * 0.037, leading=1.25)
    return block_mask(lines, style, size, leading=1.25, align=plan.align)


def _billing(film: Mapping[str, Any], wide: int) -> Image.Image | None:
    """The first players' names in one line, as many (three at most) as fit without shrinking."""
    style, size = Lettering("sans", 0.12), round(wide * 0.025)
    names = [str(name).upper() for name in (film.get("cast") or ())[:3]]
    while names:
        text = "   ".join(names)
        if width(text, style, size) <= (1 - 2 * MARGIN) * wide:
            return trimmed(line_mask(text, style, size))
        names.pop()
    return None


def _credits(film: Mapping[str, Any], plan: Plan, wide: int) -> Image.Image | None:
    """The credit block and under it the year, the length and the countries."""
    rows = [*_credit_rows(film, wide), _last_row(film, wide)]
    masks = [row for row in rows if row is not None]
    if not masks:
        return None
    gap = round(0.011 * wide)
    out = Image.new("L", (max(m.width for m in masks), sum(m.height for m in masks) + gap * (len(masks) - 1)))
    top = 0
    for mask in masks:
        out.paste(mask, (0 if plan.align == "left" else (out.width - mask.width) // 2, top))
        top += mask.height + gap
    return out


def _credit_rows(film: Mapping[str, Any], wide: int) -> list[Image.Image]:
    directors, cast = [str(d) for d in film.get("directors") or ()], [str(a) for a in film.get("cast") or ()]
    parts: list[tuple[str, bool]] = []
    if directors:
        parts += [("a film by", False), (" & ".join(directors[:2]), True)]
    if cast:
        parts += [("starring", False), *((name, True) for name in cast[:5])]
    loud, quiet = Lettering("sans", 0.02, 0.58), Lettering("sans", 0.02, 0.5, upper=False)
    size, most = round(0.034 * wide), round((1 - 2 * MARGIN) * wide)
    space = round(size * 0.32)
    lines: list[list[Image.Image]] = [[]]
    for text, strong in parts:
        style = loud if strong else quiet
        # Not trimmed in height: every piece must keep the same baseline.
        piece = line_mask(style.shown(text), style, size if strong else round(size * 0.86))
        box = piece.getbbox()
        piece = piece.crop((box[0], 0, box[2], piece.height)) if box else piece
        if lines[-1] and sum(p.width + space for p in lines[-1]) + piece.width > most:
            lines.append([])
        lines[-1].append(piece)
    rows = []
    for line in lines:
        if line:
            high, x = max(p.height for p in line), 0
            row = Image.new("L", (sum(p.width for p in line) + space * (len(line) - 1), high))
            for piece in line:
                row.paste(piece, (x, round((high - piece.height) * 0.75)))
                x += piece.width + space
            rows.append(trimmed(row))
    return rows


def _last_row(film: Mapping[str, Any], wide: int) -> Image.Image | None:
    facts = [str(film["year"])] if film.get("year") else []
    facts += [f"{film['runtime']} min"] if film.get("runtime") else []
    facts += [" / ".join(str(country) for country in (film.get("countries") or ())[:2])] if film.get("countries") else []
    if not facts:
        return None
    return trimmed(line_mask("   ·   ".join(facts).upper(), Lettering("sans", 0.1, 0.8), round(0.0225 * wide)))


def _altered(mask: Image.Image, effect: str, chance: random.Random) -> Image.Image:
    """The title's mask after its effect: stencil bridges, a slice, or roughened edges."""
    if effect == "stencil":
        out = mask.copy()
        pen = ImageDraw.Draw(out)
        thin, step = max(3, mask.width // 230), max(24, mask.width // 13)
        for x in range(step, mask.width, step):
            pen.rectangle((x, 0, x + thin, mask.height), fill=0)
        return out
    if effect == "slice":
        cut, lean = round(mask.height * chance.uniform(0.42, 0.6)), round(mask.height * 0.08)
        lower = Image.new("L", mask.size)
        ImageDraw.Draw(lower).polygon(
            [(0, cut + lean), (mask.width, cut - lean), (mask.width, mask.height), (0, mask.height)], fill=255
        )
        shift = max(3, mask.width // 120)
        out = Image.new("L", (mask.width + shift, mask.height))
        out.paste(ImageChops.multiply(mask, ImageChops.invert(lower)), (0, 0))
        out.paste(255, (shift, 0), ImageChops.multiply(mask, lower))
        ImageDraw.Draw(out).line([(0, cut + lean), (out.width, cut - lean)], fill=0, width=max(2, mask.height // 90))
        return out
    if effect == "rough":
        dice = np.random.default_rng(chance.randrange(2**32))
        noise = dice.integers(0, 256, (mask.height // 3 + 2, mask.width // 3 + 2), dtype=np.uint8)
        coarse = Image.fromarray(noise).resize(mask.size, Image.Resampling.BICUBIC)
        soft = mask.filter(ImageFilter.GaussianBlur(max(1.5, mask.height**0.5 * 0.1)))
        return Image.blend(soft, coarse, 0.3).point(lambda v: max(0, min(255, (v - 108) * 8)))
    return mask
