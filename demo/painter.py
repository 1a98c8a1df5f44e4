"""Posters for the demo catalogue: one picture per film, drawn from the film's own facts.

``paint`` draws one poster; ``paint_all`` draws a catalogue in parallel and skips what is already
there. The same film always gives the same bytes. This module knows nothing of catalogues, servers
or databases, and a film to it is a mapping of which only ``id`` and ``title`` must be there; it
never sees a real poster, and all it knows of a film's content is the words in the mapping.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from demo.canvas import Canvas
from demo.graphics import GRAPHICS
from demo.lettering import Lettering
from demo.looks import LETTERINGS, Look, looks_for, pick
from demo.motifs import motifs_for, setting_for
from demo.palettes import mixed_palette
from demo.patterns import PATTERNS
from demo.printing import print_texts
from demo.scenes import SCENES
from demo.stagings import STAGINGS
from demo.terrain import Art
from demo.textures import finish
from demo.typesetting import compose, plan_for

VERSION = 1
"""Raise it whenever posters should be drawn anew although their films have not changed."""

Size = tuple[int, int]
Progress = Callable[[str, int, int], None]
_USED = ("id", "title", "year", "genres", "directors", "cast", "tagline", "keywords", "runtime", "countries", "plot")
_QUALITY = 88
_OVERSAMPLING = 2
_FLAT = {**GRAPHICS, **PATTERNS}
_COMPOSITIONS = {**SCENES, **STAGINGS, **_FLAT}
# Compositions that show one kind of place, and the settings they stand for.
_PLACES: dict[str, frozenset[str]] = {
    "sea": frozenset({"sea"}),
    "skyline": frozenset({"city", "rain"}),
    "rain": frozenset({"city", "rain"}),
    "road": frozenset({"road", "desert", "field", "mountain"}),
    "woods": frozenset({"forest", "snow", "mountain"}),
    "space": frozenset({"space"}),
}
_TAGLINES = (
    Lettering("italic", 0.0, 1.0, upper=False),
    Lettering("sans", 0.08),
    Lettering("sans", 0.0, 1.0, upper=False),
    Lettering("serif-light", 0.1),
)


def paint(film: Mapping[str, Any], size: Size = (480, 720)) -> Image.Image:
    """One poster, RGB, ``size`` pixels (width, height). KeyError without "id" or "title"."""
    ident, title = str(film["id"]), str(film["title"]).strip() or str(film["id"])
    seed = hashlib.sha256(ident.encode()).digest()
    chance = random.Random(int.from_bytes(seed[:8], "big"))  # noqa: S311 - no secret, but the same every time
    first, second = looks_for(list(film.get("genres") or ()))
    year = int(film["year"]) if film.get("year") else None

    palette = mixed_palette(first, second, year, chance)
    motifs, setting = tuple(motifs_for(film, chance)), setting_for(film, chance)
    composition = _composition(first, second, setting, chance)
    canvas = Canvas(size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING)
    headline = (
        LETTERINGS[pick(first.letterings, second.letterings, chance)],
        pick(first.effects, second.effects, chance),
    )
    plan = plan_for(title, composition, chance)
    sheet = compose(film, canvas.image.size, plan, headline, chance.choice(_TAGLINES), chance)
    dark = chance.random() < (first.darkness * 2 + second.darkness) / 3
    _COMPOSITIONS[composition](Art(canvas, palette, chance, motifs, setting, dark, sheet.focus))
    print_texts(sheet, canvas, palette, flat=composition in _FLAT, chance=chance)

    textures = ["grain", pick(first.textures, second.textures, chance)]
    if year is not None and year < 1965 and "aged" not in textures:
        textures.append("aged")
    small = canvas.image.resize(size, Image.Resampling.BOX)
    return finish(small, list(dict.fromkeys(textures)), np.random.default_rng(int.from_bytes(seed[8:16], "big")))


def _composition(first: Look, second: Look, setting: str, chance: random.Random) -> str:
    """A composition of either genre, but no seascape for a film that never sees the sea."""
    drawn = [pick(first.compositions, second.compositions, chance) for _ in range(8)]
    return next((name for name in drawn if setting in _PLACES.get(name, {setting})), "window")


def jpeg(film: Mapping[str, Any], size: Size = (480, 720)) -> bytes:
    """The poster as JPEG; its comment holds the fingerprint of what it was made from."""
    out = io.BytesIO()
    paint(film, size).save(out, "JPEG", quality=_QUALITY, optimize=True, comment=fingerprint(film, size).encode())
    return out.getvalue()


def fingerprint(film: Mapping[str, Any], size: Size = (480, 720)) -> str:
    """A digest of everything a poster depends on: the film's facts, the size and the painter's version."""
    facts = [VERSION, list(size), {key: film.get(key) for key in _USED}]
    return "matinee-poster " + hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def paint_all(
    films: Iterable[Mapping[str, Any]],
    folder: Path,
    *,
    size: Size = (480, 720),
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Write ``folder/<id>.jpg`` for every film and return the paths by id.

    A picture already made from the same facts by the same version is left alone. ``workers`` is the
    number of processes (default: one per core; 1 draws in this process). ``progress`` is called with
    (id, done, total) after each film. OSError if the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {str(film["id"]): {key: film.get(key) for key in _USED} for film in films}
    paths = {ident: folder / f"{ident}.jpg" for ident in wanted}
    missing = [ident for ident, film in wanted.items() if not _is_current(paths[ident], film, size)]
    done = len(wanted) - len(missing)
    jobs = [(wanted[ident], paths[ident], size) for ident in missing]

    def report(ident: str) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(ident, done, len(wanted))

    count = min(workers or os.cpu_count() or 1, len(jobs))
    if count <= 1:
        for job in jobs:
            report(_write(job))
        return paths
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        for ident in pool.map(_write, jobs, chunksize=4):
            report(ident)
    return paths


def _is_current(path: Path, film: Mapping[str, Any], size: Size) -> bool:
    try:
        written = path.read_bytes()
        with Image.open(io.BytesIO(written)) as picture:
            made_from = picture.info.get("comment")
    except OSError:  # absent, or no picture at all
        return False
    whole = written.endswith(b"\xff\xd9")  # the end marker, missing from a file cut short
    return whole and made_from == fingerprint(film, size).encode()


def _write(job: tuple[Mapping[str, Any], Path, Size]) -> str:
    film, path, size = job
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(jpeg(film, size))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return str(film["id"])
