"""What carried an answer: sentences of a plot and regions of a poster, by taking each away.

Occlusion is the plain measurement of what a part contributed: the probability with it minus the
probability without it. Whether that means anything is checked in `docs/quality-classifiers.md`. Knows
texts and pictures; the scores come from a function it is handed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import ImageFilter
from PIL.Image import Image

from classifiers.features import sentences_of
from classifiers.heads import Floats

Scored = tuple[tuple[str, ...], Floats]
_MOST_SENTENCES = 16  # more are merged with their neighbours, so a long plot costs no more
ROWS, COLUMNS = 4, 3
_SHOWN = 5  # genres for which effects are told


@dataclass(frozen=True)
class SentenceEffect:
    """`effects`: genre → how much its probability falls without this sentence (negative: it rises)."""

    text: str
    effects: dict[str, float]


@dataclass(frozen=True)
class RegionEffect:
    """A rectangle in fractions of the picture's width and height, and its effects as for sentences."""

    left: float
    top: float
    width: float
    height: float
    effects: dict[str, float]


@dataclass(frozen=True)
class Explanation:
    sentences: tuple[SentenceEffect, ...] = ()
    regions: tuple[RegionEffect, ...] = ()


def explain_plot(text: str, score: Callable[[Sequence[str]], Scored]) -> Explanation:
    """Effects of each sentence on the likeliest genres. One batch: the whole text and each text without a part."""
    parts = sentences_of(text)
    if len(parts) > _MOST_SENTENCES:
        edges = np.linspace(0, len(parts), _MOST_SENTENCES + 1).astype(int)
        parts = [" ".join(parts[start:end]) for start, end in pairwise(edges)]
    without = [" ".join(parts[:place] + parts[place + 1 :]) for place in range(len(parts))]
    genres, likely = score([text, *without])
    effects = _effects(genres, likely)
    return Explanation(sentences=tuple(SentenceEffect(part, effect) for part, effect in zip(parts, effects, strict=True)))


def explain_poster(image: Image, score: Callable[[Sequence[Image]], Scored]) -> Explanation:
    """Effects of each cell of a 4×3 grid on the likeliest genres; a cell is taken away by blurring it."""
    blurred = image.filter(ImageFilter.GaussianBlur(max(image.size) / 12))
    boxes = [(column / COLUMNS, row / ROWS) for row in range(ROWS) for column in range(COLUMNS)]
    copies = []
    for left, top in boxes:
        copy = image.copy()
        box = (
            round(left * image.width), round(top * image.height),
            max(round((left + 1 / COLUMNS) * image.width), 1), max(round((top + 1 / ROWS) * image.height), 1),
        )  # fmt: skip
        copy.paste(blurred.crop(box), box[:2])
        copies.append(copy)
    genres, likely = score([image, *copies])
    regions = [
        RegionEffect(round(left, 4), round(top, 4), round(1 / COLUMNS, 4), round(1 / ROWS, 4), effect)
        for (left, top), effect in zip(boxes, _effects(genres, likely), strict=True)
    ]
    return Explanation(regions=tuple(regions))


def _effects(genres: tuple[str, ...], likely: Floats) -> list[dict[str, float]]:
    """Row 0 is the whole; every further row lacks one part."""
    shown = np.argsort(-likely[0], kind="stable")[:_SHOWN]
    return [{genres[column]: round(float(likely[0, column] - row[column]), 4) for column in shown} for row in likely[1:]]
