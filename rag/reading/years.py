"""Release years in a sentence: "1995", "the late 80s", "before 1960", "from the 70s or 80s", "the last ten years".

Does not know whether "in 1917" is when a film was made or when its story is set: that is decided in
`understanding.py`, which is told how the year was introduced (`Measure.cue`).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from rag.reading.measures import BOUNDS, INVERSE, Measure, Tokens, afterwards, bounded, word_at
from rag.reading.tokens import Phrases

_DECADES = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fourties": 1940, "fifties": 1950, "sixties": 1960,
    "seventies": 1970, "eighties": 1980, "nineties": 1990, "noughties": 2000, "aughts": 2000,
}  # fmt: skip
_DECADE = re.compile(r"(?:(1[89]|20)([0-9])0|([0-9])0)'?s(?:ish)?")
_PARTS = {"early": (0, 4), "mid": (3, 7), "middle": (3, 7), "late": (6, 9)}
_CENTURIES = Phrases.listed({1901: "20th century, twentieth century", 2000: "21st century, twenty first century"})
YEAR_WORDS = frozenset(_DECADES) | frozenset(_PARTS) | {"year", "years", "decade", "decades", "century"}
_RELEASED = Phrases.listed(
    {
        "made": "from, made in, released in, out in, came out in, shot in, released, dated, between, made, of",
        "in": "in, during, in the year",
    }
)


def read_years(tokens: Tokens, at: int, today: date) -> Measure | None:
    """A release year, decade, century or span of years that begins at token `at`."""
    negated, bound, place = bounded(tokens, at)
    introduced = _RELEASED.match(tokens, place) if place < len(tokens) and bound in (None, "about") else None
    cue: Literal["bound", "made", "in", "bare"] = "bare"
    if introduced:
        place = introduced[0]
        cue = "made" if introduced[1] == "made" else "in"
        if bound is None and place < len(tokens) and (later := BOUNDS.match(tokens, place)):
            place, bound = later  # "made before", "from around"
    span = _last_years(tokens, place, today) or _year_list(tokens, place, today)
    if span is None:
        return None
    low, high, end = span
    after, end = afterwards(tokens, end) if bound is None else (None, end)
    bound = bound or after
    if bound is None:
        return Measure("years", low, high, end, "made" if negated and cue == "bare" else cue, negated)
    if negated:
        bound = INVERSE[bound]
    if bound == "about":
        return Measure("years", low - 2 if low == high else low, high + 2 if low == high else high, end, "bound")
    limits = {"below": (None, low - 1), "until": (None, high), "above": (high + 1, None), "from": (low, None)}
    return Measure("years", *limits[bound], end, "bound")


def _year_list(tokens: Tokens, at: int, today: date) -> tuple[int, int, int] | None:
    """One year or decade, or several joined by to, and, or, / or a hyphen: the span they cover."""
    first = _year(tokens, at, today)
    if first is None:
        return None
    low, high, end = first
    while end < len(tokens):
        joint = end + 1 if tokens[end].fold in {"to", "and", "or", "/", "-", "–", "through", "until", "till", ","} else end
        if joint == end and not tokens[end].glued:
            break
        if word_at(tokens, joint) == "from":
            joint += 1
        another = _year(tokens, joint, today)
        if another is None and tokens[min(joint, len(tokens) - 1)].glued and re.fullmatch(r"\d\d", word_at(tokens, joint)):
            another = (low, low // 100 * 100 + int(tokens[joint].fold), joint + 1)  # 1990-99
        if another is None:
            break
        low, high, end = min(low, another[0]), max(high, another[1]), another[2]
    return low, high, end


_CENTURY_SAID = {"eighteen": 1800, "nineteen": 1900, "twenty": 2000}


def _year_in_words(tokens: Tokens, at: int) -> tuple[int, int] | None:
    """(year, end) of "nineteen sixty", "nineteen eighty-four", "twenty ten", "two thousand and five"."""
    if word_at(tokens, at) == "two" and word_at(tokens, at + 1) == "thousand":
        more = at + 2 + (word_at(tokens, at + 2) == "and")
        ones = tokens[more].number if more < len(tokens) else None
        return (2000 + int(ones), more + 1) if ones and ones < 30 else (2000, at + 2)
    start = _CENTURY_SAID.get(word_at(tokens, at))
    tens = tokens[at + 1].number if start and at + 1 < len(tokens) and tokens[at + 1].text.isalpha() else None
    if start is None or tens is None or not 10 <= tens < 100:
        return None
    ones = tokens[at + 2].number if tens % 10 == 0 and at + 2 < len(tokens) and tokens[at + 2].text.isalpha() else None
    return (start + int(tens + ones), at + 3) if ones and ones < 10 else (start + int(tens), at + 2)


def _year(tokens: Tokens, at: int, today: date) -> tuple[int, int, int] | None:
    while word_at(tokens, at) in {"the", "'", "’", "‘", "year", "years"}:
        at += 1
    part = _PARTS.get(word_at(tokens, at))
    if part:
        at += 1
        while word_at(tokens, at) in {"to", "of", "the", "'", "’"} or word_at(tokens, at) in _PARTS:
            part = (part[0], _PARTS.get(word_at(tokens, at), part)[1])
            at += 1
    if word_at(tokens, at) in _CENTURY_SAID and word_at(tokens, at + 1) in _DECADES:  # "the nineteen eighties"
        at += 1
    word = word_at(tokens, at)
    if not word:
        return None
    start = _DECADES.get(word)
    if start is None and (found := _DECADE.fullmatch(word)):
        if found.group(3) is not None:
            short = int(found.group(3)) * 10
            start = 2000 + short if short in (0, 10) else 1900 + short
        else:
            start = int(found.group(1) + found.group(2) + "0")
    if start is not None and start <= today.year:
        first, last = part or (0, 9)
        return start + first, start + last, at + 1
    if century := _CENTURIES.match(tokens, at):
        return century[1], century[1] + 99, century[0]
    if (said := _year_in_words(tokens, at)) and 1874 <= said[0] <= today.year + 5:
        return said[0], said[0], said[1]
    if re.fullmatch(r"(?:1[89]|20)\d\d", word) and 1874 <= int(word) <= today.year + 5:
        return int(word), int(word), at + 1
    return None


def _last_years(tokens: Tokens, at: int, today: date) -> tuple[int, int, int] | None:
    """ "the last ten years", "the past decade", "this year"."""
    if word_at(tokens, at) in {"the", "within"}:
        at += 1
    word, after = word_at(tokens, at), word_at(tokens, at + 1).removesuffix("'s")
    if word == "this" and after in {"year", "decade", "century", "millennium"}:
        start = {"year": today.year, "decade": today.year // 10 * 10, "century": 2000, "millennium": 2000}[after]
        return start, today.year, at + 2
    if word not in {"last", "past", "previous"}:
        return None
    if after == "year" and word == "last":
        return today.year - 1, today.year - 1, at + 2
    if after in {"year", "decade"}:
        return today.year - (10 if after == "decade" else 1), today.year, at + 2
    at += 1
    if word_at(tokens, at) == "couple":
        number, at = 2.0, at + (2 if word_at(tokens, at + 1) == "of" else 1)
    elif word_at(tokens, at) in {"few", "several", "handful"}:
        number, at = 5.0, at + 1
    else:
        number, at = (tokens[at].number or 0.0) if at < len(tokens) else 0.0, at + 1
    unit = {"year": 1, "years": 1, "decade": 10, "decades": 10}.get(word_at(tokens, at))
    if not unit or not 1 <= number * unit <= 150:
        return None
    return today.year - int(number * unit), today.year, at + 1
