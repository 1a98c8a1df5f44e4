"""The one vector file of a version: all rows in a memory-mapped matrix, and Annoy over the same rows.

The only module that imports Annoy. A row is a film's overview, a passage of its plot, its keywords, or its poster.
Does not know what the rows mean, nor films beyond their number (`key`), nor which encoder made them.

Annoy: distance d between unit vectors means cosine 1 − d²/2; byte-identical files need a fixed seed
and one building thread; recall depends on `search_k`, so it is always given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from annoy import AnnoyIndex
from numpy.typing import NDArray

from movies.encoders import Span, Vectors
from movies.errors import IndexMismatch

OVERVIEW, PASSAGE, POSTER, KEYWORDS = 0, 1, 2, 3
ROW = np.dtype([("key", "<i8"), ("kind", "u1"), ("start", "<i4"), ("end", "<i4")])
PLACED = np.dtype([*ROW.descr, ("hub", "<f4")])  # a row of an index: with how much of a hub it is (`rag.centring`)
Row = tuple[int, int, int, int]
TREES = 60
SEARCH_K = 24_000  # nodes looked at per query; recall against exact in docs/quality.md
_SEED = 20_411


def text_rows(key: int, texts: Iterable[tuple[str, Span | None]]) -> list[Row]:
    """Rows of a film's texts by what they are ("overview", "passage", "keywords") and where they stand in its plot."""
    kinds = {"overview": OVERVIEW, "passage": PASSAGE, "keywords": KEYWORDS}
    return [(key, kinds[kind], *(place or (-1, -1))) for kind, place in texts]


def placed(rows: NDArray[np.void], hubs: Vectors) -> NDArray[np.void]:
    """Rows (n,) of dtype ROW with their `hubs` (n,), of dtype PLACED."""
    out = np.empty(len(rows), dtype=PLACED)
    for name in ROW.names or ():
        out[name] = rows[name]
    out["hub"] = hubs
    return out


@dataclass
class VectorFile:
    """`vectors` float32 (n, dim) unit rows, a read-only map, and `rows` (n,) of dtype PLACED, sorted by key."""

    vectors: Vectors
    rows: NDArray[np.void]
    _annoy: AnnoyIndex

    @classmethod
    def write(
        cls,
        folder: Path,
        vectors: Vectors,
        rows: NDArray[np.void],
        hubs: Vectors,
        *,
        trees: int = TREES,
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Write matrix, rows of dtype ROW, their hubs (n,) and the Annoy file into `folder`; the same input gives the same bytes."""
        if not len(vectors) == len(rows) == len(hubs):
            raise ValueError(f"expected as many vectors as rows and hubs, got {len(vectors)}, {len(rows)} and {len(hubs)}")
        np.save(folder / "vectors.npy", np.ascontiguousarray(vectors, dtype=np.float32), allow_pickle=False)
        np.save(folder / "rows.npy", rows, allow_pickle=False)
        np.save(folder / "hubs.npy", hubs.astype(np.float32), allow_pickle=False)
        step("building the Annoy trees")
        index = AnnoyIndex(vectors.shape[1] or 1, "angular")
        index.set_seed(_SEED)
        for number, vector in enumerate(vectors):
            index.add_item(number, vector)
        index.build(trees, n_jobs=1)
        index.save(str(folder / "index.ann"))
        index.unload()

    @classmethod
    def open(cls, folder: Path, dim: int, count: int) -> VectorFile:
        """Map the files of a version. Raises IndexMismatch if they are missing, cut off or of another shape."""
        again = "Build the index again: matinee build --catalogue FILE --artifacts DIR"
        try:
            vectors = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
            rows = np.load(folder / "rows.npy", mmap_mode=None, allow_pickle=False)
            hubs = _hubs(folder, count)
        except (OSError, ValueError, EOFError):
            raise IndexMismatch(f"The index files are missing or damaged. {again}") from None
        if vectors.shape != (count, dim) or not rows.shape == hubs.shape == (count,) or rows.dtype != ROW:
            raise IndexMismatch(f"The index files don't fit the manifest (expected {count} rows of {dim}). {again}")
        index = AnnoyIndex(dim, "angular")
        try:
            index.load(str(folder / "index.ann"), prefault=False)
        except OSError:
            raise IndexMismatch(f"The Annoy file is missing or damaged. {again}") from None
        if index.get_n_items() != count:
            raise IndexMismatch(f"The Annoy file has {index.get_n_items()} rows, the manifest says {count}. {again}")
        return cls(vectors, placed(rows, hubs), index)

    def nearest(self, query: Vectors, n: int, search_k: int = SEARCH_K) -> tuple[NDArray[np.int64], Vectors]:
        """Numbers and cosines of about the `n` nearest rows to a unit vector (dim,), best first."""
        numbers, distances = self._annoy.get_nns_by_vector(query, n, search_k=max(search_k, n), include_distances=True)
        cosines = np.asarray(1 - np.square(distances) / 2, dtype=np.float32)
        return np.asarray(numbers, dtype=np.int64), cosines

    def close(self) -> None:
        self._annoy.unload()


def _hubs(folder: Path, count: int) -> Vectors:
    """What was measured at the build; nothing in a version from before it was."""
    try:
        return np.asarray(np.load(folder / "hubs.npy", allow_pickle=False), dtype=np.float32)
    except FileNotFoundError:
        return np.zeros(count, dtype=np.float32)
