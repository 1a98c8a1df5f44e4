"""`MovieIndex`: one published version of the index, and search over it.

A search runs filters first (SQLite), gathers candidate films by vectors (exact scan where few rows
survive, Annoy where many do) and by words (BM25), scores every candidate exactly on every leg,
and fuses the legs. Films added since the build are scanned exactly; removed ones are skipped.
Does not parse sentences (`rag/reading/understanding.py`) and does not know HTTP or the language model.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from movies.catalogue import Catalogue
from movies.encoders import Encoder, Vectors, unit
from movies.errors import IndexMismatch, ModelMissing
from movies.movie import Filters
from movies.poster_reader import PosterReader
from movies.vocabulary import fold
from rag.centring import Means, centred, hubness, sample
from rag.fusion import Background, Candidates, Question, fuse, without_hubs
from rag.hits import Evidence, Hit
from rag.identify import PosterIdentifier, fingerprint, load_fingerprints
from rag.lexical import content_words, shared_words, word_weights
from rag.passages import fit
from rag.rows import Rows, Scores, View
from rag.scan import Scan
from rag.vectors import OVERVIEW, POSTER, VectorFile, placed
from rag.words import WordIndex

__all__ = ["EXACT_ROWS", "FORMAT", "Evidence", "Hit", "MovieIndex", "read_manifest"]

FORMAT = 2  # of the artefact folder; another number is another layout
EXACT_ROWS = 60_000  # up to this many surviving rows are scanned; measured in docs/quality.md
_NEAREST = 800  # rows asked of Annoy per query vector, grown while too few pass the filters
_SEARCH_K = 48_000
_LEXICAL = 400  # films that BM25 brings in as candidates
_FEW_FILMS = 3000  # that are scored on every leg without looking at which of them can be among the best
_NEAR_SHARE = 0.03  # of the rows, for each vector
_EVERY = 20  # one row in so many tells how near that is
_CLEARLY_THE_SAME = 0.2  # artwork leg, see rag/identify.py
_LIKELY = 0.5
_NEAR_TITLE = 0.85  # title likeness from which a question is taken for a title
_TITLE_LENGTH = 80  # characters; a longer question is no title


class MovieIndex:
    """One version of the index, opened for searching. Thread-safe.

    >>> index = MovieIndex.open(Path("artifacts/0001-ab12cd34"), encoder)   # doctest: +SKIP
    >>> [hit.movie.label for hit in index.search("a heist gone wrong", k=3)]  # doctest: +SKIP
    """

    def __init__(
        self, folder: Path, manifest: dict[str, Any], file: VectorFile, words: WordIndex, catalogue: Catalogue, encoder: Encoder,
        fingerprints: Vectors,
    ) -> None:  # fmt: skip
        self.folder = folder
        self.manifest = manifest
        self.catalogue = catalogue
        self.encoder = encoder
        self.means = Means.from_json(manifest["means"])
        self.exact_rows = EXACT_ROWS
        self.file = file
        self.words = words
        self._scan = Scan(np.asarray(file.vectors))
        self._lock = threading.Lock()
        self._added = file.vectors[:0]
        self._added_rows = file.rows[:0]
        self._view: View | None = None
        self._kept: dict[str, Vectors] = {}
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
        catalogue = Catalogue.open(folder / "catalogue.sqlite", create=False)
        return cls(folder, manifest, file, WordIndex.open(folder), catalogue, encoder, prints)

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
        hubs = np.zeros(len(rows), dtype=np.float32)
        if self.file.rows["hub"].any():
            hubs[~pictures] = hubness(ready[~pictures], self._sample)
        with self._lock:
            self._added = np.concatenate([self._added, ready])
            self._added_rows = np.concatenate([self._added_rows, placed(rows, hubs)])
            if picture is not None:
                self._added_fingerprints = np.concatenate([self._added_fingerprints, picture[None]])
                self._added_keys = np.append(self._added_keys, rows["key"][0])
            self._view = None

    def refresh(self) -> None:
        """Take note that the catalogue changed (films added or removed)."""
        with self._lock:
            self._view = None

    @property
    def view(self) -> View:
        """The rows that count now: base and added ones of films that are in the catalogue."""
        with self._lock:
            if self._view is None:
                view = View(self._scan, self.file.rows, self._added, self._added_rows, self.catalogue)
                self.words.add(self.catalogue.by_key(self.words.missing(view.keys.tolist())))
                self._view = view
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
        found, fused = self.ranked(question, filters, hidden, k=k, exact=exact)
        return self._hits(found, fused, _best(fused, k), question)

    def ranked(
        self,
        question: Question,
        filters: Filters | None = None,
        hidden: Sequence[str] = (),
        *,
        k: int = 10,
        exact: bool = False,
    ) -> tuple[Candidates, Scores]:
        """Candidates of a question (keys ascending) with every leg's scores, and the fused score of each (films,).

        The best `k` are among them; with `exact` all films are.
        """
        view = self.view
        alive = view.keys
        if filters:
            alive = np.intersect1d(self.catalogue.filter_keys(filters), alive, assume_unique=True)
        if hidden:
            alive = alive[~np.isin(alive, self._keys(hidden))]
        scanned = exact or view.row_count(alive) <= self.exact_rows
        if scanned:
            # Vectors before words: questions that were encoded together come by at the same time and share the pass over the rows.
            block = view.block(alive)
            cosines = block.cosines(question.vectors)
        bm25 = self._bm25(question, view)
        titles = self._titles(question)
        if not scanned:
            block = view.block(self._nearest(view, question, alive, bm25, titles))
            cosines = block.cosines(question.vectors)
        rows: Rows = block
        if not exact:
            rows, cosines = _promising(block, cosines, question, bm25[block.keys], titles, k)
        title = np.asarray([titles.get(key, 0.0) for key in rows.keys.tolist()], dtype=np.float32) if titles else None
        years = view.years(rows.keys) if question.years else None
        found = Candidates.score(rows, question, cosines, bm25[rows.keys], years, title)
        everywhere = bm25[view.keys]
        spread = (float(everywhere.mean()), float(everywhere.std())) if len(everywhere) else (0.0, 1.0)
        return found, fuse(found, self._background, question, spread)

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
            hits.append(
                Hit(
                    movie,
                    match.score,
                    Evidence(None, artwork, legs, reason, words),
                    weak=match.score < _LIKELY or not match.sure,
                )
            )
        return hits

    def _identifier(self) -> PosterIdentifier:
        version = self.catalogue.data_version()
        with self._lock:
            if self._known_posters is None or self._known_posters[0] != version:
                movies = list(self.catalogue.items())
                keys = np.concatenate([self.file.rows["key"][self.file.rows["kind"] == POSTER], self._added_keys])
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
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        found = dict(zip(new, self._encoded(new), strict=True)) if new else {}
        return np.stack([found[text] if text in found else self._kept[text] for text in texts])

    def keep(self, texts: Iterable[str]) -> None:
        """Encode texts once that will be asked with many questions, such as what a mood means."""
        new = [text for text in texts if text not in self._kept]
        if new:
            self._kept.update(zip(new, self._encoded(new), strict=True))

    def _encoded(self, texts: Sequence[str]) -> Vectors:
        return centred(self.encoder.texts([fit(text, self.encoder) for text in texts]), self.means.text)

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
        keys = np.unique(np.asarray([self.catalogue.key(movie_id) for movie_id in like], dtype=np.int64))
        block = self.view.block(np.intersect1d(keys, self.view.keys))
        vectors, kinds = block.vectors(), block.rows["kind"]

        def middle(kind: int) -> Vectors | None:
            rows = vectors[kinds == kind]
            return unit(rows.mean(0)) if len(rows) else None

        return middle(OVERVIEW), middle(POSTER)

    def _bm25(self, question: Question, view: View) -> Scores:
        """BM25 of every film, by key."""
        last = int(view.keys.max(initial=0))
        found = self.words.scores(word_weights(question.text))
        return found if len(found) > last else np.pad(found, (0, last + 1 - len(found)))

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

    def _nearest(
        self, view: View, question: Question, alive: NDArray[np.int64], bm25: Scores, titles: Mapping[int, float]
    ) -> NDArray[np.int64]:
        """Candidates among very many films, keys ascending: the nearest by vectors and by words, those named, those added."""
        found = [alive[_told(bm25[alive])], np.asarray(list(titles), dtype=np.int64), view.added_keys]
        found.extend(self._nearest_films(vector, alive) for vector in question.probes())
        return np.intersect1d(np.concatenate(found), alive)

    def _nearest_films(self, vector: Vectors, alive: NDArray[np.int64]) -> NDArray[np.int64]:
        """Films of the rows nearest to a vector; asks Annoy for more while the filters leave too few."""
        n = _NEAREST
        total = len(self.file.rows)
        while True:
            numbers, _ = self.file.nearest(vector, min(n, total), max(_SEARCH_K, n * 60))
            keys = np.unique(self.file.rows["key"][numbers])
            kept = keys[np.isin(keys, alive, assume_unique=True)]
            if len(kept) >= _NEAREST // 8 or n >= total:
                return kept
            n *= 4

    @cached_property
    def _sample(self) -> Vectors:
        """The text rows that hubs were measured among."""
        return sample(self.file.vectors[self.file.rows["kind"] != POSTER])

    @cached_property
    def _background(self) -> Background:
        return Background(self.view)

    def _hits(self, found: Candidates, fused: Scores, order: NDArray[np.intp], question: Question) -> list[Hit]:
        movies = self.catalogue.by_key(found.keys[order].tolist())
        asked = tuple(content_words(question.text))
        legs = {name: np.round(values.astype(np.float64), 4).tolist() for name, values in found.legs(order).items()}
        spans = found.best_passages(order)
        hits = []
        for place, row in enumerate(order.tolist()):
            movie = movies.get(int(found.keys[row]))
            if movie is None:  # removed while we searched
                continue
            scores = {name: score for name, values in legs.items() if (score := values[place]) == score}  # but NaN
            first, last = spans[place]
            passage = movie.plot[first:last] or None
            by_text = max(scores.get(name, -1.0) for name in ("overview", "passage", "keywords"))
            evidence = Evidence(passage, scores.get("poster", -2.0) >= by_text, scores, "", asked, movie)
            strength = float(fused[row])
            score = 1 / (1 + math.exp(-(strength - 3.0) / 1.5))
            hits.append(Hit(movie, round(score, 4), evidence, weak=strength < 2.0, strength=strength))
        return hits

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


def _promising(
    rows: Rows, cosines: Scores, question: Question, words: Scores, titles: Mapping[int, float], k: int
) -> tuple[Rows, Scores]:
    """Of very many films those that can be among the best, with their cosines: near to a vector, told by the words, or named.

    Whether a film is from the right years weighs more than any likeness, so then all stay.
    """
    films = len(rows.keys)
    if films <= _FEW_FILMS or question.years:
        return rows, cosines
    near = without_hubs(cosines[:, : cosines.shape[1] - len(question.avoid)], rows)
    bars = np.quantile(near[::_EVERY], 1 - _NEAR_SHARE, axis=0)
    wanted = np.zeros(films, dtype=bool)
    wanted[rows.film[(near >= bars).any(axis=1)]] = True
    wanted[_told(words)] = True
    if titles:
        wanted[np.isin(rows.keys, list(titles))] = True
    if wanted.sum() < 2 * k:
        return rows, cosines
    few, numbers = rows.of(np.flatnonzero(wanted))
    return few, cosines[numbers]


def _told(words: Scores) -> NDArray[np.intp]:
    """Numbers of the films that the words of a question tell most."""
    told = np.flatnonzero(words)
    if len(told) > _LEXICAL:
        told = told[np.argpartition(words[told], len(told) - _LEXICAL)[len(told) - _LEXICAL :]]
    return told


def _best(scores: Scores, k: int) -> NDArray[np.intp]:
    """Numbers of the `k` highest scores, best first, equal ones in their order."""
    if k >= len(scores):
        return np.argsort(-scores, kind="stable")
    bar = np.partition(scores, len(scores) - k)[len(scores) - k]
    chosen = np.flatnonzero(scores >= bar)
    return chosen[np.argsort(-scores[chosen], kind="stable")][:k]


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
