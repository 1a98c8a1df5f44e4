"""Flat compositions of line and repetition: rays, rings, height lines, dots, signals, splinters.

Each takes an ``Art`` and paints its canvas around ``art.focus``; none returns anything or knows of
the text that will be laid over it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from PIL import Image, ImageFilter

from demo.canvas import Point, contrast, luminance, mix, spoke
from demo.terrain import Art


def deco(art: Art) -> None:
    """Symmetry: a fan of rays, stepped frames, the motif on a medal in the middle."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    ground = p.dark if art.dark else chance.choice((p.light, p.deep))
    c.fill(ground)
    gold = p.soft if luminance(ground) < 0.3 else p.deep
    rays, base = chance.choice((16, 24, 32)), focus.y + focus.radius * chance.choice((0.0, 0.8))
    for i in range(rays):
        a, half = math.tau * i / rays, math.tau / rays / 4
        c.polygon([(0.5, base), spoke(0.5, base, 2.2, a - half), spoke(0.5, base, 2.2, a + half)], mix(ground, gold, 0.22))
    for i, gap in enumerate((0.03, 0.042, 0.06)):
        tone, step = mix(gold, p.accent, 0.5 * (i == 1)), 0.05
        edge = [
            (gap + step, gap),
            (1 - gap - step, gap),
            (1 - gap - step, gap + step),
            (1 - gap, gap + step),
            (1 - gap, c.tall - gap - step),
            (1 - gap - step, c.tall - gap - step),
            (1 - gap - step, c.tall - gap),
            (gap + step, c.tall - gap),
            (gap + step, c.tall - gap - step),
            (gap, c.tall - gap - step),
            (gap, gap + step),
            (gap + step, gap + step),
            (gap + step, gap),
        ]
        c.line(edge, 0.004 if i != 1 else 0.002, tone)
    for i in range(4):
        radius = focus.radius * (0.98 - 0.1 * i)
        c.disc(0.5, focus.y, radius, (gold, ground, p.accent, ground)[i])
    c.stamp(art.motif(focus.radius * 0.95), 0.5, focus.y, gold)


def rings(art: Art) -> None:
    """Concentric circles or a spiral drawing the eye to the motif."""
    c, chance, focus = art.canvas, art.chance, art.focus
    ground = art.ground()
    c.fill(ground)
    ink = art.apart(ground)
    kind = chance.choice(("even", "spiral", "drift", "arms"))
    if kind == "spiral":
        line = [spoke(focus.x, focus.y, 0.02 + 0.0105 * t, t * 0.42) for t in range(130)]
        fine = [(a[0] + (b[0] - a[0]) * k / 3, a[1] + (b[1] - a[1]) * k / 3) for a, b in pairwise(line) for k in range(3)]
        c.line(fine, 0.028, ink)
    elif kind == "arms":
        arms = chance.choice((9, 12, 15))
        for i in range(arms):
            start = math.tau * i / arms
            side = [spoke(focus.x, focus.y, 1.5 * t / 30, start + 2.2 * (t / 30) ** 0.7) for t in range(31)]
            other = [
                spoke(focus.x, focus.y, 1.5 * t / 30, start + math.pi / arms + 2.2 * (t / 30) ** 0.7) for t in range(30, -1, -1)
            ]
            c.polygon(side + other, mix(ink, ground, 0.35))
    else:
        count, drift = chance.randint(7, 14), chance.uniform(0.01, 0.03) if kind == "drift" else 0.0
        for i in range(count, 0, -1):
            tone = (ink if i % 2 else ground) if kind == "even" else mix(ground, ink, 1 - i / (count + 1))
            c.disc(focus.x + drift * i * 0.6, focus.y - drift * i, focus.radius * 1.7 * i / count, tone)
    core = art.apart(ink) if chance.random() < 0.5 else ground
    c.disc(focus.x, focus.y, focus.radius * 0.55, core)
    c.stamp(art.motif(focus.radius * 0.72), focus.x, focus.y, art.apart(core, ground))


def contour(art: Art) -> None:
    """Height lines of an unknown country, or the whorls of a fingerprint, around the motif."""
    c, chance, focus = art.canvas, art.chance, art.focus
    ground = art.ground()
    ink = art.apart(ground)
    c.fill(ground)
    hills = [(chance.random(), chance.uniform(0, c.tall), chance.uniform(0.15, 0.5), chance.uniform(-1, 1)) for _ in range(7)]
    x, y = c.grid(4)
    field = np.hypot(x - focus.x, (y - focus.y) * chance.uniform(0.6, 1.0)) * chance.uniform(1.5, 4)
    for hx, hy, spread, height in hills:
        field = field + height * np.exp(-(((x - hx) ** 2 + (y - hy) ** 2) / spread**2))
    wave = np.sin(field * chance.uniform(24, 42)) * 127 + 128
    lines = Image.fromarray(wave.astype(np.uint8)).resize(c.image.size, Image.Resampling.BICUBIC)
    level = chance.choice((150, 190, 128))
    c.image.paste(ink, (0, 0), lines.point(lambda v: max(0, min(255, (v - level) * 6))))
    core = art.apart(ink) if chance.random() < 0.5 else ground
    c.disc(focus.x, focus.y, focus.radius * 0.62, core)
    c.stamp(art.motif(focus.radius * 0.8), focus.x, focus.y, art.apart(core, ink))


def halftone(art: Art) -> None:
    """The motif blown up until the printing dots show."""
    c, chance, focus = art.canvas, art.chance, art.focus
    ground = art.ground()
    c.fill(ground)
    inks = art.against(ground, 2.0)
    if chance.random() < 0.6:
        c.disc(focus.x + 0.06, focus.y - 0.04, focus.radius * 0.85, inks[-1])
    step = chance.uniform(0.016, 0.026)
    field = c.mask(lambda pen: None)
    mask = art.motif(focus.radius * 1.75)
    field.paste(mask, (round(focus.x * c.width - mask.width / 2), round(focus.y * c.width - mask.height / 2)))
    columns, rows = int(1 / step), int(c.tall / step)
    soft = (
        np.asarray(
            field.filter(ImageFilter.BoxBlur(round(step * c.width * 0.6))).resize((columns, rows), Image.Resampling.BOX),
            dtype=np.float32,
        )
        / 255
    )
    ink = inks[0] if contrast(luminance(inks[0]), luminance(inks[-1])) > 1.8 else art.apart(inks[-1], ground)
    for row in range(rows):
        for column in range(columns):
            weight = float(soft[row, column]) * (0.72 + 0.28 * (1 - row / rows))
            if weight > 0.04:
                c.disc((column + 0.5 + 0.5 * (row % 2)) * step, (row + 0.5) * step, step * 0.66 * weight**0.5, ink)


def waves(art: Art) -> None:
    """Stacked signal lines that swell in the middle, one behind the other."""
    c, chance, focus = art.canvas, art.chance, art.focus
    ground = art.ground()
    c.fill(ground)
    ink = art.apart(ground)
    count, left, right = chance.randint(18, 34), focus.x - 0.4, focus.x + 0.4
    filled = chance.random() < 0.4
    for i in range(count):
        base = focus.y - focus.radius * 0.75 + focus.radius * 1.4 * i / count
        bumps = [(chance.gauss(focus.x, 0.11), chance.uniform(0.012, 0.05), chance.uniform(0.01, 0.11)) for _ in range(6)]
        line: list[Point] = []
        for k in range(121):
            x = left + (right - left) * k / 120
            up = sum(h * math.exp(-(((x - bx) / s) ** 2)) for bx, s, h in bumps)
            line.append((x, base - up - 0.002 * chance.random()))
        tone = mix(ink, art.palette.accent, i / count) if filled else ink
        c.polygon([*line, (right, base + 0.06), (left, base + 0.06)], mix(tone, ground, 0.15) if filled else ground)
        c.line(line, 0.0035, ground if filled else tone)
    c.rectangle(left - 0.01, base + 0.004, right + 0.01, base + 0.075, ground)
    if chance.random() < 0.7:
        c.stamp(art.motif(0.15), focus.x, focus.y + focus.radius * 0.9, ink)


def shards(art: Art) -> None:
    """Broken glass flying from the middle, the motif at the centre of the blow."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    ground = p.dark if art.dark else p.light
    c.fill(ground)
    turns = sorted(chance.uniform(0, math.tau) for _ in range(chance.randint(17, 26)))
    tones = [p.deep, p.mid, p.soft, p.accent, mix(p.deep, ground, 0.5)]
    for a, b in zip(turns, [*turns[1:], turns[0] + math.tau], strict=True):
        cuts = [
            focus.radius * 0.3,
            focus.radius * chance.uniform(0.6, 0.95),
            focus.radius * chance.uniform(1.1, 1.8),
            2.2,
        ]
        for near, far in pairwise(cuts):
            gap = 0.012
            c.polygon(
                [
                    spoke(focus.x, focus.y, near + gap, a + gap),
                    spoke(focus.x, focus.y, far - gap, a + gap),
                    spoke(focus.x, focus.y, far - gap, b - gap),
                    spoke(focus.x, focus.y, near + gap, b - gap),
                ],
                mix(chance.choice(tones), ground, min(0.8, near / 1.6)),
            )
    c.disc(focus.x, focus.y, focus.radius * 0.5, ground)
    c.stamp(
        art.motif(focus.radius * 0.8),
        focus.x,
        focus.y,
        p.accent if contrast(luminance(p.accent), luminance(ground)) > 2 else art.against(ground)[0],
    )


def rays(art: Art) -> None:
    """A sunburst with the motif standing in it."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    ground, other = (
        (p.dark, p.deep)
        if art.dark
        else chance.choice(((p.soft, p.light), (p.accent, mix(p.accent, p.light, 0.3)), (p.light, p.soft)))
    )
    c.fill(ground)
    count, turn = chance.choice((14, 18, 24, 30)), chance.random()
    for i in range(count):
        a = turn + math.tau * i / count
        c.polygon(
            [(focus.x, focus.y), spoke(focus.x, focus.y, 2.2, a), spoke(focus.x, focus.y, 2.2, a + math.pi / count)],
            other,
        )
    core = art.apart(ground, other)
    c.disc(focus.x, focus.y, focus.radius * 0.72, core)
    c.ring(focus.x, focus.y, focus.radius * 0.8, 0.008, core)
    c.stamp(art.motif(focus.radius * 0.95), focus.x, focus.y, art.apart(core))


def marquee(art: Art) -> None:
    """A theatre sign: rays behind a lit panel bordered with bulbs."""
    c, p, focus = art.canvas, art.palette, art.focus
    rays(art)
    half, up = focus.radius * 0.82, focus.radius * 0.72
    c.rectangle(focus.x - half - 0.035, focus.y - up - 0.035, focus.x + half + 0.035, focus.y + up + 0.035, p.accent)
    c.rectangle(focus.x - half, focus.y - up, focus.x + half, focus.y + up, p.dark)
    bulbs = 13
    for i in range(bulbs + 1):
        t = -1 + 2 * i / bulbs
        for x, y in (
            (t * (half + 0.018), -up - 0.018),
            (t * (half + 0.018), up + 0.018),
            (-half - 0.018, t * (up + 0.018)),
            (half + 0.018, t * (up + 0.018)),
        ):
            c.disc(focus.x + x, focus.y + y, 0.016, mix(p.accent, p.dark, 0.45))
            c.disc(focus.x + x, focus.y + y, 0.011, p.light)
    c.glow(focus.x, focus.y, focus.radius, p.mid, 0.8)
    c.stamp(art.motif(focus.radius * 1.1), focus.x, focus.y, p.light)


def target(art: Art) -> None:
    """A gun sight: rings, hairlines and ticks over the motif."""
    c, chance, focus = art.canvas, art.chance, art.focus
    ground = art.ground()
    c.gradient([ground, mix(ground, art.palette.mid, 0.25)])
    field = art.apart(ground)
    ink = ground if chance.random() < 0.5 else art.apart(field)
    c.disc(focus.x, focus.y, focus.radius * 0.98, field)
    c.stamp(art.motif(focus.radius * 1.2), focus.x, focus.y, ink)
    for share in (0.98, 0.66, 0.34):
        c.ring(focus.x, focus.y, focus.radius * share, 0.006, mix(ink, field, 0.2))
    for turn in range(0, 360, 10):
        long = 0.09 if turn % 90 == 0 else 0.03
        a = math.radians(turn)
        c.line(
            [spoke(focus.x, focus.y, focus.radius * 0.98, a), spoke(focus.x, focus.y, focus.radius * (0.98 - long), a)],
            0.004,
            ink,
        )
    hair = art.apart(ground)
    c.line([(focus.x, focus.y - focus.radius * 1.15), (focus.x, focus.y + focus.radius * 1.15)], 0.0035, hair)
    c.line([(focus.x - focus.radius * 1.15, focus.y), (focus.x + focus.radius * 1.15, focus.y)], 0.0035, hair)


PATTERNS: dict[str, Callable[[Art], None]] = {
    f.__name__: f for f in (deco, rings, contour, halftone, waves, shards, rays, marquee, target)
}
