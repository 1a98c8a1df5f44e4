"""Pictures that are not film posters, drawn by the project: for catalogues without a folder of them.

Each kind is varied in colour, layout and noise, the same for the same seed. One kind is cut out of
the catalogue's own posters: a piece of a poster without lettering is a picture like a photo or a
still. Covers and other printed matter are in `classifiers/covers.py`. Draws with Pillow and numpy
only; does not know how a validator is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image as PILImage
from PIL import ImageDraw, ImageFilter, ImageFont
from PIL.Image import Image

from classifiers import covers
from classifiers.covers import Scene
from classifiers.heads import Floats

_WORDS = (
    "river", "house", "night", "the", "of", "and", "light", "report", "garden", "winter", "account", "summary", "table",
    "street", "love", "song", "secret", "last", "first", "market", "value", "total", "open", "save", "file", "edit",
    "view", "help", "chapter", "music", "volume", "best", "live", "tonight", "free", "entry", "error", "user", "name",
)  # fmt: skip

_TRIES = 20  # places looked at for a piece without lettering
_CLEAR = 0.003  # mean of the lettering map below which a place is clear


def counterexamples(
    count: int, seed: int = 0, posters: Sequence[Image] = (), lettering: Sequence[Floats] = (), *, printed: int = 1
) -> Iterator[tuple[str, Image]]:
    """`count` pairs of kind and RGB picture, kinds in turn, printed matter `printed` times as often as the rest.

    With `posters`, pieces of them are among the kinds and stand in the pictures of covers;
    `lettering` (rows × columns, 0–1, one map a poster) keeps pieces clear of letters.
    """

    def piece(random: Generator) -> Image:
        return _piece(random, posters, lettering)

    def scene(random: Generator) -> Image:
        """Something seen: a piece of a poster where there are any, else a landscape of noise."""
        return piece(random) if posters and random.random() < 0.8 else _photo(random)

    turns = [*_WITH_SCENE, *_ALONE, *(["piece"] * 6 if posters else []), *covers.PRINTED * (printed - 1)]
    for number in range(count):
        random = np.random.default_rng((seed, number))
        kind = turns[number % len(turns)]
        if kind == "piece":
            image = piece(random)
        else:
            image = _WITH_SCENE[kind](random, scene) if kind in _WITH_SCENE else _ALONE[kind](random)
        yield kind, image.convert("RGB")


def _size(random: Generator, wide: float = 0.5) -> tuple[int, int]:
    """Width and height in pixels; `wide` is the share of pictures wider than tall."""
    longer, ratio = int(random.integers(220, 420)), float(random.choice([1.0, 1.33, 1.5, 1.78]))
    shorter = round(longer / ratio)
    return (longer, shorter) if random.random() < wide else (shorter, longer)


def _colour(random: Generator, low: int = 0, high: int = 256) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in random.integers(low, high, 3))
    return red, green, blue


def _noise(random: Generator, width: int, height: int, roughness: float) -> np.ndarray:
    """Fractal noise in 0–1, shape (height, width): octaves of blown-up random grids."""
    total = np.zeros((height, width), dtype=np.float32)
    strength, cells = 1.0, 3
    while cells < max(width, height):
        grid = random.random((cells, cells), dtype=np.float32)
        total += strength * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        strength, cells = strength * roughness, cells * 2
    return np.asarray((total - total.min()) / max(float(np.ptp(total)), 1e-6))


def _tinted(random: Generator, field: np.ndarray) -> np.ndarray:
    """A grey field coloured along three random stops; float (height, width, 3) of 0–255."""
    stops = np.sort(random.random(3)) * 0.9 + 0.05
    colours = np.array([_colour(random, 0, 120), _colour(random, 40, 210), _colour(random, 120, 256)], dtype=np.float32)
    return np.stack([np.interp(field, stops, colours[:, channel]) for channel in range(3)], axis=-1)


def _photo(random: Generator) -> Image:
    """A landscape of noise: sky, ground, things with soft shadows, depth blur, grain."""
    width, height = _size(random, 0.65)
    sky = _tinted(random, _noise(random, width, height, 0.45))
    ground = _tinted(random, _noise(random, width, height, float(random.uniform(0.55, 0.9))))
    rise = (_noise(random, width, height, 0.5)[height // 2] - 0.5) * height * float(random.uniform(0.1, 0.6))
    line = height * float(random.uniform(0.2, 0.8)) + rise
    below = np.clip((np.arange(height)[:, None] - line[None]) / 3, 0, 1)[..., None]
    image = PILImage.fromarray(np.clip(sky * (1 - below) + ground * below, 0, 255).astype(np.uint8))
    for _ in range(int(random.integers(0, 7))):
        shade = PILImage.fromarray(np.clip(_tinted(random, _noise(random, width, height, 0.8)), 0, 255).astype(np.uint8))
        mask = PILImage.new("L", image.size)
        x, y, r = (
            int(random.integers(low, high)) for low, high in ((0, width), (0, height), (10, max(12, min(image.size) // 2)))
        )
        stretch = float(random.uniform(0.4, 1.6))
        draw = ImageDraw.Draw(mask)
        (draw.ellipse if random.random() < 0.7 else draw.rectangle)((x - r, y - r * stretch, x + r, y + r * stretch), fill=255)
        image.paste(shade, mask=mask.filter(ImageFilter.GaussianBlur(float(random.uniform(0.5, 6)))))
    return _grainy(random, image)


def _grainy(random: Generator, image: Image) -> Image:
    pixels = np.asarray(image, dtype=np.float32) + random.normal(
        0, float(random.uniform(1, 12)), (image.height, image.width, 1)
    )
    return PILImage.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _piece(random: Generator, posters: Sequence[Image], lettering: Sequence[Floats]) -> Image:
    """A part of a poster, a quarter to three quarters of each side, from one where a place is clear of lettering."""
    best: tuple[float, Image] | None = None
    for _ in range(_TRIES if lettering else 1):
        chosen = int(random.integers(len(posters)))
        poster = posters[chosen]
        share = float(random.uniform(0.25, 0.75))
        width = max(8, round(poster.width * min(1.0, share * float(random.uniform(0.9, 1.5)))))
        height = max(8, round(poster.height * share * float(random.uniform(0.5, 1.0))))
        left, top = (
            int(random.integers(0, max(1, poster.width - width))),
            int(random.integers(0, max(1, poster.height - height))),
        )
        box = (left, top, min(left + width, poster.width), min(top + height, poster.height))
        found = _lettered(lettering[chosen], box, poster) if lettering else 0.0
        if best is None or found < best[0]:
            best = (found, poster.crop(box))
        if found < _CLEAR:
            break
    assert best is not None
    return best[1]


def _lettered(letters: Floats, box: tuple[int, int, int, int], poster: Image) -> float:
    """The mean of a lettering map inside a box given in the poster's pixels."""
    rows, columns = letters.shape
    left, right = box[0] * columns // poster.width, -(-box[2] * columns // poster.width)
    top, bottom = box[1] * rows // poster.height, -(-box[3] * rows // poster.height)
    return float(letters[top:bottom, left:right].mean())


def _texture(random: Generator) -> Image:
    width, height = _size(random)
    field = _noise(random, width, height, float(random.uniform(0.6, 1.0)))
    if random.random() < 0.5:
        angle, pitch = float(random.uniform(0, np.pi)), float(random.uniform(4, 40))
        wave = np.sin(
            (np.arange(width)[None] * np.cos(angle) + np.arange(height)[:, None] * np.sin(angle)) * 2 * np.pi / pitch
            + field * 6
        )
        field = (wave + 1) / 2
    return _grainy(random, PILImage.fromarray(np.clip(_tinted(random, field), 0, 255).astype(np.uint8)))


def _plain(random: Generator) -> Image:
    """One colour, a gradient, or soft lights."""
    width, height = _size(random)
    ramp = np.linspace(0, 1, height)[:, None] * float(random.random()) + np.linspace(0, 1, width)[None] * float(random.random())
    first, second = np.array(_colour(random)), np.array(_colour(random))
    weight = ramp[..., None] if random.random() < 0.7 else np.zeros((height, width, 1))
    return PILImage.fromarray((first * (1 - weight / 2) + second * weight / 2).clip(0, 255).astype(np.uint8))


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(7, size))


def _phrase(random: Generator, words: int) -> str:
    return " ".join(str(random.choice(_WORDS)) for _ in range(words))


def _page(random: Generator) -> Image:
    """A page of text: headings, paragraphs, perhaps columns and a table."""
    width, height = _size(random, 0.25)
    paper, ink = _colour(random, 225, 256), _colour(random, 0, 90)
    image = PILImage.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(image)
    columns = int(random.choice([1, 1, 2]))
    margin, size = width // 14 + 2, float(random.uniform(7, 13))
    for column in range(columns):
        left, y = margin + column * (width - margin) // columns, margin
        while y < height - margin:
            heading = random.random() < 0.1
            draw.text(
                (left, y),
                _phrase(random, 30)[: int(width / columns / size * 1.7)],
                fill=ink,
                font=_font(size * (1.7 if heading else 1)),
            )
            y += round(size * (2.4 if heading else 1.35)) + (round(size) if random.random() < 0.12 else 0)
    return image


def _screen(random: Generator, scene: Scene) -> Image:
    """A program or web page: bars, panels, buttons, rows of text, perhaps a picture."""
    width, height = _size(random, 0.85)
    dark = random.random() < 0.4
    ground, ink = (
        (_colour(random, 10, 60), _colour(random, 170, 256)) if dark else (_colour(random, 225, 256), _colour(random, 0, 90))
    )
    image = PILImage.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, height // 14), fill=_colour(random))
    side = int(width * float(random.uniform(0, 0.3)))
    draw.rectangle((0, height // 14, side, height), fill=_colour(random, 30, 256))
    for y in range(height // 10, height, max(9, height // int(random.integers(10, 24)))):
        draw.text((4, y), _phrase(random, 1), fill=ink, font=_font(8))
        draw.text(
            (side + 8, y),
            _phrase(random, int(random.integers(1, 9)))[: (width - side) // 6],
            fill=ink,
            font=_font(float(random.uniform(7, 11))),
        )
    for _ in range(int(random.integers(0, 6))):
        x, y = int(random.integers(side, width)), int(random.integers(height // 12, height))
        draw.rounded_rectangle(
            (x, y, x + int(random.integers(20, 110)), y + int(random.integers(12, 70))), 4, fill=_colour(random), outline=ink
        )
    if random.random() < 0.4:
        image.paste(scene(random).resize((width // 3, height // 3)), (int(width * 0.6), int(height * 0.3)))
    return image


def _game(random: Generator, scene: Scene) -> Image:
    """A scene with blocks or tiles, bars and counters at the edges."""
    image = scene(random) if random.random() < 0.5 else _texture(random)
    image = image.resize((int(random.integers(300, 420)), int(random.integers(180, 300))))
    if random.random() < 0.6:
        tile = int(random.integers(6, 16))
        image = image.resize((image.width // tile * 2, image.height // tile * 2)).resize(
            image.size, PILImage.Resampling.NEAREST
        )
    draw = ImageDraw.Draw(image)
    for corner in random.permutation(4)[: int(random.integers(1, 5))]:
        x, y = (6 if corner % 2 else image.width - 96), (5 if corner < 2 else image.height - 18)
        draw.rectangle((x, y, x + int(random.integers(20, 85)), y + 9), fill=_colour(random, 60, 256), outline=(0, 0, 0))
        draw.text((x, y), f"{random.integers(0, 99999)}", fill=_colour(random, 180, 256), font=_font(9))
    return image


def _chart(random: Generator) -> Image:
    width, height = _size(random, 0.7)
    image = PILImage.new("RGB", (width, height), _colour(random, 230, 256))
    draw = ImageDraw.Draw(image)
    left, bottom = width // 9, height - height // 9
    draw.line((left, height // 10, left, bottom, width - 8, bottom), fill=(60, 60, 60), width=2)
    bars = int(random.integers(3, 14))
    values = random.random(bars) * (bottom - height // 6)
    points = [(left + 8 + place * (width - left - 16) // bars, bottom - value) for place, value in enumerate(values)]
    if random.random() < 0.5:
        for x, y in points:
            draw.rectangle((x, y, x + (width - left) // bars // 2, bottom), fill=_colour(random))
    else:
        draw.line(points, fill=_colour(random), width=3)
    draw.text((left, 3), _phrase(random, 4), fill=(30, 30, 30), font=_font(11))
    return image


def _plan(random: Generator) -> Image:
    """Rooms of a floor plan, or streets of a map."""
    width, height = _size(random, 0.6)
    image = PILImage.new("RGB", (width, height), _colour(random, 235, 256))
    draw = ImageDraw.Draw(image)
    xs, ys = np.sort(random.integers(8, width - 8, 5)), np.sort(random.integers(8, height - 8, 5))
    ink = _colour(random, 0, 110)
    for _ in range(int(random.integers(6, 14))):
        (a, b), (c, d) = sorted(random.choice(xs, 2)), sorted(random.choice(ys, 2))
        draw.rectangle((a, c, b, d), outline=ink, width=int(random.integers(1, 4)))
        if random.random() < 0.5:
            draw.text(((a + b) // 2 - 10, (c + d) // 2), _phrase(random, 1), fill=ink, font=_font(8))
    return image


def _pick(random: Generator, options: Sequence[Callable[..., object]]) -> Callable[..., Image]:
    return options[int(random.integers(len(options)))]  # type: ignore[return-value]


_WITH_SCENE: dict[str, Callable[[Generator, Scene], Image]] = {
    "screen": _screen, "game screen": _game, "book": covers.book, "record": covers.record,
    "game": covers.game, "meme": covers.meme, "flyer": covers.flyer,
}  # fmt: skip
_ALONE: dict[str, Callable[[Generator], Image]] = {
    "photo": _photo, "page": _page, "texture": _texture, "chart": _chart, "plan": _plan, "plain": _plain,
}  # fmt: skip
