"""Finding a film by something like its title: typos, missing articles, accents, numerals, "(1995)".

Holds normalised titles in memory and compares with rapidfuzz. Does not know SQL; the catalogue
feeds it rows.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from movies.vocabulary import fold

_ARTICLES = {"the", "a", "an", "le", "la", "les", "l", "un", "une", "el", "los", "las", "il", "lo", "der", "die", "das", "ein"}
_NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen")
_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii")
_NUMBERS = {word: str(number) for words in (_NUMBER_WORDS, _NUMERALS) for number, word in enumerate(words, 1)}
_LETTERS_TOO = {"i", "v", "x"}  # numbers in "Rocky V", but not in "V for Vendetta"
_PARTS = {"part", "pt", "vol", "volume", "chapter", "episode", "no"}
_LOOKALIKES = str.maketrans("0134578@$", "oieasvbas")  # "Se7en", "S1m0ne", "M3GAN"
_RAISED = re.compile("([¼-¾²³¹⁰-⁹])")  # "8½", "Alien³"
_YEAR = re.compile(r"[\[(]\s*(1[89]\d\d|20\d\d)\s*[\])]\s*$")
_BARE_YEAR = re.compile(r"[\s,]+(1[89]\d\d|20\d\d)\s*$")
_BUCKETS = 39  # that characters are counted in: letters and digits have one each, others share theirs
_BUCKET = np.arange(256) % _BUCKETS
_NEAR = 0.96  # the same letters, written apart or with digits for letters


@lru_cache(maxsize=65536)
def normal_title(title: str) -> str:
    """The form titles are compared in: folded, no article in front, numbers as digits, no "and", no "part" before numbers.

    "The Godfather: Part II" → "godfather 2"; "Matrix, The" → "matrix".
    """
    text = _plain(title)
    words = re.findall(r"\w+", text)
    if len(words) > 1 and words[-1] in _ARTICLES and re.search(r",\s*\w+\s*$", text):
        words = words[:-1]
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    out = [word if position == 0 and word in _LETTERS_TOO else _NUMBERS.get(word, word) for position, word in enumerate(words)]
    kept = [
        word
        for position, word in enumerate(out)
        if word != "and"
        and not (position and word in _PARTS and out[position + 1 : position + 2] and out[position + 1].isdigit())
    ]
    return " ".join(kept) or " ".join(words)


def _plain(title: str) -> str:
    """Folded, without a year in brackets behind, with raised figures apart: punctuation is still there."""
    raised = _RAISED.sub(lambda found: " " + unicodedata.normalize("NFKD", found.group()), _YEAR.sub("", title))
    return fold(raised).replace("&", " and ").replace("'", "")


@lru_cache(maxsize=65536)
def _letters(title: str) -> str:
    """All letters in a row, figures read as the letters they look like: "Se7en" → "seven", "WALL·E" → "walle"."""
    words = re.findall(r"\w+", re.sub(r"(?<=\w)[@$](?=\w)", lambda found: found.group().translate(_LOOKALIKES), _plain(title)))
    return "".join(words[1:] if len(words) > 1 and words[0] in _ARTICLES else words).translate(_LOOKALIKES)


def split_year(text: str) -> tuple[str, int | None]:
    """("Heat", 1995) of "Heat (1995)"; (text, None) where no year stands in brackets at the end."""
    found = _YEAR.search(text)
    return (_YEAR.sub("", text).strip(), int(found.group(1))) if found else (text.strip(), None)


@dataclass(frozen=True)
class TitleMatch:
    """A film whose title is near the words asked for; `score` 0–1, 1 means the same title."""

    key: int
    title: str
    year: int | None
    score: float


class TitleFinder:
    """All titles (and alternative titles) of a catalogue, ready for fuzzy look-up.

    >>> TitleFinder([(1, "Heat", 1995), (2, "The Heat", 2013)]).find("heat (1995)")[0].key
    1
    """

    def __init__(self, rows: Iterable[tuple[int, str, int | None]]) -> None:
        """`rows`: (key, title, year), better-known films first; of equal titles the earlier row is named first."""
        self._keys: list[int] = []
        self._titles: list[str] = []
        self._years: list[int | None] = []
        self._normal: list[str] = []
        self._written: list[str] = []
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._by_letters: dict[str, list[int]] = defaultdict(list)
        for key, title, year in rows:
            for part in dict.fromkeys((title, _main_part(title))):
                form = normal_title(part)
                if not form:
                    continue
                row = len(self._keys)
                self._exact[form].append(row)
                self._by_letters[_letters(part)].append(row)
                self._keys.append(key)
                self._titles.append(title)
                self._years.append(year)
                self._normal.append(form)
                self._written.append(_words(part))
        self._sorted = [" ".join(sorted(form.split())) for form in self._normal]
        self._forms = {
            name: np.asarray(forms, dtype=object)
            for name, forms in (("normal", self._normal), ("written", self._written), ("sorted", self._sorted))
        }
        self._bags = {"normal": _Bags(self._normal), "written": _Bags(self._written)}
        self._starts = sorted((form + " ", row) for row, form in enumerate(self._normal))
        self._ends = sorted((form[::-1] + " ", row) for row, form in enumerate(self._normal))

    def exact(self, words: str) -> list[int]:
        """Keys of films whose whole (normalised) title or main title is `words`."""
        return list(dict.fromkeys(self._keys[row] for row in self._exact.get(normal_title(words), ())))

    def find(self, words: str, limit: int = 5, cutoff: float = 0.6) -> list[TitleMatch]:
        """The nearest titles, best first. A year behind the title breaks ties and outweighs small differences."""
        asked, year = split_year(words[:300])
        best: dict[int, TitleMatch] = {}
        bare = _BARE_YEAR.search(asked) if year is None else None
        readings = [(asked, year)]
        if bare and normal_title(asked) not in self._exact:  # "Scarface 1983", but not "Death Race 2000"
            readings.append((asked[: bare.start()], int(bare.group(1))))
        for title, of_year in readings:
            for match in self._matches(title, of_year, limit, cutoff):
                if match.key not in best or match.score > best[match.key].score:
                    best[match.key] = match
        found = sorted(best.values(), key=lambda match: -match.score)[:limit]
        return [TitleMatch(m.key, m.title, m.year, max(0.0, min(1.0, m.score))) for m in found]

    def _matches(self, asked: str, year: int | None, limit: int, cutoff: float) -> Iterator[TitleMatch]:
        """The rows nearest to a title, each with its score; bonuses may lift a score over 1."""
        normal, written = normal_title(asked), _words(asked)
        if not normal or not self._keys:
            return
        scores = self._scores(normal, written, _letters(asked), cutoff)
        rows = np.flatnonzero(scores >= cutoff)
        rows = rows[np.argsort(-scores[rows], kind="stable")][: max(50, limit * 6)]
        numbers = _numbers(normal)
        for row in rows.tolist():
            score = float(scores[row])
            if normal_title(self._titles[row]) != self._normal[row]:
                score -= 0.03  # the part before a colon matched, not the whole title
            known = self._years[row]
            if year is not None and known is not None:
                score += 0.05 if known == year else (0.0 if abs(known - year) == 1 else -0.15)
            others = _numbers(self._normal[row])
            if scores[row] < _NEAR and numbers and numbers != others:  # the wrong sequel is a worse miss than a typo
                score -= 0.12 if others else 0.05
            score += 0.02 * OSA.normalized_similarity(written, self._written[row])  # "Heat" asked for: Heat before The Heat
            yield TitleMatch(self._keys[row], self._titles[row], known, score)

    def _scores(self, normal: str, written: str, letters: str, cutoff: float) -> np.ndarray:
        """Similarity 0–1 to each title row (float32, shape (rows,)); 0 where it is under `cutoff`."""
        ordered = " ".join(sorted(normal.split()))
        scores = np.zeros(len(self._normal), dtype=np.float32)
        alike = {"normal": self._bags["normal"].near(normal, cutoff), "written": self._bags["written"].near(written, cutoff)}
        alike["sorted"] = alike["normal"]  # the same letters in another order
        for query, form, scorer, scale, worth in (
            (normal, "normal", OSA.normalized_similarity, 1, 1.0),
            (written, "written", OSA.normalized_similarity, 1, 0.99),
            (ordered, "sorted", fuzz.ratio, 100, 0.97),
        ):
            near = alike[form]
            if len(near):
                texts = self._forms[form][near].tolist()
                found = process.cdist([query], texts, scorer=scorer, dtype=np.float32, score_cutoff=cutoff * scale)[0]
                scores[near] = np.maximum(scores[near], found * np.float32(worth / scale))
        if len(letters) > 2:
            for row in self._by_letters.get(letters, ()):
                scores[row] = max(scores[row], _NEAR)
        if len(normal) >= 4:  # the words asked for are the beginning or end of a longer title
            for forms, start in ((self._starts, normal + " "), (self._ends, normal[::-1] + " ")):
                for form, row in forms[bisect_left(forms, (start, -1)) :]:
                    if not form.startswith(start):
                        break
                    scores[row] = max(scores[row], 0.76 + 0.12 * len(start) / len(form))
        return np.asarray(scores)


class _Bags:
    """How often each letter stands in each of many texts: rules out nearly all of them before any is compared."""

    def __init__(self, texts: Sequence[str]) -> None:
        lengths = np.asarray([len(text) for text in texts], dtype=np.int32)
        rows = np.repeat(np.arange(len(texts)), lengths)
        places = rows * _BUCKETS + _BUCKET[np.frombuffer("".join(texts).encode("ascii", "replace"), dtype=np.uint8)]
        counts = np.bincount(places, minlength=len(texts) * _BUCKETS).reshape(len(texts), _BUCKETS)
        self._rows = np.argsort(lengths, kind="stable")  # shortest first, so that those of some lengths stand together
        self._lengths = lengths[self._rows]
        self._counts = np.minimum(counts, 127).astype(np.int8)[self._rows]

    def near(self, text: str, cutoff: float) -> NDArray[np.intp]:
        """Rows that can have a similarity of `cutoff` (0–1) with a text, and few that can't.

        An edit changes at most two counts by one each, so texts whose counts differ by more than twice the edits that
        the cutoff allows are no match, whether letters may be replaced or only added and taken away.
        """
        slack = 2 * (1 - cutoff)
        longest = len(text) / (1 - slack) if slack < 1 else np.inf
        first, last = np.searchsorted(self._lengths, [len(text) * (1 - slack) - 1e-6, longest + 1e-6])
        asked = np.bincount(_BUCKET[np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8)], minlength=_BUCKETS)
        differ = np.abs(self._counts[first:last] - np.minimum(asked, 127).astype(np.int8)).sum(axis=1, dtype=np.int32)
        near = differ <= slack * np.maximum(self._lengths[first:last], len(text)) + 1e-6
        return np.sort(self._rows[first:last][near])


def _main_part(title: str) -> str:
    """The part before a colon or dash, if that is long enough to be a title of its own ("Alien: Romulus" → no)."""
    head = re.split(r":| - ", title, maxsplit=1)[0]
    return head if len(head) >= 6 else title


def _words(title: str) -> str:
    return " ".join(re.findall(r"\w+", _plain(title)))


def _numbers(normal: str) -> frozenset[str]:
    return frozenset(word for word in normal.split() if word.isdigit())
