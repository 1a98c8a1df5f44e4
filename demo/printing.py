"""Ink on a finished picture: every text in a colour that can be read on what lies behind it.

A group of texts is tried in the palette's colours first. Where none stands out enough, the picture
is quietened there: under a flat composition by a plain strip, under a scenic one by a soft veil.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial

import numpy as np
from PIL import Image, ImageFilter

from demo.canvas import Canvas, Colour, Field, contrast, luminance, mix
from demo.palettes import Palette
from demo.typesetting import Block, Sheet

TITLE_CONTRAST = 4.6
SMALL_CONTRAST = 6.0
MOST_UNREST = 2.4
"""The most the ground behind small print may contrast with itself."""
Box = tuple[int, int, int, int]


def print_texts(sheet: Sheet, canvas: Canvas, palette: Palette, *, flat: bool, chance: random.Random) -> None:
    """Print all of a sheet's texts; ``flat`` says whether hard-edged strips suit the picture."""
    press = _Press(canvas, palette, chance)
    for group, at_foot in ((sheet.head, False), (sheet.foot, True)):
        if not group:
            continue
        if at_foot and sheet.panel:
            press.strip(group, at_foot)
        else:
            # What fails and everything between it and the sheet's edge is quietened together.
            failing = [i for i, block in enumerate(group) if press.ink(block) is None]
            if failing and flat:
                press.strip(group, at_foot)
            elif failing:
                press.veil(group[: failing[-1] + 1], at_foot)
        for block in group:
            press.print(block, sheet.effect if block.title else "plain")


class _Press:
    def __init__(self, canvas: Canvas, palette: Palette, chance: random.Random) -> None:
        self.canvas, self.palette = canvas, palette
        p = palette
        self.title_inks = [p.light, p.accent, p.dark, p.deep] if chance.random() < 0.55 else [p.accent, p.light, p.dark]
        self.small_inks: list[Colour] = [p.light, p.dark, (255, 255, 255), (0, 0, 0)]
        self.strip_tone = chance.choice((p.light, p.light, p.dark, p.deep, p.soft))
        self.trim = chance.random() < 0.5

    def ink(self, block: Block) -> Colour | None:
        """The first colour that reads on what is behind the block, or None."""
        return next((t for t in (self.title_inks if block.title else self.small_inks) if self._reads(t, block)), None)

    def strip(self, group: Sequence[Block], at_foot: bool) -> None:
        """A plain strip from the group to the sheet's edge."""
        c, w = self.canvas, self.canvas.width
        if at_foot:
            top, bottom = min(b.top for b in group) / w - 0.035, c.tall + 0.01
        else:
            top, bottom = -0.01, max(b.box[3] for b in group) / w + 0.035
        c.rectangle(-0.01, top, 1.01, bottom, self.strip_tone)
        if self.trim:
            edge = top if at_foot else bottom - 0.01
            c.rectangle(-0.01, edge, 1.01, edge + 0.01, self.palette.accent)

    def veil(self, group: Sequence[Block], at_foot: bool) -> None:
        """Dim or lighten the picture softly from the sheet's edge to the group, no more than needed."""
        c, p = self.canvas, self.palette
        dim = float(np.mean([tones(c.image, b.box) for b in group])) < 0.32
        veil = mix(p.dark, (0, 0, 0), 0.35) if dim else mix(p.light, (255, 255, 255), 0.4)
        ink = mix(p.light, (255, 255, 255), 0.3) if dim else mix(p.dark, (0, 0, 0), 0.5)
        edge = min(b.top for b in group) / c.width - 0.06 if at_foot else max(b.box[3] for b in group) / c.width + 0.06
        inward = 1 if at_foot else -1

        def strength(share: float, x: Field, y: Field) -> Field:
            return np.asarray(share / (1 + np.exp(np.clip((edge - y) * inward * 55, -30, 30))), dtype=np.float32)

        before = c.image.copy()
        for share in (0.4, 0.55, 0.7, 0.85, 1.0):
            c.image.paste(before)
            c.wash(partial(strength, share), veil)
            if all(self._reads(ink, block) for block in group):
                break
        self.small_inks = [ink, *self.small_inks]
        self.title_inks = [*self.title_inks, ink]

    def _reads(self, ink: Colour, block: Block) -> bool:
        low, high = tones(self.canvas.image, self._around(block.box))
        if block.title:
            return worst_contrast(ink, low, high) >= TITLE_CONTRAST
        return worst_contrast(ink, low, high) >= SMALL_CONTRAST and contrast(low, high) <= MOST_UNREST

    def print(self, block: Block, effect: str) -> None:
        """Print one block; black or white, whichever reads better, if nothing in the palette does."""
        c, p, mask, at = self.canvas, self.palette, block.mask, (block.left, block.top)
        low, high = tones(c.image, self._around(block.box))
        ink = self.ink(block)
        if ink is None:
            extremes: tuple[Colour, Colour] = ((255, 255, 255), (0, 0, 0))
            ink = max(extremes, key=lambda t: worst_contrast(t, low, high))
        if effect == "shadow":
            off = max(2, round(mask.height**0.5 * 0.4))
            # A shadow must part from the ink as clearly as from the ground, or it thickens the letters.
            c.image.paste(mix(p.dark if luminance(ink) > 0.2 else p.soft, ink, 0.1), (at[0] + off, at[1] + off), mask)
        elif effect == "glow":
            halo = Image.new("L", (mask.width // 4 + 40, mask.height // 4 + 40))
            halo.paste(mask.resize((halo.width - 40, halo.height - 40)).point(lambda v: round(v * 0.5)), (20, 20))
            soft = halo.filter(ImageFilter.GaussianBlur(6)).resize((halo.width * 4, halo.height * 4))
            c.image.paste(mix(ink, p.accent, 0.5), (at[0] - 80, at[1] - 80), soft)
        elif effect == "gradient":
            blends = (
                t
                for t in (p.accent, p.soft, p.light, p.mid, p.deep)
                if t != ink and worst_contrast(t, low, high) >= SMALL_CONTRAST
            )
            other = next(blends, ink)
            column = Canvas(1, max(1, mask.height))
            column.gradient([ink, ink, other])
            c.image.paste(column.image.resize(mask.size), at, mask)
            return
        c.image.paste(ink, at, mask)

    def _around(self, box: Box) -> Box:
        pad = round(0.01 * self.canvas.width)
        return (
            max(0, box[0] - pad),
            max(0, box[1] - pad),
            min(self.canvas.width, box[2] + pad),
            min(self.canvas.height, box[3] + pad),
        )


def tones(image: Image.Image, box: Box) -> tuple[float, float]:
    """The darkest and the lightest luminance within ``box`` (px), leaving out the outermost 1.5 per cent."""
    left, top, right, bottom = box
    patch = image.crop((left, top, max(left + 1, right), max(top + 1, bottom)))
    patch = patch.resize((min(240, patch.width), min(120, patch.height)), Image.Resampling.BOX)
    share = np.asarray(patch, dtype=np.float32) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    light = linear @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
    return float(np.percentile(light, 1.5)), float(np.percentile(light, 98.5))


def worst_contrast(ink: Colour, low: float, high: float) -> float:
    """The contrast of ``ink`` with the nearer end of a range of luminances; 1 when it lies inside."""
    tone = luminance(ink)
    if low < tone < high:
        return 1.0
    return min(contrast(tone, low), contrast(tone, high))
