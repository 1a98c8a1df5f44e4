"""The one question that splits the remaining candidates best, for films somebody tries to remember.

Each candidate has odds; a question is worth what its answer would tell about them, less the doubt
that people remember it rightly. An answer shifts odds and rules nothing out: memories are wrong.
Knows films and odds; does not know sentences or search.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from movies.movie import Movie
from movies.vocabulary import fold
from rag.plan import language_name

KNOWN = 0.75  # odds of the best candidate from which no more questions are asked
_WORTH = 0.12  # bits; a question that tells less isn't put
_MOST_ASKED = 6
# How far a remembered answer can be trusted, by kind of question.
_TRUST = {
    "language": 0.95,
    "animated": 0.97,
    "silent": 0.97,
    "era": 0.85,
    "genre": 0.85,
    "keyword": 0.78,
    "person": 0.9,
    "long": 0.75,
}
_GENRES = {
    "Comedy": "Was it a comedy?", "Horror": "Was it a horror film?", "Western": "Was it a western?", "War": "Was it a war film?",
    "Documentary": "Was it a documentary?", "Sci-Fi": "Was it science fiction?", "Musical": "Did people break into song?",
    "Romance": "Was there a love story at its heart?", "Crime": "Was it about crime?", "Family": "Was it made with children in mind?",
    "Fantasy": "Was there magic in it?", "Action": "Was there a lot of action?",
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A yes-or-no question; `name` is how it is remembered ("genre:Comedy")."""

    name: str
    text: str

    @property
    def trust(self) -> float:
        return _TRUST[self.name.partition(":")[0]]

    def answered_by(self, told: str) -> bool:
        """Whether a folded text speaks of what the question asks."""
        kind, _, value = self.name.partition(":")
        known = {
            "era": r"\b(?:1[89]|20)\d\d\b|\b\d0'?s\b|\b(?:twen|thir|for|fif|six|seven|eigh|nine)t(?:ie|y)s\b", "silent": r"black and white|in colou?r|\bsilent\b",
            "animated": r"\banimat|\bcartoon|live action", "language": rf"\b(?:in )?{fold(language_name(value))}\b|subtitle", "long": r"\blong\b|\bhours\b",
        }  # fmt: skip
        return bool(re.search(known.get(kind, rf"\b{re.escape(fold(value))}\b"), told))

    def holds(self, movie: Movie) -> bool:
        """Whether the true answer for this film is yes."""
        kind, _, value = self.name.partition(":")
        if kind == "era":
            return movie.year is not None and movie.year < int(value)
        if kind == "language":
            return movie.language == value
        if kind == "person":
            return value in movie.cast
        if kind == "long":
            return (movie.runtime or 0) >= int(value)
        if kind == "animated":
            return "Animation" in movie.genres
        if kind == "silent":
            return bool({"silent film", "black and white"} & set(movie.keywords))
        return value in (movie.genres if kind == "genre" else movie.keywords)


def with_answers(odds: Mapping[str, float], films: Mapping[str, Movie], answers: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Odds (id → weight, any scale) after answers, best first, adding up to 1."""
    weights = dict(odds)
    for name, answer in answers:
        if answer in ("yes", "no"):
            question = Question(name, "")
            for movie_id in weights:
                agrees = question.holds(films[movie_id]) == (answer == "yes")
                weights[movie_id] *= question.trust if agrees else 1 - question.trust
    total = sum(weights.values()) or 1.0
    return {movie_id: weight / total for movie_id, weight in sorted(weights.items(), key=lambda item: -item[1])}


def next_question(
    odds: Mapping[str, float], films: Mapping[str, Movie], asked: Sequence[str], told: str = ""
) -> Question | None:
    """The question that tells most about which film it is; None when it's clear enough or asking won't help.

    `told`: all that was said so far; what it answers already isn't asked.
    """
    if len(odds) < 2 or max(odds.values()) >= KNOWN or len(asked) >= _MOST_ASKED:
        return None
    kinds = [name.partition(":")[0] for name in asked]
    best, most = None, _WORTH
    for question in _possible([films[movie_id] for movie_id in odds]):
        kind = question.name.partition(":")[0]
        if question.name in asked or (kind in ("era", "language", "long", "silent") and kind in kinds):
            continue
        if question.answered_by(fold(told)):
            continue
        yes = sum(weight for movie_id, weight in odds.items() if question.holds(films[movie_id])) / sum(odds.values())
        trust = question.trust
        gain = _bits(yes * trust + (1 - yes) * (1 - trust)) - _bits(trust)
        if gain > most + 1e-9:
            best, most = question, gain
    return best


def _possible(films: Sequence[Movie]) -> list[Question]:
    """Every question that is about something on which the films differ, in a fixed order."""
    out = [Question("animated:", "Was it animated?"), Question("silent:", "Was it in black and white?")]
    out += [Question(f"genre:{name}", text) for name, text in _GENRES.items()]
    languages = sorted({film.language for film in films if film.language})
    out += [Question(f"language:{code}", f"Was it in {language_name(code)}?") for code in languages]
    out += [Question(f"era:{year}", f"Was it made before {year}?") for year in range(1930, 2030, 10)]
    out.append(Question("long:150", "Was it very long, over two and a half hours?"))
    for kind, text, names in (
        ("keyword", "Does “{}” ring a bell?", [name for film in films for name in film.keywords]),
        ("person", "Was {} in it?", [name for film in films for name in film.cast]),
    ):
        shared = sorted({name for name in names if names.count(name) > 1})
        out += [Question(f"{kind}:{name}", text.format(name)) for name in shared]
    return out


def _bits(p: float) -> float:
    return 0.0 if p <= 0 or p >= 1 else -(p * math.log2(p) + (1 - p) * math.log2(1 - p))
