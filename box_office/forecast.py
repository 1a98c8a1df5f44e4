"""`Forecaster`: what a film may earn, between which bounds, like which films, and because of what.

    film ─► row of numbers ─► trees ─► revenue in dollars of its year, 80 % interval
                                   └─► drivers: how far each fact moves the forecast (Saabas path attribution)

Numpy only, about a millisecond. Does not know how it was trained (`training.py`), nor HTTP.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from box_office.comparing import Comparable, Comparison
from box_office.features import PLAUSIBLE, Columns, Floats, History, log_budget, opening
from box_office.money import dollars, nominal
from box_office.trees import Trees
from box_office.wording import Driver, drivers
from movies.arrays import load_arrays
from movies.errors import BadInput, IndexMismatch
from movies.movie import Movie
from movies.vocabulary import fold

FORMAT = 1
TRAIN = "matinee train box-office"
KNOWN, UNKNOWN = 0, 1  # the two groups of films that have an interval of their own: by budget
_YEARS = range(1890, 2101)
_LARGEST_BUDGET = 10_000_000_000  # US dollars; more is a slip of the keyboard
_STALE = 3  # years after the newest film learned from that are worth a word


@dataclass(frozen=True)
class Calibration:
    """How far forecasts are off: the usual error `spread` at forecasts `middles` (log dollars of 2013), and
    low and high quantile of error over spread, (2, 2): first for a known budget, then for an unknown one."""

    middles: Floats
    spread: Floats
    quantiles: Floats

    def bounds(self, forecast: float, group: int) -> tuple[float, float]:
        """Low and high, in log dollars; the forecast lies between."""
        usual = float(np.interp(forecast, self.middles, self.spread))
        low, high = self.quantiles[group] * usual
        return forecast + min(float(low), 0.0), forecast + max(float(high), 0.0)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {f"errors.{name}": getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Calibration:
        return cls(*(arrays[f"errors.{name}"] for name in cls.__dataclass_fields__))


@dataclass(frozen=True)
class Forecast:
    """Money in US dollars of the film's own year. `interval` holds four films of five."""

    revenue: float
    interval: tuple[float, float]
    comparables: tuple[Comparable, ...]
    drivers: tuple[Driver, ...]
    notes: tuple[str, ...] = ()


class Forecaster:
    """Forecasts from the films of one catalogue. `films`: those it learned from, oldest first.

    >>> forecaster = Forecaster.load(library.heads_folder)                               # doctest: +SKIP
    >>> forecaster.ask(pitch({"budget": 60_000_000, "genres": ["Crime"]})).revenue       # doctest: +SKIP
    """

    def __init__(self, columns: Columns, trees: Trees, calibration: Calibration, films: Sequence[Movie]) -> None:
        self.columns = columns
        self.trees = trees
        self.calibration = calibration
        self.films = tuple(films)
        self.history = History(films)
        self._comparison = Comparison(self.films)
        self._names = {name for film in films for name in _names_of(film)}
        days = [day.year for film in films if (day := opening(film))]
        self._newest = max(days)
        budgets = [log_budget(film, year) for film, year in zip(films, days, strict=True)]
        self._dearest = max((budget for budget in budgets if math.isfinite(budget)), default=-math.inf)

    @classmethod
    def load(cls, heads: Path) -> Forecaster:
        """The trained forecaster of a version. Raises ModelMissing or IndexMismatch, with the command that mends it."""
        folder = heads / "box_office"
        manifest, arrays = load_arrays(folder, FORMAT, TRAIN)
        try:
            lines = (folder / "films.jsonl").read_text("utf-8").strip().split("\n")
            films = tuple(Movie.from_record(json.loads(line)) for line in lines)
            columns, trees, calibration = Columns(manifest["genres"]), Trees.of(arrays), Calibration.of(arrays)
        except (OSError, ValueError, KeyError, TypeError, BadInput) as error:
            raise IndexMismatch(f"The forecast is damaged ({type(error).__name__}). Make it anew with: {TRAIN}") from None
        return cls(columns, trees, calibration, films)

    def ask(self, film: Movie, *, today: date | None = None, comparables: int = 5) -> Forecast:
        """What a film may earn. Without a year or date it opens `today`. Raises BadInput for years and budgets that can't be."""
        film, notes = self._sane(film, today)
        day = opening(film)
        assert day is not None
        row = self.columns.rows([film], self.history)[0]
        base, moves = self.trees.explain(row)
        expected = base + float(moves.sum())
        low, high = self.calibration.bounds(expected, KNOWN if math.isfinite(row[0]) else UNKNOWN)
        return Forecast(
            nominal(expected, day.year), (nominal(low, day.year), nominal(high, day.year)),
            self._comparison.near(film, comparables), drivers(film, self.columns, row, moves, self.history), tuple(notes),
        )  # fmt: skip

    def forecasts(self, films: Sequence[Movie]) -> list[tuple[float, float, float]]:
        """(revenue, low, high) of many films that have a year or date, quickly and without reasons."""
        rows = self.columns.rows(films, self.history)
        found = []
        for film, row, expected in zip(films, rows, self.trees.predict(rows), strict=True):
            day = opening(film)
            assert day is not None
            low, high = self.calibration.bounds(float(expected), KNOWN if math.isfinite(row[0]) else UNKNOWN)
            found.append((nominal(float(expected), day.year), nominal(low, day.year), nominal(high, day.year)))
        return found

    def learned(self, film: Movie) -> bool:
        """Whether this film is among those learned from: by id, IMDb id, or title and year."""
        return not self._names.isdisjoint(_names_of(film))

    def _sane(self, film: Movie, today: date | None) -> tuple[Movie, list[str]]:
        notes = []
        day = opening(film)
        if day is None:
            day = today or date.today()  # noqa: DTZ011 - the day where the server stands
            film = film.model_copy(update={"year": day.year})
            notes.append(f"No release date was given: counted as opening in {day.year}.")
        if day.year not in _YEARS:
            raise BadInput(f"No film opens in {day.year}. Give a release date between {_YEARS[0]} and {_YEARS[-1]}.")
        if (film.budget or 0) > _LARGEST_BUDGET:
            raise BadInput(f"A budget of {dollars(film.budget or 0)} is more than any film can cost. Give it in US dollars.")
        if film.budget is not None and film.budget <= PLAUSIBLE:
            if film.budget:
                notes.append(f"A budget of {dollars(film.budget)} is too small to learn from: the forecast leaves it out.")
            film = film.model_copy(update={"budget": None})
        if not film.budget:
            notes.append(
                "Without a budget the forecast is much less certain, and leans to films whose budget nobody published."
            )
        elif log_budget(film, day.year) > self._dearest + 0.05:
            most = dollars(nominal(self._dearest, day.year)) if math.isfinite(self._dearest) else "nothing"
            notes.append(f"It never saw a budget over {most}: a larger one is counted as that.")
        if day.year - self._newest > _STALE:
            notes.append(
                f"The newest film it learned from opened in {self._newest}; only prices since then are in the forecast."
            )
        if self.learned(film):
            notes.append("This film is among those it learned from, so the forecast is no test.")
        return film, notes


def pitch(known: Mapping[str, Any]) -> Movie:
    """A film from what is known of it before it opens: fields of the import format, all optional. Raises BadInput."""
    given = {name: value for name, value in known.items() if name in _ASKED and value is not None}
    title = "".join(char for char in str(given.get("title") or "") if char.isprintable()).strip()
    return Movie.from_record({"id": "pitch", **given, "title": title or "This film"})


_ASKED = {
    "title", "year", "release_date", "budget", "runtime", "genres", "directors", "cast", "language", "countries", "keywords",
    "id", "imdb_id",
}  # fmt: skip


def _names_of(film: Movie) -> Iterator[str]:
    yield f"id {film.id}"
    if film.imdb_id:
        yield f"imdb {film.imdb_id}"
    if film.year:
        yield f"title {fold(film.title)} {film.year}"
