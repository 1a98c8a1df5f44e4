"""`WordIndex`: which films use which words, and BM25 over them, in memory.

Postings are arrays made once at build time, so a question of a hundred words over a catalogue of
eighteen thousand films costs about a millisecond and every word can have a weight of its own, neither of
which FTS5 offers. Films added since the build are indexed when they are first seen. Does not know
what a question means (`rag/lexical.py` weighs its words), nor vectors, nor filters.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from movies.errors import IndexMismatch
from movies.movie import Movie
from movies.vocabulary import fold
from rag.lexical import stem

_FILE = "words.npz"
_K1, _B = 0.8, 0.75  # saturation of repeated words, and how far long texts are discounted (Robertson & Zaragoza 2009)


class WordIndex:
    """BM25 over title, people, plot, genres, keywords, countries and year of each film.

    >>> words = WordIndex.build([(7, Movie(id="heat", title="Heat", plot="A thief and a detective in Los Angeles."))])
    >>> words.scores({"thief": 1.0}).argmax()
    np.int64(7)
    """

    def __init__(
        self, terms: list[str], starts: NDArray[np.int64], keys: NDArray[np.int32], parts: NDArray[np.float32],
        films: NDArray[np.int64], length: float,
    ) -> None:  # fmt: skip
        self._number = {term: number for number, term in enumerate(terms)}
        self._terms = terms
        self._starts, self._keys, self._parts = starts, keys, parts
        self._films, self._length = films, length
        self._known = set(films.tolist())
        self._added: dict[str, list[tuple[int, float]]] = {}
        self._last = int(films.max(initial=0))

    @classmethod
    def build(cls, films: Iterable[tuple[int, Movie]]) -> WordIndex:
        """Index (key, film) pairs; the same films give the same arrays."""
        counts = [(key, Counter(_words(movie))) for key, movie in films]
        length = sum(count.total() for _, count in counts) / max(len(counts), 1)
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for key, count in counts:
            for term, part in _parts(count, length):
                postings[term].append((key, part))
        terms = sorted(postings)
        flat = [entry for term in terms for entry in postings[term]]
        return cls(
            terms,
            np.cumsum([0, *(len(postings[term]) for term in terms)], dtype=np.int64),
            np.asarray([key for key, _ in flat], dtype=np.int32),
            np.asarray([part for _, part in flat], dtype=np.float32),
            np.asarray([key for key, _ in counts], dtype=np.int64),
            length,
        )

    def save(self, folder: Path) -> None:
        """Write the index into a version folder."""
        text = np.frombuffer("\n".join(self._terms).encode(), dtype=np.uint8)
        np.savez(
            folder / _FILE, terms=text, starts=self._starts, keys=self._keys, parts=self._parts, films=self._films,
            length=np.float64(self._length),
        )  # fmt: skip

    @classmethod
    def open(cls, folder: Path) -> WordIndex:
        """Read the index of a version. Raises IndexMismatch if it is missing or damaged."""
        try:
            with np.load(folder / _FILE, allow_pickle=False) as file:
                text = file["terms"].tobytes().decode()
                terms = text.split("\n") if text else []
                made = cls(terms, file["starts"], file["keys"], file["parts"], file["films"], float(file["length"]))
        except Exception:  # numpy and zipfile raise many kinds for damaged files
            raise IndexMismatch(
                "The word index is missing or damaged. Build it again: matinee build --catalogue FILE --artifacts DIR"
            ) from None
        if len(made._starts) != len(terms) + 1 or made._starts[-1] != len(made._keys) or len(made._keys) != len(made._parts):
            raise IndexMismatch(
                "The word index doesn't fit together. Build it again: matinee build --catalogue FILE --artifacts DIR"
            )
        return made

    def missing(self, keys: Iterable[int]) -> list[int]:
        """Those of the film keys that are not indexed yet."""
        return [key for key in keys if key not in self._known]

    def add(self, films: Mapping[int, Movie]) -> None:
        """Index films added since the build; searches may go on meanwhile. Not for several threads at once."""
        for key, movie in films.items():
            for term, part in _parts(Counter(_words(movie)), self._length):
                self._added[term] = [*self._added.get(term, ()), (key, part)]  # a new list: readers keep theirs
            self._known.add(key)
            self._last = max(self._last, key)

    def scores(self, weights: Mapping[str, float]) -> NDArray[np.float32]:
        """BM25 by film key (largest key + 1,): stemmed words with the weight of each; higher is better."""
        total = np.zeros(self._last + 1, dtype=np.float32)
        films = len(self._known)
        for term, weight in weights.items():
            keys, parts = self._postings(term, len(total))
            if len(keys):
                total[keys] += np.float32(weight * _rarity(films, len(keys))) * parts
        return total

    def _postings(self, term: str, end: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Films, with keys before `end`, that have a word, and what it adds to each."""
        number = self._number.get(term)
        span = slice(0, 0) if number is None else slice(int(self._starts[number]), int(self._starts[number + 1]))
        keys, parts = self._keys[span], self._parts[span]
        if added := [entry for entry in self._added.get(term, ()) if entry[0] < end]:
            keys = np.append(keys, np.asarray([key for key, _ in added], dtype=np.int32))
            parts = np.append(parts, np.asarray([part for _, part in added], dtype=np.float32))
        return keys, parts


def _words(movie: Movie) -> list[str]:
    text = " ".join((
        movie.title, *movie.alt_titles, *movie.people, movie.plot, *movie.genres, *movie.keywords, *movie.countries,
        str(movie.year or ""),
    ))  # fmt: skip
    return [stem(word) for word in re.findall(r"\w+", fold(text).replace("'", ""))]


def _parts(count: Counter[str], length: float) -> Iterable[tuple[str, float]]:
    """What each word of a film adds to its score, but for the word's rarity."""
    discount = _K1 * (1 - _B + _B * count.total() / max(length, 1.0))
    return ((term, times * (_K1 + 1) / (times + discount)) for term, times in count.items())


def _rarity(films: int, holding: int) -> float:
    """Inverse document frequency; a word in more than half of the films counts next to nothing."""
    return float(max(np.log((films - holding + 0.5) / (holding + 0.5)), 1e-6))
