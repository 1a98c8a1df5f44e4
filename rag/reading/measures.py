"""Running times and ratings in a sentence, and the words that bound a measure ("under", "or later").

Each reader looks at the tokens from one place on and answers with a `Measure` or None. Does not
know the rest of the sentence, nor years (`years.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.reading.tokens import Phrases, Token, word_set

Tokens = Sequence[Token]
Bound = Literal["below", "until", "above", "from", "about"]
INVERSE: dict[Bound, Bound] = {"below": "from", "until": "above", "above": "until", "from": "below", "about": "about"}


@dataclass(frozen=True)
class Measure:
    """A bound read from tokens up to `end` (exclusive): `low` and `high` inclusive, either open.

    Years are whole years, runtimes minutes, ratings 0–10. `cue`: `bound` (said with a limit, "before"),
    `made` ("from", "released in"), `in` ("in 1995") or `bare` ("1995"). `negated`: films outside it are meant.
    """

    kind: Literal["years", "runtime", "rating"]
    low: float | None
    high: float | None
    end: int
    cue: Literal["bound", "made", "in", "bare"]
    negated: bool = False


_NOT = Phrases.listed({True: "not, no, nothing, none, never, nor, isn't, aren't, not anything, don't want, without"})
_NOT_FILLER = word_set("film films movie movies made released that that's is are which was were shot anything any stuff to be")
BOUNDS: Phrases[Bound] = Phrases.listed(
    {
        "below": """before, prior to, pre, older than, earlier than, under, less than, below, shorter than, fewer than
            lower than, <""",
        "until": """until, till, up to, up until, at most, max, maximum, a maximum of, max of, maximum of, no more than
            not more than, no longer than, not longer than, within, no later than, not later than, not exceeding
            no newer than, i have, we have, i've got, we've got, i only have, we only have, i've only got, we've only got
            i have only, we have only, i have got, i got, i have about, we have about, he has, she has, they have
            he only has, she only has, they only have, he's got, she's got, they've got, limit of, limit at, limit to, ceiling of
            limit is, limit it to, limit them to, limited to, capped at, cap at, cap of, cap it at, keep it to, keep to""",
        "above": """after, later than, newer than, more recent than, younger than, post, over, more than, above, longer than
            exceeding, higher than, better than, greater than, >""",
        "from": """since, starting in, starting from, at least, no less than, not less than, no shorter than
            not shorter than, minimum, min, a minimum of, minimum of, no earlier than, no older than""",
        "about": "around, about, roughly, approximately, approx, circa, ~, some, around about",
    }
)
_AFTERWARDS: Phrases[Bound] = Phrases.listed(
    {
        "until": """or less, or shorter, or under, or earlier, or older, or before, and earlier, and before, and older, max
            maximum, tops, at most, or lower, at the most, long max, at the latest, at the very most, at the longest
            at the very longest, absolute maximum, absolute max, and no more, and no longer, and not a minute more
            and not a second more, not a minute more, not a second more, and that's it, is all, is plenty, is enough""",
        "from": """until today, until now, up to now, up to today, to the present, till now, till today, to this day, or more, or longer, or over, or later, or newer, or after, or higher, or above, or better, or up, and up
            and above, and over, and later, and newer, and after, and higher, onward, onwards, and onward, and onwards, on
            minimum, at least, plus, +, or more recent, at the very least, at the earliest""",
        "about": "or so, ish, or thereabouts, give or take",
    }
)


_BEHIND_ON = word_set("that that's which with without and but or please only no not nothing by starring in under over")


def bounded(tokens: Tokens, at: int) -> tuple[bool, Bound | None, int]:
    """(negated, bound, end) of "nothing made before": the words in front of a measure."""
    place, negated = at, False
    if found := BOUNDS.match(tokens, place):  # "no more than" is a bound, not a negation
        return False, found[1], found[0]
    if refusal := _NOT.match(tokens, place):
        place, negated = refusal[0], True
        while place < len(tokens) and tokens[place].fold in _NOT_FILLER:
            place += 1
    if place < len(tokens) and tokens[place].fold == "from" and place + 1 < len(tokens) and BOUNDS.match(tokens, place + 1):
        place += 1  # "from before 1980"
    if place < len(tokens) and (found := BOUNDS.match(tokens, place)):
        return negated, found[1], found[0]
    return negated, None, place


def afterwards(tokens: Tokens, at: int) -> tuple[Bound | None, int]:
    found = _AFTERWARDS.match(tokens, at) if at < len(tokens) else None
    goes_on = found is not None and tokens[at].fold == "on" and at + 1 < len(tokens) and tokens[at + 1].is_word
    if found is None or (goes_on and tokens[at + 1].fold not in _BEHIND_ON):
        return None, at  # "from 1990 on, with …" bounds, "from 1990 on Mars" does not
    if (
        BOUNDS.match(tokens, at)
        and found[0] < len(tokens)
        and (tokens[found[0]].number or tokens[found[0]].fold in {"a", "an"})
    ):
        return None, at  # "from the nineties, at most" bounds, "from the nineties at most two hours" bounds what follows
    return found[1], found[0]


def word_at(tokens: Tokens, at: int) -> str:
    return tokens[at].fold if 0 <= at < len(tokens) else ""


# -- running times -----------------------------------------------------------------------------

_HOURS, _MINUTES = {"h", "hr", "hrs", "hour", "hours"}, {"m", "min", "mins", "minute", "minutes", "'", "’", "′"}
_MOST_HOURS = 6  # a film may last, where a number alone is read as hours
_PLURALS = {"hours", "hrs", "minutes", "mins", "half"}  # how an amount of time ends: "an hour and a half"
_CLOCK = re.compile(r"(?:(\d{1,2}(?:[.,]\d+)?)(?:h|hrs?|hours?)(?:(\d{1,2})(?:m|mins?)?)?|(\d{1,4})(?:m|mins?|minutes?))")
MEASURE_WORDS = BOUNDS.words() | _AFTERWARDS.words() | {word for word in _HOURS | _MINUTES if len(word) > 2}
_PARTS = Phrases.listed({0.5: "and a half, and half", 0.25: "and a quarter", 0.75: "and three quarters"})
_LENGTH = Phrases.listed(
    {
        True: """runtime, running time, run time, length, runtime of, running time of, length of, a runtime of, lasting
            lasts, a running time of, duration, a duration of, a length of, runs, running, clocking in at, runtime is""",
    }
)


def read_runtime(tokens: Tokens, at: int) -> Measure | None:
    """A running time with or without a limit: "under two hours", "1h40 max", "90-120 min", "a two hour film"."""
    named = _LENGTH.match(tokens, at)
    place = named[0] if named else at
    if place >= len(tokens):
        return None
    negated, bound, place = bounded(tokens, place)
    while word_at(tokens, place) in {"between", "from", "only", "just", "exactly", "precisely"} or (
        bound and word_at(tokens, place) == "about"
    ):
        place += 1
    first = read_duration(tokens, place)
    joint, loose = place, None
    if first is None and place < len(tokens) and (loose := tokens[place].number) is not None:
        joint = place + 1
    elif first is not None:
        joint = first[1]
    if word_at(tokens, joint) in {"to", "and", "-", "–", "or"}:
        joint += 1
    elif not (joint < len(tokens) and tokens[joint].glued):
        joint = place
    second = read_duration(tokens, joint) if joint > place else None
    hours = (tokens[joint].number if joint < len(tokens) else None) or 0.0
    if second is None and first and 1 <= hours <= _MOST_HOURS:  # "between two hours and two and a half"
        part, end = _fraction(tokens, joint + 1)
        second = (hours + part) * 60, end
    if second and (first or loose is not None) and bound is None:
        last = tokens[second[1] - 1].fold
        low = first[0] if first else (loose or 0) * (60 if last in _HOURS else 1)
        if 0 < low < second[0] <= 6000:
            return Measure("runtime", round(low), round(second[0]), second[1], "bound", negated)
    if first is None and named and bound and loose is not None and 20 <= loose <= 600:
        first = (loose, place + 1)  # "runtime under 100"
    if first is None or not 1 <= first[0] <= 6000:
        return None
    minutes, end = round(first[0]), first[1]
    if word_at(tokens, end) == "long" or (word_at(tokens, end), word_at(tokens, end + 1)) == ("in", "length"):
        end += 1 if word_at(tokens, end) == "long" else 2
    after, end = afterwards(tokens, end) if bound is None else (None, end)
    bound = bound or after
    if negated and bound:
        bound = INVERSE[bound]
    if bound in ("below", "until"):
        return Measure("runtime", None, minutes, end, "bound")
    if bound in ("above", "from"):
        return Measure("runtime", minutes, None, end, "bound")
    alone = at == 0 and not (end < len(tokens) and tokens[end].is_word)  # "one hour."
    if not (bound or named or negated) and (alone or tokens[first[1] - 1].fold in _PLURALS) and minutes > 30:
        return Measure("runtime", None, minutes, end, "bare")  # "two hours" is what there is, "a two hour film" how long one is
    margin = max(10, round(minutes / 10))
    return Measure("runtime", max(1, minutes - margin), minutes + margin, end, "bound" if bound or named else "bare", negated)


def read_duration(tokens: Tokens, at: int) -> tuple[float, int] | None:
    """(minutes, end) of "1h40", "1 h 40 min", "two and a half hours", "an hour and a half"."""
    word = word_at(tokens, at)
    if found := _CLOCK.fullmatch(word):
        if found.group(3):
            return float(found.group(3)), at + 1
        minutes = float(found.group(1).replace(",", ".")) * 60 + float(found.group(2) or 0)
        if found.group(2) is None and (more := _minutes(tokens, at + 1)):
            return minutes + more[0], more[1]
        return minutes, at + 1
    if word == "half" and word_at(tokens, at + 1) in {"an", "a"} and word_at(tokens, at + 2) == "hour":
        return 30.0, at + 3
    if (word, word_at(tokens, at + 1), word_at(tokens, at + 2)) == ("a", "couple", "of") and word_at(tokens, at + 3) in _HOURS:
        return 120.0, at + 4
    if word in {"a", "an"} and word_at(tokens, at + 1) == "hour":
        number: float | None = 1.0
    elif word in _HOURS and _fraction(tokens, at + 1)[0]:
        number, at = 1.0, at - 1  # "hour and a half"
    else:
        number = tokens[at].number if at < len(tokens) else None
    if number is None:
        return None
    part, at = _fraction(tokens, at + 1)
    number += part
    if word_at(tokens, at) in _MINUTES:
        return number, at + 1
    if word_at(tokens, at) not in _HOURS:
        return None
    part, at = _fraction(tokens, at + 1)
    if part:
        return (number + part) * 60, at
    if more := _minutes(tokens, at):
        return number * 60 + more[0], more[1]
    return number * 60, at


def _fraction(tokens: Tokens, at: int) -> tuple[float, int]:
    """(part of an hour, end) of "and a half", "and a quarter", "and three quarters"; (0, at) if there is none."""
    found = _PARTS.match(tokens, at)
    return (found[1], found[0]) if found else (0.0, at)


def _minutes(tokens: Tokens, at: int) -> tuple[float, int] | None:
    """The minutes after full hours: "40 min", "and 10 minutes", "40"."""
    joined = at + 1 if word_at(tokens, at) == "and" else at
    number = tokens[joined].number if joined < len(tokens) else None
    if number is None or number >= 60:
        clock = _CLOCK.fullmatch(word_at(tokens, joined))
        return (float(clock.group(3)), joined + 1) if clock and clock.group(3) else None
    if word_at(tokens, joined + 1) in _MINUTES:
        return number, joined + 2
    alone = joined == at or not (joined + 1 < len(tokens) and tokens[joined + 1].is_word)  # "two hours and twenty"
    alone = alone or word_at(tokens, joined + 1) in {"or", "max", "maximum", "tops", "at", "long"}
    return (
        (number, joined + 1)
        if alone and (joined > at or tokens[joined].text.isdigit() or number % 5 == 0) and number >= 5
        else None
    )


# -- ratings -----------------------------------------------------------------------------------

_RATED = Phrases.listed(
    {
        True: """rated, rating, ratings, a rating, rating of, a rating of, ratings of, score, a score, score of, a score of
            scored, scoring, imdb, imdb rating, an imdb rating, an imdb rating of, imdb score, imdb score of, rated at
            an imdb, an imdb score of, rating is, ratings are, imdb rating of""",
    }
)


def read_rating(tokens: Tokens, at: int) -> Measure | None:
    """A least (or greatest) rating, on the scale of ten: "rated above 8", "4 out of 5", "at least 7.5 stars", "80%".

    "Stars" up to five are out of five, since nobody asks for films with four stars of ten.
    """
    named = _RATED.match(tokens, at)
    start = named[0] if named else at
    if named and word_at(tokens, start - 1) == "at" and word_at(tokens, start) in {"least", "most"}:
        start -= 1  # "rated at least 7", not "rated at"
    negated, bound, place = bounded(tokens, start)
    number = tokens[place].number if place < len(tokens) else None
    if number is None or number > 100:
        return None
    place += 1
    scale = 10.0
    marked = True
    if word_at(tokens, place) == "/" or (word_at(tokens, place), word_at(tokens, place + 1)) == ("out", "of"):
        place += 1 if word_at(tokens, place) == "/" else 2
        scale = (tokens[place].number if place < len(tokens) else None) or 0.0
        place += 1
        if scale not in (5.0, 10.0, 100.0):
            return None
        place += word_at(tokens, place) in {"stars", "star"}
    elif word_at(tokens, place) in {"stars", "star"}:
        scale, place = (5.0 if number <= 5 else 10.0), place + 1
    elif word_at(tokens, place) in {"%", "percent"}:
        scale, place = 100.0, place + 1
    else:
        marked = False
    after, end = afterwards(tokens, place)
    if after:
        place = end
    if (word_at(tokens, place), word_at(tokens, place + 1)) == ("on", "imdb"):
        place, marked = place + 2, True
    if not (named or marked) or number > scale:
        return None
    bound = bound or after or "from"
    if negated:
        bound = INVERSE[bound]
    stars = round(number * 10 / scale, 2)
    if bound in ("below", "until"):
        return Measure("rating", None, stars, place, "bound")
    return Measure("rating", stars, None, place, "bound")
