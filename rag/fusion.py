"""Scoring candidate films on every leg, and fusing the legs into one order.

Legs have different scales (a cosine between a question and a plot is not one between two posters,
and BM25 has no upper end), so each is first expressed in standard deviations above what an average
film gets for this very question (z-score against a fixed sample of the catalogue); then they are
added with the weights below. Knows arrays only: no files, no SQL, no sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from movies.encoders import Vectors
from rag.vectors import OVERVIEW, PASSAGE, POSTER

if TYPE_CHECKING:
    from rag.index import _View

Scores = NDArray[np.float32]

WEIGHTS = {
    "bm25": 1.0,
    "overview": 1.2,
    "passage": 0.6,
    "clues": 0.4,
    "poster": 0.25,
    "picture": 1.0,  # query picture against posters
    "picture_text": 0.7,  # query picture against overviews
    "anchor": 1.4,
    "anchor_poster": 0.3,
    "avoid": -1.0,
}
"""Chosen on a tuning half of tip-of-the-tongue questions; docs/quality.md has the ablation."""

_TITLE_BONUS = 6.0
_YEAR_PENALTY = 0.6  # per year outside a hinted range, up to twenty years
_YEAR_REACH = 20
_SAMPLE = 1500  # films an average is taken over


@dataclass(frozen=True)
class Question:
    """A search in vectors (unit, centred): `main` and `picture` (dim,), `clues` and `avoid` (n, dim)."""

    text: str
    main: Vectors | None
    clues: Vectors
    clue_weights: Scores
    avoid: Vectors
    picture: Vectors | None
    anchor: tuple[Vectors | None, Vectors | None] | None
    years: tuple[tuple[int, int], ...] = ()

    @property
    def empty(self) -> bool:
        return next(self.probes(), None) is None

    def probes(self) -> Iterator[Vectors]:
        """The vectors candidates are gathered with."""
        for vector in (self.main, self.picture, *(self.anchor or ())):
            if vector is not None:
                yield vector
        yield from self.clues


@dataclass
class Candidates:
    """Raw scores per film and leg, NaN where a film has no such row. All arrays are (films,)."""

    keys: NDArray[np.int64]
    overview: Scores
    passage: Scores
    poster: Scores
    clue: Scores  # (films, clues): best text row for each clue
    picture: Scores
    picture_text: Scores
    anchor: Scores
    anchor_poster: Scores
    avoid: Scores
    bm25: Scores
    year_distance: Scores | None
    title: Scores
    _spans: NDArray[np.int64] = field(repr=False)  # (films, 2): span of the best passage, −1 where none

    @classmethod
    def score(
        cls, view: _View, keys: NDArray[np.int64], question: Question, lexical: dict[int, float], years: Scores | None,
        title: dict[int, float] | None = None,
    ) -> Candidates:  # fmt: skip
        """Score films (keys ascending) exactly on all legs the question has."""
        vectors, rows = view.gather(keys)
        probes = [question.main, question.picture, *(question.anchor or (None, None))]
        named = [vector for vector in probes if vector is not None]
        matrix = np.concatenate([np.stack(named) if named else question.clues[:0], question.clues, question.avoid])
        cosines = np.asarray(vectors @ matrix.T, dtype=np.float32) if len(matrix) else np.zeros((len(rows), 0), np.float32)
        column: dict[int, int] = {}
        for number, vector in enumerate(probes):
            if vector is not None:
                column[number] = len(column)
        film = np.searchsorted(keys, rows["key"])
        kind = rows["kind"]
        text, picture = kind != POSTER, kind == POSTER

        def best(number: int, mask: NDArray[np.bool_]) -> Scores:
            out = np.full(len(keys), np.nan, dtype=np.float32)
            if number in column:
                np.fmax.at(out, film[mask], cosines[mask, column[number]])
            return out

        first_clue = len(named)
        clue = np.full((len(keys), len(question.clues)), np.nan, dtype=np.float32)
        if clue.shape[1]:
            clue = _best_rows(cosines[text][:, first_clue : first_clue + clue.shape[1]], film[text], len(keys))
        avoid = np.full(len(keys), np.nan, dtype=np.float32)
        if len(question.avoid):
            avoid = _best_rows(cosines[text][:, first_clue + clue.shape[1] :], film[text], len(keys)).max(axis=1)
        passage = best(0, kind == PASSAGE)
        overview = best(0, kind == OVERVIEW)
        return cls(
            keys=keys,
            overview=overview,
            passage=np.where(np.isnan(passage), overview, passage),
            poster=best(0, picture),
            clue=clue,
            picture=best(1, picture),
            picture_text=best(1, kind == OVERVIEW),
            anchor=best(2, kind == OVERVIEW),
            anchor_poster=best(3, picture),
            avoid=avoid,
            bm25=np.asarray([lexical.get(int(key), 0.0) for key in keys], dtype=np.float32),
            year_distance=_distance(years, question.years) if years is not None else None,
            title=np.asarray([(title or {}).get(int(key), 0.0) for key in keys], dtype=np.float32),
            _spans=_passage_spans(rows, film, kind, cosines[:, column[0]] if 0 in column else None, len(keys)),
        )

    def legs(self) -> dict[str, Scores]:
        """Raw scores by leg, for evidence: only legs that were asked."""
        named = {
            "overview": self.overview, "passage": self.passage, "poster": self.poster, "picture": self.picture,
            "picture_text": self.picture_text, "anchor": self.anchor, "anchor_poster": self.anchor_poster,
        }  # fmt: skip
        legs = {name: values for name, values in named.items() if not np.isnan(values).all()}
        if self.bm25.any():
            legs["bm25"] = np.where(self.bm25 > 0, self.bm25, np.nan)
        if self.title.any():
            legs["title"] = np.where(self.title > 0, self.title, np.nan)
        return legs

    def best_passage(self, row: int) -> tuple[int, int] | None:
        """Span in the plot of the passage that fits best, if the film has passages."""
        start, end = self._spans[row]
        return (int(start), int(end)) if start >= 0 else None


class Background:
    """What an average film of this catalogue scores: a fixed, evenly spread sample of films."""

    def __init__(self, view: _View, keys: NDArray[np.int64]) -> None:
        self._keys = keys
        self._sample = _Frozen(*view.gather(keys))

    @classmethod
    def sample(cls, view: _View) -> Background:
        keys = view.film_keys
        step = max(1, len(keys) // _SAMPLE)
        return cls(view, keys[::step][:_SAMPLE])

    def score(self, question: Question) -> Candidates:
        return Candidates.score(self._sample, self._keys, question, {}, None)  # type: ignore[arg-type]


@dataclass
class _Frozen:
    """Rows gathered once; answers `gather` like a view, for exactly those films."""

    vectors: Vectors
    rows: NDArray[np.void]

    def gather(self, keys: NDArray[np.int64]) -> tuple[Vectors, NDArray[np.void]]:
        return self.vectors, self.rows


def fuse(found: Candidates, background: Background, question: Question, lexical: tuple[float, float] = (0.0, 1.0)) -> Scores:
    """One score per film: weighted sum of z-scores; about 0 for an average film, over 3 for a good match.

    `lexical` is (mean, standard deviation) of BM25 over the whole catalogue for this question.
    A leg that a film lacks (no poster, no plot) counts as average.
    """
    average = background.score(question)
    total = np.zeros(len(found.keys), dtype=np.float32)
    for name in ("overview", "passage", "poster", "picture", "picture_text", "anchor", "anchor_poster", "avoid"):
        values = getattr(found, name)
        if not np.isnan(values).all():
            z = _z(values, getattr(average, name))
            total += WEIGHTS[name] * (np.maximum(z - 1, 0) if name == "avoid" else z)
    if found.clue.shape[1]:
        total += WEIGHTS["clues"] * _z(_clue_sum(found, average, question), _clue_sum(average, average, question))
    if found.bm25.any():
        mean, deviation = lexical
        total += WEIGHTS["bm25"] * (found.bm25 - mean) / max(deviation, 1e-6)
    total += _TITLE_BONUS * found.title
    if found.year_distance is not None:
        total -= _YEAR_PENALTY * np.minimum(found.year_distance, _YEAR_REACH)
    return total


def _clue_sum(found: Candidates, average: Candidates, question: Question) -> Scores:
    """Weighted mean over clues of the squared positive z-score: a film need not match every clue."""
    total = np.zeros(len(found.keys), dtype=np.float32)
    for number, weight in enumerate(question.clue_weights):
        z = _z(found.clue[:, number], average.clue[:, number])
        total += weight * np.maximum(z, 0) ** 2
    return total / max(float(np.abs(question.clue_weights).sum()), 1e-6)


def _z(values: Scores, sample: Scores) -> Scores:
    known = sample[~np.isnan(sample)]
    if len(known) < 2:
        known = values[~np.isnan(values)]
    deviation = float(known.std()) if len(known) else 0.0
    z = (values - float(known.mean() if len(known) else 0.0)) / (deviation if deviation > 1e-6 else 1.0)
    return np.asarray(np.nan_to_num(z, nan=0.0), dtype=np.float32)


def _best_rows(cosines: Scores, film: NDArray[np.intp], films: int) -> Scores:
    """Per film the maximum over its rows, (films, columns); rows of one film are contiguous."""
    out = np.full((films, cosines.shape[1]), np.nan, dtype=np.float32)
    if len(film):
        starts = np.flatnonzero(np.r_[True, film[1:] != film[:-1]])
        out[film[starts]] = np.maximum.reduceat(cosines, starts, axis=0)
    return out


def _passage_spans(
    rows: NDArray[np.void], film: NDArray[np.intp], kind: NDArray[np.uint8], cosines: Scores | None, films: int
) -> NDArray[np.int64]:
    spans = np.full((films, 2), -1, dtype=np.int64)
    numbers = np.flatnonzero(kind == PASSAGE)
    if cosines is None or not len(numbers):
        return spans
    order = numbers[np.argsort(cosines[numbers], kind="stable")]  # the best of a film is written last
    spans[film[order], 0] = rows["start"][order]
    spans[film[order], 1] = rows["end"][order]
    return spans


def _distance(years: Scores, ranges: tuple[tuple[int, int], ...]) -> Scores:
    """Years between a film and the nearest hinted range; 0 inside, half the reach where unknown."""
    nearest = np.full(len(years), np.inf, dtype=np.float32)
    for low, high in ranges:
        nearest = np.fmin(nearest, np.maximum(0, np.maximum(low - years, years - high)))
    return np.nan_to_num(nearest, nan=_YEAR_REACH / 2, posinf=_YEAR_REACH / 2).astype(np.float32)
