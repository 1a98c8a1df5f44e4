"""Compositions out of doors: horizons, streets, woods, skies.

Each takes an ``Art`` and paints its canvas, keeping what matters near ``art.focus`` so that the
lettering laid over it later has quieter ground. None returns anything or touches text.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from PIL import Image, ImageFilter

from demo.canvas import Point, mix, spoke
from demo.motifs import ON_THE_GROUND
from demo.silhouettes import motif_mask
from demo.terrain import Art, asphalt_to_horizon, conifers, drizzle, land, landscape, ridge, shows, sky, stars, towers


def ridges(art: Art) -> None:
    """A landscape in layers under a sun or moon, a small figure on the land."""
    landscape(art, art.canvas, art.focus.y + art.focus.radius * art.chance.uniform(0.0, 0.4))


def sea(art: Art) -> None:
    """Open water with the sun's road on it and something afloat on the horizon."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    horizon = focus.y + focus.radius * 0.35
    stops = sky(art, c, horizon)
    shine = p.accent if art.dark or chance.random() < 0.6 else p.light
    size = chance.uniform(0.14, 0.3)
    c.glow(focus.x, horizon - size * 0.3, size * 2.4, shine, 0.5)
    c.disc(focus.x, horizon - size * chance.uniform(0.0, 0.8), size, shine)
    water = mix(stops[-1], p.deep, 0.65)
    c.gradient([water, p.dark], horizon, c.tall)
    y, step = horizon + 0.006, 0.011
    while y < c.tall:
        deep = (y - horizon) / (c.tall - horizon)
        reach = size * (1.1 - 0.5 * deep)
        for _ in range(4):
            x, long = focus.x + chance.uniform(-reach, reach) * 0.8, chance.uniform(0.04, 0.22) * (1 - deep * 0.5)
            tone = mix(shine, p.dark, min(1.0, deep * 1.3))
            c.polygon([(x - long, y), (x, y - step * 0.2), (x + long, y), (x, y + step * 0.25)], tone)
        y += step
        step *= 1.07
    floating = next((m for m in art.motifs if m in {"ship", "sail", "shark", "whale", "island", "lighthouse"}), None)
    if floating is None:
        floating = chance.choice(("sail", "ship")) if art.setting == "sea" else None
    if floating:
        mask = motif_mask(floating, round(c.width * chance.uniform(0.12, 0.3)))
        c.stamp(mask, focus.x + chance.uniform(-0.15, 0.15), horizon + 0.012 - mask.height / c.width / 2, p.dark)


def skyline(art: Art) -> None:
    """City towers in three depths below a disc, windows lit."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    stops = sky(art, c, c.tall)
    size = focus.radius * chance.uniform(0.55, 0.85)
    disc = p.accent if art.dark or chance.random() < 0.7 else p.light
    c.glow(focus.x, focus.y, size * 2, disc, 0.4)
    c.disc(focus.x, focus.y, size, disc)
    base = focus.y + focus.radius
    for i in range(3):
        tone = mix(mix(stops[-1], p.deep, 0.6), p.dark, i / 2)
        towers(c, base + 0.05 + 0.13 * i, 0.5 - 0.06 * i, tone, None if i == 0 else mix(p.soft, disc, 0.4), chance)
    if chance.random() < 0.75:
        c.stamp(art.motif(size * 0.9), focus.x, focus.y - size * 0.2, p.dark)


def space(art: Art) -> None:
    """A great planet lit from one side, stars, sometimes a ring; the motif small before it."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    c.gradient([p.dark, p.dark, p.deep] if chance.random() < 0.6 else [p.deep, p.dark])
    c.glow(chance.random(), chance.uniform(0.2, 1.2), 0.9, mix(p.mid, p.accent, chance.random()), 0.4)
    stars(c, c.tall, mix(p.light, p.dark, 0.15), 260, chance)
    radius = focus.radius * chance.uniform(0.75, 1.15)
    tone = chance.choice((p.mid, p.accent, p.soft))
    turn = chance.uniform(0, math.tau)
    c.glow(focus.x, focus.y, radius * 1.45, tone, 0.6)
    c.disc(focus.x, focus.y, radius, tone)
    planet = c.mask(
        lambda pen: pen.ellipse(
            [v * c.width for v in (focus.x - radius, focus.y - radius, focus.x + radius, focus.y + radius)], fill=255
        )
    )
    night = c.copy()
    for band in range(chance.choice((0, 0, 7))):
        low = focus.y - radius + 2 * radius * (band + chance.random() * 0.5) / 7
        night.image.paste(
            mix(tone, p.deep, chance.uniform(0.05, 0.35)),
            (0, round(low * c.width), c.width, round((low + radius * chance.uniform(0.05, 0.2)) * c.width)),
        )
    shade_x, shade_y = spoke(focus.x, focus.y, radius * 0.9, turn)
    night.glow(shade_x, shade_y, radius * 1.9, p.dark, 1.0, 0.55)
    c.overlay(night, planet)
    if chance.random() < 0.45:
        tilt = chance.uniform(-0.5, 0.5)
        for wide, thick in ((1.75, 0.02), (1.6, 0.008), (1.5, 0.004)):
            front: list[Point] = []
            for step in range(-6, 187):
                a = math.radians(step)
                ex, ey = radius * wide * math.cos(a), radius * wide * 0.28 * math.sin(a)
                front.append(
                    (
                        focus.x + ex * math.cos(tilt) - ey * math.sin(tilt),
                        focus.y + ex * math.sin(tilt) + ey * math.cos(tilt),
                    )
                )
            c.line(front, thick, mix(p.light, tone, 0.35))
    flying = next(
        (m for m in art.motifs if m in {"rocket", "astronaut", "ufo", "robot", "plane", "jet", "moon"}), art.motifs[0]
    )
    x, y = spoke(focus.x, focus.y, radius * 0.35, turn + math.pi)
    c.stamp(motif_mask(flying, round(c.width * 0.19)), x, y, p.dark if tone != p.dark else p.light)


def grid_sun(art: Art) -> None:
    """A striped sun over a grid that runs to the horizon."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    horizon = focus.y + focus.radius * 0.55
    c.gradient([p.dark, p.deep, mix(p.deep, p.accent, 0.5)], 0, horizon)
    stars(c, horizon, p.light, 110, chance)
    size = focus.radius * 0.8
    c.glow(focus.x, horizon - size * 0.4, size * 2, p.accent, 0.55)
    c.disc(focus.x, horizon - size * 0.35, size, chance.choice((p.accent, p.soft)))
    behind = mix(p.deep, p.accent, 0.4)
    for i in range(7):
        y = horizon - size * 0.4 + size * 0.062 * i * 1.5
        c.rectangle(focus.x - size, y, focus.x + size, y + 0.004 + 0.003 * i, behind)
    for i in range(2):
        land(c, ridge(horizon + 0.01, 0.07 - 0.03 * i, chance, sharp=True), mix(p.deep, p.dark, 0.4 + 0.6 * i))
    c.gradient([p.deep, p.dark], horizon, c.tall)
    tone = mix(p.accent, p.mid, 0.4)
    for i in range(-16, 17):
        c.line([(focus.x + i * 0.03, horizon), (focus.x + i * 0.22, c.tall)], 0.0022, tone)
    for i in range(14):
        y = horizon + (c.tall - horizon) * (i / 13) ** 2.2
        c.line([(0, y), (1, y)], 0.0022, tone)
    c.stamp(art.motif(size * 0.7), focus.x, horizon - size * 0.62, p.dark)


def woods(art: Art) -> None:
    """Bare trunks in fog with a light, an eye or the motif deep among them."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    fog = p.mid if art.dark else p.soft
    c.gradient([mix(fog, p.dark, 0.75), fog, mix(fog, p.dark, 0.5)] if art.dark else [p.light, fog, p.mid])
    glow = p.accent if chance.random() < 0.6 else p.light
    c.glow(focus.x, focus.y, focus.radius * 1.5, glow, 0.8)
    if chance.random() < 0.5:
        c.disc(focus.x, focus.y, focus.radius * 0.55, glow)
    c.stamp(art.motif(focus.radius * 0.8), focus.x, focus.y + focus.radius * 0.1, p.dark)
    for depth in range(3):
        tone = mix(mix(fog, p.deep, 0.5), p.dark, depth / 2)
        for _ in range(11 - depth * 3):
            x = chance.uniform(-0.05, 1.05)
            if depth > 0 and abs(x - focus.x) < focus.radius * (0.5 + 0.25 * depth):
                continue
            wide, lean = chance.uniform(0.008, 0.018) * (1 + depth * 1.3), chance.uniform(-0.06, 0.06)
            c.polygon(
                [
                    (x + lean - wide * 0.7, -0.02),
                    (x + lean + wide * 0.7, -0.02),
                    (x + wide * 1.3, c.tall),
                    (x - wide * 1.3, c.tall),
                ],
                tone,
            )
            for _ in range(3 + depth):
                y, side = chance.uniform(0.05, 0.9), chance.choice((-1, 1))
                sx, long = x + lean * (1 - y / c.tall), chance.uniform(0.05, 0.16) * (1 + 0.4 * depth)
                tip = (sx + side * long, y - long * chance.uniform(0.4, 1.1))
                c.polygon([(sx, y - wide * 0.4), tip, (sx, y + wide * 0.4)], tone)
                twig = (sx + side * long * 0.5, (y + tip[1]) / 2)
                c.line([twig, (twig[0] + side * long * 0.1, twig[1] - long * 0.5)], 0.003, tone)
    line = ridge(c.tall - 0.22, 0.04, chance)
    land(c, line, p.dark)
    if chance.random() < 0.5:
        conifers(c, line, p.dark, 0.16, chance)


def road(art: Art) -> None:
    """A road to the vanishing point under a wide sky."""
    c, p, focus = art.canvas, art.palette, art.focus
    horizon = focus.y + focus.radius * 0.3
    landscape(art, c, horizon, stand=False)
    c.gradient([mix(p.mid, p.deep, 0.5), p.deep], horizon + 0.07, c.tall)
    asphalt_to_horizon(art, c, horizon + 0.07)
    moving = next((m for m in art.motifs if m in {"car", "bus", "truck", "motorcycle", "bicycle", "running", "dog"}), None)
    if moving:
        c.stamp(motif_mask(moving, round(c.width * 0.16)), focus.x + 0.09, horizon + 0.16, p.light)


def battlefield(art: Art) -> None:
    """Smoke over broken ground, searchlights or a low sun, a torn flag or the motif."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    horizon = focus.y + focus.radius * 0.7
    c.gradient([p.deep, p.mid, p.soft] if art.dark else [p.light, p.soft, p.mid], 0, horizon + 0.1)
    if chance.random() < 0.5:
        for _ in range(3):
            x, tip = chance.random(), chance.random()
            c.polygon([(x, horizon), (tip - 0.12, -0.02), (tip + 0.08, -0.02)], p.light, 0.18)
    else:
        c.disc(focus.x, focus.y, focus.radius * 0.62, p.accent)
    for depth in range(3):
        tone = mix(mix(p.mid, p.soft, 0.3), p.dark, depth / 2)
        for _ in range(3):
            x, y = chance.random(), horizon
            for puff in range(9):
                c.disc(x, y, 0.03 + 0.012 * puff * chance.uniform(0.6, 1.2), tone, 0.28)
                x, y = x + chance.uniform(-0.01, 0.07), y - chance.uniform(0.03, 0.07)
        land(c, ridge(horizon + 0.07 * depth, 0.04, chance, sharp=True), tone)
    pole = focus.x + chance.uniform(-0.2, 0.2)
    if chance.random() < 0.45:
        top = horizon - focus.radius * 1.1
        c.rectangle(pole - 0.006, top, pole + 0.006, horizon + 0.15, p.dark)
        edge = [(pole + 0.3 * i / 12, top + 0.02 + 0.02 * math.sin(i * 0.9)) for i in range(13)]
        torn = [
            (
                pole + 0.3 * i / 12 - chance.uniform(0, 0.03),
                top + 0.2 + 0.025 * math.sin(i * 0.9) + chance.uniform(-0.02, 0.02),
            )
            for i in range(12, -1, -1)
        ]
        c.polygon(edge + torn, p.accent)
    else:
        mask = art.motif(focus.radius)
        c.stamp(mask, focus.x, focus.y if mask.width > mask.height else horizon + 0.06 - mask.height / c.width / 2, p.dark)


def rain(art: Art) -> None:
    """A wet street at night: towers, reflections, slanting rain."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    street = focus.y + focus.radius * 0.75
    sky(art, c, street)
    for i in range(2):
        towers(
            c,
            street,
            0.75 - 0.25 * i,
            mix(p.mid, p.dark, 0.45 + 0.4 * i),
            mix(p.soft, p.accent, chance.random()),
            chance,
        )
    top = c.image.crop((0, 0, c.width, round(street * c.width))).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    wet = Image.blend(top, Image.new("RGB", top.size, p.dark), 0.55).filter(ImageFilter.BoxBlur(5))
    c.image.paste(wet, (0, round(street * c.width)))
    c.glow(focus.x, street, 0.5, p.accent, 0.6)
    standing = next((m for m in art.motifs if m in ON_THE_GROUND or m in {"umbrella", "spy"}), "umbrella")
    mask = motif_mask(standing, round(c.width * focus.radius * 0.8))
    c.stamp(mask, focus.x, street + 0.04 - mask.height / c.width / 2, p.dark)
    drizzle(art, c)


def moonrise(art: Art) -> None:
    """A moon far too large, and the motif black before it."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    sky(art, c, c.tall)
    shine = p.accent if chance.random() < 0.45 else p.light if art.dark else p.deep
    c.glow(focus.x, focus.y, focus.radius * 1.6, shine, 0.5)
    c.disc(focus.x, focus.y, focus.radius * 0.95, shine)
    for _ in range(9):
        x, y = spoke(focus.x, focus.y, focus.radius * 0.75 * chance.random() ** 0.5, chance.uniform(0, math.tau))
        c.disc(x, y, chance.uniform(0.02, 0.1) * focus.radius * 2, mix(shine, p.mid, 0.5), 0.16)
    shape = p.dark if shows(p.dark, shine) else p.light
    line = ridge(focus.y + focus.radius * 0.75, 0.05, chance)
    land(c, line, shape)
    if art.setting in {"forest", "snow", "mountain"}:
        conifers(c, line, shape, 0.12, chance)
    mask = art.motif(focus.radius * 1.05)
    c.stamp(mask, focus.x, line[30][1] + 0.02 - mask.height / c.width / 2, shape)


SCENES: dict[str, Callable[[Art], None]] = {
    f.__name__: f for f in (ridges, sea, skyline, space, grid_sun, woods, road, battlefield, rain, moonrise)
}
