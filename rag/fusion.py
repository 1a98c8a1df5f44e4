"""Scoring candidate films on every leg, and fusing the legs into one order.

Legs have different scales (a cosine between a question and a plot is not one between two posters,
and BM25 has no upper end), so each is first expressed in standard deviations above what an average
film gets for this very question (z-score against a fixed sample of the catalogue); then they are
added with the weights below. Knows arrays only: no files, no SQL, no sentences.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from movies.encoders import Vectors
from rag.rows import Rows, Scores, View

WEIGHTS = {
    "bm25": 1.0,
    "overview": 1.2,
    "passage": 0.6,
    "keywords": 1.5,
    "clues": 0.4,
    "poster": 0.12,
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
_HUB = 0.5  # of a row's likeness to its own neighbours is taken off its cosines: CSLS, see `rag.centring`
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
    def vectors(self) -> Vectors:
        """All of them (n, dim): those of `probes`, then those to avoid."""
        probes = list(self.probes())
        return np.concatenate([np.stack(probes), self.avoid]) if probes else self.avoid

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
    """Scores per film and leg, cosines less what the row shares with everything; (films,) each.

    NaN where a film has no such row; None for a leg that isn't asked or that no film has.
    """

    keys: NDArray[np.int64]
    overview: Scores | None
    passage: Scores | None
    keywords: Scores | None
    poster: Scores | None
    clue: Scores  # (films, clues): best text row for each clue
    picture: Scores | None
    picture_text: Scores | None
    anchor: Scores | None
    anchor_poster: Scores | None
    avoid: Scores | None
    bm25: Scores
    year_distance: Scores | None
    title: Scores
    _rows: Rows = field(repr=False)
    _main: Scores | None = field(repr=False)  # (rows,): cosine of each row with the whole question

    @classmethod
    def score(
        cls,
        rows: Rows,
        question: Question,
        cosines: Scores,
        bm25: Scores | None = None,
        years: Scores | None = None,
        title: Scores | None = None,
    ) -> Candidates:
        """Score the films of `rows` on all legs the question has.

        `cosines` (rows, vectors) with `question.vectors`; `bm25`, `years`, `title` are (films,).
        """
        films = len(rows.keys)
        cosines = without_hubs(cosines, rows)
        columns = itertools.count()
        legs = (question.main, question.picture, *(question.anchor or (None, None)))
        main, picture, anchor, anchor_poster = (None if vector is None else next(columns) for vector in legs)
        first_clue = next(columns)
        first_avoid = first_clue + len(question.clues)

        def best(column: int | None, kind: str) -> Scores | None:
            if column is None or not len((group := getattr(rows, kind)).starts):
                return None
            return rows.best(group, cosines[:, column : column + 1])[:, 0]

        overview, passage = best(main, "overview"), best(main, "passage")
        if passage is not None and overview is not None:
            passage = np.where(np.isnan(passage), overview, passage)
        avoided = cosines[:, first_avoid:]
        return cls(
            keys=rows.keys,
            overview=overview,
            passage=overview if passage is None else passage,
            keywords=best(main, "keywords"),
            poster=best(main, "poster"),
            clue=rows.best(rows.text, cosines[:, first_clue:first_avoid]),
            picture=best(picture, "poster"),
            picture_text=best(picture, "overview"),
            anchor=best(anchor, "overview"),
            anchor_poster=best(anchor_poster, "poster"),
            avoid=rows.best(rows.text, avoided).max(axis=1) if avoided.shape[1] else None,
            bm25=np.zeros(films, dtype=np.float32) if bm25 is None else bm25,
            year_distance=_distance(years, question.years) if years is not None else None,
            title=np.zeros(films, dtype=np.float32) if title is None else title,
            _rows=rows,
            _main=None if main is None else cosines[:, main],
        )

    def legs(self, films: NDArray[np.intp]) -> dict[str, Scores]:
        """Raw scores by leg of some of the films, for evidence: only legs that were asked."""
        named = {
            "overview": self.overview, "passage": self.passage, "keywords": self.keywords, "poster": self.poster,
            "picture": self.picture, "picture_text": self.picture_text, "anchor": self.anchor, "anchor_poster": self.anchor_poster,
        }  # fmt: skip
        legs = {name: values[films] for name, values in named.items() if values is not None}
        for name, values in (("bm25", self.bm25[films]), ("title", self.title[films])):
            legs[name] = np.where(values > 0, values, np.float32(np.nan))
        return {name: values for name, values in legs.items() if not np.isnan(values).all()}

    def best_passages(self, films: NDArray[np.intp]) -> list[tuple[int, int]]:
        """For some of the films, where in the plot the passage stands that fits best; (0, 0) without passages or words."""
        return [(0, 0)] * len(films) if self._main is None else self._rows.best_spans(films, self._main)


def without_hubs(cosines: Scores, rows: Rows) -> Scores:
    """Cosines (rows, m) less what each row shares with everything."""
    found: Scores = np.subtract(cosines, _HUB * rows.hubs[:, None], dtype=np.float32)
    return found


class Background:
    """What an average film of this catalogue scores: a fixed, evenly spread sample of films."""

    def __init__(self, view: View) -> None:
        step = max(1, len(view.keys) // _SAMPLE)
        self._sample = view.block(view.keys[::step][:_SAMPLE]).frozen()

    def score(self, question: Question) -> Candidates:
        return Candidates.score(self._sample, question, self._sample.cosines(question.vectors))


def fuse(found: Candidates, background: Background, question: Question, lexical: tuple[float, float] = (0.0, 1.0)) -> Scores:
    """One score per film: weighted sum of z-scores; about 0 for an average film, over 3 for a good match.

    `lexical` is (mean, standard deviation) of BM25 over the whole catalogue for this question.
    A leg that a film lacks (no poster, no plot) counts as average.
    """
    average = background.score(question)
    total = np.zeros(len(found.keys), dtype=np.float32)
    for name in ("overview", "passage", "keywords", "poster", "picture", "picture_text", "anchor", "anchor_poster", "avoid"):
        values = getattr(found, name)
        if values is not None:
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
    """Weighted mean over clues of the positive z-score to the power of 1.5: a film need not match every clue, and one
    that fits well counts more than two that fit a little."""
    total = np.zeros(len(found.keys), dtype=np.float32)
    for number, weight in enumerate(question.clue_weights):
        z = _z(found.clue[:, number], average.clue[:, number])
        total += weight * np.maximum(z, 0) ** 1.5
    return total / max(float(np.abs(question.clue_weights).sum()), 1e-6)


def _z(values: Scores, sample: Scores | None) -> Scores:
    known = values[:0] if sample is None else sample[~np.isnan(sample)]
    if len(known) < 2:
        known = values[~np.isnan(values)]
    deviation = float(known.std()) if len(known) else 0.0
    z = (values - float(known.mean() if len(known) else 0.0)) / (deviation if deviation > 1e-6 else 1.0)
    z[np.isnan(z)] = 0.0
    return np.asarray(z, dtype=np.float32)


def _distance(years: Scores, ranges: tuple[tuple[int, int], ...]) -> Scores:
    """Years between a film and the nearest hinted range; 0 inside, half the reach where unknown."""
    nearest = np.full(len(years), np.inf, dtype=np.float32)
    for low, high in ranges:
        nearest = np.fmin(nearest, np.maximum(0, np.maximum(low - years, years - high)))
    return np.nan_to_num(nearest, nan=_YEAR_REACH / 2, posinf=_YEAR_REACH / 2).astype(np.float32)
