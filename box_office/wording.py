"""Drivers: what moves a forecast up or down, in words.

Each column's share of the forecast is summed per fact a person would name. Does not compute the
shares (`trees.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from box_office.features import BILLED, Columns, Floats, History, Opened, opening
from box_office.money import dollars, nominal
from movies.movie import Movie

_FACT = {
    "making.sequel": "series", "making.numbered": "series", "making.3d": "making", "making.independent": "making", "lead": "cast",
}  # fmt: skip
_SLIGHT = 0.02  # a fact that moves the forecast by less than this share is left out
_SHOWN = 6


@dataclass(frozen=True)
class Driver:
    """`effect`: the forecast is so many times what it would be for an average film in this respect; `words` say which."""

    name: str
    words: str
    effect: float


def drivers(film: Movie, columns: Columns, row: Floats, moves: Floats, history: History) -> tuple[Driver, ...]:
    """The facts that move the forecast most, strongest first."""
    sums: dict[str, float] = {}
    for name, group, move in zip(columns.names, columns.groups, moves, strict=True):
        fact = _FACT.get(name) or _FACT.get(group) or group
        sums[fact] = sums.get(fact, 0.0) + float(move)
    words = _words(film, history)
    told = sorted((fact for fact in sums if abs(sums[fact]) > _SLIGHT), key=lambda fact: -abs(sums[fact]))
    return tuple(Driver(fact, words[fact], round(math.exp(sums[fact]), 3)) for fact in told[:_SHOWN])


def _words(film: Movie, history: History) -> dict[str, str]:
    day = opening(film)
    assert day is not None
    before = day.toordinal()
    keywords = {word.casefold() for word in film.keywords}
    making = [word for word, keyword in (("in 3D", "3d"), ("an independent film", "independent film")) if keyword in keywords]
    earlier = history.series_before(film.title, before)
    return {
        "budget": f"a budget of {dollars(film.budget)}" if film.budget else "no budget known",
        "date": f"opening in {film.release_date:%B %Y}" if film.release_date else f"opening in {day.year}",
        "runtime": f"{film.runtime} minutes" if film.runtime else "no runtime given",
        "genres": ", ".join(film.genres) if film.genres else "no genre given",
        "director": _career("directed by", film.directors, history, before, day.year),
        "cast": _career("with", film.cast, history, before, day.year),
        "series": f"after {earlier[-1].title}, which earned {_usual(earlier[-1:], day.year)}" if earlier else "no earlier film of a series",
        "making": " and ".join(making) or "neither in 3D nor known as independent",
    }  # fmt: skip


def _career(role: str, names: Sequence[str], history: History, before: int, year: int) -> str:
    """ "directed by Michael Mann, whose 4 earlier films earned $62M typically"."""
    if not names:
        return "no director named" if role == "directed by" else "no cast named"
    careers = {name: history.before(name, before) for name in names[:BILLED]}
    known = {name: films for name, films in careers.items() if films}
    if not known:
        return f"{role} {_listed(names[:2])}, of whom no earlier film is on file"
    best = sorted(known, key=lambda name: -sum(film.revenue for film in known[name]) / len(known[name]))[:2]
    films = [film for name in best for film in known[name]]
    return f"{role} {_listed(best)}: {len(films)} earlier film{'s' * (len(films) > 1)}, {_usual(films, year)} typically"


def _usual(films: Sequence[Opened], year: int) -> str:
    """The geometric mean of what films earned, in money of a year."""
    return dollars(nominal(sum(film.revenue for film in films) / len(films), year))


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names)
