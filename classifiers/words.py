"""Words and pairs of words as a sparse row: TF-IDF over hashed stems.

Terms are known by a 64-bit hash, so a trained vocabulary is three plain arrays and no text of the
catalogue lies in the artefact. Does not know genres.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from movies.stemming import stemmer
from movies.vocabulary import fold

_WORD = re.compile(r"[a-z0-9]+|[^\W\d_a-z]+")
_MAX_CHARACTERS = 20_000  # of a text; more says nothing new about its genre
_stem = stemmer("english")


@dataclass(frozen=True)
class Vocabulary:
    """Terms of a training set: sorted `hashes` uint64 (n,) and their `idf` float32 (n,)."""

    hashes: NDArray[np.uint64]
    idf: NDArray[np.float32]

    @classmethod
    def of(cls, texts: Iterable[str], seen_in: int = 3) -> Vocabulary:
        """Every term that occurs in at least `seen_in` texts."""
        counts: Counter[int] = Counter()
        total = 0
        for text in texts:
            counts.update(set(terms(text)))
            total += 1
        kept = sorted(term for term, count in counts.items() if count >= seen_in)
        idf = [np.log((1 + total) / (1 + counts[term])) + 1 for term in kept]
        return cls(np.array(kept, dtype=np.uint64), np.array(idf, dtype=np.float32))

    def row(self, text: str) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Columns and values of a text's unit row; both empty where no term is known."""
        counts = Counter(terms(text))
        if not counts or not len(self.hashes):
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.float32)
        asked = np.fromiter(counts.keys(), dtype=np.uint64, count=len(counts))
        times = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        places = np.minimum(np.searchsorted(self.hashes, asked), len(self.hashes) - 1)
        known = self.hashes[places] == asked
        columns, values = places[known], (1 + np.log(times[known])) * self.idf[places[known]]
        order = np.argsort(columns)
        values = values / max(float(np.linalg.norm(values)), 1e-12)
        return columns[order], values[order].astype(np.float32)

    def rows(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]:
        """The unit rows of many texts as the (data, indices, indptr) of a CSR matrix."""
        parts = [self.row(text) for text in texts]
        ends = np.cumsum([0, *(len(columns) for columns, _ in parts)])
        data = np.concatenate([values for _, values in parts]) if parts else np.zeros(0, dtype=np.float32)
        columns = np.concatenate([columns for columns, _ in parts]) if parts else np.zeros(0, dtype=np.intp)
        return data, columns.astype(np.int32), ends.astype(np.int32)


def terms(text: str) -> list[int]:
    """Hashes of the stems and of the pairs of neighbouring stems of a text, in order."""
    stems = [_stem(word) for word in _words(text)]
    return [_hash(term) for term in stems] + [_hash(f"{first} {second}") for first, second in pairwise(stems)]


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text[:_MAX_CHARACTERS]))


@lru_cache(maxsize=200_000)
def _hash(term: str) -> int:
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "little")
