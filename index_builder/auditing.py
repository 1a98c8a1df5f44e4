"""The audit of one version, wired: its films, cached vectors, heads and pictures go in, `reports/audit.json` comes out.

Runs at the end of a build (without reading posters again, which takes long) and as `matinee audit`, never inside
a request: 18,000 films take minutes. Does not know what is wrong with a film (`classifiers/audit.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from rapidfuzz import fuzz

from classifiers.audit import Lettered, audit
from classifiers.features import Features
from classifiers.findings import AUDIT, Finding, save_audit
from classifiers.training import Progress
from classifiers.validator import PosterValidator
from index_builder.build import BROKEN, Staging
from index_builder.cache import VectorCache
from movies.errors import ModelMissing
from movies.movie import Movie
from movies.poster_reader import PosterReader, Reading
from movies.titles import normal_title
from rag.identify import PosterIdentifier, spelt
from rag.library import Library
from rag.vectors import OVERVIEW, POSTER

T = TypeVar("T")
_MOST_READ = 1000  # posters that are read again, those first that are farthest from their own film
_SPELT_OUT = 0.85  # of the title, in one run of lines
_COMPARED = 200  # titles; the own one, if it is not among them, is as unlike as the last
_LONG_ENOUGH = 6  # letters of a title; shorter ones are read by chance
_CONTAINED = 80  # percent
_AS_TALL = 0.7  # of the tallest lettering: what a title of one word must be
_OWN_WORD = 60  # percent of what was read that is in the film's own title
_BLOCK = 500
_NEAR = 100  # a poster whose own film is among so many nearest is beyond doubt (docs/quality-audit.md)
_CLEAR, _AHEAD = 0.8, 0.25  # score of the film that is named, and its lead over the poster's own film


def audit_library(library: Library, cache_folder: Path, progress: Progress, say: Callable[[str], None]) -> list[Finding]:
    """Audit the version that serves, with every change made live, and keep the findings beside it."""
    folder, films = library.index.folder, library.catalogue
    validator = _head(lambda: PosterValidator.load(library.heads_folder, library.encoder), say)

    def open_poster(key: str) -> Image:
        return library.posters.open(key)

    cache = VectorCache(cache_folder / "vectors.sqlite")
    try:
        features = Features(library.encoder, store=cache, open_poster=open_poster)
        findings = audit(
            films, features, validator, progress, broken=broken_pictures(folder),
            lettering=lambda movies, step: misplaced(library, movies, open_poster, step),
        )  # fmt: skip
    finally:
        cache.close()
    save_audit(folder, len(films), findings)
    return findings


def audit_staging(staging: Staging, progress: Progress) -> str:
    """Audit a version that is being built, without reading posters again; returns a note for the report."""

    def open_poster(key: str) -> Image:
        return staging.posters.open(key)

    heads = staging.folder / "heads"
    validator = _head(lambda: PosterValidator.load(heads, staging.encoder))
    features = Features(staging.encoder, store=staging.cache, open_poster=open_poster)
    findings = audit(
        staging.catalogue, features, validator, progress, broken=broken_pictures(staging.folder)
    )  # fmt: skip
    save_audit(staging.folder, len(staging.catalogue), findings)
    return f"{len(findings):,} findings about the catalogue, without reading posters; with it, and to see them: {AUDIT}"


def broken_pictures(folder: Path) -> dict[str, str]:
    """Film id → why its picture was left out when the version was built."""
    try:
        return {str(movie_id): str(reason) for movie_id, reason in json.loads((folder / BROKEN).read_text("utf-8"))}
    except (OSError, ValueError):
        return {}


def misplaced(
    library: Library, movies: Sequence[Movie], open_poster: Callable[[str], Image], progress: Progress, near: int = _NEAR
) -> dict[str, Lettered]:
    """Films whose poster bears the title of another film of the catalogue.

    Reading takes a third of a second, so only posters are read that have more than `near` other films nearer to them
    in the index than their own.
    """
    suspects = _far_from_own_film(library, movies, near)[:_MOST_READ]
    if not suspects:
        return {}
    films = dict(library.catalogue.items())
    identifier = PosterIdentifier(
        [(key, title) for key, movie in films.items() for title in (movie.title, *movie.alt_titles)],
        [(key, movie.people) for key, movie in films.items()],
    )
    reader = getattr(library.encoder, "reader", None) or PosterReader()
    pictures = (open_poster(movie.poster or "") for movie in suspects)
    out: dict[str, Lettered] = {}
    for done, (movie, reading) in enumerate(zip(suspects, reader.read_all(pictures), strict=True), 1):
        named = _named(identifier, reading, movie, films)
        if named is not None:
            out[movie.id] = named
        progress("audit lettering", done, len(suspects))
    return out


def _named(identifier: PosterIdentifier, reading: Reading, movie: Movie, films: Mapping[int, Movie]) -> Lettered | None:
    """The other film whose title is on the poster, if that is clear and the own title isn't."""
    scored = identifier.identify(reading, None, k=_COMPARED)
    own = next((one.score for one in scored if films[one.key].id == movie.id), scored[-1].score)
    first = scored[0]
    other = films[first.key]
    if first.score < _CLEAR or first.score - own < _AHEAD or first.legs.get("line", 0.0) < _SPELT_OUT:
        return None
    title, run, height = spelt(reading.lines, (other.title, *other.alt_titles))
    length = len(_joined(title))
    if length < _LONG_ENOUGH or _within(other, movie):  # "Drive" on the poster of "License to Drive", half a word
        return None
    if " " not in normal_title(title) and height < _AS_TALL:  # a name or a month in smaller letters
        return None
    if max(fuzz.partial_ratio(run, _joined(name)) for name in (movie.title, *movie.alt_titles)) >= _OWN_WORD:
        return None  # its own title, misread: "SOLALRS" on the poster of "Small Soldiers"
    words = " ".join(line.text for line in reading.lines[:3])
    return Lettered(other, words, min(0.95, 0.35 + 0.04 * length))


def _within(other: Movie, movie: Movie) -> bool:
    """Whether a title of one film is nearly all in a title of the other."""
    mine, theirs = ([_joined(title) for title in (film.title, *film.alt_titles)] for film in (movie, other))
    return max(fuzz.partial_ratio(one, two) for one in mine for two in theirs if one and two) >= _CONTAINED


def _joined(title: str) -> str:
    return normal_title(title).replace(" ", "")


def _far_from_own_film(library: Library, movies: Sequence[Movie], near: int) -> list[Movie]:
    """Films with more than `near` other films nearer to their poster than they are, the farthest first."""
    index = library.index
    vectors, rows = index.view.whole.vectors(), index.view.whole.rows
    owners = dict(index.catalogue.items())
    overview = {owners[key].id: row for row, key in _rows_of(rows, OVERVIEW) if key in owners}
    picture = {owners[key].poster: row for row, key in _rows_of(rows, POSTER) if key in owners}
    judged = [movie for movie in movies if movie.poster in picture and movie.id in overview]
    films = np.asarray(vectors[list(overview.values())])
    nearer = np.zeros(len(judged), dtype=np.int64)
    for start in range(0, len(judged), _BLOCK):
        part = judged[start : start + _BLOCK]
        posters = np.asarray(vectors[[picture[movie.poster] for movie in part]])
        own = np.einsum("nd,nd->n", posters, np.asarray(vectors[[overview[movie.id] for movie in part]]))
        nearer[start : start + len(part)] = (posters @ films.T > own[:, None] + 1e-6).sum(axis=1)
    return [judged[row] for row in np.argsort(-nearer, kind="stable") if nearer[row] > near]


def _rows_of(rows: NDArray[np.void], kind: int) -> Iterator[tuple[int, int]]:
    """(row, film key) of one kind of row."""
    for row in np.flatnonzero(rows["kind"] == kind).tolist():
        yield row, int(rows["key"][row])


def _head(load: Callable[[], T], say: Callable[[str], None] = lambda _: None) -> T | None:
    """A classifier, or None where it is not there; the audit goes on without."""
    try:
        return load()
    except ModelMissing as error:
        say(f"The audit goes without: {error.message}")
        return None
