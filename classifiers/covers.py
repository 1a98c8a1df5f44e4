"""Printed matter that could be taken for film posters: books, records, games, flyers, memes, drawn by the project.

What sets them apart from posters is how they are lettered, so that is what is drawn with care: an
author as large as the title, a band's name on a square, a bar of the console over the picture,
lines above and below a photo. Their pictures come from a function that is handed in. Draws with
Pillow only; does not know how a validator is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image as PILImage
from PIL import ImageDraw, ImageFilter, ImageOps
from PIL.Image import Image

from movies.faces import font

Scene = Callable[[Generator], Image]
Colour = tuple[int, int, int]

_FACES = ("black", "sans", "light", "condensed", "slab", "serif", "serif-light", "serif-italic", "italic", "hand", "round")
_PLAIN_FACES = ("sans", "light", "serif-light", "italic", "condensed")
_FIRST = (
    "Anna Jack Mira Tom Lena Ruth Carl Ines Paul Nora Ben Ella Omar June Max Ivy Leo Sara Karl Rose Hugh Mary Amy Dan".split()
)
_LAST = "Reed Marlow Santos Hale Okafor Lindqvist Brooks Harper Quinn Sutton Ward Castle Monroe Vance Bishop Lane Stone".split()
_WORDS = (
    "river house night light garden winter street love song secret last first heart fire shadow summer king daughter sea city "
    "dream stone rose promise stranger memory wild silent golden broken hidden forever lost dark blue red kiss duke bride wolf "
    "game war empire legend quest return rise fallen world hunter storm blood moon star road letter island"
).split()
_BOOK_STRAPS = (
    "a novel", "the new york times bestselling author", "international bestseller", "author of the {} series", "book {}",
    "a {} mystery", "over one million copies sold", "usa today bestselling author", "\u201can unforgettable story\u201d",
    "the first in a new series", "stories", "a memoir", "now with a new chapter",
)  # fmt: skip
_SYSTEMS = ("PLAYBOX 4", "XSTATION", "GAMEDECK", "PC DVD-ROM", "SWITCHBOY", "NOVA 360", "ONLY ON NOVA")
_NIGHTS = (
    "LIVE",
    "FESTIVAL",
    "PARTY",
    "DJ NIGHT",
    "OPEN AIR",
    "JAZZ",
    "CLUB",
    "CONCERT",
    "SUMMER BEATS",
    "LADIES NIGHT",
    "EXPO",
)
_PLACES = ("Blue Harbour", "The Old Mill", "City Hall", "Club 54", "Warehouse 9", "Central Park", "Main Stage")
_CAPTIONS = ("when you", "me after", "nobody:", "one does not simply", "that feeling when", "my face", "be like", "not sure if")


@dataclass(frozen=True)
class _Block:
    """Lines of one face: `tall` is the most a line may take of the picture's height."""

    lines: Sequence[str]
    face: str
    wide: float
    tall: float


PRINTED = ("book", "record", "game", "meme", "flyer")


def book(random: Generator, scene: Scene) -> Image:
    """Author and title in large lines, each filling the width, with a strap line or two between."""
    width, height = _portrait(random, 1.45, 1.65)
    image = _ground(random, scene, width, height)
    author = _Block(_author(random), _face(random), float(random.uniform(0.5, 0.96)), float(random.uniform(0.05, 0.16)))
    title = _Block(_title(random), _face(random), float(random.uniform(0.55, 0.97)), float(random.uniform(0.08, 0.22)))
    first, second = (author, title) if random.random() < 0.5 else (title, author)
    ink = _ink(random, image)
    y = height * float(random.uniform(0.02, 0.12))
    if random.random() < 0.35:
        y = _strap(random, image, y, ink)
    y = _set(random, image, first, y, ink)
    if random.random() < 0.5:
        y = _strap(random, image, y, ink)
    below = height * (1 - float(random.uniform(0.02, 0.1))) - _height_of(image, second)
    _set(random, image, second, max(y, below if random.random() < 0.8 else y + height * 0.04), _ink(random, image, ink))
    if random.random() < 0.5:
        _strap(random, image, height * float(random.uniform(0.45, 0.97)), ink)
    if random.random() < 0.2:
        _seal(random, image)
    return image


def record(random: Generator, scene: Scene) -> Image:
    """A square picture with a band's name and a title, in a corner, across, or not at all."""
    side = int(random.integers(200, 340))
    image = _ground(random, scene, side, side)
    ink = _ink(random, image)
    if random.random() < 0.85:
        band = _Block(
            [_phrase(random, 1, 3)], _face(random), float(random.uniform(0.3, 0.95)), float(random.uniform(0.06, 0.24))
        )
        name = _Block([_phrase(random, 1, 4)], _face(random), float(random.uniform(0.2, 0.8)), float(random.uniform(0.03, 0.1)))
        y = _set(random, image, band, side * float(random.choice([0.03, 0.08, 0.4, 0.7])), ink)
        if random.random() < 0.8:
            _set(random, image, name, y if random.random() < 0.5 else side * 0.86, ink)
    if random.random() < 0.25:
        box = (round(side * 0.8), round(side * 0.87), round(side * 0.98), round(side * 0.97))
        draw = ImageDraw.Draw(image)
        draw.rectangle(box, fill="black", outline="white")
        draw.text(
            ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2),
            "ADVISORY",
            fill="white",
            font=font("black", max(6, side // 32)),
            anchor="mm",
        )
    return image


def game(random: Generator, scene: Scene) -> Image:
    """A box: the console's bar over the picture, a large title, a rating and a maker's mark at the foot."""
    width, height = _portrait(random, 1.15, 1.45)
    image = _ground(random, scene, width, height)
    draw = ImageDraw.Draw(image)
    bar = round(height * float(random.uniform(0.06, 0.12)))
    if random.random() < 0.85:
        draw.rectangle((0, 0, width, bar), fill=_colour(random))
        draw.text(
            (width * 0.04, bar / 2),
            str(random.choice(_SYSTEMS)),
            fill="white",
            font=font("black", max(8, bar // 2)),
            anchor="lm",
        )
    title = _Block(_title(random)[:2], _face(random), float(random.uniform(0.6, 0.95)), float(random.uniform(0.08, 0.2)))
    _set(random, image, title, height * float(random.choice([0.14, 0.55, 0.65])), _ink(random, image))
    size = max(8, width // 11)
    if random.random() < 0.8:
        draw.rectangle((6, height - 6 - size * 1.4, 6 + size, height - 6), fill="white", outline="black", width=2)
        draw.text(
            (6 + size / 2, height - 6 - size * 0.7),
            str(random.choice(["T", "M", "E", "18", "12", "16"])),
            fill="black",
            font=font("black", size // 2 + 2),
            anchor="mm",
        )
    if random.random() < 0.7:
        draw.rectangle((width - 8 - size * 2, height - 8 - size * 0.7, width - 8, height - 8), fill=_colour(random))
    return image


def meme(random: Generator, scene: Scene) -> Image:
    """A photo with heavy lines above, below or both; or a caption on a white strip over it."""
    image = scene(random).convert("RGB").resize(_landscape(random))
    above, below = (f"{random.choice(_CAPTIONS)} {_phrase(random, 1, 4)}" for _ in range(2))
    if random.random() < 0.35:
        strip = max(24, round(image.height * float(random.uniform(0.15, 0.35))))
        paper = PILImage.new("RGB", (image.width, image.height + strip), "white")
        paper.paste(image, (0, strip))
        _set(random, paper, _Block(_broken(above, 22), "sans", 0.94, strip / paper.height / 2.4), 4, (10, 10, 10))
        return paper
    for text, y in ((above, 0.02), (below, 0.8)):
        if random.random() < 0.8:
            lines = _broken(text.upper(), int(random.integers(12, 24)))[:2]
            _set(
                random,
                image,
                _Block(lines, "condensed", 0.96, float(random.uniform(0.08, 0.16))),
                image.height * y,
                (255, 255, 255),
                outline=2,
            )
    return image


def flyer(random: Generator, scene: Scene) -> Image:
    """An event: one huge word, a date, a place, names, a price; or only the ground it is printed on."""
    width, height = _portrait(random, 1.0, 1.5)
    image = _ground(random, scene, width, height)
    draw = ImageDraw.Draw(image)
    for _ in range(int(random.integers(0, 7))):
        left, top = int(random.integers(-20, width)), int(random.integers(-20, height))
        box = (left, top, left + int(random.integers(8, width)), top + int(random.integers(8, height // 2)))
        (draw.ellipse if random.random() < 0.5 else draw.rectangle)(
            box, fill=_colour(random) if random.random() < 0.3 else None, outline=_colour(random), width=2
        )
    if random.random() < 0.3:
        return image
    ink = _ink(random, image)
    y = height * float(random.uniform(0.03, 0.4))
    y = _set(
        random,
        image,
        _Block(str(random.choice(_NIGHTS)).split(), _face(random), 0.92, float(random.uniform(0.1, 0.25))),
        y,
        ink,
    )
    facts = [
        f"{random.choice(['FRI', 'SAT', 'SUN'])} {random.integers(1, 31)} {random.choice(['MAY', 'JUNE', 'JULY', 'OCT'])}",
        f"{random.choice(_PLACES)}", f"doors {random.integers(18, 23)}:00", f"entry {random.integers(5, 40)}",
        " / ".join(" ".join(_author(random)) for _ in range(3)),
    ]  # fmt: skip
    for fact in [str(fact) for fact in random.permutation(facts)[: int(random.integers(1, 6))]]:
        y = _set(random, image, _Block([fact], str(random.choice(_PLAIN_FACES)), float(random.uniform(0.3, 0.8)), 0.06), y, ink)
    return image


def _portrait(random: Generator, least: float, most: float) -> tuple[int, int]:
    width = int(random.integers(170, 320))
    return width, round(width * float(random.uniform(least, most)))


def _landscape(random: Generator) -> tuple[int, int]:
    width = int(random.integers(220, 380))
    return width, round(width * float(random.choice([0.56, 0.66, 0.75, 1.0])))


def _ground(random: Generator, scene: Scene, width: int, height: int) -> Image:
    """A scene over all of it, in a window, or faded into a plain colour; sometimes a plain colour alone."""
    kind = random.random()
    plain = PILImage.new("RGB", (width, height), _colour(random))
    if kind < 0.15:
        return plain
    picture = ImageOps.fit(scene(random).convert("RGB"), (width, height))
    if kind < 0.6:
        return picture
    if kind < 0.8:
        top, bottom = sorted(int(value) for value in random.integers(0, height, 2))
        mask = PILImage.new("L", (width, height))
        ImageDraw.Draw(mask).rectangle((0, top, width, max(bottom, top + height // 3)), fill=255)
        mask = mask.filter(ImageFilter.GaussianBlur(float(random.choice([0, height / 12]))))
        return PILImage.composite(picture, plain, mask)
    return PILImage.blend(picture, plain, float(random.uniform(0.1, 0.6)))


def _set(random: Generator, image: Image, block: _Block, y: float, ink: Colour, outline: int = 0) -> float:
    """Draw a block's lines from `y` downwards; returns where it ends."""
    draw = ImageDraw.Draw(image)
    outline = outline or int(random.random() < 0.2)
    dark = sum(ink) > 380
    for line, size in _sized(image, block):
        face = font(block.face, size)
        place = (image.width / 2, y)
        if random.random() < 0.3:
            draw.text(
                (place[0] + size / 14, y + size / 14), line, font=face, anchor="ma", fill=(0, 0, 0) if dark else (235, 235, 235)
            )
        draw.text(
            place,
            line,
            font=face,
            anchor="ma",
            fill=ink,
            stroke_width=outline,
            stroke_fill=(0, 0, 0) if dark else (255, 255, 255),
        )
        y += size * 1.08
    return y


def _sized(image: Image, block: _Block) -> list[tuple[str, int]]:
    """Each line with the size in pixels at which it fills the width, within the block's bound."""
    out = []
    for line in block.lines:
        natural = max(font(block.face, 40).getlength(line), 1)
        out.append((line, max(6, round(min(40 * block.wide * image.width / natural, block.tall * image.height)))))
    return out


def _height_of(image: Image, block: _Block) -> float:
    return sum(size * 1.08 for _, size in _sized(image, block))


def _strap(random: Generator, image: Image, y: float, ink: Colour) -> float:
    """A line of small print; returns where it ends."""
    text = str(random.choice(_BOOK_STRAPS)).format(random.choice(_WORDS))
    text = text.upper() if random.random() < 0.5 else text
    block = _Block(
        [text], str(random.choice(_PLAIN_FACES)), float(random.uniform(0.3, 0.9)), float(random.uniform(0.02, 0.045))
    )
    return _set(random, image, block, y + image.height * 0.01, ink) + image.height * 0.01


def _seal(random: Generator, image: Image) -> None:
    """A round or a folded mark in a corner, as shops and prizes leave them."""
    radius = image.width // int(random.integers(7, 12))
    x = radius + 4 if random.random() < 0.5 else image.width - radius - 4
    y = image.height - radius - 4 if random.random() < 0.6 else round(image.height * 0.4)
    ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill=_colour(random), outline="white")


def _author(random: Generator) -> list[str]:
    first, last = str(random.choice(_FIRST)), str(random.choice(_LAST))
    first = first if random.random() < 0.8 else f"{first[0]}. {str(random.choice(_FIRST))[0]}."
    lines = [first, last] if random.random() < 0.5 else [f"{first} {last}"]
    return [line.upper() for line in lines] if random.random() < 0.7 else lines


def _title(random: Generator) -> list[str]:
    words = [str(random.choice(_WORDS)).title() for _ in range(int(random.integers(1, 5)))]
    if random.random() < 0.4:
        words.insert(0, str(random.choice(["The", "A", "My", "Her", "His", "In the", "All the"])))
    words = [word.upper() for word in words] if random.random() < 0.5 else words
    return words if random.random() < 0.6 else _broken(" ".join(words), 12)


def _phrase(random: Generator, least: int, most: int) -> str:
    words = " ".join(str(random.choice(_WORDS)) for _ in range(int(random.integers(least, most + 1))))
    return words.upper() if random.random() < 0.5 else words.title()


def _broken(text: str, length: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < length:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _face(random: Generator) -> str:
    return str(random.choice(_FACES))


def _colour(random: Generator) -> Colour:
    red, green, blue = (int(value) for value in random.integers(0, 256, 3))
    return red, green, blue


def _ink(random: Generator, image: Image, other: Colour | None = None) -> Colour:
    """A colour that stands out; another one than `other` now and then."""
    if other is not None and random.random() < 0.5:
        return other
    light = float(np.asarray(image.convert("L").resize((8, 8))).mean()) < 128
    low, high = (190, 256) if light else (0, 80)
    red, green, blue = (int(value) for value in random.integers(low, high, 3))
    if random.random() < 0.4:
        return (255, 255, 255) if light else (10, 10, 10)
    return (red, green, blue) if random.random() < 0.6 else (red, green // 3, blue // 3) if light else (red, green, 120)
