"""A drawing surface measured in poster widths, so that a composition reads the same at any size.

Every coordinate and length below is a fraction of the poster's *width*, on both axes: x runs from
0 to 1, y from 0 to ``tall`` (1.5 for a 2:3 poster). Colours are (red, green, blue), each 0..255.
A canvas knows nothing about films, genres or lettering.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]
Field = NDArray[np.float32]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour ``share`` (0..1) of the way from ``first`` to ``second``."""
    r, g, b = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return (r, g, b)


def luminance(colour: Colour) -> float:
    """Relative luminance as WCAG defines it, 0 (black) to 1 (white)."""
    linear = [(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4) for v in (c / 255 for c in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: float, second: float) -> float:
    """WCAG contrast ratio (1..21) of two luminances."""
    high, low = max(first, second), min(first, second)
    return (high + 0.05) / (low + 0.05)


class Canvas:
    """An RGB picture of ``width`` x ``height`` pixels, drawn on in poster widths."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width, height))
        self.width, self.height = width, height
        self.tall = height / width
        self._pen = ImageDraw.Draw(self.image)

    def pixels(self, points: Iterable[Point]) -> list[Point]:
        """The same points in pixels."""
        return [(x * self.width, y * self.width) for x, y in points]

    def fill(self, colour: Colour) -> None:
        """Cover everything with one colour."""
        self.image.paste(colour, (0, 0, self.width, self.height))

    def gradient(self, stops: Sequence[Colour], top: float = 0.0, bottom: float | None = None) -> None:
        """Cover the band from ``top`` to ``bottom`` with evenly spaced colours blending downwards."""
        low = self.tall if bottom is None else bottom
        rows = max(1, round((low - top) * self.width))
        at = np.linspace(0, len(stops) - 1, rows)
        channels = [np.interp(at, range(len(stops)), [s[i] for s in stops]) for i in range(3)]
        column = np.stack(channels, axis=1).round().astype(np.uint8).reshape(rows, 1, 3)
        self.image.paste(Image.fromarray(column).resize((self.width, rows)), (0, round(top * self.width)))

    def polygon(self, points: Iterable[Point], colour: Colour, alpha: float = 1.0) -> None:
        """Fill a polygon; ``alpha`` below 1 lets what is beneath show through."""
        outline = self.pixels(points)
        if alpha >= 1:
            self._pen.polygon(outline, fill=colour)
            return
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).polygon(outline, fill=round(255 * alpha))
        self.image.paste(colour, (0, 0), mask)

    def rectangle(self, left: float, top: float, right: float, bottom: float, colour: Colour, alpha: float = 1.0) -> None:
        """Fill an upright rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour, alpha)

    def disc(self, x: float, y: float, radius: float, colour: Colour, alpha: float = 1.0) -> None:
        """Fill a circle."""
        w = self.width
        box = [round(v * w) for v in (x - radius, y - radius, x + radius, y + radius)]
        if alpha >= 1:
            self._pen.ellipse(box, fill=colour)
            return
        mask = Image.new("L", (max(1, box[2] - box[0]), max(1, box[3] - box[1])))
        ImageDraw.Draw(mask).ellipse((0, 0, mask.width - 1, mask.height - 1), fill=round(255 * alpha))
        self.image.paste(colour, (box[0], box[1]), mask)

    def ring(self, x: float, y: float, radius: float, thickness: float, colour: Colour) -> None:
        """Draw a circle's outline, its outer edge at ``radius``."""
        box = [v * self.width for v in (x - radius, y - radius, x + radius, y + radius)]
        self._pen.ellipse(box, outline=colour, width=max(1, round(thickness * self.width)))

    def line(self, points: Sequence[Point], thickness: float, colour: Colour) -> None:
        """Draw an open line through the points."""
        self._pen.line(self.pixels(points), fill=colour, width=max(1, round(thickness * self.width)), joint="curve")

    def stamp(self, mask: Image.Image, x: float, y: float, colour: Colour, alpha: float = 1.0) -> None:
        """Print ``mask`` (mode L, pixels) in one colour with its centre at (x, y)."""
        shape = mask if alpha >= 1 else mask.point(lambda v: round(v * alpha))
        self.image.paste(colour, (round(x * self.width - mask.width / 2), round(y * self.width - mask.height / 2)), shape)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float = 1.0, power: float = 2.0) -> None:
        """Lay a soft round light that fades to nothing at ``radius``."""

        def light(across: Field, down: Field) -> Field:
            away = np.hypot(across - x, down - y) / radius
            return np.asarray(strength * np.clip(1 - away, 0, 1) ** power, dtype=np.float32)

        self.wash(light, colour)

    def wash(self, strength: Callable[[Field, Field], Field], colour: Colour, coarse: int = 8) -> None:
        """Blend a colour in by a smooth field of 0..1 over (x, y), worked out on a grid ``coarse`` times coarser."""
        across, down = self.grid(coarse)
        small = Image.fromarray((np.clip(strength(across, down), 0, 1) * 255).astype(np.uint8))
        self.image.paste(colour, (0, 0), small.resize(self.image.size, Image.Resampling.BILINEAR))

    def grid(self, coarse: int) -> tuple[Field, Field]:
        """x and y of every ``coarse``-th pixel, two arrays of shape (rows, columns)."""
        columns, rows = max(2, self.width // coarse), max(2, self.height // coarse)
        across = np.linspace(0, 1, columns, dtype=np.float32)
        down = np.linspace(0, self.tall, rows, dtype=np.float32)
        x, y = np.meshgrid(across, down)
        return x, y

    def overlay(self, other: Canvas, mask: Image.Image) -> None:
        """Show ``other`` (same size) wherever ``mask`` is white."""
        self.image.paste(other.image, (0, 0), mask)

    def blank(self) -> Canvas:
        """A new canvas of the same size."""
        return Canvas(self.width, self.height)

    def copy(self) -> Canvas:
        """A new canvas showing the same picture."""
        twin = self.blank()
        twin.image.paste(self.image)
        return twin

    def mask(self, draw: Callable[[ImageDraw.ImageDraw], None]) -> Image.Image:
        """A full-size mask (mode L); ``draw`` gets a pen that works in pixels."""
        mask = Image.new("L", self.image.size)
        draw(ImageDraw.Draw(mask))
        return mask


def smooth(points: Sequence[Point], steps: int = 8) -> list[Point]:
    """A closed Catmull-Rom curve through the points, ``steps`` pieces between each two."""
    count, out = len(points), []
    for i in range(count):
        p0, p1, p2, p3 = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            x, y = (
                0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)
                for a, b, c, d in zip(p0, p1, p2, p3, strict=True)
            )
            out.append((x, y))
    return out


def spoke(x: float, y: float, radius: float, turn: float) -> Point:
    """The point at ``radius`` from (x, y), ``turn`` radians clockwise from east."""
    return (x + radius * math.cos(turn), y + radius * math.sin(turn))
