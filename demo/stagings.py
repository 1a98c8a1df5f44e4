"""Compositions that stage one subject: a head, a doorway, a window, a figure in the light.

Each takes an ``Art`` and paints its canvas around ``art.focus``; none returns anything or knows of
the text that will be laid over it.
"""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

from demo.canvas import mix
from demo.silhouettes import motif_mask
from demo.terrain import Art, land, landscape, ridge, shows

# Motifs that can stand on the ground by themselves and be taken for the hero.
FIGURES = frozenset(
    {
        "running",
        "child",
        "figure",
        "woman",
        "gorilla",
        "fedora",
        "cowboy",
        "spy",
        "ninja",
        "astronaut",
        "robot",
        "dinosaur",
        "dog",
        "cat",
        "crow",
        "castle",
        "torii",
        "tree",
        "home",
        "car",
        "bicycle",
        "motorcycle",
        "chess",
    }
)


def profile_window(art: Art) -> None:
    """A head in profile with a landscape inside it."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    c.fill(p.light if not art.dark or chance.random() < 0.3 else p.deep)
    if chance.random() < 0.5:
        c.disc(focus.x, focus.y, focus.radius * 0.95, p.accent if chance.random() < 0.6 else p.soft)
    inside = c.blank()
    landscape(art, inside, focus.y + focus.radius * 0.15)
    head = motif_mask("profile", round(focus.radius * 2.25 * c.width))
    if chance.random() < 0.5:
        head = head.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    place = c.mask(lambda pen: None)
    place.paste(
        head,
        (round(focus.x * c.width - head.width / 2), round((focus.y + focus.radius * 0.1) * c.width - head.height / 2)),
    )
    c.overlay(inside, place)


def lone_figure(art: Art) -> None:
    """One small silhouette before an enormous disc, its shadow long on the ground."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    ground = art.ground()
    c.gradient([ground, mix(ground, p.mid, 0.35)])
    disc = art.against(ground, 1.5)[0]
    c.disc(focus.x, focus.y - focus.radius * 0.05, focus.radius * 0.9, disc)
    floor = focus.y + focus.radius * 0.62
    near = p.dark if shows(p.dark, disc) else p.light
    land(c, ridge(floor, chance.choice((0.0, 0.02, 0.04)), chance), near)
    stance = next((m for m in art.motifs[:2] if m in FIGURES), art.motifs[0])
    mask = motif_mask(stance, round(c.width * focus.radius * chance.uniform(0.5, 0.85)))
    c.stamp(mask, focus.x, floor + 0.012 - mask.height / c.width / 2, near)


def corridor(art: Art) -> None:
    """Doorways inside doorways, the last one lit, the motif standing in it."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    tones = [p.dark, p.deep, p.mid] if art.dark else [p.light, p.soft, p.mid]
    c.fill(tones[0])
    door, count = (p.accent if chance.random() < 0.6 else p.light), chance.randint(5, 8)
    arched, lean = chance.random() < 0.4, chance.uniform(-0.08, 0.08)
    for i in range(count):
        share = i / (count - 1)
        half, up = 0.62 * (1 - share) + 0.1 * share, 1.0 * (1 - share) + 0.24 * share
        x, low = focus.x + lean * share, (c.tall + 0.1) * (1 - share) + (focus.y + 0.22) * share
        tone = door if i == count - 1 else mix(tones[0], tones[2], share * 0.9 + (0.12 if i % 2 else 0))
        top = low - up - half
        c.rectangle(x - half, low - up, x + half, low, tone)
        if arched:
            c.disc(x, low - up, half, tone)
        else:
            c.rectangle(x - half, top, x + half, low - up + 0.01, tone)
    low, x = focus.y + 0.22, focus.x + lean
    c.polygon([(x - 0.1, low), (x + 0.1, low), (x + 0.42, c.tall), (x - 0.3, c.tall)], mix(door, tones[1], 0.35), 0.75)
    mask = art.motif(0.2)
    c.stamp(mask, x, low + 0.01 - mask.height / c.width / 2, p.dark)


def blinds(art: Art) -> None:
    """Light through a venetian blind across a wall and whoever stands there."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    c.gradient([p.dark, mix(p.dark, p.deep, 0.8), p.dark])
    wall = p.soft if chance.random() < 0.55 else p.accent
    slant, step = chance.uniform(-0.28, 0.28), chance.uniform(0.05, 0.075)
    left, right = focus.x - focus.radius * 1.15, focus.x + focus.radius * 1.15
    y = focus.y - focus.radius * 1.2
    lit = c.copy()
    while y < focus.y + focus.radius * 1.25:
        lit.polygon(
            [
                (left, y - slant * left),
                (right, y - slant * right),
                (right, y + step * 0.6 - slant * right),
                (left, y + step * 0.6 - slant * left),
            ],
            wall,
        )
        y += step
    spread = Image.new("L", (60, round(60 * c.tall)))
    pen = ImageDraw.Draw(spread)
    pen.ellipse(
        [v * 60 for v in (left + 0.02, focus.y - focus.radius * 1.25, right - 0.02, focus.y + focus.radius * 1.3)],
        fill=255,
    )
    c.overlay(lit, spread.filter(ImageFilter.GaussianBlur(6)).resize(c.image.size))
    who = next(
        (m for m in art.motifs if m in {"fedora", "spy", "profile", "cowboy"}),
        "fedora" if chance.random() < 0.5 else "profile",
    )
    mask = motif_mask(who, round(c.width * focus.radius * 1.6))
    c.stamp(mask, focus.x, focus.y + focus.radius * 0.3, p.dark)
    thing = next((m for m in art.motifs if m != who), art.motifs[0])
    c.stamp(
        art.motif(0.15, art.motifs.index(thing)),
        focus.x + focus.radius * 0.75,
        focus.y - focus.radius * 0.7,
        p.accent if wall != p.accent else p.light,
    )


def bokeh(art: Art) -> None:
    """Lights out of focus on a deep ground, the motif in front."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    c.gradient([p.dark, p.deep, p.mid] if art.dark else [p.mid, p.soft, p.light])
    for _ in range(46):
        x, y = chance.random(), chance.gauss(focus.y, focus.radius * 0.7)
        size = chance.uniform(0.02, 0.11)
        c.disc(x, y, size, chance.choice((p.accent, p.soft, p.light, p.mid)), chance.uniform(0.12, 0.42))
    c.stamp(art.motif(focus.radius * 1.15), focus.x, focus.y + focus.radius * 0.1, p.dark if not art.dark else p.light)


def window(art: Art) -> None:
    """A landscape seen through one window cut in a plain sheet: arch, disc, square or panes."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    sheet = p.light if not art.dark else chance.choice((p.dark, p.deep))
    c.fill(sheet if chance.random() < 0.8 else p.accent)
    scene = c.blank()
    landscape(art, scene, focus.y + focus.radius * 0.2)
    half, up, w = min(0.42, focus.radius * 0.95), focus.radius, c.width
    left, right, top, low = focus.x - half, focus.x + half, focus.y - up, focus.y + up
    kind = chance.choice(("arch", "square", "panes", "strips", "diamond"))

    def cut(pen: ImageDraw.ImageDraw) -> None:
        if kind == "arch":
            pen.ellipse([v * w for v in (left, top, right, top + 2 * half)], fill=255)
            pen.rectangle([v * w for v in (left, top + half, right, low)], fill=255)
        elif kind == "diamond":
            pen.polygon(
                [v * w for v in (focus.x, top - 0.03, right + 0.05, focus.y, focus.x, low + 0.03, left - 0.05, focus.y)],
                fill=255,
            )
        else:
            pen.rectangle([v * w for v in (left, top, right, low)], fill=255)
            if kind == "panes":
                for i in (1, 2):
                    x, y = left + (right - left) * i / 3, top + (low - top) * i / 3
                    pen.rectangle([v * w for v in (x - 0.008, top, x + 0.008, low)], fill=0)
                    pen.rectangle([v * w for v in (left, y - 0.008, right, y + 0.008)], fill=0)
            elif kind == "strips":
                for i in range(1, 5):
                    x = left + (right - left) * i / 5
                    pen.rectangle([v * w for v in (x - 0.009, top, x + 0.009, low)], fill=0)

    c.overlay(scene, c.mask(cut))


def medallion(art: Art) -> None:
    """A round picture with a ring about it, like a seal; the motif breaks its edge."""
    c, focus = art.canvas, art.focus
    ground = art.ground()
    c.fill(ground)
    scene, radius = c.blank(), focus.radius * 0.92
    landscape(art, scene, focus.y + radius * 0.25, stand=False)
    trim = art.against(ground, 2.0)[0]
    c.disc(focus.x, focus.y, radius * 1.07, trim)
    c.disc(focus.x, focus.y, radius * 1.03, ground)
    box = [v * c.width for v in (focus.x - radius, focus.y - radius, focus.x + radius, focus.y + radius)]
    c.overlay(scene, c.mask(lambda pen: pen.ellipse(box, fill=255)))
    mask = art.motif(radius * 1.0)
    c.stamp(mask, focus.x, focus.y + radius * 0.35, art.over(mask, focus.x, focus.y + radius * 0.35))


def shadow_fall(art: Art) -> None:
    """The motif small in a beam of light, its shadow long and wrong behind it."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    beam = chance.choice((p.soft, p.light, p.accent))
    c.gradient([p.dark, p.deep])
    c.polygon([(focus.x - 0.06, -0.02), (focus.x + 0.06, -0.02), (1.05, c.tall), (-0.05, c.tall)], beam)
    size = focus.radius * 0.55
    small = art.motif(size)
    long = small.resize((round(small.width * 1.15), round(small.height * 2.4)), Image.Resampling.BICUBIC)
    floor = focus.y - focus.radius * 0.15
    c.stamp(small, focus.x, floor - small.height / c.width / 2, p.dark)
    second = art.motif(size, 1)
    long = (
        second.resize((round(second.width * 1.7), round(second.height * 2.6)), Image.Resampling.BICUBIC)
        if chance.random() < 0.35
        else long
    )
    long = long.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    c.stamp(long, focus.x, floor + long.height / c.width / 2, mix(p.dark, beam, 0.12))


def two_figures(art: Art) -> None:
    """Two heads facing each other, a disc of light between them."""
    c, p, chance, focus = art.canvas, art.palette, art.chance, art.focus
    c.gradient(
        [p.deep, p.mid, p.soft]
        if art.dark
        else chance.choice(([p.light, p.soft, p.mid], [p.soft, p.light], [p.mid, p.soft, p.light]))
    )
    c.glow(focus.x, focus.y, focus.radius * 1.5, p.light, 0.6)
    c.disc(focus.x, focus.y, focus.radius * 0.55, p.accent)
    head = motif_mask("profile", round(c.width * min(0.6, focus.radius * 1.5)))
    reach = head.width / c.width / 2 + 0.015
    c.stamp(head, focus.x - reach, focus.y + 0.08, p.dark if art.dark else p.deep)
    c.stamp(head.transpose(Image.Transpose.FLIP_LEFT_RIGHT), focus.x + reach, focus.y + 0.08, mix(p.deep, p.accent, 0.35))
    c.stamp(art.motif(0.12), focus.x, focus.y - focus.radius * 0.55, p.light)


STAGINGS: dict[str, Callable[[Art], None]] = {
    f.__name__: f for f in (profile_window, lone_figure, corridor, blinds, bokeh, window, medallion, shadow_fall, two_figures)
}
