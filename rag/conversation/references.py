"""What "it", "the second one", "the French one" or "number 3" points to among the films on the table.

Knows the films last shown and the one talked about. Titles written out are found by the sentence
reader (`mentions.py`); which act a sentence is, `dialogue.py` decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from movies.catalogue import Catalogue, fts_query
from movies.movie import Filters, Movie
from movies.vocabulary import fold
from rag.lexical import content_words, stem
from rag.reading.understanding import Vocabulary, understand

_ORDINALS = {
    "first": 0, "1st": 0, "top": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4, "5th": 4,
    "sixth": 5, "6th": 5, "seventh": 6, "7th": 6, "eighth": 7, "8th": 7, "ninth": 8, "9th": 8, "tenth": 9, "10th": 9,
    "last": -1, "final": -1, "bottom": -1,
}  # fmt: skip
NUMBERS = {word: n for n, word in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1)}
_THING = r"(?:\s+(?:one|film|movie|title|suggestion|result|pick|of (?:them|these|those)|of the (?:two|three|four|five|lot|bunch)|on (?:the|your) list))"
_ORDINAL = re.compile(
    rf"\bthe\s+(?:very\s+)?({'|'.join(_ORDINALS)})(?:{_THING}\b|(?=\s*(?:$|[?!.,;]|(?:is|was|has|looks?|sounds?|but|and|instead|please|again|about)\b)))"
    rf"|\b({'|'.join(_ORDINALS)}){_THING}\b"
)
_NUMBERED = re.compile(rf"(?:\b(?:number|no\.?|nr\.?|film|movie|option|result)\s+|#\s?)(\d{{1,2}}|{'|'.join(NUMBERS)})\b")
_STOP = r"\s*(?:$|[?!.,;:–—-]|(?:out )?of (?:those|these|them)\b"
_DESCRIBED = re.compile(
    r"\bthe\s+((?:[\w'’-]+\s+){0,3}?)one(?:\s+("
    rf"(?:where|in which|that|who)\s+.+?(?={_STOP}))|"  # a clause goes on behind "is"
    rf"(?:with|by|from|about|on|starring|set|in)\s+.+?(?={_STOP}|(?:is|was|has|but|and|please|sounds|looks|i|we)\b|about\W*$))))?"
    rf"(?={_STOP}|(?:is|was|has|but|and|please|sounds|looks|i|we)\b|(?:ok |okay |good |suitable |right |all right )?for (?:kids|children|adults|families|my)\b|about\W*$))"
)
_POINTING = re.compile(
    r"\b(?:it|its|it's|(?:that|this)(?! (?:recent|old|new|long|short|much|many|good|bad|scary|sad|dark|funny|violent|is|are|isn't|would|was|i|we|have|has)\b)|that's|that one|this one|(?:that|this|the) (?:film|movie|one)|he|she|him|her|they)\b"
)
_EXTREMES = {
    "longer": ("runtime", True), "shorter": ("runtime", False), "newer": ("year", True), "older": ("year", False), "earlier": ("year", False), "made more": ("revenue", True), "made the most": ("revenue", True), "earned more": ("revenue", True), "made less": ("revenue", False), "better rated": ("rating", True), "better rating": ("rating", True), "higher rating": ("rating", True), "best rating": ("rating", True), "highest rating": ("rating", True), "later": ("year", True),
    "longest": ("runtime", True), "shortest": ("runtime", False), "newest": ("year", True), "latest": ("year", True), "most recent": ("year", True),
    "oldest": ("year", False), "earliest": ("year", False), "best rated": ("rating", True), "highest rated": ("rating", True),
}  # fmt: skip
_OTHER = re.compile(r"\bthe other (?:one|film|movie)\b|\bthe other(?=\W*$)")
_NOT_THE = re.compile(r"\bnot (?:the )?([\w'’ ]{2,30}?)(?: one| film)?\W*(?:but )?$")
_LOOKED_AT = 5  # films with the most telling of some words, for one that has them all
_EXTREME = re.compile(rf"\b({'|'.join(_EXTREMES)})\b")
_OF_SEVERAL = re.compile(rf"\bthe ({'|'.join(_EXTREMES)}) of (?:the (?:two|three|four|five|lot)|them|those|these)\b")


@dataclass(frozen=True)
class Table:
    """The films last shown, in order, and the one talked about (or None).

    `beyond`: the film that fits the request, was not shown, and whose record has all of some words.
    """

    shown: Sequence[Movie]
    focus: Movie | None = None
    beyond: Callable[[str], Movie | None] = lambda _: None

    @property
    def it(self) -> Movie | None:
        """What a bare "it" means: the film talked about, else the first one shown."""
        return self.focus or (self.shown[0] if self.shown else None)


@dataclass(frozen=True)
class Reference:
    """Films pointed to, and where in the folded sentence (`start`, `end`)."""

    films: tuple[Movie, ...]
    start: int
    end: int
    explicit: bool = True  # "the second one", rather than "it"


def refer(sentence: str, table: Table, vocabulary: Vocabulary) -> Reference | None:
    """The film on the table that a sentence points to, the plainest way of pointing first; None if it doesn't."""
    text = fold(sentence)
    if not table.shown and table.focus is None:
        return None
    for pattern in (_ORDINAL, _NUMBERED):
        if found := pattern.search(text):
            word = next(group for group in found.groups() if group)
            place = _ORDINALS[word] if word in _ORDINALS else (NUMBERS.get(word) or int(word)) - 1
            if -len(table.shown) <= place < len(table.shown):
                return Reference((table.shown[place],), *found.span())
    if found := re.search(
        r"\b(?:both|all) of (?:them|these|those)\b|\bthem all\b|\bthem both\b|\b(?:these|those|them)\b", text
    ):
        return Reference(tuple(table.shown), *found.span(), explicit=False)
    if (found := _OTHER.search(text)) and len(table.shown) > 1:
        away = _refused(text[: found.start()], table, vocabulary) or ([table.it.id] if table.it else [])
        other = next((film for film in table.shown if film.id not in away), table.shown[0])
        return Reference((other,), *found.span())
    if (found := _OF_SEVERAL.search(text)) and (best := extreme_of(found[1], table.shown)):
        return Reference((best[1],), *found.span())
    if (found := _DESCRIBED.search(text)) and (film := _described(found, table, vocabulary)):
        return Reference((film,), *found.span())
    if (found := _POINTING.search(text)) and table.it:
        return Reference((table.it,), *found.span(), explicit=False)
    return None


def extreme_of(sentence: str, films: Sequence[Movie]) -> tuple[str, Movie] | None:
    """("longest", the film) when a sentence asks which of the films is the most something."""
    found = _EXTREME.search(fold(sentence))
    if found is None:
        return None
    field, most = _EXTREMES[found.group(1)]
    known = [film for film in films if getattr(film, field) is not None]
    if not known:
        return None
    return found.group(1), (max if most else min)(known, key=lambda film: getattr(film, field))


def _refused(before: str, table: Table, vocabulary: Vocabulary) -> list[str]:
    """Ids of the films that "not the Keaton" puts aside, in front of "the other one"."""
    found = _NOT_THE.search(before)
    filters = understand(f"films by {found[1]}", vocabulary).plan.filters if found else None
    filters = filters or (understand(f"{found[1]} films", vocabulary).plan.filters if found else None)
    return [film.id for film in table.shown if passes(film, filters)] if filters else []


def _described(found: re.Match[str], table: Table, vocabulary: Vocabulary) -> Movie | None:
    """ "the French one", "the one with De Niro", "the shortest one": the first film shown that fits."""
    words = f"{found.group(1)} {found.group(2) or ''}".strip()
    if not words or words in ("other", "next", "only", "same", "right", "wrong"):
        return None
    if best := extreme_of(words, table.shown):
        return best[1]
    plan = understand(f"films {found.group(2)}" if found.group(2) else f"{found.group(1)} films", vocabulary).plan
    fitting = [film for film in table.shown if plan.filters and passes(film, plan.filters)]
    if not fitting:  # by the words of its story; "football" may be no genre of a film all the same
        words_left = {stem(word) for word in content_words(plan.query or words)}
        shared = [len(words_left & {stem(word) for word in content_words(_text(film))}) for film in table.shown]
        most = max(shared, default=0)  # all of the words, or half of them for one film alone
        if most <= 1 < len(words_left) and found.group(2) and (better := table.beyond(plan.query or words)):
            return better
        if most and (most == len(words_left) or (2 * most >= len(words_left) and shared.count(most) == 1)):
            fitting = [film for film, words in zip(table.shown, shared, strict=True) if words == most]
    told = not (fitting or plan.filters or plan.soft or plan.relative or found.group(2))
    return fitting[0] if fitting else table.beyond(plan.query) if told else None


def fitting_beyond(words: str, catalogue: Catalogue, filters: Filters) -> Movie | None:
    """The film that passes the filters and whose title, plot, people or labels have all of the words; None if no film has."""
    asked = content_words(words)
    keys = catalogue.filter_keys(filters).tolist() if filters else None
    for key, _ in catalogue.words(fts_query(asked), _LOOKED_AT, keys) if asked else ():
        film = catalogue.by_key([key])[key]
        if {stem(word) for word in asked} <= {stem(word) for word in content_words(_text(film))}:
            return film
    return None


def passes(film: Movie, filters: Filters) -> bool:
    """Whether one film satisfies filters (the catalogue's own rules, for a film at hand)."""
    return not failed(film, filters)


def failed(film: Movie, filters: Filters) -> list[str]:
    """The names of the constraints a film does not satisfy."""
    genres, people, countries = ({fold(name) for name in names} for names in (film.genres, film.people, film.countries))

    def any_of(names: Sequence[str], having: set[str]) -> bool:
        return any(fold(name) in having for name in names)

    def within(value: float | None, low: float | None, high: float | None) -> bool:
        return value is not None and (low is None or value >= low) and (high is None or value <= high)

    holds = {
        "genres_any": any_of(filters.genres_any, genres), "genres_all": all(fold(name) in genres for name in filters.genres_all),
        "genres_none": not any_of(filters.genres_none, genres), "languages": film.language in filters.languages,
        "countries": any_of(filters.countries, countries), "people": all(fold(name) in people for name in filters.people),
        "people_any": any_of(filters.people_any, people), "people_none": not any_of(filters.people_none, people),
        "rating_min": within(film.rating, filters.rating_min, None),
        "year_min": within(film.year, filters.year_min, None), "year_max": within(film.year, None, filters.year_max),
        "runtime_min": within(film.runtime, filters.runtime_min, None), "runtime_max": within(film.runtime, None, filters.runtime_max),
        "has_poster": (film.poster is not None) == filters.has_poster,
    }  # fmt: skip
    return [name for name in filters.chosen() if not holds[name]]


def _text(film: Movie) -> str:
    return " ".join((film.title, film.plot, *film.people, *film.genres, *film.keywords, *film.countries))
