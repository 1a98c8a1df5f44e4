"""What the records of a catalogue give away by themselves: gaps, odd years and runtimes, films entered twice.

Plots come with their vectors, so that what is told can be compared. Knows no pictures and no heads.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from classifiers.findings import Finding, Kind
from classifiers.genres import has_words
from movies.encoders import Vectors, unit
from movies.movie import Movie
from movies.titles import normal_title

_FIRST_FILM = 1888
_AHEAD = 5  # years
_LONGEST, _SHORTEST = 600, 3  # minutes
_CAREER = 45  # years between a film and everything else its people made
_YEARS_NEEDED = 400  # films with year and plot, or there is nothing to guess years from
_FAR_OFF = 3.9  # spreads between a year and what the plot lets expect
_SAME_PLOT = 0.97  # cosine; other words for the same story stay below .9
_SHORT_PLOT = 40  # characters; shorter ones ("A documentary.") are shared by chance
_MOST_NAMESAKES = 40  # films of one title that are compared with each other
_NEAR_TITLE, _OTHER_TITLE = 0.85, 0.9
_BLOCK = 1000
_YEAR_TOLD = re.compile(r"\b(1[89]\d\d|20[0-4]\d)\b")
Twins = Mapping[frozenset[str], float]
"""Pairs of film ids whose pictures are alike, with the cosine; 1 for the very same file."""


def found(
    kind: Kind, movie: Movie, evidence: str, confidence: float, suggestion: str, *,
    other: str | None = None, genre: str | None = None, about: object = "",
) -> Finding:  # fmt: skip
    """A finding on a film."""
    return Finding(kind, movie.id, movie.label, evidence, round(float(confidence), 4), suggestion, other, genre, str(about))


def gaps(movies: Sequence[Movie], broken: Collection[str] = ()) -> Iterator[Finding]:
    """Films without plot or poster; a film whose picture was there and `broken` is told of elsewhere."""
    for movie in movies:
        if not has_words(movie.plot):
            yield found("no_plot", movie, "The plot is empty.", 1.0, "Add a plot; without one the film is hard to find.")
        if not movie.poster and movie.id not in broken:
            yield found("no_poster", movie, "There is no picture.", 1.0, "Add a poster.")


def suspect_numbers(movies: Sequence[Movie]) -> Iterator[Finding]:
    """Years and runtimes that can't be, or contradict the release date or the other films of the people."""
    this_year = datetime.now(UTC).year
    shorts_are_told = any("Short" in movie.genres for movie in movies)
    careers = _careers(movies)
    for movie in movies:
        year, released = movie.year, movie.release_date
        if year is not None and (year < _FIRST_FILM or year > this_year + _AHEAD):
            said = f"The year is {year}; films are made since {_FIRST_FILM}, and it is {this_year} now."
            yield found("suspect_year", movie, said, 0.99, "Correct the year.", about=year)
        elif year is not None and released is not None and abs(released.year - year) > 2:
            said = f"The year is {year}, but the release date is {released}."
            sure = 0.95 if abs(released.year - year) > 10 else 0.7
            yield found("suspect_year", movie, said, sure, "Check year and release date.", about=f"{year} {released}")
        elif year is not None and (clash := _off_career(movie, year, careers)):
            yield found("suspect_year", movie, clash, 0.85, "Check the year.", about=year)
        yield from _suspect_runtime(movie, shorts_are_told)


def _suspect_runtime(movie: Movie, shorts_are_told: bool) -> Iterator[Finding]:
    minutes, short = movie.runtime, "Short" in movie.genres
    if minutes is None:
        return
    if minutes > _LONGEST:
        said, sure = f"The runtime is {minutes} minutes; that is {minutes / 60:.0f} hours.", 0.85
    elif minutes < _SHORTEST and not short:
        said, sure = f"The runtime is {minutes} {'minute' if minutes == 1 else 'minutes'}.", 0.85
    elif minutes < 20 and shorts_are_told and not short:
        said, sure = f"The runtime is {minutes} minutes, but the film is not tagged Short.", 0.6
    elif minutes > 75 and short:
        said, sure = f"The film is tagged Short, but its runtime is {minutes} minutes.", 0.7
    else:
        return
    fix = "Check the runtime; seconds, hours or a whole series may have been entered."
    yield found("suspect_runtime", movie, said, sure, fix, about=minutes)


def _careers(movies: Sequence[Movie]) -> dict[str, list[tuple[str, int]]]:
    """Person → (film id, year) of their films."""
    out: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for movie in movies:
        if movie.year is not None:
            for name in set(movie.people):
                out[name].append((movie.id, movie.year))
    return out


def _off_career(movie: Movie, year: int, careers: Mapping[str, list[tuple[str, int]]]) -> str:
    """A sentence if everything else that two of a film's people (with two other films each) made is decades away."""
    known = {
        name: [when for film, when in careers[name] if film != movie.id] for name in dict.fromkeys(movie.people)
    }  # fmt: skip
    told = {name: years for name, years in known.items() if len(years) >= 2}
    if len(told) < 2 or any(min(abs(when - year) for when in years) <= _CAREER for years in told.values()):
        return ""
    name, years = next(iter(told.items()))
    return f"The year is {year}, but the other films of {name} here are from {min(years)} to {max(years)}."


def years_by_plot(told: Sequence[Movie], plots: Vectors) -> Iterator[Finding]:
    """Years far from what the plot lets expect: each is guessed from all other films (ridge regression, leave one out)."""
    rows = [row for row, movie in enumerate(told) if movie.year is not None]
    if len(rows) < _YEARS_NEEDED:
        return
    years = np.array([told[row].year for row in rows], dtype=np.float64)
    expected = left_out(plots[rows], years[:, None])[:, 0]
    apart = years - expected
    spread = float(np.median(np.abs(apart)) * 1.4826)
    for row, off, guess in zip(rows, apart / spread, expected, strict=True):
        movie = told[row]
        later = [int(year) for year in _YEAR_TOLD.findall(movie.plot) if int(year) > (movie.year or 0) + 30]
        if abs(off) > _FAR_OFF or (later and off < -3):
            said = f"The year is {movie.year}, the plot reads like {guess:.0f} (give or take {spread:.0f})"
            said += f" and speaks of {max(later)}." if later else "."
            # A timeless story is likelier than a wrong year, so there is little to be sure of.
            sure = np.clip(0.1 + 0.15 * (abs(off) - _FAR_OFF) + (0.2 if later else 0.0), 0.1, 0.6)
            yield found("suspect_year", movie, said, sure, "Check the year.", about=movie.year)


def left_out(rows: Vectors, wanted: NDArray[np.float64], penalty: float = 3.0) -> NDArray[np.float64]:
    """Ridge regression of `wanted` (n, k) on unit rows (n, d): each row's answer from all the others, in closed form."""
    told = np.hstack([rows.astype(np.float64), np.ones((len(rows), 1))])
    ridge = penalty * np.eye(told.shape[1])
    ridge[-1, -1] = 1e-9
    inverse = np.linalg.inv(told.T @ told + ridge)
    said = told @ (inverse @ (told.T @ wanted))
    own = np.einsum("nd,nd->n", told @ inverse, told)[:, None]
    return np.asarray((said - own * wanted) / np.maximum(1 - own, 1e-6))


# -- films entered twice -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Likeness:
    """What two films share."""

    title: float  # 0–1; 1: the same once articles and numerals are made alike, _OTHER_TITLE: an alternative one is
    years: int | None  # apart
    plot: float | None  # cosine; None where one has none
    same_words: bool  # the very same plot
    people: bool  # a director in common
    ids: bool  # the same id in another catalogue
    picture: bool


def repeats(movies: Sequence[Movie], told: Sequence[Movie], plots: Vectors, twins: Twins) -> Iterator[Finding]:
    """Films that are one film, and films that have another film's plot or picture."""
    if len(plots):  # some encoders find all texts alike; what is common to all says nothing
        plots = unit(plots - plots.mean(axis=0))
    by_id = {movie.id: (place, movie) for place, movie in enumerate(movies)}
    row = {movie.id: place for place, movie in enumerate(told)}
    for pair in _candidates(movies, told, plots, twins):
        first, second = sorted((by_id[name] for name in pair), key=lambda one: one[0])
        one, two = first[1], second[1]
        cosine = float(plots[row[one.id]] @ plots[row[two.id]]) if one.id in row and two.id in row else None
        alike = _likeness(one, two, cosine, pair in twins)
        yield from _judged(one, two, alike, twins.get(pair))


def _candidates(movies: Sequence[Movie], told: Sequence[Movie], plots: Vectors, twins: Twins) -> list[frozenset[str]]:
    """Pairs of film ids worth comparing: one title, one foreign id, one plot or one picture."""
    groups: dict[tuple[str, object], list[str]] = defaultdict(list)
    for movie in movies:
        for title in {normal_title(title) for title in (movie.title, *movie.alt_titles)} - {""}:
            groups[("title", title)].append(movie.id)
        for name, value in (("imdb", movie.imdb_id), ("tmdb", movie.tmdb_id)):
            if value:
                groups[(name, value)].append(movie.id)
        if len(movie.plot) > _SHORT_PLOT:
            groups[("plot", _words(movie))].append(movie.id)
    pairs = {frozenset(pair) for names in groups.values() for pair in combinations(names[:_MOST_NAMESAKES], 2)}
    pairs |= {frozenset((told[one].id, told[two].id)) for one, two, _ in near_pairs(plots, _SAME_PLOT)}
    return [pair for pair in sorted(pairs | set(twins), key=sorted) if len(pair) == 2]


def _words(movie: Movie) -> str:
    return " ".join(movie.plot.lower().split())


def _likeness(one: Movie, two: Movie, cosine: float | None, picture: bool) -> _Likeness:
    titles = [[normal_title(title) for title in (movie.title, *movie.alt_titles)] for movie in (one, two)]
    title = fuzz.ratio(titles[0][0], titles[1][0]) / 100
    if title < 1 and set(titles[0]) & set(titles[1]):
        title = _OTHER_TITLE
    years = abs(one.year - two.year) if one.year is not None and two.year is not None else None
    words = [_words(movie) for movie in (one, two)]
    ids = any(mine is not None and mine == theirs for mine, theirs in ((one.imdb_id, two.imdb_id), (one.tmdb_id, two.tmdb_id)))
    return _Likeness(
        title,
        years,
        cosine,
        words[0] == words[1] and len(words[0]) > _SHORT_PLOT,
        bool(set(one.directors) & set(two.directors)),
        ids,
        picture,
    )


def _judged(one: Movie, two: Movie, alike: _Likeness, picture: float | None) -> Iterator[Finding]:
    sure = _one_film(alike)
    if sure:
        said = f"“{two.label}” is there as {one.id} (“{one.label}”), too: {_shared(alike)}."
        yield found(
            "duplicate_film", two, said, sure, "Keep one of the two, or give each its own plot, picture and ids.", other=one.id
        )
    if sure >= 0.8:
        return  # that they share plot and picture is no finding of its own
    if alike.plot is not None and (alike.same_words or alike.plot >= _SAME_PLOT):
        how = "word for word the same" if alike.same_words else f"nearly the same (cosine {alike.plot:.2f})"
        yield found(
            "duplicate_plot", two, f"Its plot is {how} as that of {one.label} ({one.id}).", 0.97 if alike.same_words else 0.85,
            "One of the two has the wrong plot.", other=one.id, about=two.plot,
        )  # fmt: skip
    if picture is not None:
        how = "the same as" if picture >= 1 else f"nearly the same (cosine {picture:.2f}) as"
        yield found(
            "duplicate_poster", two, f"Its picture is {how} that of {one.label} ({one.id}).",
            0.99 if picture >= 1 else 0.95 if picture >= 0.99 else 0.85,
            "One of the two has the wrong poster.", other=one.id, about=f"{one.poster} {two.poster}",
        )  # fmt: skip


def _one_film(alike: _Likeness) -> float:
    """How surely two entries are one film. Remakes share title and story, so years and the very words decide."""
    years = alike.years if alike.years is not None else -1
    if alike.ids:
        return 0.95 if years <= 1 and alike.title >= 0.6 else 0.5
    if years > 1 or alike.title < _NEAR_TITLE:
        return 0.0
    plots = 1.0 if alike.same_words else alike.plot
    if alike.title < 1:
        return 0.8 if alike.picture or (plots or 0) >= 0.95 else 0.0
    if alike.picture or alike.same_words or (alike.people and years == 0):
        return {0: 0.95, 1: 0.7, -1: 0.8}[years]
    if years == 0:
        return 0.5 if plots is None else 0.8 if plots >= 0.9 else 0.6 if plots >= 0.5 else 0.0
    return 0.6 if plots is not None and plots >= 0.9 else 0.0


def _shared(alike: _Likeness) -> str:
    parts = ["the same title" if alike.title == 1 else f"a title {alike.title:.0%} the same"]
    if alike.years is not None:
        parts.append("the same year" if alike.years == 0 else f"years {alike.years} apart")
    if alike.ids:
        parts.append("the same id elsewhere")
    if alike.people:
        parts.append("a director in common")
    if alike.same_words:
        parts.append("the same plot")
    elif alike.plot is not None:
        parts.append(f"plots with cosine {alike.plot:.2f}")
    if alike.picture:
        parts.append("the same picture")
    return ", ".join(parts)


def near_pairs(vectors: Vectors, bound: float) -> Iterator[tuple[int, int, float]]:
    """(earlier row, later row, cosine) of unit rows at least `bound` alike; each later row once, with its nearest."""
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK]
        alike = block @ vectors[: start + len(block)].T
        for row in range(len(block)):
            alike[row, start + row :] = -1
        nearest = alike.argmax(axis=1)
        for row in np.flatnonzero(alike[np.arange(len(block)), nearest] >= bound).tolist():
            yield int(nearest[row]), start + row, float(alike[row, nearest[row]])
