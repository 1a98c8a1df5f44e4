"""Does the audit find errors that were planted? Recall by kind, and how much is said of all other films.

Films of the serving version are changed in memory only: years off by a century, a tag exchanged, posters
swapped, pictures replaced … Precision needs people; `docs/quality-audit.md` says what they found.
"""

from __future__ import annotations

import io
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image as PILImage
from PIL.Image import Image

from classifiers.audit import audit
from classifiers.features import Features
from classifiers.findings import counts
from classifiers.validator import PosterValidator
from index_builder.auditing import broken_pictures, misplaced
from index_builder.cache import VectorCache
from movies.errors import BadImage, BadInput, ModelMissing
from movies.images import open_image
from movies.movie import Movie
from rag.library import Library

_PLANTED = "planted:"


class Progress(Protocol):
    def __call__(self, stage: str, done: int, total: int, /) -> None: ...


def evaluate_audit(
    library: Library, cache_folder: Path, negatives: Path | None, *, each: int = 50, seed: int = 0, progress: Progress
) -> dict[str, Any]:
    """Plant `each` errors of every kind, audit, count. Without `negatives` (a folder) no pictures are replaced by them."""
    movies, planted = plant(list(library.catalogue), _pictures(negatives), each, np.random.default_rng(seed))

    def open_poster(key: str) -> Image:
        return _open(library, key)

    try:
        validator = PosterValidator.load(library.heads_folder, library.encoder)
    except ModelMissing:
        validator = None
    cache = VectorCache(cache_folder / "vectors.sqlite")
    started = time.perf_counter()
    try:
        features = Features(library.encoder, store=cache, open_poster=open_poster)
        findings = audit(
            movies, features, validator, progress, broken=broken_pictures(library.index.folder),
            lettering=lambda pictured, step: misplaced(library, pictured, open_poster, step),
        )  # fmt: skip
    finally:
        cache.close()
    found = {(finding.kind, name) for finding in findings for name in (finding.movie_id, finding.other)}
    touched = {name for ids in planted.values() for name in ids}
    by_kind = {}
    for kind, ids in planted.items():
        hits = sum((kind, name) in found for name in ids)
        by_kind[kind] = {"n": len(ids), "found": hits, "recall": round(hits / len(ids), 3) if ids else None}
    others = [finding for finding in findings if finding.movie_id not in touched and finding.other not in touched]
    return {
        "films": len(movies), "planted": by_kind, "on_other_films": counts(others),
        "seconds": round(time.perf_counter() - started, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip


def plant(
    movies: list[Movie], negatives: list[Path], each: int, random: np.random.Generator
) -> tuple[list[Movie], dict[str, list[str]]]:
    """The films with errors among them, and by kind of finding the ids that carry one; no film carries two."""
    order = iter(random.permutation(len(movies)).tolist())
    pictured = iter([row for row in random.permutation(len(movies)).tolist() if movies[row].poster])
    genres = sorted({genre for movie in movies for genre in movie.genres})
    out = list(movies)
    taken: set[int] = set()
    planted: dict[str, list[str]] = {}

    def draw(rows: Iterator[int], count: int = each) -> list[int]:
        drawn = [row for row in rows if row not in taken and movies[row].year and movies[row].genres and movies[row].plot][
            :count
        ]
        taken.update(drawn)
        return drawn

    def change(kind: str, row: int, **changed: object) -> None:
        out[row] = movies[row].model_copy(update=changed)
        planted.setdefault(kind, []).append(movies[row].id)

    pool = list(pictured)
    plain = list(order)
    for row in draw(iter(pool)):
        change("broken_picture", row, poster=f"{_PLANTED}broken")
    for row in draw(iter(pool)):
        change("tiny_picture", row, poster=f"{_PLANTED}tiny:{movies[row].poster}")
    for path, row in zip(negatives, draw(iter(pool)), strict=False):
        change("not_a_poster", row, poster=f"{_PLANTED}file:{path}")
    swapped = draw(iter(pool), each - each % 2)
    for one, two in zip(swapped[::2], swapped[1::2], strict=True):
        change("poster_disagrees", one, poster=movies[two].poster)
        change("poster_disagrees", two, poster=movies[one].poster)
    copied = draw(iter(pool), 2 * (each // 2))
    for one, two in zip(copied[::2], copied[1::2], strict=True):
        change("duplicate_poster", one, poster=f"{_PLANTED}saved:{movies[two].poster}")
    for row in draw(iter(plain)):
        change("suspect_year", row, year=(movies[row].year or 0) - 100)
    for row in draw(iter(plain)):
        tags = movies[row].genres
        absent = [genre for genre in genres if genre not in tags]
        if absent:
            lost, wrong = str(random.choice(tags)), str(random.choice(absent))
            change("genre_doubtful", row, genres=(*(tag for tag in tags if tag != lost), wrong))
            planted.setdefault("genre_missing", []).append(movies[row].id)
    told = draw(iter(plain), 2 * each)
    for one, two in zip(told[::2], told[1::2], strict=False):
        change("duplicate_plot", one, plot=movies[two].plot)
    for row in draw(iter(plain)):
        movie = movies[row]
        shorter = movie.plot[: max(60, len(movie.plot) * 2 // 3)]
        copy = {"id": f"{movie.id}-copy", "title": f"The {movie.title}", "plot": shorter, "imdb_id": None, "tmdb_id": None}
        out.append(movie.model_copy(update={**copy, "poster": None}))
        planted.setdefault("duplicate_film", []).append(f"{movie.id}-copy")
    return out, planted


def _open(library: Library, key: str) -> Image:
    """A poster of the library, or what was planted in its place."""
    if not key.startswith(_PLANTED):
        return open_image(library.posters.path(key))
    what, _, name = key.removeprefix(_PLANTED).partition(":")
    if what == "broken":
        raise BadImage("The picture is damaged or cut off and can't be decoded.")
    if what == "file":
        return open_image(Path(name))
    image = open_image(library.posters.path(name))
    if what == "tiny":
        return image.resize((60, 90))
    store = io.BytesIO()
    image.resize((image.width * 4 // 5, image.height * 4 // 5), PILImage.Resampling.BILINEAR).save(store, "JPEG", quality=40)
    return open_image(store.getvalue())


def _pictures(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    if not found:
        raise BadInput(f"There are no pictures in {folder}.")
    return [found[row] for row in np.random.default_rng(1).permutation(len(found)).tolist()]
