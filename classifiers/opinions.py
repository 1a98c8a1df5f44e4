"""What all other films say of a film's genres: the audit's witnesses, who never saw the tags they judge.

The classifiers that serve have learned from the very tags an audit doubts, so they would vouch for them.
Here every film is judged by all the others: ridge regression and word centroids in closed form with the
film left out, made into probabilities per genre. Seconds for 18,000 films. Needs no trained heads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.findings import Finding
from classifiers.records import found, left_out
from movies.encoders import Vectors
from movies.movie import Movie

_FEWEST_FILMS, _FEWEST_OF_GENRE = 200, 20
_WRONG, _FORGOTTEN = 0.001, 0.15  # how often a genre is set that isn't there, and left out though it is
_WORTH_SAYING = {"genre_doubtful": 0.25, "genre_missing": 0.5}  # confidence
_FORMS = frozenset({"Short", "Film-Noir"})  # how a film is made, which no plot tells
_HELD = {"genre_doubtful": 0.45, "genre_missing": 0.85}
"""Of what was expected to be right, how much was when findings were looked at (docs/quality-audit.md)."""
_SUREST = 0.85
_AT_LEAST = 0.9  # of a genre that is missed

Likely = NDArray[np.float64]


@dataclass(frozen=True)
class Opinions:
    """Probabilities (n, k) of `genres` for films (`ids`, in order), each from all films but itself."""

    genres: tuple[str, ...]
    usual: Likely  # (k,) share of films that have a genre
    plot: Likely
    poster: Likely  # rows of films without a poster say what is usual

    def together(self, row: int) -> Likely:
        """(k,) of one film: the two witnesses taken as independent."""
        odds = _odds(self.plot[row]) + _odds(self.poster[row]) - _odds(self.usual)
        return np.asarray(1 / (1 + np.exp(-odds)))


def opinions(movies: Sequence[Movie], plots: Vectors, posters: Vectors | None, pictured: Sequence[int]) -> Opinions | None:
    """None where too few films have genres. `plots` (n, d); `posters` (m, e) of the films `pictured` (their rows)."""
    counts = Counter(genre for movie in movies for genre in set(movie.genres))
    genres = tuple(genre for genre, count in counts.most_common() if count >= _FEWEST_OF_GENRE)
    tagged = np.array([bool(movie.genres) for movie in movies])
    if tagged.sum() < _FEWEST_FILMS or not genres:
        return None
    column = {genre: place for place, genre in enumerate(genres)}
    labels = np.zeros((len(movies), len(genres)))
    for row, movie in enumerate(movies):
        labels[row, [column[genre] for genre in set(movie.genres) if genre in column]] = 1
    usual = labels[tagged].mean(axis=0)
    known: list[int] = [row for row, movie in enumerate(movies) if movie.genres]
    plot = np.tile(usual, (len(movies), 1))
    words = _centroids([movies[row].plot for row in known], labels[known])
    plot[known] = _probabilities([left_out(plots[known], labels[known]), words], labels[known])
    poster = np.tile(usual, (len(movies), 1))
    if posters is not None:
        seen = [place for place, row in enumerate(pictured) if tagged[row]]
        rows = np.asarray(pictured, dtype=np.int64)[seen]
        if len(rows) >= _FEWEST_FILMS:
            poster[rows] = _probabilities([left_out(posters[seen], labels[rows], penalty=30.0)], labels[rows])
    return Opinions(genres, usual, plot, poster)


def tag_findings(movies: Sequence[Movie], said: Opinions, has_poster: Sequence[bool]) -> Iterator[Finding]:
    """Tags that are hardly there and genres that are hardly absent, weighed against how often people slip."""
    for row, movie in enumerate(movies):
        if not movie.genres:
            continue
        likely = said.together(row)
        about = f"{movie.plot}\0{movie.poster or ''}"
        for place, genre in enumerate(said.genres):
            if genre in _FORMS:
                continue
            p = float(likely[place])
            numbers = f"plot {said.plot[row, place]:.1%}" + (
                f", poster {said.poster[row, place]:.1%}" if has_poster[row] else ""
            )
            told = f"for films like it {genre} has a chance of: {numbers} (usual {said.usual[place]:.0%})."
            if genre in movie.genres:
                sure = (1 - p) * _WRONG / ((1 - p) * _WRONG + p * (1 - _FORGOTTEN))
                if sure >= _WORTH_SAYING["genre_doubtful"]:
                    fix = f"Remove {genre}, or check the plot."
                    yield found(
                        "genre_doubtful",
                        movie,
                        f"{genre} is set, but {told}",
                        _HELD["genre_doubtful"] * min(sure, _SUREST),
                        fix,
                        genre=genre,
                        about=about,
                    )
            elif p >= _AT_LEAST:
                sure = p * _FORGOTTEN / (p * _FORGOTTEN + (1 - p) * (1 - _WRONG))
                if sure >= _WORTH_SAYING["genre_missing"]:
                    fix = f"Add {genre}."
                    yield found(
                        "genre_missing",
                        movie,
                        f"{genre} is not set, but {told}",
                        _HELD["genre_missing"] * min(sure, _SUREST),
                        fix,
                        genre=genre,
                        about=about,
                    )


def _centroids(texts: Sequence[str], labels: Likely) -> Likely:
    """(n, k): cosine-like closeness of a text's words to those of the genre's other texts, less that to all texts'."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        words = TfidfVectorizer(sublinear_tf=True, min_df=3, stop_words="english", dtype=np.float32).fit_transform(texts)
    except ValueError:  # no word occurs three times
        return np.zeros(labels.shape)
    own = np.asarray(words.multiply(words).sum(axis=1))  # (n, 1)
    many = labels.sum(axis=0)
    with_genre = (words @ (words.T @ labels) - own * labels) / np.maximum(many - labels, 1)
    all_texts = (words @ np.asarray(words.sum(axis=0)).T - own) / max(len(texts) - 1, 1)
    return np.asarray(with_genre / np.maximum(all_texts, 1e-9))


def _probabilities(scores: Sequence[Likely], labels: Likely) -> Likely:
    """(n, k) from several scores (n, k): logistic regression per genre, which also makes them probabilities."""
    from sklearn.linear_model import LogisticRegression

    out = np.tile(labels.mean(axis=0), (len(labels), 1))
    for place in np.flatnonzero((out[0] > 0) & (out[0] < 1)).tolist():  # a genre that none of them has, or all, stays its share
        rows = np.column_stack([score[:, place] for score in scores])
        rows = (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-9)
        fit = LogisticRegression(C=100.0, max_iter=200).fit(rows, labels[:, place])
        out[:, place] = fit.predict_proba(rows)[:, 1]
    return np.asarray(np.clip(out, 1e-5, 1 - 1e-5))


def _odds(likely: Likely) -> Likely:
    safe = np.clip(likely, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(safe / (1 - safe)))
