"""Which film is this poster of? What is read on it against the titles, and the picture against the
catalogue's pictures.

Two sources, added up: (1) lettering: neighbouring lines in any order against all titles, the words
read against the words of each title, and names against the people of each film; (2) artwork: a small
fingerprint of the picture against those of the catalogue's posters, which finds the same artwork
recoloured, cropped or rescaled. Does not know encoders: a reading comes in, scores go out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage
from PIL.Image import Image
from rapidfuzz import fuzz, process
from scipy import sparse

from movies.encoders import Vectors
from movies.errors import IndexMismatch
from movies.poster_reader import Line, Reading
from movies.titles import normal_title
from movies.vocabulary import fold

FINGERPRINT = 1274  # length of a fingerprint, see `fingerprint`
_MOST_LINES = 14
_MOST_RUN = 4  # lines that one title is spread over
_WORD_CUTOFF = 72  # percent; below, two words have nothing in common
_WHOLLY, _PARTLY = 0.86, 0.6  # likeness of the lettering to a title, alone and beside a name
_LONG_ENOUGH = 0.5  # of "part": letters of a title of one to three signs turn up on anything
_CLEAR_ARTWORK = 0.2  # cosine above `_SAME_ARTWORK`
_SAME_ARTWORK = 0.42  # cosine of fingerprints from which artwork speaks for a film

WEIGHTS = {"line": 1.0, "part": 0.3, "words": 0.3, "people": 0.5, "artwork": 4.0, "known": 0.06}
"""Chosen on half of the alternative posters; docs/quality.md has the figures of the other half."""


@dataclass(frozen=True)
class Identified:
    """A film a poster may show: `score` 0–1, and what spoke for it (each 0–1)."""

    key: int
    score: float
    legs: dict[str, float]

    @property
    def sure(self) -> bool:
        """Whether something definite speaks for the film: its artwork, nearly its whole title, or much of it beside a name.

        A title that merely resembles the lettering ("Session 9", "Sexmission") is nothing definite.
        """
        legs = self.legs
        named = legs.get("people", 0) > 0 and max(legs.get("line", 0), legs.get("words", 0)) >= _PARTLY
        whole = legs.get("part", 0) >= _LONG_ENOUGH and max(legs.get("line", 0), legs["part"]) >= _WHOLLY
        return legs.get("artwork", 0) >= _CLEAR_ARTWORK or whole or named


class PosterIdentifier:
    """All titles (with alternative ones), people and fingerprints of a catalogue, ready for matching.

    `titles`: (film key, title); `people`: (film key, names); `fingerprints`: (film keys, rows (n, FINGERPRINT));
    `known`: keys of the better-known films, which come first among equals (remakes share a title).
    """

    def __init__(
        self, titles: Iterable[tuple[int, str]], people: Iterable[tuple[int, Sequence[str]]],
        fingerprints: tuple[NDArray[np.int64], NDArray[np.float32]] | None = None, known: Iterable[int] = (),
    ) -> None:  # fmt: skip
        pairs = [(key, title, normal_title(title)) for key, title in titles]
        pairs = [pair for pair in pairs if pair[2]]
        self._compact = [normal.replace(" ", "") for _, _, normal in pairs]
        self._keys, film = np.unique(np.asarray([key for key, _, _ in pairs], dtype=np.int64), return_inverse=True)
        self._film = np.asarray(film)
        self._length = np.minimum(1.0, np.asarray([len(text) for text in self._compact]) / 8)
        self._words, self._bags = _word_matrix([normal for _, _, normal in pairs])
        names = {int(key): [_letters(name) for name in found] for key, found in people}
        self._names = sorted({name for found in names.values() for name in found if len(name) >= 7})
        self._cast = _name_matrix(self._names, names, self._keys)
        keys, rows = (
            fingerprints if fingerprints is not None else (np.zeros(0, np.int64), np.zeros((0, FINGERPRINT), np.float32))
        )
        here = np.isin(keys, self._keys)
        self._pictures = rows[here]
        self._picture_film = np.searchsorted(self._keys, keys[here])
        self._known = np.isin(self._keys, list(known)).astype(float)

    def identify(self, reading: Reading, picture: NDArray[np.float32] | None, k: int = 5) -> list[Identified]:
        """The `k` most likely films, best first."""
        if not len(self._keys):
            return []
        legs = self.legs(reading, picture)
        total = sum((WEIGHTS[name] * values for name, values in legs.items()), np.zeros(len(self._keys)))
        order = np.lexsort((self._keys, -total))[:k]
        return [
            Identified(
                int(self._keys[row]), round(float(min(1.0, total[row] / 1.6)), 4),
                {name: round(float(values[row]), 4) for name, values in legs.items() if values[row] > 0}
            )
            for row in order
        ]  # fmt: skip

    def legs(self, reading: Reading, picture: NDArray[np.float32] | None) -> dict[str, NDArray[np.float64]]:
        """Per film (n,): how well a run of lines is its title, how much of it is part of all that was read,
        how many of its title's words were read, whose names, and whether it is the same artwork."""
        lines = reading.lines[:_MOST_LINES]
        line, part = self._line_scores(lines)
        out = {
            "line": self._per_film(line), "part": self._per_film(part), "words": self._per_film(self._word_scores(lines)),
            "people": self._people_scores(lines), "artwork": np.zeros(len(self._keys)), "known": self._known,
        }  # fmt: skip
        if picture is not None and len(self._pictures):
            np.maximum.at(out["artwork"], self._picture_film, np.maximum(0, self._pictures @ picture - _SAME_ARTWORK))
        return out

    def _per_film(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.zeros(len(self._keys))
        np.maximum.at(out, self._film, scores)
        return out

    def _line_scores(self, lines: Sequence[Line]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Per title: its likeness to the best run of lines, and to some part of everything read."""
        runs = _runs(lines)
        best = np.zeros(len(self._compact))
        if not runs:
            return best, best.copy()
        likeness = process.cdist(
            [text for text, _ in runs], self._compact, scorer=fuzz.ratio, score_cutoff=45, dtype=np.float32
        )
        size = np.asarray([0.72 + 0.28 * height for _, height in runs])
        best = (likeness / 100 * size[:, None]).max(axis=0)
        everything = "".join(_letters(line.text) for line in sorted(lines, key=lambda line: line.top))
        part = process.cdist([everything], self._compact, scorer=fuzz.partial_ratio, score_cutoff=70, dtype=np.float32)[0] / 100
        return best, part * self._length

    def _word_scores(self, lines: Sequence[Line]) -> NDArray[np.float64]:
        """Per title: the share of its words (by rarity) that were read, large lettering counting more."""
        tallest = max((line.height for line in lines), default=1.0)
        read: dict[str, float] = {}
        for line in lines:
            for word in normal_title(line.text).split():
                read[word] = max(read.get(word, 0.0), 0.6 + 0.4 * line.height / tallest)
        if not read or not self._words:
            return np.zeros(len(self._compact))
        likeness = process.cdist(list(read), self._words, scorer=fuzz.ratio, score_cutoff=_WORD_CUTOFF, dtype=np.float32)
        weights = (likeness / 100 * np.asarray(list(read.values()))[:, None]).max(axis=0)
        return np.asarray(self._bags @ weights) * np.sqrt(self._length)

    def _people_scores(self, lines: Sequence[Line]) -> NDArray[np.float64]:
        """Per film: names of its people that were read, up to two."""
        if not self._names or not lines:
            return np.zeros(len(self._keys))
        read = [text for text in (_letters(line.text) for line in lines) if len(text) >= 7]
        if not read:
            return np.zeros(len(self._keys))
        likeness = (
            process.cdist(read, self._names, scorer=fuzz.partial_ratio, score_cutoff=88, dtype=np.float32).max(axis=0) / 100
        )
        return np.asarray(np.minimum(2, self._cast @ likeness) / 2, dtype=np.float64)


def fingerprint(image: Image) -> NDArray[np.float32]:
    """A picture as FINGERPRINT numbers: light, its change across and down, and colour, each without mean.

    The cosine of two fingerprints is near 1 for the same artwork, whatever its size, and near 0
    for unrelated pictures.
    """
    light = np.asarray(image.convert("L").resize((16, 24), PILImage.Resampling.BOX), dtype=np.float32)
    colour = np.asarray(image.convert("RGB").resize((6, 9), PILImage.Resampling.BOX), dtype=np.float32)
    parts = (light, np.diff(light, axis=1), np.diff(light, axis=0), colour)
    return np.asarray(np.concatenate([_standard(part) for part in parts]) / 2, dtype=np.float32)


def _standard(values: NDArray[np.float32]) -> NDArray[np.float32]:
    flat = values.ravel() - values.mean()
    return np.asarray(flat / (np.linalg.norm(flat) + 1e-6), dtype=np.float32)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(text).replace("&", "and"))


def spelt(lines: Sequence[Line], titles: Sequence[str]) -> tuple[str, str, float]:
    """(title, run, height): the title that lettering spells best, the letters of that run of lines, and their height, 1 for the tallest."""
    best = ("", "", 0.0)
    likeness = 0.0
    for title in titles:
        for run, height in _runs(lines):
            if (like := fuzz.ratio(run, _letters(normal_title(title)))) > likeness:
                best, likeness = (title, run, height), like
    return best


def _runs(lines: Sequence[Line]) -> list[tuple[str, float]]:
    """Texts of one to four neighbouring lines (from top to bottom, and from large to small) with their
    relative height: a title may be spread over several lines with others in between."""
    tallest = max((line.height for line in lines), default=1.0)
    orders = (sorted(lines, key=lambda line: (line.top, line.left)), list(lines), sorted(lines[:4], key=lambda line: line.top))
    runs: dict[str, float] = {}
    for order in orders:
        for first in range(len(order)):
            for last in range(first, min(first + _MOST_RUN, len(order))):
                part = order[first : last + 1]
                words = " ".join(line.text for line in part)
                height = max(line.height for line in part) / tallest
                for text in (_letters(normal_title(words)), re.sub(r"^the(?=...)", "", _letters(words))):
                    if text:
                        runs[text] = max(runs.get(text, 0.0), height)
    return list(runs.items())


def _word_matrix(titles: Sequence[str]) -> tuple[list[str], sparse.csr_matrix]:
    """All words of titles, and per title its words' weights: rarity, scaled to sum 1 (titles × words)."""
    numbers: dict[str, int] = {}
    rows, columns = [], []
    for row, title in enumerate(titles):
        for word in set(title.split()):
            rows.append(row)
            columns.append(numbers.setdefault(word, len(numbers)))
    count = np.bincount(columns, minlength=len(numbers)) if columns else np.zeros(len(numbers))
    rarity = np.log1p(len(titles) / np.maximum(count, 1))
    matrix = sparse.csr_matrix((rarity[columns], (rows, columns)), shape=(len(titles), len(numbers)))
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    return list(numbers), sparse.diags(1 / np.maximum(sums, 1e-9)) @ matrix


def _name_matrix(names: Sequence[str], of_film: dict[int, list[str]], keys: NDArray[np.int64]) -> sparse.csr_matrix:
    """Films × names: 1 where the name takes part in the film."""
    numbers = {name: number for number, name in enumerate(names)}
    rows, columns = [], []
    for row, key in enumerate(keys):
        for name in of_film.get(int(key), ()):
            if name in numbers:
                rows.append(row)
                columns.append(numbers[name])
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(keys), len(names)))


def load_fingerprints(folder: Path, count: int) -> Vectors:
    """Fingerprints (posters, FINGERPRINT) of a version, in the order of its poster rows. Raises IndexMismatch."""
    try:
        prints: Vectors = np.load(folder / "fingerprints.npy", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        prints = np.zeros((0, 0), dtype=np.float32)
    if prints.shape != (count, FINGERPRINT):
        raise IndexMismatch(
            "The poster fingerprints are missing or damaged. Build the index again: matinee build --catalogue FILE --artifacts DIR"
        )
    return prints
