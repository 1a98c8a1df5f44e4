"""What every composition is handed (``Art``), and the layered landscapes several of them share.

A landscape is painted over a whole canvas: sky, sun or moon, then land in layers that darken
towards the viewer. Titles and texts are not this module's concern.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from PIL.Image import Image, Resampling

from demo.canvas import Canvas, Colour, Point, contrast, luminance, mix
from demo.motifs import ON_THE_GROUND
from demo.palettes import Palette
from demo.silhouettes import motif_mask


@dataclass(frozen=True)
class Focus:
    """Where the eye should land: a centre and the radius free around it, in poster widths."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Art:
    """Everything a composition may use to paint one poster's picture."""

    canvas: Canvas
    palette: Palette
    chance: random.Random
    motifs: tuple[str, ...]
    setting: str
    dark: bool
    focus: Focus

    def ground(self) -> Colour:
        """A colour to start from: dark or pale as the mood asks, now and then the bold accent."""
        p = self.palette
        return (
            self.chance.choice((p.dark, p.dark, p.deep))
            if self.dark
            else self.chance.choice((p.light, p.light, p.soft, p.accent))
        )

    def against(self, ground: Colour, least: float = 2.6) -> list[Colour]:
        """The palette's colours that stand out on ``ground``, shuffled; never empty."""
        p = self.palette
        tones = [p.accent, p.dark, p.deep, p.mid, p.soft, p.light]
        good = [t for t in tones if contrast(luminance(t), luminance(ground)) >= least]
        self.chance.shuffle(good)
        return good or [max(tones, key=lambda t: contrast(luminance(t), luminance(ground)))]

    def apart(self, ground: Colour, *used: Colour) -> Colour:
        """A palette colour that stands out on ``ground`` and is none of ``used``."""
        return next((t for t in self.against(ground, 1.8) if t not in used), self.against(ground)[0])

    def over(self, mask: Image, x: float, y: float) -> Colour:
        """The palette's darkest or lightest colour, whichever shows better where ``mask`` is to be stamped."""
        w = self.canvas.width
        left, top = round(x * w - mask.width / 2), round(y * w - mask.height / 2)
        beneath = self.canvas.image.crop((left, top, left + mask.width, top + mask.height)).resize((1, 1), Resampling.BOX)
        red, green, blue = beneath.tobytes()[:3]
        tone = luminance((red, green, blue))
        dark, light = self.palette.dark, self.palette.light
        return max((dark, light), key=lambda ink: contrast(luminance(ink), tone))

    def motif(self, size: float, which: int = 0, canvas: Canvas | None = None) -> Image:
        """The mask of the film's ``which``-th motif, its longer side ``size`` poster widths."""
        on = canvas or self.canvas
        return motif_mask(self.motifs[which % len(self.motifs)], round(size * on.width))


def shows(shape: Colour, ground: Colour) -> bool:
    """Whether a silhouette in one colour stands out clearly on another."""
    return abs(sum(shape) - sum(ground)) > 180


def ridge(height: float, rough: float, chance: random.Random, sharp: bool = False) -> list[Point]:
    """A horizon line from x = 0 to 1 around y = ``height``, straying about ``rough``; jagged if ``sharp``."""
    if sharp:
        line = [height + chance.uniform(-rough, rough) for _ in range(3)]
        reach = rough * 0.9
        for _ in range(6):
            line = [v for a, b in pairwise(line) for v in (a, (a + b) / 2 + chance.uniform(-reach, reach))] + [line[-1]]
            reach *= 0.5
        return [(i / (len(line) - 1), y) for i, y in enumerate(line)]
    waves = [(chance.uniform(0.6, 1.4) * k, chance.uniform(0, math.tau), rough / k**1.2) for k in (1.5, 3.0, 6.5)]
    return [(i / 60, height + sum(a * math.sin(f * math.pi * i / 60 + s) for f, s, a in waves)) for i in range(61)]


def land(canvas: Canvas, line: list[Point], colour: Colour) -> None:
    """Fill everything below a horizon line."""
    canvas.polygon([*line, (1.01, canvas.tall + 0.01), (-0.01, canvas.tall + 0.01)], colour)


def mesas(height: float, rough: float, chance: random.Random) -> list[Point]:
    """A horizon of flat-topped rocks."""
    line, x = [(0.0, height)], -0.1
    while x < 1.1:
        x += chance.uniform(0.06, 0.22)
        wide, high = chance.uniform(0.08, 0.28), chance.uniform(0.3, 1.5) * rough
        slope = 0.015 + chance.random() * 0.02
        line += [
            (x, height),
            (x + slope, height - high * 0.6),
            (x + slope * 1.3, height - high),
            (x + wide, height - high * chance.uniform(0.96, 1.02)),
            (x + wide + slope * 0.4, height - high * 0.55),
            (x + wide + slope * 1.4, height),
        ]
        x += wide + slope
    return line


def conifers(canvas: Canvas, line: list[Point], colour: Colour, size: float, chance: random.Random) -> None:
    """Fir trees standing along a horizon line."""
    x = -0.02
    while x < 1.02:
        _, y = min(line, key=lambda p: abs(p[0] - x))
        tall = size * chance.uniform(0.5, 1.15)
        for tier in range(4):
            top, wide = y - tall * (1 - tier * 0.2), tall * (0.08 + 0.05 * tier)
            canvas.polygon([(x, top), (x + wide, top + tall * 0.36), (x - wide, top + tall * 0.36)], colour)
        x += tall * chance.uniform(0.14, 0.5)


def towers(canvas: Canvas, base: float, height: float, colour: Colour, lit: Colour | None, chance: random.Random) -> None:
    """A row of buildings standing on y = ``base`` and filled to the bottom; some windows ``lit``."""
    x = -0.02
    while x < 1.0:
        wide, high = chance.uniform(0.05, 0.13), height * chance.uniform(0.3, 1.0)
        top = base - high
        canvas.rectangle(x, top, x + wide + 0.002, canvas.tall + 0.01, colour)
        crown = chance.random()
        if crown < 0.2:
            canvas.polygon([(x, top), (x + wide / 2, top - wide * 0.8), (x + wide, top)], colour)
        elif crown < 0.45:
            canvas.rectangle(x + wide * 0.25, top - wide * 0.3, x + wide * 0.75, top, colour)
            canvas.rectangle(x + wide * 0.48, top - wide * 0.9, x + wide * 0.52, top, colour)
        if lit is not None:
            step = wide / max(2, round(wide / 0.022))
            # Not all the way down: the foot of the sheet is where small print goes.
            for row in range(int((base + 0.06 - top) / 0.028)):
                for column in range(round(wide / step)):
                    if chance.random() < 0.24:
                        left, low = x + (column + 0.3) * step, top + 0.018 + row * 0.028
                        canvas.rectangle(left, low, left + step * 0.42, low + 0.011, lit)
        x += wide


def stars(canvas: Canvas, bottom: float, colour: Colour, count: int, chance: random.Random) -> None:
    """Scattered stars above y = ``bottom``, most of them tiny."""
    for _ in range(count):
        canvas.disc(chance.random(), chance.random() * bottom, 0.0008 + 0.0016 * chance.random() ** 4, colour, 1.0)


def sky(art: Art, canvas: Canvas, horizon: float) -> list[Colour]:
    """Paint a sky down to the horizon; returns its colours from top to bottom."""
    p = art.palette
    if art.dark:
        stops = art.chance.choice(
            (
                [p.dark, p.deep, p.mid],
                [p.dark, p.deep, mix(p.deep, p.accent, 0.45)],
                [p.dark, p.deep, p.mid, p.soft],
                [p.deep, p.mid],
            )
        )
    else:
        stops = art.chance.choice(
            (
                [p.light, p.soft],
                [p.soft, p.light],
                [p.mid, p.soft, p.light],
                [p.accent, p.soft, p.light],
                [p.soft, p.soft],
                [p.light, p.light, p.soft],
            )
        )
    canvas.gradient(stops, 0.0, min(canvas.tall, horizon + 0.05))
    return stops


def landscape(art: Art, canvas: Canvas, horizon: float, *, orb: bool = True, stand: bool = True) -> None:
    """The film's setting in layers below ``horizon``; ``orb`` adds sun or moon, ``stand`` a figure on the land."""
    p, chance = art.palette, art.chance
    setting = art.setting
    stops = sky(art, canvas, horizon)
    if art.dark and setting != "rain":
        stars(canvas, horizon, mix(p.light, stops[0], 0.3), chance.choice((0, 90, 220)), chance)
    if orb:
        shine = chance.choice((p.accent, p.light, p.soft)) if art.dark else chance.choice((p.accent, p.accent, p.light))
        if contrast(luminance(shine), luminance(stops[-1])) < 1.25:
            shine = p.accent
        x, size = art.focus.x + chance.uniform(-0.22, 0.22), chance.uniform(0.1, 0.3)
        y = horizon - size * chance.uniform(-0.3, 1.3)
        canvas.glow(x, y, size * 2.2, shine, 0.5)
        canvas.disc(x, y, size, shine)
        if art.dark and chance.random() < 0.3:  # a crescent
            canvas.disc(x + size * 0.35, y - size * 0.15, size * 0.92, stops[min(1, len(stops) - 1)])
    _LANDS[setting](art, canvas, horizon, mix(stops[-1], p.deep, 0.4 if art.dark else 0.3))
    if stand:
        fit = [i for i, m in enumerate(art.motifs) if m in ON_THE_GROUND]
        if fit and setting != "sea":
            mask = art.motif(chance.uniform(0.12, 0.2), fit[0], canvas)
            low = horizon + 0.17
            canvas.stamp(mask, art.focus.x + chance.uniform(-0.2, 0.2), low - mask.height / canvas.width / 2, p.dark)


def _layers(art: Art, canvas: Canvas, horizon: float, far: Colour, count: int) -> list[tuple[float, Colour]]:
    """(height, colour) of each layer of land, the farthest first."""
    span = min(canvas.tall - horizon, 0.75)
    return [
        (horizon + span * (i / count) ** 1.2 * 0.75, mix(far, art.palette.dark, (i / max(1, count - 1)) ** 0.8))
        for i in range(count)
    ]


def _mountain(art: Art, canvas: Canvas, horizon: float, far: Colour) -> None:
    for i, (y, colour) in enumerate(_layers(art, canvas, horizon, far, art.chance.randint(4, 6))):
        land(canvas, ridge(y, 0.13 - 0.015 * i, art.chance, sharp=True), colour)


def _field(art: Art, canvas: Canvas, horizon: float, far: Colour) -> None:
    chance = art.chance
    for i, (y, colour) in enumerate(_layers(art, canvas, horizon, far, 5)):
        line = ridge(y, 0.05, chance)
        land(canvas, line, colour)
        for _ in range(chance.randint(0, 4) if i < 4 else 0):
            x, ground = chance.choice(line)
            size = 0.012 + 0.008 * i
            canvas.rectangle(
                x - size * 0.12, ground - size * 2, x + size * 0.12, ground + 0.01, mix(colour, art.palette.dark, 0.35)
            )
            canvas.disc(x, ground - size * 2, size * chance.uniform(0.8, 1.3), mix(colour, art.palette.dark, 0.35))


def _desert(art: Art, canvas: Canvas, horizon: float, far: Colour) -> None:
    layers = _layers(art, canvas, horizon, far, 5)
    rocky = art.chance.random() < 0.65
    for i, (y, colour) in enumerate(layers):
        line = mesas(y + 0.02, 0.13, art.chance) if rocky and i < 2 else ridge(y, 0.05 + 0.01 * i, art.chance)
        land(canvas, line, colour)


def _forest(art: Art, canvas: Canvas, horizon: float, far: Colour) -> None:
    for i, (y, colour) in enumerate(_layers(art, canvas, horizon, far, 4)):
        line = ridge(y + 0.03, 0.06, art.chance)
        land(canvas, line, colour)
        conifers(canvas, line, colour, 0.09 + 0.06 * i, art.chance)


def _snow(art: Art, canvas: Canvas, horizon: float, far: Colour) -> None:
    p, chance = art.palette, art.chance
    for i in range(4):
        tone = mix(mix(far, p.light, 0.5), p.light, i / 3)
        line = ridge(horizon + 0.02 + 0.12 * i, 0.05, chance)
        land(canvas, line, tone)
        if chance.random() < 0.7:
            conifers(
                canvas,
                [q for q in line if q[0] < 0.4] or line,
                mix(p.deep, tone, 0.5 - 0.15 * i),
                0.05 + 0.05 * i,
                chance,
            )
    for _ in range(130):
        canvas.disc(chance.random(), chance.random() * canvas.tall, 0.001 + 0.004 * chance.random() ** 2, p.light, 1.0)


def _city(art: Art, canvas: Canvas, horizon: float, far: Colour) -> None:
    p = art.palette
    for i in range(3):
        lit = None if i == 0 else (mix(p.soft, p.accent, 0.3) if art.dark else mix(p.soft, far, 0.3))
        towers(canvas, horizon + 0.1 + 0.14 * i, 0.42 - 0.05 * i, mix(far, p.dark, 0.25 + 0.37 * i), lit, art.chance)


def _rain(art: Art, canvas: Canvas, horizon: float, far: Colour) -> None:
    # A town in the rain is a composition of its own; here it falls on open land.
    _field(art, canvas, horizon, far)
    drizzle(art, canvas)


def drizzle(art: Art, canvas: Canvas) -> None:
    """Slanting rain over the whole canvas."""
    chance = art.chance
    tone = art.palette.light if art.dark else art.palette.deep
    for _ in range(150):
        x, y, long = chance.uniform(-0.1, 1.1), chance.uniform(-0.1, canvas.tall), chance.uniform(0.03, 0.11)
        canvas.line([(x, y), (x - long * 0.22, y + long)], 0.0014, mix(tone, art.palette.mid, chance.uniform(0.2, 0.7)))


def _sea(art: Art, canvas: Canvas, horizon: float, far: Colour) -> None:
    p, chance = art.palette, art.chance
    canvas.gradient([far, p.dark], horizon, canvas.tall)
    y, step = horizon, 0.012
    while y < canvas.tall:
        tone = mix(mix(far, p.light, 0.25), p.dark, min(1.0, (y - horizon) / (canvas.tall - horizon) * 1.1))
        for _ in range(5):
            x, long = chance.uniform(-0.1, 1.0), chance.uniform(0.05, 0.3) * (0.5 + step * 12)
            canvas.polygon([(x, y), (x + long / 2, y - step * 0.12), (x + long, y), (x + long / 2, y + step * 0.18)], tone)
        y += step
        step *= 1.09


def _space(art: Art, canvas: Canvas, horizon: float, far: Colour) -> None:
    p, chance = art.palette, art.chance
    planet, tone = chance.uniform(0.08, 0.16), mix(p.mid, p.soft, chance.random())
    x, y = chance.uniform(0.15, 0.85), horizon - chance.uniform(0.2, 0.4)
    canvas.disc(x, y, planet, tone)
    canvas.disc(x + planet * 0.25, y + planet * 0.1, planet * 0.8, mix(tone, p.dark, 0.35), 0.5)
    for i, (low, colour) in enumerate(_layers(art, canvas, horizon, far, 3)):
        land(canvas, ridge(low + 0.05, 0.05, chance, sharp=i != 1), colour)


def _road(art: Art, canvas: Canvas, horizon: float, far: Colour) -> None:
    p = art.palette
    for i in range(2):
        land(canvas, ridge(horizon - 0.02 + 0.03 * i, 0.05, art.chance, sharp=True), mix(far, p.deep, 0.3 + 0.3 * i))
    flat = horizon + 0.06
    canvas.gradient([mix(far, p.deep, 0.5), mix(p.deep, p.dark, 0.5)], flat, canvas.tall)
    asphalt_to_horizon(art, canvas, flat)


def asphalt_to_horizon(art: Art, canvas: Canvas, horizon: float) -> None:
    """A straight road with a broken centre line running to a vanishing point on the horizon."""
    p, x = art.palette, art.focus.x
    deep = canvas.tall
    canvas.polygon([(x - 0.004, horizon), (x + 0.004, horizon), (x + 0.55, deep), (x - 0.55, deep)], p.dark)
    for i in range(9):
        near, far = 0.72**i, 0.72**i * 0.84
        top, low = horizon + (deep - horizon) * far, horizon + (deep - horizon) * near
        canvas.polygon(
            [(x - 0.014 * far, top), (x + 0.014 * far, top), (x + 0.014 * near, low), (x - 0.014 * near, low)], p.accent
        )


_LANDS: dict[str, Callable[[Art, Canvas, float, Colour], None]] = {
    "mountain": _mountain,
    "field": _field,
    "desert": _desert,
    "forest": _forest,
    "snow": _snow,
    "city": _city,
    "rain": _rain,
    "sea": _sea,
    "space": _space,
    "road": _road,
}
