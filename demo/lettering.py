"""Faces and lines of text as masks: choosing a face that has the letters, wrapping, fitting, drawing.

All sizes here are pixels. A mask is a mode-L picture, white where ink goes. This module does not
know about colours, palettes or films; the faces are those of `movies/faces.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from movies.faces import font

_MOST_SWELL = 1.9
"""How many times larger than the smallest line another line of the same title may be."""
# Roboto proper and Source Serif cover every European letter; the narrower faces do not.
_STAND_IN = {"condensed": ("black", 0.78), "round": ("black", 1.0)}


@dataclass(frozen=True)
class Lettering:
    """How a line is set: face, letter spacing in ems, and horizontal stretch (1 is natural)."""

    face: str
    tracking: float = 0.0
    stretch: float = 1.0
    upper: bool = True

    def shown(self, text: str) -> str:
        """The text in the case this lettering uses."""
        return text.upper() if self.upper else text


@lru_cache(maxsize=4096)
def _has(face: str, letter: str) -> bool:
    unknown = font(face, 24).getmask("\uffff")
    drawn = font(face, 24).getmask(letter)
    return letter.isspace() or drawn.size != unknown.size or bytes(drawn) != bytes(unknown)


def covering(style: Lettering, text: str) -> Lettering:
    """The same lettering, or its stand-in if the face lacks a letter of the text."""
    if style.face not in _STAND_IN or all(_has(style.face, c) for c in style.shown(text)):
        return style
    face, stretch = _STAND_IN[style.face]
    return Lettering(face, style.tracking, style.stretch * stretch, style.upper)


def width(text: str, style: Lettering, size: int) -> float:
    """How wide a line comes out, in pixels."""
    natural = font(style.face, size).getlength(text) + style.tracking * size * max(0, len(text) - 1)
    return float(natural * style.stretch)


def wrap(text: str, style: Lettering, lines: int) -> list[str] | None:
    """Break the text into exactly ``lines`` lines as even as can be, or None if it has too few words."""
    words = re.sub(r"^(an?) (?=\S)", "\\1\u00a0", text, flags=re.IGNORECASE).split(" ")  # no line of just "A"
    if lines > len(words):
        return None
    spans = [[width(" ".join(words[i:j]), style, 100) for j in range(len(words) + 1)] for i in range(len(words))]
    # best[n][j]: the narrowest possible widest line when the first j words make n lines
    best: list[list[tuple[float, int]]] = [[(0.0 if j == 0 else float("inf"), 0) for j in range(len(words) + 1)]]
    for _ in range(lines):
        best.append(
            [
                min(((max(best[-1][i][0], spans[i][j]), i) for i in range(j)), default=(float("inf"), 0))
                for j in range(len(words) + 1)
            ]
        )
    out, end = [], len(words)
    for n in range(lines, 0, -1):
        start = best[n][end][1]
        out.append(" ".join(words[start:end]).replace("\u00a0", " "))
        end = start
    return out[::-1]


def fit(
    text: str, style: Lettering, room: tuple[float, float], *, most_lines: int, biggest: float, leading: float
) -> tuple[list[str], int]:
    """Lines and size (px) that fill ``room`` (width, height in px) best; the size never passes ``biggest``."""
    shown = style.shown(text)
    chosen: tuple[float, list[str]] = (0.0, [shown])
    for count in range(1, most_lines + 1):
        lines = wrap(shown, style, count)
        if lines is None:
            break
        widest = max(width(line, style, 100) for line in lines)
        size = min(room[0] / widest * 100, room[1] / (leading * (count - 1) + 1.0), biggest)
        if size > chosen[0] * 1.04:
            chosen = (size, lines)
    return chosen[1], max(8, int(chosen[0]))


def line_mask(text: str, style: Lettering, size: int, *, wobble: list[tuple[float, float]] | None = None) -> Image.Image:
    """One line as a mask whose height is the face's ascent plus descent.

    ``wobble`` gives each letter a (rise in ems, turn in degrees) for hand-set lettering.
    """
    face = font(style.face, size)
    ascent, descent = face.getmetrics()
    pad = size // 4
    advance = face.getlength(text) + style.tracking * size * max(0, len(text) - 1)
    mask = Image.new("L", (max(1, round(advance)) + 2 * pad, ascent + descent + 2 * pad))
    pen = ImageDraw.Draw(mask)
    if style.tracking == 0 and wobble is None:
        pen.text((pad, pad), text, fill=255, font=face)
    else:
        for index, letter in enumerate(text):
            x = pad + face.getlength(text[: index + 1]) - face.getlength(letter) + index * style.tracking * size
            if wobble is None:
                pen.text((x, pad), letter, fill=255, font=face)
                continue
            rise, turn = wobble[index % len(wobble)]
            tile = Image.new("L", (size * 2, ascent + descent + 2 * pad))
            ImageDraw.Draw(tile).text((size / 2, pad), letter, fill=255, font=face)
            tile = tile.rotate(turn, Image.Resampling.BICUBIC, center=(size * 0.8, ascent * 0.7))
            mask.paste(255, (round(x - size / 2), round(rise * size)), tile)
    if style.stretch != 1:
        mask = mask.resize((max(1, round(mask.width * style.stretch)), mask.height), Image.Resampling.LANCZOS)
    return mask


def block_mask(
    lines: list[str],
    style: Lettering,
    size: int,
    *,
    leading: float,
    align: str = "centre",
    justify_to: float | None = None,
    wobble: list[tuple[float, float]] | None = None,
) -> Image.Image:
    """Several lines as one mask trimmed to the ink; ``align`` is "left", "centre" or "right".

    With ``justify_to`` (px) every line is set as wide as that, as far as the lines' sizes stay akin.
    """
    if justify_to is not None:
        sizes = [max(8, int(justify_to / max(1.0, width(line, style, 100)) * 100)) for line in lines]
        sizes = [min(s, int(min(sizes) * _MOST_SWELL)) for s in sizes]  # or a lone "THE" would outgrow the rest
        rows = [trimmed(line_mask(line, style, s)) for line, s in zip(lines, sizes, strict=True)]
        gap = round(min(sizes) * 0.16)
        tops = [sum(r.height for r in rows[:i]) + gap * i for i in range(len(rows))]
    else:
        rows = [line_mask(line, style, size, wobble=wobble) for line in lines]
        tops = [round(i * size * leading) for i in range(len(rows))]
    wide = max(row.width for row in rows)
    block = Image.new("L", (wide, max(top + row.height for top, row in zip(tops, rows, strict=True))))
    for row, top in zip(rows, tops, strict=True):
        left = {"left": 0, "centre": (wide - row.width) // 2, "right": wide - row.width}[align]
        block.paste(255, (left, top), row)
    return trimmed(block)


def trimmed(mask: Image.Image) -> Image.Image:
    """The mask without its empty margins (a single empty pixel if there is no ink at all)."""
    box = mask.getbbox()
    return mask.crop(box) if box else mask.crop((0, 0, 1, 1))
