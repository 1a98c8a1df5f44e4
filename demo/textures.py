"""Surfaces laid over a finished picture: grain, paper, scratches, halftone dots, wear, vignette.

Each takes and returns an RGB picture as float32 of shape (rows, columns, 3), 0..255, and draws its
chance from the generator it is given. None of them knows what the picture shows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Picture = NDArray[np.float32]
Texture = Callable[[Picture, np.random.Generator], Picture]


def _cloud(shape: tuple[int, int], cell: int, chance: np.random.Generator) -> Picture:
    """Smooth noise of 0..1, shape ``shape``, with features about ``cell`` pixels wide."""
    rows, columns = shape
    small = chance.integers(0, 256, (rows // cell + 3, columns // cell + 3), dtype=np.uint8)
    grown = np.asarray(Image.fromarray(small).resize((columns, rows), Image.Resampling.BICUBIC), dtype=np.float32)
    return grown / np.float32(255)


def grain(picture: Picture, chance: np.random.Generator) -> Picture:
    """Fine film grain; also hides the banding of long gradients."""
    noise = chance.integers(-7, 8, picture.shape[:2], dtype=np.int8)
    return picture + noise[:, :, None]


def paper(picture: Picture, chance: np.random.Generator) -> Picture:
    """Uncoated stock: soft mottling and a faint tooth."""
    shape = picture.shape[:2]
    tone = 0.965 + 0.035 * _cloud((shape[0], shape[1]), 60, chance) + 0.05 * (_cloud((shape[0], shape[1]), 2, chance) - 0.5)
    return picture * tone[:, :, None]


def aged(picture: Picture, chance: np.random.Generator) -> Picture:
    """An old sheet: warm tint, browned edges, and the cross of its folds."""
    rows, columns = picture.shape[:2]
    x = np.abs(np.linspace(-1, 1, columns, dtype=np.float32))[None, :]
    y = np.abs(np.linspace(-1, 1, rows, dtype=np.float32))[:, None]
    edge = np.maximum(x, y) ** 12 * (0.6 + 0.4 * _cloud((rows, columns), 24, chance))
    out = picture * (1 - edge[:, :, None] * np.array([0.14, 0.22, 0.34], dtype=np.float32))
    out = out * np.array([1.0, 0.982, 0.93], dtype=np.float32) + np.array([5, 4, 2], dtype=np.float32)
    for at in (rows // 4, rows // 2, 3 * rows // 4):
        out[at : at + 1] = out[at : at + 1] * 0.85 + 34
        out[at + 1 : at + 2] *= 0.9
    out[:, columns // 2] = out[:, columns // 2] * 0.86 + 32
    return np.asarray(out, dtype=np.float32)


def scratches(picture: Picture, chance: np.random.Generator) -> Picture:
    """A print run too often: long vertical scratches, hairs and dust."""
    rows, columns = picture.shape[:2]
    layer = Image.new("L", (columns, rows), 128)
    pen = ImageDraw.Draw(layer)
    for _ in range(int(chance.integers(5, 12))):
        x, y = float(chance.integers(0, columns)), float(chance.integers(-rows // 2, rows))
        tone = int(chance.choice([70, 100, 165, 185]))
        pen.line((x, y, x + float(chance.normal(0, 4)), y + float(chance.integers(rows // 6, rows))), fill=tone)
    for _ in range(160):
        x, y = float(chance.integers(0, columns)), float(chance.integers(0, rows))
        size = float(chance.exponential(0.8))
        pen.ellipse((x, y, x + size, y + size), fill=int(chance.choice([40, 90, 190])))
    return picture + (np.asarray(layer, dtype=np.float32) - 128)[:, :, None] * 0.5


def worn(picture: Picture, chance: np.random.Generator) -> Picture:
    """Screen-printed ink that did not take everywhere: pale flecks in patches."""
    rows, columns = picture.shape[:2]
    patches = _cloud((rows, columns), 60, chance) * 0.75 + _cloud((rows, columns), 9, chance) * 0.25
    flecks = _cloud((rows, columns), 2, chance)
    bare = np.clip((flecks - 1.04 + 0.3 * patches) * 9, 0, 1)[:, :, None] * 0.42
    return np.asarray(picture * (1 - bare) + np.array([236, 228, 210], dtype=np.float32) * bare, dtype=np.float32)


def halftone(picture: Picture, chance: np.random.Generator) -> Picture:
    """A screen of tiny dots that darkens the middle tones, as in cheap colour printing."""
    rows, columns = picture.shape[:2]
    step = float(chance.uniform(4.2, 5.4))
    x = np.arange(columns, dtype=np.float32)[None, :]
    y = np.arange(rows, dtype=np.float32)[:, None]
    dots = np.cos((x + y) * (np.pi / step)) * np.cos((x - y) * (np.pi / step))
    middle = 1 - np.abs(picture.mean(axis=2) / 127.5 - 1)
    return np.asarray(picture + (dots * middle)[:, :, None] * 15, dtype=np.float32)


def vignette(picture: Picture, chance: np.random.Generator) -> Picture:
    """Darkened corners."""
    rows, columns = picture.shape[:2]
    x = np.linspace(-1, 1, columns, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    depth = float(chance.uniform(0.2, 0.38))
    return np.asarray(picture * (1 - depth * np.clip((x * x + y * y) / 2, 0, 1) ** 1.5)[:, :, None], dtype=np.float32)


def scanlines(picture: Picture, chance: np.random.Generator) -> Picture:
    """The lines of a cathode-ray screen."""
    out = picture.copy()
    out[int(chance.integers(0, 3)) :: 3] *= 0.86
    return out


TEXTURES: dict[str, Texture] = {
    "grain": grain,
    "paper": paper,
    "aged": aged,
    "scratches": scratches,
    "worn": worn,
    "halftone": halftone,
    "vignette": vignette,
    "scanlines": scanlines,
}


def finish(image: Image.Image, names: list[str], chance: np.random.Generator) -> Image.Image:
    """The picture with the named textures laid on in turn. KeyError for a name not in TEXTURES."""
    picture = np.asarray(image, dtype=np.float32)
    for name in names:
        picture = TEXTURES[name](picture, chance)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
