"""Misspelt words of a request, mended: "sceince ficton flims form france", "not aftr 2010".

A word is touched only if it is no English word, no name of the catalogue and no word of its plots; and it becomes only a word
that steers the reading of a request (a genre, a place, a limit, a small word). Titles and people's names are `names.py`'s,
phrases `plainly.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA
from spellchecker import SpellChecker

from rag.reading.names import Vocabulary

_WORD = re.compile(r"(?:^[A-Z]|(?<![\w'’./&-])[a-z])[a-z]{2,19}(?![\w'’/&]|-\w)")
_LONGEST = 400  # characters: what is longer tells a story, whose words are searched for as they stand
_LOOKUPS = 12  # words per sentence that are compared with all others, to bound the time
_TWO_EDITS = 8  # letters from which two slips are allowed


class Speller:
    """Mends words towards `steering` words; never a word that `vocabulary` or the English language knows."""

    def __init__(self, steering: Iterable[str], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        english = _english()
        words = {word for word in steering if word.isascii() and word.isalpha() and len(word) > 2}
        self._steering = sorted(words, key=lambda word: -english.word_usage_frequency(word))
        self._known = frozenset(words)

    def mended(self, text: str) -> str:
        """The text with misspelt words put right; names, capitals and whatever else is known stay."""
        if len(text) > _LONGEST:
            return text
        left = _LOOKUPS
        strange = -2  # where a word ended that stays unknown: what follows is the rest of a name

        def mend(found: re.Match[str]) -> str:
            nonlocal left, strange
            word = found[0].lower()
            if left == 0 or self._is_word(word):
                return found[0]
            left -= 1
            meant = None if found.start() == strange + 1 else self._nearest(word)
            strange = strange if meant else found.end()
            return meant or found[0]

        return _WORD.sub(mend, text)

    def _is_word(self, word: str) -> bool:
        names = self._vocabulary
        return (
            word in self._known
            or word.removesuffix("s") in self._known
            or names.is_ordinary(word)
            or names.in_a_title(word)
            or names.in_a_name(word)
            or is_english(word)
        )

    def _nearest(self, word: str) -> str | None:
        """The likeliest steering word: fewest slips, then the commonest. In short words a slip must leave the letters as they are."""
        edits = 2 if len(word) >= _TWO_EDITS else 1
        near = process.extract(word, self._steering, scorer=OSA.distance, score_cutoff=edits, limit=5)
        for meant, slips, _ in sorted(near, key=lambda found: (found[1], found[2])):
            swapped = sorted(meant) == sorted(word)
            dropped = len(meant) > len(word) > 3
            if (len(word) > 4 or swapped or dropped) and (meant[0] == word[0] or (swapped and slips == 1)):
                return str(meant)
        return None


def is_english(word: str) -> bool:
    """Is this folded word in the dictionary of English (with a few common names)?"""
    return word in _english()


@lru_cache(maxsize=1)
def _english() -> SpellChecker:
    return SpellChecker(language="en", distance=1)
