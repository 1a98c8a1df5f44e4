"""A film that doesn't exist yet, read from a sentence: "a $60m heist film by Michael Mann for next December".

Takes genres, people and running time from what the sentence was understood to say, and reads money,
month and the part people play itself. Does not forecast.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from movies.vocabulary import fold
from rag.reading.understanding import Understanding

_AMOUNT = re.compile(
    r"(?P<sign>[$€£]|usd\s?)?\s?(?P<number>\d[\d,]*(?:\.\d+)?)[\s-]?(?P<unit>k|m|mn|mio|mil|million|bn|b|billion|thousand)?\b"
    r"(?P<dollars>[\s-]?(?:us[\s-]?)?(?:dollars?|bucks|usd|budget))?",
    re.IGNORECASE,
)
_UNITS = {"k": 1e3, "t": 1e3, "m": 1e6, "b": 1e9}
_NEW = re.compile(
    r"\b(?:an?|my|our|his|her|their|another)\s+(?:[^\s?!]+\s+){0,8}?(?:films?|movies?|pictures?|flicks?|sequel|comedy|drama|thriller|western|musical|"
    r"documentary|romance|blockbuster|biopic|cartoon)\b",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"\b(?:film|movie|one)s?\s+(?:like|similar to|such as)\b", re.IGNORECASE)
_NAME = r"[A-Z][\w.'’-]*(?:\s+(?:[Dd]e|[Dd]el|[Vv]an|[Vv]on|[A-Z][\w.'’-]*)){1,3}"
_BY = re.compile(rf"\b(?:by|directed by|from director|director)\s+({_NAME})")
_WITH = re.compile(rf"\b(?:with|starring|featuring)\s+({_NAME}(?:(?:,\s*|,?\s+and\s+){_NAME})*)")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = re.compile(
    rf"\b(?:in|for|next|on)\s+(?:(?:next|early|mid|late)\s+)?({'|'.join(_MONTHS)})\b(?:\s+((?:19|20)\d\d))?", re.IGNORECASE
)
_SEASONS = {"christmas": 12, "summer": 7, "thanksgiving": 11, "halloween": 10, "easter": 4}
_SEASON = re.compile(rf"\b({'|'.join(_SEASONS)})\b", re.IGNORECASE)
_MEANT = {
    "heist": "Crime", "caper": "Crime", "zombie": "Horror", "slasher": "Horror", "vampire": "Horror", "spy": "Thriller",
    "superhero": "Action", "space": "Sci-Fi", "alien": "Sci-Fi",
}  # fmt: skip


def is_pitch(said: str) -> bool:
    """Whether a sentence speaks of some film to be made ("a heist film") and not of one by its title."""
    return bool(_NEW.search(said)) and not _EXAMPLE.search(said)


def pitched(said: str, read: Understanding, today: date | None = None) -> dict[str, Any]:
    """What a sentence says of a film that isn't made yet, as fields of the import format; {} if nothing."""
    today = today or datetime.now(UTC).date()
    filters = read.plan.filters
    words = set(re.findall(r"\w+", fold(said)))
    genres = [*filters.genres_all, *filters.genres_any, *(str(wish.value) for wish in read.plan.soft if wish.kind == "genre")]
    genres += [genre for word, genre in _MEANT.items() if word in words]
    people = [*filters.people, *filters.people_any, *(str(wish.value) for wish in read.plan.soft if wish.kind == "person")]
    directors = _BY.findall(said)
    cast = [name for group in _WITH.findall(said) for name in re.split(r",\s*(?:and\s+)?|\s+and\s+", group) if name]
    named = {fold(name) for name in (*directors, *cast)}
    cast += [name for name in people if fold(name) not in named]
    known = {
        "budget": money_in(said),
        "genres": list(dict.fromkeys(genres)),
        "directors": [_spelt(name, people) for name in directors],
        "cast": [_spelt(name, people) for name in cast],
        "runtime": filters.runtime_max or filters.runtime_min,
        "keywords": [keyword for word, keyword in (("sequel", "sequel"), ("3d", "3d"), ("independent", "independent film")) if word in words],
        **_opening(said, read, today),
    }  # fmt: skip
    return {name: value for name, value in known.items() if value}


def money_in(said: str) -> int | None:
    """The first amount of money in a sentence, in whole dollars (other currencies are taken for dollars)."""
    for found in _AMOUNT.finditer(said):
        unit = (found["unit"] or "").lower()
        if not (found["sign"] or found["dollars"] or (unit and unit not in ("b", "k", "m"))):
            continue
        amount = float(found["number"].replace(",", "")) * _UNITS.get(unit[:1], 1.0)
        return int(min(amount, 2.0**53 - 1))
    return None


def _opening(said: str, read: Understanding, today: date) -> dict[str, Any]:
    """`release_date` (the middle of a month) or `year`; a month without a year is the next one to come."""
    filters = read.plan.filters
    year = filters.year_min if filters.year_min and filters.year_min == filters.year_max else None
    month = None
    if found := _MONTH.search(said):
        month = _MONTHS.index(found[1].lower()) + 1
        year = int(found[2]) if found[2] else year
    elif found := _SEASON.search(said):
        month = _SEASONS[found[1].lower()]
    if month is None:
        return {"year": year}
    year = year or (today.year if month > today.month else today.year + 1)
    return {"release_date": date(year, month, 15).isoformat()}


def _spelt(name: str, people: list[str]) -> str:
    """The catalogue's spelling of a name, where it has the person."""
    return next((known for known in people if fold(known) == fold(name)), name)
