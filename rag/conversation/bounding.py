"""Wishes and comparisons made hard bounds: "recent" where enough films remain, "shorter" than the films on the table, "make that 80".

Does not know what else a follow-up changes (`revision.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

from movies.movie import Filters, Movie
from movies.vocabulary import fold
from rag.plan import Plan, Relative, Wish
from rag.reading.measures import read_runtime
from rag.reading.moods import MOODS
from rag.reading.tokens import tokenize

_ENOUGH = 2  # films that must remain for a wish to become a constraint
_MEANT = 0.5  # weight from which a wish was said outright, or asked for "if possible"
_IDEALLY = 0.7  # the weight of a person who was asked for with a hedge
_LISTS = {"genre": "genres_all", "language": "languages", "country": "countries"}
_SLACK = (0, 5, 10, 15)  # years by which "recent" and "old" give way until enough films remain
_NUMBER_ONLY = re.compile(
    r"(?:(?:and|or|ok(?:ay)?|no|actually|well|then|sorry|in|from|say|up to|max|at most|(?P<end>under|below|less than|shorter than|within|over|above|more than|longer than|at least)|(?:longer|shorter|more|less|older|newer) is (?:ok|okay|fine|good)|let'?s (?:say|make it)|make (?:it|that)|what about|how about|better|rather)[, ]+)*"
    r"(?P<n>\d{2,4})(?: ?(?:minutes|min|mins|m))?(?:[, ]+(?:then|instead|max(?:imum)?|tops|at most|please|rather))*\s*[?!.]*"
)
_OTHER_END = dict.fromkeys(("under", "below", "less than", "shorter than", "within"), "_min") | dict.fromkeys(
    ("over", "above", "more than", "longer than", "at least"), "_max"
)
_ALLOWED = re.compile(
    r"(?:[, ]+(?:is|are|was|would be|will be|also|too|as well|just as|perfectly|still))*[, ]+(?:ok|okay|fine|alright|all right|good|possible|acceptable)(?:[, ]+(?:too|also|as well|with me|by me|then|for me))*[\s.!]*$"
)
_FILLER = re.compile(
    r"^(?:(?:ok(?:ay)?|no|well|then|sorry|make it|say|rather|what about|how about)[, ]+)+|(?:[, ]+(?:then|instead|please|rather))+[\s?!.]*$|[\s?!.]+$"
)


def firm(plan: Plan, before: Plan, count: Callable[[Filters], int]) -> Plan:
    """The plan with new wishes made hard where enough films remain: the catalogue decides how literally a word is taken.

    Moods that are a genre in all but name ("something scary"), and "recent", "old", "short", "not too long".
    Such a genre goes again with its mood.
    """
    filters = plan.filters
    gone = {_genre_of(wish) for wish in before.soft} - {_genre_of(wish) for wish in plan.soft} - {""}
    if gone & set(filters.genres_all) and filters.genres_all == before.filters.genres_all:
        filters = filters.model_copy(update={"genres_all": tuple(name for name in filters.genres_all if name not in gone)})
    moods = [Wish(kind="mood", value=r.name) for r in plan.relative if r.kind == "mood" and r.direction > 0]
    known = [*before.soft, *(Wish(kind="mood", value=r.name) for r in before.relative if r.kind == "mood")]
    soft = list(plan.soft)
    for wish in [*sorted(plan.soft, key=_reach), *moods]:
        if wish in known:
            continue
        tried = (filters.model_copy(update=change) for change in _narrowings(wish, filters))
        if held := next((narrower for narrower in tried if count(narrower) >= _ENOUGH), None):
            filters = held
            soft = [other for other in soft if other is not wish or wish.kind == "mood"]  # nothing is left to wish for
    return plan.model_copy(update={"filters": filters, "soft": tuple(soft)})


def _reach(wish: Wish) -> float:
    """The upper end of a wish, so that of two lengths the shorter is tried first."""
    high = wish.value[1] if isinstance(wish.value, tuple) else None
    return float("inf") if high is None else float(high)


def _narrowings(wish: Wish, filters: Filters) -> Iterator[dict[str, Any]]:
    """Hard readings of a wish, the strictest first."""
    genre = _genre_of(wish)
    if genre and genre not in {*filters.genres_none, *filters.genres_all}:
        yield {"genres_all": (*filters.genres_all, genre)}
    elif wish.kind == "person" and wish.weight == _IDEALLY and isinstance(wish.value, str):  # "ideally with Hugh Grant"
        if not filters.people:
            yield {"people": (wish.value,)}
    elif wish.kind in _LISTS and wish.weight == _MEANT and isinstance(wish.value, str):  # "a thriller, maybe"
        name = _LISTS[wish.kind]
        if not getattr(filters, name) and not (wish.kind == "genre" and wish.value in filters.genres_none):
            yield {name: (wish.value,)}
    elif wish.kind in ("years", "runtime") and wish.weight >= _MEANT and isinstance(wish.value, tuple):
        low, high = (None if value is None else int(value) for value in wish.value)
        names = ("year_min", "year_max") if wish.kind == "years" else ("runtime_min", "runtime_max")
        if any(getattr(filters, name) is not None for name in names):
            return
        vague = wish.kind == "years" and wish.weight > _MEANT  # "recent", rather than "before 1980, preferably"
        for slack in _SLACK if vague else (0,):
            if vague and high and not low:
                high_now: int | None = high - _SLACK[-1] + slack
            else:
                high_now = high
            yield dict(zip(names, (low - slack if low else None, high_now), strict=True))


def _genre_of(wish: Wish) -> str:
    """The genre a mood stands for, when it is asked for outright; else empty."""
    outright = wish.kind == "mood" and wish.weight >= 1 and isinstance(wish.value, str) and wish.value in MOODS
    return MOODS[str(wish.value)].rules_out if outright else ""


def renumbered(said: str, plan: Plan) -> Plan | None:
    """ "Make that 80", "two hours would be fine too": another number for the one bound there is; None if the sentence is something else."""
    text = fold(said).strip()
    found = _NUMBER_ONLY.fullmatch(text)
    tokens = [] if found else tokenize(_FILLER.sub("", _ALLOWED.sub("", text)))
    length = read_runtime(tokens, 0) if tokens else None
    if length is not None and length.end == len(tokens) and length.cue == "bare" and length.high:
        number = round(((length.low or length.high) + length.high) / 2)
    elif found:
        number = int(found["n"])
    else:
        return None
    filters = plan.filters.chosen()
    for low, high, sensible in (("runtime_min", "runtime_max", range(20, 400)), ("year_min", "year_max", range(1900, 2101))):
        names = [name for name in (low, high) if name in filters]
        if (
            number in sensible
            and len(names) == 1
            and not (found and found["end"] and names[0].endswith(_OTHER_END[found["end"]]))
        ):
            return plan.model_copy(update={"filters": Filters(**{**filters, names[0]: number})})
        if number in sensible and len(names) == 2 and low == "runtime_min" and _ALLOWED.search(text):
            wider = {low: min(number, filters[low]), high: max(number, filters[high])}
            return plan.model_copy(update={"filters": Filters(**{**filters, **wider})})
        if number in sensible and names and low == "year_min":
            return plan.model_copy(update={"filters": Filters(**{**filters, low: number, high: number})})
    return None


def bounded(plan: Plan, table: Sequence[Movie]) -> Plan:
    """Comparisons of length, year and rating made hard bounds against the films they compare with."""
    filters = plan.filters.chosen()
    left: list[Relative] = []
    for relative in plan.relative:
        bound = _bound(relative, table)
        if relative.kind in ("mood", "popularity"):
            left.append(relative)
        elif bound:
            name, value = bound
            old = filters.get(name)
            filters[name] = value if old is None else (max if name.endswith("_min") else min)(old, value)
    if (filters.get("year_min") or 0) > (filters.get("year_max") or 9999):  # "older" than a decade that was asked for
        filters.pop("year_min" if any(r.kind == "year" and r.direction < 0 for r in plan.relative) else "year_max")
    if (filters.get("runtime_min") or 0) > (filters.get("runtime_max") or 99_999):
        filters.pop("runtime_min" if any(r.kind == "runtime" and r.direction < 0 for r in plan.relative) else "runtime_max")
    return plan.model_copy(update={"filters": Filters(**filters), "relative": tuple(left)})


def _bound(relative: Relative, table: Sequence[Movie]) -> tuple[str, float] | None:
    """("runtime_max", 119) for "shorter" than films of 120 minutes in the middle."""
    fields = {"runtime": "runtime", "year": "year", "rating": "rating"}
    field = fields.get(relative.kind)
    values = [value for film in table if field and (value := getattr(film, field)) is not None]
    if not values:
        defaults = {
            ("runtime", -1): ("runtime_max", 100),
            ("runtime", 1): ("runtime_min", 130),
            ("year", -1): ("year_max", 1979),
            ("year", 1): ("year_min", 2010),
        }
        return defaults.get((relative.kind, relative.direction))
    middle = median(values)
    if relative.kind == "rating":
        return ("rating_min", middle + 0.1) if relative.direction > 0 else None
    step = 1 if relative.direction > 0 else -1
    return f"{field}_{'min' if step > 0 else 'max'}", int(middle) + step if step > 0 or middle == int(middle) else int(middle)
