"""Words without their endings, for any number of threads. Knows no film and no sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache

import snowballstemmer

_LONGEST = 60  # letters; what is longer is no word


def stemmer(algorithm: str, most: int = 100_000) -> Callable[[str], str]:
    """A function from a folded word to its stem, by one of Snowball's algorithms; `most` stems are kept.

    The library's stemmers hold the word they are at work on: two threads that share one mix their
    words up, or fail with an IndexError. So there is a lock around it.
    """
    inner = snowballstemmer.stemmer(algorithm)
    at_work = threading.Lock()

    @lru_cache(maxsize=most)
    def stem(word: str) -> str:
        with at_work:
            return str(inner.stemWord(word[:_LONGEST]))

    return stem
