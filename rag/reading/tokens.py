"""A sentence as tokens with their places in the text, and tables of phrases to match against them.

Knows spelling only (case, hyphens, apostrophes, number words). Does not know films.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from movies.caching import kept
from movies.vocabulary import fold

Value = TypeVar("Value")

_TOKEN = re.compile(
    r"(?:[A-Za-z]\.){2,}"  # U.S.
    r"|\d+[.,]\d+(?:h|hrs?)?(?![\w.,]*\d)(?!\w)"  # 7.5, 2.5h
    r"|\w+(?:['’]\w+)*"  # don't
    r"|\n|[^\w\s]"
)
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "hundred": 100,
}  # fmt: skip


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for tables of single words."""
    return frozenset(text.split())


_HASTY = {
    "dont": "don't", "doesnt": "doesn't", "didnt": "didn't", "cant": "can't", "isnt": "isn't", "arent": "aren't",
    "wasnt": "wasn't", "im": "i'm", "ive": "i've", "thats": "that's", "whats": "what's", "havent": "haven't", "wont": "won't",
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """One word, number or sign. `start` and `end` are character places in the sentence."""

    text: str
    fold: str
    start: int
    end: int
    glued: bool  # joined to the token before by a hyphen: the "fi" of "sci-fi"

    @property
    def capital(self) -> bool:
        return self.text[:1].isupper()

    @kept
    def bare(self) -> str:
        """The folded word without a possessive ending: "hitchcock" of "Hitchcock's"."""
        return self.fold.removesuffix("'s").removesuffix("'")

    @property
    def is_word(self) -> bool:
        return self.text[:1].isalnum()

    @kept
    def number(self) -> float | None:
        """The number a token spells: 7.5, 90, "two"."""
        if self.fold in _NUMBERS:
            return float(_NUMBERS[self.fold])
        if re.fullmatch(r"\d{1,9}(?:[.,]\d{1,6})?", self.fold):
            return float(self.fold.replace(",", "."))
        return None


def tokenize(sentence: str) -> list[Token]:
    """Words, numbers and signs in order. A hyphen inside a word is no token, but marks the next as glued."""
    tokens: list[Token] = []
    glue = -1
    for found in _TOKEN.finditer(sentence):
        text, start = found.group(), found.start()
        if text in "-‐‑–—" and tokens and tokens[-1].end == start and sentence[found.end() : found.end() + 1].isalnum():
            glue = found.end()
            continue
        folded = fold(text) if text[0].isalnum() else text
        tokens.append(Token(text, _HASTY.get(folded, folded), start, found.end(), start == glue))
    return tokens


def spread(table: Mapping[Value, str]) -> Iterator[tuple[str, Value]]:
    """(phrase, meaning) of a table of meaning → phrases, which commas and line ends part."""
    for value, phrases in table.items():
        for phrase in re.split(r"[,\n]", phrases):
            if phrase.strip():
                yield phrase.strip(), value


class Phrases(Generic[Value]):
    """Phrases of one or more words → what they stand for; the longest one at a place wins."""

    def __init__(self, table: Mapping[str, Value] | Iterable[tuple[str, Value]]) -> None:
        self._by_first: dict[str, dict[int, dict[tuple[str, ...], Value]]] = {}  # first word → length → phrase
        for phrase, value in table.items() if isinstance(table, Mapping) else table:
            words = tuple(token.fold for token in tokenize(phrase))
            self._by_first.setdefault(words[0], {}).setdefault(len(words), {}).setdefault(words, value)
        for first, lengths in self._by_first.items():
            self._by_first[first] = dict(sorted(lengths.items(), reverse=True))

    @classmethod
    def listed(cls, table: Mapping[Value, str]) -> Phrases[Value]:
        """From a table of meaning → phrases, as `spread` reads it."""
        return cls(spread(table))

    def match(self, tokens: Sequence[Token], at: int) -> tuple[int, Value] | None:
        """(end, value) of the longest phrase that begins at token `at`; None past the end."""
        if at >= len(tokens):
            return None
        phrases = self._by_first.get(tokens[at].fold)
        if phrases is None:
            return None
        longest = tuple([token.fold for token in tokens[at : at + next(iter(phrases))]])
        for length, known in phrases.items():
            words = longest[:length]
            if words in known:
                return at + length, known[words]
        return None

    def single_words(self) -> dict[str, Value]:
        """The phrases of one word and what they stand for."""
        return {first: phrases[1][(first,)] for first, phrases in self._by_first.items() if 1 in phrases}

    def words(self) -> set[str]:
        """Every word that occurs in a phrase."""
        lengths = (known for phrases in self._by_first.values() for known in phrases.values())
        return {word for known in lengths for words in known for word in words}
