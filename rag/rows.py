"""Which rows of the index count now, and the best row of each film for some vectors.

A `View` is the catalogue at one moment: the rows of the built version and of films added since, for
films that are still there. `Rows` are those of some of these films, laid out so that scoring is one pass over
contiguous rows; a `Block` has their vectors too. Knows keys and kinds; does not know what is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from movies.caching import kept
from movies.catalogue import Catalogue
from movies.encoders import Vectors
from rag.scan import Scan, products
from rag.vectors import KEYWORDS, OVERVIEW, PASSAGE, POSTER

_SCAN_SHARE = 4  # multiplying all rows is cheaper than copying more than a quarter of them out first

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class _Group:
    """The rows of one kind: `rows` in the block, where each film's begin in that list, and which film it is."""

    rows: NDArray[np.intp] | slice
    starts: NDArray[np.intp]
    films: NDArray[np.intp]


@dataclass(frozen=True)
class Rows:
    """Rows of some films, film by film. `keys` (films,) ascending, `rows` (n,) of dtype PLACED."""

    keys: NDArray[np.int64]
    rows: NDArray[np.void]

    @kept
    def film(self) -> NDArray[np.intp]:
        """Which film each row is of (n,)."""
        return np.searchsorted(self.keys, self.rows["key"])

    @kept
    def hubs(self) -> Scores:
        """How much of a hub each row is (n,)."""
        return np.ascontiguousarray(self.rows["hub"])

    @kept
    def overview(self) -> _Group:
        return self._group(self.rows["kind"] == OVERVIEW)

    @kept
    def passage(self) -> _Group:
        return self._group(self.rows["kind"] == PASSAGE)

    @kept
    def keywords(self) -> _Group:
        return self._group(self.rows["kind"] == KEYWORDS)

    @kept
    def poster(self) -> _Group:
        return self._group(self.rows["kind"] == POSTER)

    @kept
    def text(self) -> _Group:
        return self._group(self.rows["kind"] != POSTER)

    def best(self, group: _Group, scores: Scores) -> Scores:
        """Per film the maximum over its rows of a kind, (films, m) of scores (n, m); NaN where it has none."""
        out = np.full((len(self.keys), scores.shape[1]), np.nan, dtype=np.float32)
        if len(group.starts):
            out[group.films] = np.maximum.reduceat(scores[group.rows], group.starts, axis=0)
        return out

    def best_spans(self, films: NDArray[np.intp], scores: Scores) -> list[tuple[int, int]]:
        """Where in the plot each film's best passage stands, by scores (n,) of the rows; (0, 0) without passages."""
        rows = _ranges(self._bounds[films], self._bounds[films + 1])
        rows = rows[self.rows["kind"][rows] == PASSAGE]
        rows = rows[np.argsort(scores[rows], kind="stable")]  # so that a film's best one is its last
        best = dict(zip(self.film[rows].tolist(), self.rows[["start", "end"]][rows].tolist(), strict=True))
        return [best.get(film, (0, 0)) for film in films.tolist()]

    def of(self, films: NDArray[np.intp]) -> tuple[Rows, NDArray[np.intp]]:
        """The rows of some of the films (their numbers here, ascending), and the numbers of those rows here."""
        numbers = _ranges(self._bounds[films], self._bounds[films + 1])
        return Rows(self.keys[films], self.rows[numbers]), numbers

    @kept
    def _bounds(self) -> NDArray[np.intp]:
        """Where the rows of each film begin, and where the last ones end (films + 1,)."""
        return np.searchsorted(self.film, np.arange(len(self.keys) + 1))

    def _group(self, mask: NDArray[np.bool_]) -> _Group:
        rows = np.flatnonzero(mask)
        films = self.film[rows]
        starts = np.flatnonzero(np.diff(films, prepend=-1))
        return _Group(slice(None) if len(rows) == len(mask) else rows, starts, films[starts])


@dataclass(frozen=True)
class Block(Rows):
    """Rows with their vectors."""

    _base: Scan
    _numbers: NDArray[np.intp] | None  # rows of `_base`; None: all of them
    _added: Vectors
    _order: NDArray[np.intp] | None  # of base and added rows together; None: as they come

    def cosines(self, matrix: Vectors) -> Scores:
        """Cosines (n, m) of all rows with unit vectors (m, dim)."""
        if self._numbers is None or len(self._numbers) * _SCAN_SHARE > len(self._base):
            found = self._base.cosines(matrix)
            found = found if self._numbers is None else found[self._numbers]
        else:
            found = products(self._base.rows[self._numbers], matrix)
        if len(self._added):
            found = np.concatenate([found, self._added @ matrix.T])
        return np.asarray(found if self._order is None else found[self._order], dtype=np.float32)

    def vectors(self) -> Vectors:
        """The rows' vectors (n, dim); a copy unless they are all of a version."""
        found = self._base.rows if self._numbers is None else self._base.rows[self._numbers]
        if len(self._added):
            found = np.concatenate([found, self._added])
        return found if self._order is None else found[self._order]

    def frozen(self) -> Block:
        """The same rows with their vectors copied together, for scoring again and again."""
        return Block(self.keys, self.rows, Scan(np.ascontiguousarray(self.vectors())), None, self._added[:0], None)


class View:
    """The films that are in the catalogue now (`keys`, ascending), their rows and years."""

    def __init__(
        self, base: Scan, rows: NDArray[np.void], added: Vectors, added_rows: NDArray[np.void], catalogue: Catalogue
    ) -> None:
        order = np.argsort(added_rows["key"], kind="stable")
        self._base, self._rows = base, rows
        self._film_of_row = np.ascontiguousarray(rows["key"])
        self._added, self._added_rows = added[order], added_rows[order]
        self._catalogue = catalogue
        self.keys = np.asarray(catalogue.keys(), dtype=np.int64)
        self.added_keys = np.intersect1d(self._added_rows["key"], self.keys)

    @cached_property
    def whole(self) -> Block:
        """All rows that count."""
        return self._block(self.keys)

    def block(self, keys: NDArray[np.int64]) -> Block:
        """The rows of films (keys ascending, each in `self.keys`)."""
        return self.whole if len(keys) == len(self.keys) else self._block(keys)

    def row_count(self, keys: NDArray[np.int64]) -> int:
        """How many rows the films have."""
        if len(keys) == len(self.keys):
            return len(self.whole.rows)
        starts, ends = _spans(self._film_of_row, keys)
        return int((ends - starts).sum()) + len(self._added_rows)

    def years(self, keys: NDArray[np.int64]) -> Scores:
        """The year of each film (keys ascending), NaN where it isn't known."""
        known = self._years
        if not len(known):
            return np.full(len(keys), np.nan, dtype=np.float32)
        place = np.minimum(np.searchsorted(known[:, 0], keys), len(known) - 1)
        return np.where(known[place, 0] == keys, known[place, 1], np.nan).astype(np.float32)

    @cached_property
    def _years(self) -> NDArray[np.int64]:
        return np.asarray(sorted(self._catalogue.years()), dtype=np.int64).reshape(-1, 2)

    def _block(self, keys: NDArray[np.int64]) -> Block:
        numbers = _ranges(*_spans(self._film_of_row, keys))
        extra = _ranges(*_spans(self._added_rows["key"], keys))
        rows = self._rows if len(numbers) == len(self._rows) else self._rows[numbers]
        order = None
        if len(extra):
            rows = np.concatenate([rows, self._added_rows[extra]])
            order = np.argsort(rows["key"], kind="stable")
            rows = rows[order]
        whole = len(numbers) == len(self._rows)
        return Block(keys, rows, self._base, None if whole else numbers, self._added[extra], order)


def _spans(of: NDArray[np.int64], keys: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each film's rows begin and end, among rows of the films `of`, ascending."""
    return np.searchsorted(of, keys, "left"), np.searchsorted(of, keys, "right")


def _ranges(starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """The numbers of all half-open ranges, one after the other."""
    lengths = ends - starts
    if not lengths.sum():
        return np.zeros(0, dtype=np.intp)
    offsets = np.repeat(starts - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
    return np.arange(int(lengths.sum())) + offsets
