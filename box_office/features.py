"""What is known of a film before it opens, as a row of numbers, and what its people earned before.

Every number about a person or a series comes from films that opened strictly before the film at
hand: nothing that happens after the first night is seen (no votes, ratings or popularity). A number
that isn't known is NaN. Does not know models.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from box_office.money import real
from movies.movie import Movie
from movies.vocabulary import fold

Floats = NDArray[np.float64]
PLAUSIBLE = 1000  # US dollars: smaller budgets and revenues are placeholders or in another unit
BILLED = 5  # the cast that counts: the first so many names
_RECENT = 5  # earlier films that say what a person's films earn now
_TRACK = ("mean", "max", "best", "last", "count", "return", "budget")
_TRACKS = ("director", "cast", "lead", "series")
_MADE = {"sequel": "sequel", "3d": "3d", "independent": "independent film"}  # column → keyword


@dataclass(frozen=True)
class Opened:
    """A film that opened: day (ordinal), revenue and budget as log of 2013 dollars (budget may be NaN)."""

    day: int
    revenue: float
    budget: float
    title: str


def opening(film: Movie) -> date | None:
    """The day it opens; the middle of the year where only that is known."""
    return film.release_date or (date(film.year, 7, 1) if film.year else None)


def earned(film: Movie) -> bool:
    """Whether its revenue can be learned from."""
    return (film.revenue or 0) > PLAUSIBLE and opening(film) is not None


def log_budget(film: Movie, year: int) -> float:
    """Log of the budget in 2013 dollars, NaN where it is unknown."""
    return real(max(film.budget, PLAUSIBLE), year) if film.budget and film.budget > PLAUSIBLE else float("nan")


class History:
    """Earlier films of people and series, by day. Only films with a known revenue are in it."""

    def __init__(self, films: Iterable[Movie]) -> None:
        self._films: dict[str, list[Opened]] = defaultdict(list)
        for film in films:
            day = opening(film)
            if day is None or not earned(film):
                continue
            assert film.revenue is not None
            entry = Opened(day.toordinal(), real(film.revenue, day.year), log_budget(film, day.year), film.label)
            for name in {*_people(film.directors), *_people(film.cast[:BILLED])}:
                self._films[name].append(entry)
            if stem := series(film.title):
                self._films[f"series {stem}"].append(entry)
        for entries in self._films.values():
            entries.sort(key=lambda entry: entry.day)

    def before(self, name: str, day: int) -> list[Opened]:
        """Films of a person (any spelling) that opened before `day`, oldest first."""
        return self._until(fold(name), day)

    def series_before(self, title: str, day: int) -> list[Opened]:
        """Films that share the stem of a title and opened before `day`."""
        return self._until(f"series {series(title)}", day)

    def _until(self, key: str, day: int) -> list[Opened]:
        entries = self._films.get(key, [])
        return entries[: bisect_left(entries, day, key=lambda entry: entry.day)]


class Columns:
    """The names of a row's numbers; `genres` are those common enough to learn about.

    A name is `group` or `group.part`; a group is what a driver speaks of.
    """

    def __init__(self, genres: Sequence[str]) -> None:
        self.genres = tuple(genres)
        self.names = (
            "budget", "date.year", "date.season", "date.weekday", "runtime", *(f"making.{name}" for name in _MADE), "making.numbered",
            *(f"genres.{name}" for name in self.genres), *(f"{track}.{part}" for track in _TRACKS for part in _TRACK),
        )  # fmt: skip
        self.groups = tuple(name.split(".")[0] for name in self.names)

    @classmethod
    def of(cls, films: Sequence[Movie]) -> Columns:
        """Genres that one film in a hundred has, and five films at least."""
        counts = Counter(genre for film in films for genre in film.genres)
        return cls(sorted(name for name, count in counts.items() if count >= max(5, len(films) / 100)))

    def rows(self, films: Sequence[Movie], history: History, until: date | None = None) -> Floats:
        """Rows (n, len(names)); with `until` nothing that opened on that day or later is seen."""
        rows = [self._row(film, history, until) for film in films]
        return np.array(rows, dtype=np.float64).reshape(len(films), len(self.names))

    def _row(self, film: Movie, history: History, until: date | None) -> list[float]:
        day = opening(film)
        assert day is not None
        seen = min(day, until).toordinal() if until else day.toordinal()
        unknown = float("nan")
        exact = film.release_date
        row = [
            log_budget(film, day.year), float(day.year), float(exact.timetuple().tm_yday) if exact else unknown,
            float(exact.weekday()) if exact else unknown, float(film.runtime) if film.runtime else unknown,
        ]  # fmt: skip
        keywords = {fold(word) for word in film.keywords}
        row += [float(word in keywords) for word in _MADE.values()]
        row.append(float(bool(_NUMBERED.search(film.title))))
        genres = set(film.genres)
        row += [float(name in genres) for name in self.genres]
        cast = [history.before(name, seen) for name in film.cast[:BILLED]]
        row += _track([history.before(name, seen) for name in film.directors[:BILLED]])
        row += _track(cast)
        row += _track(cast[:1])
        row += _track([history.series_before(film.title, seen)])
        return row


def _track(careers: Sequence[Sequence[Opened]]) -> list[float]:
    """What earlier films of some people earned: seven numbers, NaN where there are none."""
    films = [film for career in careers for film in career]
    if not films:
        return [float("nan")] * 4 + [0.0] + [float("nan")] * 2
    means = [sum(film.revenue for film in career[-_RECENT:]) / len(career[-_RECENT:]) for career in careers if career]
    budgets = [(film.revenue, film.budget) for film in films if film.budget == film.budget]
    return [
        sum(means) / len(means), max(means), max(film.revenue for film in films),
        max(films, key=lambda film: (film.day, film.revenue)).revenue, float(len(films)),
        sum(revenue - budget for revenue, budget in budgets) / len(budgets) if budgets else float("nan"),
        sum(budget for _, budget in budgets) / len(budgets) if budgets else float("nan"),
    ]  # fmt: skip


def _people(names: Iterable[str]) -> Iterable[str]:
    return (key for key in map(fold, names) if key)


_NUMBERED = re.compile(r"\b(?:[2-9]|ii+|iv|vi*|ix|part (?:two|three))\b", re.IGNORECASE)
_SUBTITLE = re.compile(r"[:\-–]| part | and the ")
_NUMERAL = re.compile(r"\s*\b(?:\d+|ii+|iv|vi*|ix|x)$")


def series(title: str) -> str:
    """The part of a title that sequels share: "iron man" of "Iron Man 3"."""
    head = _SUBTITLE.split(title.casefold(), maxsplit=1)[0].strip()
    return re.sub(r"^(?:the|a) ", "", _NUMERAL.sub("", head).strip())
