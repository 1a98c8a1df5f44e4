"""Comparable films: past films of the catalogue that cost, run and are peopled like the one at hand.

A plain distance over facts known before a film opens; what they earned plays no part in choosing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from box_office.features import BILLED, log_budget, opening, series
from box_office.money import dollars
from movies.movie import Movie
from movies.vocabulary import fold

# What one unit of distance is: a budget 2.7 times as large, half the genres, 60 minutes, 20 years.
_UNKNOWN_BUDGET = 0.8
_GENRES, _MINUTES, _YEARS = 2.0, 60.0, 20.0
_SAME_DIRECTOR, _SAME_ACTOR, _SAME_SERIES = 1.0, 0.4, 1.5


@dataclass(frozen=True)
class Comparable:
    """A past film; `reason` says in words what it shares."""

    film: Movie
    reason: str


class Comparison:
    """Finds comparable films among those with a known revenue."""

    def __init__(self, films: Sequence[Movie]) -> None:
        self._films = films
        days = [opening(film) for film in films]
        self._day = np.array([day.toordinal() if day else 0 for day in days])
        self._budget = np.array([log_budget(film, day.year) if day else np.nan for film, day in zip(films, days, strict=True)])
        self._runtime = np.array([film.runtime or np.nan for film in films], dtype=np.float64)
        names = sorted({genre for film in films for genre in film.genres})
        self._genre = {name: place for place, name in enumerate(names)}
        self._genres = np.zeros((len(films), len(names)))
        self._directed: dict[str, list[int]] = {}
        self._acted: dict[str, list[int]] = {}
        self._series: dict[str, list[int]] = {}
        for place, film in enumerate(films):
            self._genres[place, [self._genre[name] for name in film.genres]] = 1
            for name in film.directors:
                self._directed.setdefault(fold(name), []).append(place)
            for name in film.cast[:BILLED]:
                self._acted.setdefault(fold(name), []).append(place)
            self._series.setdefault(series(film.title), []).append(place)

    def near(self, film: Movie, count: int) -> tuple[Comparable, ...]:
        """The nearest films that opened before this one, nearest first."""
        day = opening(film)
        if day is None:
            return ()
        budget = log_budget(film, day.year)
        distance = np.nan_to_num(np.abs(self._budget - budget), nan=_UNKNOWN_BUDGET)
        wanted = np.zeros(len(self._genre))
        wanted[[self._genre[name] for name in film.genres if name in self._genre]] = 1
        if wanted.any():
            shared = self._genres @ wanted
            either = self._genres.sum(axis=1) + len(film.genres) - shared
            distance += _GENRES * (1 - shared / np.maximum(either, 1))
        if film.runtime:
            distance += np.nan_to_num(np.abs(self._runtime - film.runtime) / _MINUTES, nan=0.5)
        distance += (day.toordinal() - self._day) / (365.25 * _YEARS)
        for found, nearer in (
            *((self._directed.get(fold(name), []), _SAME_DIRECTOR) for name in film.directors[:BILLED]),
            *((self._acted.get(fold(name), []), _SAME_ACTOR) for name in film.cast[:BILLED]),
            (self._series.get(series(film.title), []), _SAME_SERIES),
        ):
            distance[found] -= nearer
        distance[self._day >= day.toordinal()] = np.inf
        order = np.argsort(distance, kind="stable")[: count + 5]
        chosen = [self._films[place] for place in order if np.isfinite(distance[place])]
        others = [other for other in chosen if other.id != film.id and (other.title, other.year) != (film.title, film.year)]
        return tuple(Comparable(other, _reason(film, other)) for other in others[:count])


def _reason(film: Movie, other: Movie) -> str:
    parts = []
    directors = {fold(name) for name in film.directors}
    cast = {fold(name) for name in film.cast[:BILLED]}
    parts += [f"also by {name}" for name in other.directors if fold(name) in directors][:1]
    parts += [f"with {name} too" for name in other.cast[:BILLED] if fold(name) in cast][:2]
    if genres := [name for name in other.genres if name in film.genres]:
        parts.append(", ".join(genres[:3]))
    if other.budget:
        parts.append(f"budget {dollars(other.budget)}")
    return " · ".join(parts) or "of a like kind"
