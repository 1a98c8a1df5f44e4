"""`MovieIndex`: one published version of the index, and search over it.

A search runs filters first (SQLite), gathers candidate films by vectors (exact scan where few rows
survive, Annoy where many do) and by words (BM25), scores every candidate exactly on every leg,
and fuses the legs. Films added since the build are scanned exactly; removed ones are skipped.
Does not parse sentences (`rag/reading/understanding.py`) and does not know HTTP or the language model.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from movies.catalogue import Catalogue
from movies.encoders import Encoder, Vectors
from movies.errors import IndexMismatch, ModelMissing
from movies.movie import Filters, Movie
from movies.poster_reader import PosterReader
from movies.vocabulary import fold
from rag.centring import Means, centred
from rag.fusion import Background, Candidates, Question, Scores, fuse
from rag.identify import FINGERPRINT, PosterIdentifier, fingerprint
from rag.lexical import bm25, content_words, shared_words
from rag.passages import fit
from rag.vectors import OVERVIEW, POSTER, ROW, VectorFile

FORMAT = 1  # of the artefact folder; another number is another layout
EXACT_ROWS = 20_000  # up to this many surviving rows are scanned; measured in docs/quality.md
_NEAREST = 800  # rows asked of Annoy per query vector, grown while too few pass the filters
_SEARCH_K = 48_000
_LEXICAL = 400  # films that BM25 brings in as candidates
_SCORED = 30_000  # films whose BM25 score is known to the fusion
_CLEARLY_THE_SAME = 0.2  # artwork leg, see rag/identify.py
_LIKELY = 0.5
_NEAR_TITLE = 0.85  # title likeness from which a question is taken for a title
_TITLE_LENGTH = 80  # characters; a longer question is no title


@dataclass(frozen=True)
class Evidence:
    """Why a film was found.

    `passage`: the part of the plot that comes closest; `poster`: whether its poster speaks for it most;
    `legs`: each leg's own score (cosines; BM25; 0–1 for the title). `words` and `reason` are made when
    asked for: most candidates are never shown.
    """

    passage: str | None = None
    poster: bool = False
    legs: dict[str, float] = field(default_factory=dict)
    said: str = ""
    _asked: tuple[str, ...] = field(default=(), repr=False)
    _movie: Movie | None = field(default=None, repr=False)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Words of the question found in the film's text, as written there."""
        if self._movie is None:
            return self._asked
        film = self._movie
        return shared_words(self._asked, " ".join((film.title, *film.people, film.plot, *film.keywords, *film.genres)))

    @cached_property
    def reason(self) -> str:
        """One short sentence for people."""
        if self.said:
            return self.said
        if self.legs.get("title", 0) >= 0.9:
            return "The title is what you asked for."
        if self.words:
            return "Mentions " + ", ".join(self.words[:4]) + "."
        if self.poster:
            return "Its poster comes closest."
        return "Its plot comes closest in meaning." if self.passage or self.legs else "Fits what you asked for."


@dataclass(frozen=True)
class Hit:
    """A film found. `score` 0–1, comparable within one search; `weak`: little speaks for it."""

    movie: Movie
    score: float
    evidence: Evidence
    weak: bool = False

    @property
    def movie_id(self) -> str:
        return self.movie.id


class MovieIndex:
    """One version of the index, opened for searching. Thread-safe.

    >>> index = MovieIndex.open(Path("artifacts/0001-ab12cd34"), encoder)   # doctest: +SKIP
    >>> [hit.movie.label for hit in index.search("a heist gone wrong", k=3)]  # doctest: +SKIP
    """

    def __init__(
        self, folder: Path, manifest: dict[str, Any], file: VectorFile, catalogue: Catalogue, encoder: Encoder, fingerprints: Vectors
    ) -> None:  # fmt: skip
        self.folder = folder
        self.manifest = manifest
        self.catalogue = catalogue
        self.encoder = encoder
        self.means = Means.from_json(manifest["means"])
        self._file = file
        self._lock = threading.Lock()
        self._added = file.vectors[:0]
        self._added_rows = file.rows[:0]
        self._view: _View | None = None
        self._fingerprints = fingerprints
        self._added_fingerprints = fingerprints[:0]
        self._added_keys = np.zeros(0, dtype=np.int64)
        self._known_posters: tuple[int, PosterIdentifier] | None = None

    @classmethod
    def open(cls, folder: Path, encoder: Encoder) -> MovieIndex:
        """Open a version folder. Raises ModelMissing (nothing there) or IndexMismatch (other encoder, damaged)."""
        manifest = read_manifest(folder)
        made_with = manifest["encoder"]
        if made_with["name"] != encoder.name or made_with["dim"] != encoder.dim:
            raise IndexMismatch(
                f"The index was built with {made_with['name']}, but the encoder is {encoder.name}. Build it again with "
                "matinee build --catalogue FILE --artifacts DIR, or choose the other encoder with --encoder."
            )
        file = VectorFile.open(folder, encoder.dim, manifest["counts"]["rows"])
        prints = load_fingerprints(folder, manifest["counts"]["poster"])
        return cls(folder, manifest, file, Catalogue.open(folder / "catalogue.sqlite", create=False), encoder, prints)

    @property
    def version(self) -> str:
        return self.folder.name

    # -- live changes --------------------------------------------------------------------------

    def extend(self, vectors: Vectors, rows: NDArray[np.void], picture: Vectors | None = None) -> None:
        """Take in a film added since the build: `vectors` (n, dim) raw, `rows` (n,) with its catalogue key,
        `picture`: the fingerprint of its poster."""
        ready = np.empty_like(vectors)
        pictures = rows["kind"] == POSTER
        ready[pictures] = centred(vectors[pictures], self.means.image)
        ready[~pictures] = centred(vectors[~pictures], self.means.text)
        with self._lock:
            self._added = np.concatenate([self._added, ready])
            self._added_rows = np.concatenate([self._added_rows, rows])
            if picture is not None:
                self._added_fingerprints = np.concatenate([self._added_fingerprints, picture[None]])
                self._added_keys = np.append(self._added_keys, rows["key"][0])
            self._view = None

    def refresh(self) -> None:
        """Take note that the catalogue changed (films added or removed)."""
        with self._lock:
            self._view = None

    @property
    def view(self) -> _View:
        """The rows that count now: base and added ones of films that are in the catalogue."""
        with self._lock:
            if self._view is None:
                self._view = _View.of(self)
            return self._view

    # -- searching -----------------------------------------------------------------------------

    def search(
        self,
        query: str = "",
        *,
        image: Image | None = None,
        filters: Filters | None = None,
        like: Sequence[str] = (),
        clues: Sequence[tuple[str, float]] = (),
        years: Sequence[tuple[int, int]] = (),
        avoid: Sequence[str] = (),
        without: Sequence[str] = (),
        k: int = 10,
        exact: bool = False,
    ) -> list[Hit]:
        """The best `k` films for a text, a picture, films to be like, or any mix of them.

        `filters` hold for every hit. `clues`: parts of a longer text with weights, scored apart and
        added up, so that wrong ones do little harm. `years`: soft hints (from, to). `avoid`: themes
        to steer away from. `without`: film ids not to show. `exact` scans every surviving row (for measuring). With nothing asked, the
        films that pass the filters, best known first. Raises UnknownMovie for an id in `like`.
        """
        question = self.question(query, image, like, clues, years, avoid)
        hidden = [*without, *like]
        if question.empty:
            return self._best_known(filters, hidden, k)
        found, fused = self.ranked(question, filters, hidden, exact=exact)
        order = np.lexsort((found.keys, -fused))[:k]
        return self._hits(found, fused, order, question)

    def ranked(
        self, question: Question, filters: Filters | None = None, hidden: Sequence[str] = (), *, exact: bool = False
    ) -> tuple[Candidates, Scores]:
        """All candidates of a question with every leg's scores, and the fused score of each (films,)."""
        view = self.view
        allowed = np.asarray(self.catalogue.filter_keys(filters), dtype=np.int64) if filters else None
        lexical = self._lexical(question, allowed)
        title = self._titles(question)
        keys = self._gather(view, question, allowed, [*lexical.best, *title], exact)
        if hidden:
            keys = keys[~np.isin(keys, self._keys(hidden))]
        found = Candidates.score(view, keys, question, lexical.scores, self._years(keys, question), title)
        return found, fuse(found, self._background, question, (lexical.mean, lexical.deviation))

    def similar(self, movie_id: str, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        """Films like a film, itself left out. Raises UnknownMovie."""
        return self.search(like=[movie_id], filters=filters, k=k)

    def identify(self, image: Image, k: int = 5) -> list[Hit]:
        """The films a poster is most likely of: its lettering against titles and names, its artwork against
        the catalogue's posters. A low score means: probably not a film of this catalogue."""
        reading = self._reader.read(image)
        found = self._identifier().identify(reading, fingerprint(image), k)
        movies = self.catalogue.by_key([match.key for match in found])
        hits = []
        for match in found:
            movie = movies.get(match.key)
            if movie is None:
                continue
            words = shared_words([fold(word) for word in reading.words.split()], " ".join((movie.title, *movie.people)))
            artwork = match.legs.get("artwork", 0.0) > _CLEARLY_THE_SAME
            reason = (
                "It is the same artwork."
                if artwork
                else f"“{' '.join(words)}” is written on it."
                if words
                else "It comes closest."
            )
            legs = {name: value for name, value in match.legs.items() if name != "known"}
            hits.append(Hit(movie, match.score, Evidence(None, artwork, legs, reason, words), weak=match.score < _LIKELY))
        return hits

    def _identifier(self) -> PosterIdentifier:
        version = self.catalogue.data_version()
        with self._lock:
            if self._known_posters is None or self._known_posters[0] != version:
                movies = list(self.catalogue.items())
                keys = np.concatenate([self._file.rows["key"][self._file.rows["kind"] == POSTER], self._added_keys])
                self._known_posters = (version, PosterIdentifier(
                    [(key, title) for key, movie in movies for title in (movie.title, *movie.alt_titles)],
                    [(key, movie.people) for key, movie in movies],
                    (keys, np.concatenate([self._fingerprints, self._added_fingerprints])),
                    [key for key, movie in movies if movie.votes or movie.revenue or movie.budget],
                ))  # fmt: skip
            return self._known_posters[1]

    @cached_property
    def _reader(self) -> PosterReader:
        reader = getattr(self.encoder, "reader", None)
        return reader if isinstance(reader, PosterReader) else PosterReader()

    def relaxations(self, filters: Filters) -> list[tuple[str, int]]:
        """For each constraint that is set: how many films there would be without it, most first."""
        counts = [(name, self.catalogue.count(filters.without(name))) for name in filters.chosen()]
        return sorted((pair for pair in counts if pair[1]), key=lambda pair: -pair[1])

    def encode_image(self, image: Image) -> Vectors:
        """A query picture (dim,) in the space of poster rows."""
        vector: Vectors = centred(self.encoder.images([image]), self.means.image)[0]
        return vector

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Query texts (n, dim) in the space of text rows; each cut at the encoder's limit."""
        if not texts:
            return np.zeros((0, self.encoder.dim), dtype=np.float32)
        return centred(self.encoder.texts([fit(text, self.encoder) for text in texts]), self.means.text_query)

    # -- the steps of a search -----------------------------------------------------------------

    def question(
        self, query: str = "", image: Image | None = None, like: Sequence[str] = (),
        clues: Sequence[tuple[str, float]] = (), years: Sequence[tuple[int, int]] = (), avoid: Sequence[str] = (),
    ) -> Question:  # fmt: skip
        """A search in vectors, encoded once."""
        text = query.strip()
        asked = [text] if text else []
        vectors = self.encode_texts([*asked, *(clue for clue, _ in clues), *avoid])
        split = len(asked) + len(clues)
        return Question(
            text=text,
            main=vectors[0] if text else None,
            clues=vectors[len(asked) : split],
            clue_weights=np.asarray([weight for _, weight in clues], dtype=np.float32),
            avoid=vectors[split:],
            picture=self.encode_image(image) if image is not None else None,
            anchor=self._anchor(like) if like else None,
            years=tuple(years),
        )

    def _anchor(self, like: Sequence[str]) -> tuple[Vectors | None, Vectors | None]:
        """Mean overview and mean poster vector of the films to be like, as far as they have them."""
        keys = np.asarray([self.catalogue.key(movie_id) for movie_id in like], dtype=np.int64)
        view = self.view
        texts, posters = view.of_kind(keys, OVERVIEW), view.of_kind(keys, POSTER)
        text = centred(texts.mean(0), np.zeros(self.encoder.dim, np.float32)) if len(texts) else None
        poster = centred(posters.mean(0), np.zeros(self.encoder.dim, np.float32)) if len(posters) else None
        return text, poster

    def _lexical(self, question: Question, allowed: NDArray[np.int64] | None) -> _Lexical:
        if not question.text:
            return _Lexical({}, [], 0.0, 1.0)
        return _Lexical.of(bm25(self.catalogue, question.text, _SCORED), len(self.catalogue), allowed)

    def _titles(self, question: Question) -> dict[int, float]:
        """Films whose title is the question itself (key → 0–1)."""
        if not 0 < len(question.text) <= _TITLE_LENGTH:
            return {}
        said = fold(question.text)
        scores = {}
        for match in self.catalogue.titles().find(question.text, limit=5, cutoff=_NEAR_TITLE):
            likeness = match.score if fold(match.title) == said else min(match.score, 0.97)  # Heat before The Heat
            scores[match.key] = ((likeness - _NEAR_TITLE) / (1 - _NEAR_TITLE)) ** 4
        return scores

    def _gather(
        self, view: _View, question: Question, allowed: NDArray[np.int64] | None, named: Sequence[int], exact: bool
    ) -> NDArray[np.int64]:
        """Keys of candidate films, ascending: all that pass the filters if they are few, else the nearest and the named."""
        alive = view.film_keys if allowed is None else np.intersect1d(allowed, view.film_keys, assume_unique=True)
        if exact or view.row_count(alive) <= EXACT_ROWS:
            return alive
        found = [np.asarray(named, dtype=np.int64), view.added_keys]
        found.extend(self._nearest_films(view, vector, alive) for vector in question.probes())
        return np.intersect1d(np.concatenate(found), alive)

    def _nearest_films(self, view: _View, vector: Vectors, alive: NDArray[np.int64]) -> NDArray[np.int64]:
        """Films of the rows nearest to a vector; asks Annoy for more while the filters leave too few."""
        n = _NEAREST
        total = len(self._file.rows)
        while True:
            numbers, _ = self._file.nearest(vector, min(n, total), max(_SEARCH_K, n * 60))
            keys = np.unique(self._file.rows["key"][numbers])
            kept = keys[np.isin(keys, alive, assume_unique=True)]
            if len(kept) >= _NEAREST // 8 or n >= total:
                return kept
            n *= 4

    def _years(self, keys: NDArray[np.int64], question: Question) -> NDArray[np.float32] | None:
        if not question.years:
            return None
        known = self.view.years
        place = np.minimum(np.searchsorted(known[0], keys), max(len(known[0]) - 1, 0))
        if not len(known[0]):
            return np.full(len(keys), np.nan, dtype=np.float32)
        return np.where(known[0][place] == keys, known[1][place], np.nan).astype(np.float32)

    @cached_property
    def _background(self) -> Background:
        return Background.sample(self.view)

    def _hits(self, found: Candidates, fused: Scores, order: NDArray[np.intp], question: Question) -> list[Hit]:
        movies = self.catalogue.by_key([int(found.keys[row]) for row in order])
        asked = tuple(content_words(question.text))
        legs = found.legs()
        hits = []
        for row in order:
            movie = movies.get(int(found.keys[row]))
            if movie is None:  # removed while we searched
                continue
            score = float(1 / (1 + np.exp(-(fused[row] - 3.0) / 1.5)))
            hits.append(
                Hit(movie, round(score, 4), self._evidence(movie, found, int(row), asked, legs), weak=bool(fused[row] < 2.0))
            )
        return hits

    def _evidence(self, movie: Movie, found: Candidates, row: int, asked: tuple[str, ...], legs: dict[str, Scores]) -> Evidence:
        scores = {name: round(float(values[row]), 4) for name, values in legs.items() if np.isfinite(values[row])}
        span = found.best_passage(row)
        passage = movie.plot[span[0] : span[1]] or None if span is not None else None
        by_text = max((scores.get(name, -1.0) for name in ("overview", "passage")), default=-1.0)
        return Evidence(passage, "poster" in scores and scores["poster"] >= by_text, scores, "", asked, movie)

    def _best_known(self, filters: Filters | None, hidden: Sequence[str], k: int) -> list[Hit]:
        """Without a question: films with the most votes or revenue first, then by rating and year."""
        keys = self.catalogue.best_known(filters or Filters(), k + len(hidden))
        gone = set(self._keys(hidden))
        movies = self.catalogue.by_key(keys)
        kept = [movies[key] for key in keys if key not in gone and key in movies]
        return [Hit(movie, 1.0, Evidence()) for movie in kept[:k]]

    def _keys(self, ids: Sequence[str]) -> list[int]:
        """Row keys of the films that are there."""
        return [self.catalogue.key(movie_id) for movie_id in ids if movie_id in self.catalogue]


def load_fingerprints(folder: Path, count: int) -> Vectors:
    """Fingerprints (posters, FINGERPRINT) of a version, in the order of its poster rows. Raises IndexMismatch."""
    try:
        prints: Vectors = np.load(folder / "fingerprints.npy", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        prints = np.zeros((0, 0), dtype=np.float32)
    if prints.shape != (count, FINGERPRINT):
        raise IndexMismatch(
            "The poster fingerprints are missing or damaged. Build the index again: matinee build --catalogue FILE --artifacts DIR"
        )
    return prints


@dataclass
class _View:
    """Base and added rows sorted by film, with the films that are alive. Rows of one film are contiguous."""

    vectors: Vectors
    rows: NDArray[np.void]
    added: Vectors
    added_rows: NDArray[np.void]
    film_keys: NDArray[np.int64]
    added_keys: NDArray[np.int64]
    catalogue: Catalogue

    @classmethod
    def of(cls, index: MovieIndex) -> _View:
        order = np.argsort(index._added_rows["key"], kind="stable")
        added_rows = index._added_rows[order]
        alive = np.asarray(index.catalogue.keys(), dtype=np.int64)
        added_keys = np.intersect1d(added_rows["key"], alive)
        return cls(index._file.vectors, index._file.rows, index._added[order], added_rows, alive, added_keys, index.catalogue)

    @cached_property
    def years(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Keys, ascending, of the films whose year is known, and the years."""
        pairs = np.asarray(sorted(self.catalogue.years()), dtype=np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1].astype(np.float32)

    def row_count(self, keys: NDArray[np.int64]) -> int:
        """How many rows the films have."""
        starts, ends = self._spans(self.rows, keys)
        return int((ends - starts).sum()) + len(self.added_rows)

    def gather(self, keys: NDArray[np.int64]) -> tuple[Vectors, NDArray[np.void]]:
        """Vectors and rows of films (keys ascending), film by film."""
        parts = []
        for vectors, rows in ((self.vectors, self.rows), (self.added, self.added_rows)):
            starts, ends = self._spans(rows, keys)
            numbers = _ranges(starts, ends)
            if len(numbers) == len(rows):  # everything: no copy
                parts.append((vectors, rows))
            elif len(numbers):
                parts.append((vectors[numbers], rows[numbers]))
        if not parts:
            return self.vectors[:0], np.zeros(0, dtype=ROW)
        if len(parts) == 1:
            return parts[0]
        vectors = np.concatenate([part[0] for part in parts])
        rows = np.concatenate([part[1] for part in parts])
        order = np.argsort(rows["key"], kind="stable")
        return vectors[order], rows[order]

    def of_kind(self, keys: NDArray[np.int64], kind: int) -> Vectors:
        """The vectors of one kind of row of some films, in any order."""
        vectors, rows = self.gather(np.sort(keys))
        return np.asarray(vectors[rows["kind"] == kind])

    @staticmethod
    def _spans(rows: NDArray[np.void], keys: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        return np.searchsorted(rows["key"], keys, "left"), np.searchsorted(rows["key"], keys, "right")


@dataclass(frozen=True)
class _Lexical:
    """BM25 of a question over the catalogue: scores by key, the best keys, mean and deviation over all films."""

    scores: dict[int, float]
    best: list[int]
    mean: float
    deviation: float

    @classmethod
    def of(cls, ranked: list[tuple[int, float]], films: int, allowed: NDArray[np.int64] | None) -> _Lexical:
        scores = dict(ranked)
        values = np.asarray([score for _, score in ranked], dtype=np.float64)
        films = max(films, len(values), 1)
        mean = float(values.sum() / films)
        variance = float((values**2).sum() / films) - mean**2
        passing = None if allowed is None else set(allowed.tolist())
        best = [key for key, _ in ranked if passing is None or key in passing][:_LEXICAL]
        return cls(scores, best, mean, max(variance, 1e-12) ** 0.5)


def _ranges(starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """The numbers of all half-open ranges, one after the other."""
    lengths = ends - starts
    if not lengths.sum():
        return np.zeros(0, dtype=np.intp)
    offsets = np.repeat(starts - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
    return np.arange(int(lengths.sum())) + offsets


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a version folder, checked for format and fields."""
    again = "Build the index: matinee build --catalogue FILE --artifacts DIR"
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
        complete = {"format", "encoder", "counts", "means"} <= manifest.keys()
    except FileNotFoundError:
        raise ModelMissing(f"There is no index here yet. {again}") from None
    except (OSError, ValueError, AttributeError):
        raise IndexMismatch(f"The manifest of the index is damaged. {again}") from None
    if not complete or manifest["format"] != FORMAT:
        raise IndexMismatch(f"The index has another format ({manifest.get('format')}, expected {FORMAT}). {again}")
    return manifest
