"""Flat compositions of cut shapes: slabs, grids, halves, discs, bands, rows.

Each takes an ``Art`` and paints its canvas around ``art.focus``; none returns anything or knows of
the text that will be laid over it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from PIL import Image, ImageChops

from demo.canvas import Colour, mix, spoke
from demo.terrain import Art


def cutout(art: Art) -> None:
    """Irregular scissored slabs of colour with the motif cut out of the largest."""
    c, chance, focus = art.canvas, art.chance, art.focus
    ground = art.ground()
    c.fill(ground)

    def slab(x: float, y: float, half_wide: float, half_high: float, colour: Colour) -> None:
        def off() -> float:
            return chance.uniform(-0.035, 0.035)

        corners = [
            (-1, -1),
            (chance.uniform(-0.3, 0.3), -1),
            (1, -1),
            (1, chance.uniform(-0.3, 0.3)),
            (1, 1),
            (0, 1),
            (-1, 1),
            (-1, 0),
        ]
        c.polygon([(x + sx * half_wide + off(), y + sy * half_high + off()) for sx, sy in corners], colour)

    first = art.apart(ground)
    second = art.apart(ground, first)
    for _ in range(chance.randint(2, 4)):
        slab(
            chance.random(),
            chance.uniform(0.0, c.tall),
            chance.uniform(0.05, 0.4),
            chance.uniform(0.02, 0.14),
            mix(second, ground, 0.25),
        )
    slab(focus.x + chance.uniform(-0.06, 0.06), focus.y, focus.radius * 0.92, focus.radius * 0.9, first)
    shape = art.apart(first, ground) if chance.random() < 0.5 else ground
    mask = _scissored(art, art.motif(focus.radius * 1.35))
    c.stamp(mask.rotate(chance.uniform(-9, 9), Image.Resampling.BICUBIC, expand=True), focus.x, focus.y, shape)


def _scissored(art: Art, mask: Image.Image) -> Image.Image:
    """The silhouette as if cut by hand: corners knocked off, edges slightly straightened."""
    pad = 12
    wide = Image.new("L", (mask.width + 2 * pad, mask.height + 2 * pad))
    wide.paste(mask, (pad, pad))
    small = wide.resize((max(1, wide.width // 8), max(1, wide.height // 8)), Image.Resampling.BOX)
    return Image.blend(small.resize(wide.size, Image.Resampling.BICUBIC), wide, 0.45).point(lambda v: 255 if v > 120 else 0)


def swiss(art: Art) -> None:
    """A strict grid of quarter circles, discs and bars; one cell holds the motif."""
    c, chance, focus = art.canvas, art.chance, art.focus
    ground = art.ground()
    c.fill(ground)
    count = chance.choice((3, 4, 4, 5))
    cell = focus.radius * 2 / count
    left, top = focus.x - focus.radius, focus.y - focus.radius
    inks = art.against(ground, 1.6)
    big = chance.randint(0, count - 2), chance.randint(0, count - 2)
    for row in range(count):
        for column in range(count):
            x, y = left + column * cell, top + row * cell
            if row - big[1] in (0, 1) and column - big[0] in (0, 1):
                continue
            ink = chance.choice(inks)
            kind = chance.choice(("quarter", "disc", "square", "half", "none", "triangle"))
            if kind == "disc":
                c.disc(x + cell / 2, y + cell / 2, cell / 2, ink)
            elif kind in {"square", "half"}:
                c.rectangle(x, y, x + cell, y + (cell if kind == "square" else cell / 2), ink)
            elif kind == "triangle":
                c.polygon([(x, y + cell), (x + cell, y + cell), (x + chance.choice((0, cell)), y)], ink)
            elif kind == "quarter":
                turn = chance.randrange(4)
                cx, cy = x + cell * (turn in (1, 2)), y + cell * (turn in (2, 3))
                arc = [spoke(cx, cy, cell, math.pi / 2 * turn + math.pi / 2 * k / 16) for k in range(17)]
                c.polygon([(cx, cy), *arc], ink)
    x, y = left + (big[0] + 1) * cell, top + (big[1] + 1) * cell
    tile = inks[0]
    c.rectangle(x - cell, y - cell, x + cell, y + cell, tile)
    c.stamp(art.motif(cell * 1.5), x, y, art.apart(tile))


def split(art: Art) -> None:
    """Two halves in opposite colours, the motif changing colour where it crosses."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    first = art.ground()
    second = art.apart(first)
    c.fill(first)
    lean = chance.choice((0.0, 0.35, -0.35, 0.8))
    if chance.random() < 0.55:
        side = [
            (focus.x + lean * 0.4, -0.01),
            (1.01, -0.01),
            (1.01, c.tall + 0.01),
            (focus.x - lean * 0.4, c.tall + 0.01),
        ]
    else:
        side = [
            (-0.01, focus.y + lean * 0.3),
            (1.01, focus.y - lean * 0.3),
            (1.01, c.tall + 0.01),
            (-0.01, c.tall + 0.01),
        ]
    c.polygon(side, second)
    shape = c.mask(lambda pen: None)
    mask = art.motif(focus.radius * 1.7)
    shape.paste(mask, (round(focus.x * c.width - mask.width / 2), round(focus.y * c.width - mask.height / 2)))
    half = c.mask(lambda pen: pen.polygon(c.pixels(side), fill=255))
    c.image.paste(second, (0, 0), ImageChops.subtract(shape, half))
    c.image.paste(first, (0, 0), ImageChops.multiply(shape, half))
    if chance.random() < 0.4:
        c.stamp(
            art.motif(0.13, 1),
            focus.x + focus.radius * 0.8,
            focus.y - focus.radius * 0.8,
            p.accent if p.accent not in (first, second) else p.mid,
        )


def tiles(art: Art) -> None:
    """Rows of the film's motifs like a patterned paper."""
    _rows(art, mixed=True)


def odd_one(art: Art) -> None:
    """Many alike and one that is not."""
    _rows(art, mixed=False)


def _rows(art: Art, *, mixed: bool) -> None:
    c, chance, focus = art.canvas, art.chance, art.focus
    ground = art.ground()
    c.fill(ground)
    count = chance.choice((3, 4, 5)) if mixed else chance.choice((5, 6, 7))
    cell = focus.radius * 2.05 / count
    inks = art.against(ground, 1.8)
    lone = chance.randrange(count), chance.randrange(1, count)
    board = mixed and chance.random() < 0.5
    for row in range(count):
        for column in range(count):
            x, y = focus.x + (column - (count - 1) / 2) * cell, focus.y + (row - (count - 1) / 2) * cell
            ink, size = inks[0], cell * 0.66
            if mixed:
                ink = inks[(row + column) % len(inks)]
                if board:
                    c.rectangle(x - cell * 0.48, y - cell * 0.48, x + cell * 0.48, y + cell * 0.48, ink)
                    ink = ground
                c.stamp(art.motif(size, row * 2 + column), x, y, ink)
            elif (row, column) == lone:
                c.stamp(art.motif(size * 1.25, 1), x, y, art.apart(ground, ink))
            else:
                c.stamp(art.motif(size), x, y, mix(ink, ground, 0.1))


def overlap(art: Art) -> None:
    """Two or three translucent discs meeting, the motif where they cross."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    ground = p.light if not art.dark else p.dark
    c.fill(ground)
    count = chance.choice((2, 2, 3))
    turn = chance.choice((0.0, math.pi / 2, math.pi / 4)) if count == 2 else -math.pi / 2
    tones = [p.accent, p.mid, p.soft if art.dark else p.deep]
    join = ImageChops.screen if art.dark else ImageChops.multiply
    radius = focus.radius * 0.68
    for i in range(count):
        x, y = spoke(focus.x, focus.y, focus.radius * 0.38, turn + math.tau * i / count)
        sheet = c.blank()
        sheet.fill((0, 0, 0) if art.dark else (255, 255, 255))
        sheet.disc(x, y, radius, tones[i])
        c.image.paste(join(c.image, sheet.image))
    c.stamp(art.motif(focus.radius * 0.62), focus.x, focus.y, ground)


def blobs(art: Art) -> None:
    """Bouncing rounded shapes and confetti with the motif in the biggest."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    ground = chance.choice((p.accent, p.mid, p.soft)) if not art.dark else p.deep
    c.fill(ground)
    tones = [t for t in (p.accent, p.mid, p.soft, p.light, p.deep) if t != ground]

    def blob(x: float, y: float, radius: float, colour: Colour) -> None:
        waves_ = [(k, chance.uniform(0, math.tau), chance.uniform(0.03, 0.11)) for k in (2, 3, 5)]
        turns = [math.tau * i / 80 for i in range(80)]
        c.polygon([spoke(x, y, radius * (1 + sum(a * math.sin(k * t + s) for k, s, a in waves_)), t) for t in turns], colour)

    for _ in range(chance.randint(4, 7)):
        blob(chance.random(), chance.uniform(0, c.tall), chance.uniform(0.08, 0.3), chance.choice(tones))
    big = p.light if chance.random() < 0.6 else chance.choice(tones)
    blob(focus.x, focus.y, focus.radius * 0.92, big)
    for _ in range(36):
        x, y, size = chance.random(), chance.uniform(0, c.tall), chance.uniform(0.006, 0.016)
        c.disc(x, y, size, chance.choice(tones))
    c.stamp(
        art.motif(focus.radius * 1.15).rotate(chance.uniform(-8, 8), Image.Resampling.BICUBIC, expand=True),
        focus.x,
        focus.y,
        art.apart(big, ground),
    )


def stripes(art: Art) -> None:
    """Broad bands, diagonal or bending like a running track, the motif riding on them."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    ground = p.dark if art.dark else p.light
    c.fill(ground)
    bands = [p.accent, p.soft, p.mid, p.deep]
    chance.shuffle(bands)
    bands = bands[: chance.choice((3, 4))]
    wide = focus.radius * 1.3 / len(bands)
    if chance.random() < 0.5:
        rise = chance.choice((-1, 1)) * chance.uniform(0.35, 0.9)
        for i, tone in enumerate(bands):
            y = focus.y - focus.radius * 0.65 + i * wide
            c.polygon(
                [
                    (-0.02, y + rise * 0.5),
                    (1.02, y - rise * 0.5),
                    (1.02, y + wide - rise * 0.5),
                    (-0.02, y + wide + rise * 0.5),
                ],
                tone,
            )
    else:
        bend = focus.radius * chance.uniform(0.9, 1.3)
        side = chance.choice((-1, 1))
        cx, cy = focus.x + side * 0.1, focus.y + bend * 0.5
        for i, tone in enumerate(bands):
            c.disc(cx, cy, max(0.0, bend - i * wide * 0.75), tone)
        inner = max(0.0, bend - len(bands) * wide * 0.75)
        c.disc(cx, cy, inner, ground)
        for i, tone in enumerate(bands):
            outer, thin = bend - i * wide * 0.75, wide * 0.75
            c.rectangle(cx - outer, cy, cx - outer + thin, c.tall, tone)
            c.rectangle(cx + outer - thin, cy, cx + outer, c.tall, tone)
        c.rectangle(cx - inner, cy, cx + inner, c.tall, ground)
    size = focus.radius * 1.25
    shape = p.light if art.dark else p.dark
    mask = art.motif(size)
    c.stamp(mask, focus.x + 0.015, focus.y + 0.015, mix(ground, p.deep, 0.8), 0.35)
    c.stamp(mask, focus.x, focus.y, shape)


def colossus(art: Art) -> None:
    """The motif larger than the sheet, a second one small in its shadow."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    ground = art.ground()
    c.gradient([ground, mix(ground, p.mid, 0.22)] if chance.random() < 0.6 else [ground, ground])
    ink = art.apart(ground)
    # A lanky silhouette blown up to the sheet's width is no longer recognised.
    compact = (i for i in range(len(art.motifs)) if max(ratio := art.motif(0.1, i).size) < 1.6 * min(ratio))
    giant = art.motif(focus.radius * chance.uniform(2.0, 2.4), next(compact, 0)).rotate(
        chance.choice((0, 0, -12, 10)), Image.Resampling.BICUBIC, expand=True
    )
    x, y = focus.x + chance.uniform(-0.08, 0.08), focus.y
    if chance.random() < 0.4:
        c.stamp(giant, x + 0.03, y + 0.02, art.apart(ground, ink))
    c.stamp(giant, x, y, ink)
    c.stamp(
        art.motif(0.17, 1),
        x + chance.uniform(-0.05, 0.05),
        y + focus.radius * chance.uniform(0.05, 0.35),
        art.apart(ink, ground),
    )


GRAPHICS: dict[str, Callable[[Art], None]] = {
    f.__name__: f for f in (cutout, swiss, split, tiles, odd_one, overlap, blobs, stripes, colossus)
}
