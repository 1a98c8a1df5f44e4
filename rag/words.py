"""`WordIndex`: which films use which words, and BM25 over them, in memory.

Postings are arrays made once at build time, so a question of a hundred words over a catalogue of
eighteen thousand films costs a few milliseconds and every word can have a weight of its own, neither of
which FTS5 offers. A word also finds, at half its worth, films that say the like ("snow": "blizzard"):
the catalogue's own words nearest to it in the encoder's space, looked up at build time. Films added
since the build are indexed when they are first seen. Does not know what a question means
(`rag/lexical.py` weighs its words), nor vectors of films, nor filters.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from movies.encoders import Vectors, unit
from movies.errors import IndexMismatch
from movies.movie import Movie
from movies.vocabulary import fold
from rag.lexical import stem

_FILE = "words.npz"
_K1, _B = 0.8, 0.75  # saturation of repeated words, and how far long texts are discounted (Robertson & Zaragoza 2009)
_NEAR = 12  # words of the like that are kept for each word
_ALIKE = 0.55  # cosine, centred, from which two words say the like
_HALF = 0.5  # what a film gets for a word of the like
_MOST_WORDS = 60_000  # that are compared with each other: the ones in most films
_AT_ONCE = 1024
_LONG = 7  # letters of a word that may stand for others that begin so
_TOLD = 2  # times a keyword counts: it says what the film is about

Embed = Callable[[Sequence[str]], Vectors]


class WordIndex:
    """BM25 over title, people, plot, genres, keywords, countries and year of each film.

    >>> words = WordIndex.build([(7, Movie(id="heat", title="Heat", plot="A thief and a detective in Los Angeles."))])
    >>> words.scores({"thief": 1.0}).argmax()
    np.int64(7)
    """

    def __init__(
        self, terms: list[str], starts: NDArray[np.int64], keys: NDArray[np.int32], parts: NDArray[np.float32],
        films: NDArray[np.int64], length: float, near: NDArray[np.int32],
    ) -> None:  # fmt: skip
        self._number = {term: number for number, term in enumerate(terms)}
        self._terms = terms
        self._starts, self._keys, self._parts = starts, keys, parts
        self._films, self._length, self._near = films, length, near
        self._known = set(films.tolist())
        self._added: dict[str, list[tuple[int, float]]] = {}
        self._last = int(films.max(initial=0))

    @classmethod
    def build(cls, films: Iterable[tuple[int, Movie]], embed: Embed | None = None) -> WordIndex:
        """Index (key, film) pairs; the same films give the same arrays. Without `embed` no word finds its like."""
        forms: dict[str, Counter[str]] = defaultdict(Counter)
        counts: list[tuple[int, Counter[str]]] = []
        for key, movie in films:
            count: Counter[str] = Counter()
            for word in _words(movie):
                count[stem(word)] += 1
                forms[stem(word)][word] += 1
            counts.append((key, count))
        length = sum(count.total() for _, count in counts) / max(len(counts), 1)
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for key, count in counts:
            for term, part in _parts(count, length):
                postings[term].append((key, part))
        terms = sorted(postings)
        flat = [entry for term in terms for entry in postings[term]]
        holding = np.asarray([len(postings[term]) for term in terms], dtype=np.int64)
        written = [min(forms[term].items(), key=lambda pair: (-pair[1], pair[0]))[0] for term in terms]
        near = _alike(written, holding, embed) if embed else np.full((len(terms), 0), -1, dtype=np.int32)
        return cls(
            terms,
            np.concatenate([[0], np.cumsum(holding)]).astype(np.int64),
            np.asarray([key for key, _ in flat], dtype=np.int32),
            np.asarray([part for _, part in flat], dtype=np.float32),
            np.asarray([key for key, _ in counts], dtype=np.int64),
            length,
            near,
        )

    def save(self, folder: Path) -> None:
        """Write the index into a version folder."""
        text = np.frombuffer("\n".join(self._terms).encode(), dtype=np.uint8)
        np.savez(
            folder / _FILE, terms=text, starts=self._starts, keys=self._keys, parts=self._parts, films=self._films,
            length=np.float64(self._length), near=self._near,
        )  # fmt: skip

    @classmethod
    def open(cls, folder: Path) -> WordIndex:
        """Read the index of a version. Raises IndexMismatch if it is missing or damaged."""
        try:
            with np.load(BytesIO((folder / _FILE).read_bytes()), allow_pickle=False) as file:
                text = file["terms"].tobytes().decode()
                terms = text.split("\n") if text else []
                made = cls(
                    terms, file["starts"], file["keys"], file["parts"], file["films"], float(file["length"]), file["near"]
                )
        except Exception:  # numpy and zipfile raise many kinds for damaged files
            raise IndexMismatch(
                "The word index is missing or damaged. Build it again: matinee build --catalogue FILE --artifacts DIR"
            ) from None
        shapes = len(made._starts) == len(terms) + 1 == len(made._near) + 1 and len(made._keys) == len(made._parts)
        if not shapes or made._starts[-1] != len(made._keys):
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
            for term, part in _parts(Counter(map(stem, _words(movie))), self._length):
                self._added[term] = [*self._added.get(term, ()), (key, part)]  # a new list: readers keep theirs
            self._known.add(key)
            self._last = max(self._last, key)

    def scores(self, weights: Mapping[str, float]) -> NDArray[np.float32]:
        """BM25 by film key (largest key + 1,): stemmed words with the weight of each; higher is better."""
        total = np.zeros(self._last + 1, dtype=np.float32)
        films = len(self._known)
        for term, weight in weights.items():
            keys, parts = self._postings(term, len(total))
            rarity = _rarity(films, len(keys))
            like = self._likes(term)
            if not like:
                total[keys] += np.float32(weight * rarity) * parts
                continue
            best = np.zeros_like(total)  # a film that says it in three ways says it once
            best[keys] = np.float32(rarity) * parts
            others = [self._postings(other, len(total)) for other in like]
            worth = [np.float32(_HALF * min(rarity, _rarity(films, len(keys)))) * parts for keys, parts in others]
            np.maximum.at(best, np.concatenate([keys for keys, _ in others]), np.concatenate(worth))
            best *= np.float32(weight)
            total += best
        return total

    def _likes(self, term: str) -> list[str]:
        number = self._number.get(term)
        if number is None:
            return self._begun(term)
        return [self._terms[other] for other in self._near[number].tolist() if other >= 0]

    def _begun(self, term: str) -> list[str]:
        """Words that begin as one that no film has: "dystopia" for "dystopian"."""
        if len(term) < _LONG:
            return []
        stump = term[:-2]
        first = bisect_left(self._terms, stump)
        begun = self._terms[first : first + _NEAR]
        return [other for other in begun if other.startswith(stump) and len(other) <= len(term) + 2]

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
        movie.title, *movie.alt_titles, *movie.people, movie.plot, *movie.genres, *movie.keywords * _TOLD, *movie.countries,
        str(movie.year or ""),
    ))  # fmt: skip
    return re.findall(r"\w+", fold(text).replace("'", ""))


def _alike(words: Sequence[str], holding: NDArray[np.int64], embed: Embed) -> NDArray[np.int32]:
    """Numbers of the words nearest to each word (words, _NEAR), −1 where there are no more.

    Words of a single film, mostly names and misspellings, have no like and are nobody's.
    """
    near = np.full((len(words), _NEAR), -1, dtype=np.int32)
    common = np.flatnonzero(
        [count > 1 and len(word) > 2 and not word.isdigit() for word, count in zip(words, holding, strict=True)]
    )
    common = np.sort(common[np.argsort(-holding[common], kind="stable")][:_MOST_WORDS])
    kept = min(_NEAR, len(common) - 1)
    if kept < 1:
        return near
    vectors = embed([words[number] for number in common.tolist()])
    vectors = unit(vectors - vectors.mean(axis=0))
    for start in range(0, len(common), _AT_ONCE):
        cosines = vectors[start : start + _AT_ONCE] @ vectors.T
        rows = np.arange(len(cosines))
        cosines[rows, start + rows] = -1  # not itself
        best = np.argpartition(-cosines, kept - 1, axis=1)[:, :kept]
        alike = np.take_along_axis(cosines, best, axis=1) >= _ALIKE
        near[common[start + rows], :kept] = np.where(alike, common[best], -1)
    return near


def _parts(count: Counter[str], length: float) -> Iterable[tuple[str, float]]:
    """What each word of a film adds to its score, but for the word's rarity."""
    discount = _K1 * (1 - _B + _B * count.total() / max(length, 1.0))
    return ((term, times * (_K1 + 1) / (times + discount)) for term, times in count.items())


def _rarity(films: int, holding: int) -> float:
    """Inverse document frequency; a word in more than half of the films counts next to nothing."""
    return float(max(np.log((films - holding + 0.5) / (holding + 0.5)), 1e-6))
