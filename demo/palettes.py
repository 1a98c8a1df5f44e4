"""Palettes: a genre's five tones and accent, mixed with another's, turned and faded a little.

Knows nothing of what the colours are used for.
"""

from __future__ import annotations

import colorsys
import random
from dataclasses import dataclass

from demo.canvas import Colour
from demo.looks import Look


@dataclass(frozen=True)
class Palette:
    """Five tones from darkest to lightest and one accent that stands apart from them."""

    dark: Colour
    deep: Colour
    mid: Colour
    soft: Colour
    light: Colour
    accent: Colour


def _turned(colour: str, turn: float, vivid: float) -> Colour:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    r, g, b = colorsys.hls_to_rgb((hue + turn) % 1, light, min(1.0, saturation * vivid))
    return (round(r * 255), round(g * 255), round(b * 255))


def mixed_palette(first: Look, second: Look, year: int | None, chance: random.Random) -> Palette:
    """A palette of the first genre, the accent often from the second, turned a little; old films paler."""
    tones = chance.choice(first.palettes).split()
    if first is not second and chance.random() < 0.5:
        tones[5] = chance.choice(second.palettes).split()[5]
    turn = chance.uniform(-0.03, 0.03)
    vivid = 0.8 if year is not None and year < 1960 else chance.uniform(0.9, 1.12)
    return Palette(*(_turned(tone, turn, vivid) for tone in tones))
