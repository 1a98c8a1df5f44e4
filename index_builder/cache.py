"""Vectors already computed, by content hash and encoder, in one SQLite file.

A rebuild embeds only what changed, and a killed build goes on where it stopped: every batch is
committed before the next begins. Knows bytes and hashes; does not know films.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from movies.database import connect
from movies.encoders import Vectors

Item = TypeVar("Item")


class VectorCache:
    """One table per space (encoder and modality). Not for several writers at once; the build lock sees to that."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = connect(path)
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors (space TEXT, hash BLOB, vector BLOB, PRIMARY KEY (space, hash)) WITHOUT ROWID"
        )

    def close(self) -> None:
        self._connection.close()

    def known(self, space: str, hashes: Sequence[bytes]) -> dict[bytes, np.ndarray]:
        """The vectors that are there, by hash."""
        found: dict[bytes, np.ndarray] = {}
        for start in range(0, len(hashes), 500):
            part = hashes[start : start + 500]
            marks = ",".join("?" * len(part))
            query = f"SELECT hash, vector FROM vectors WHERE space = ? AND hash IN ({marks})"  # noqa: S608 placeholders only
            for key, blob in self._connection.execute(query, (space, *part)):
                found[key] = np.frombuffer(blob, dtype=np.float32)
        return found

    def keep(self, space: str, hashes: Sequence[bytes], vectors: Iterable[Vectors]) -> None:
        """Store vectors in one transaction."""
        self._connection.execute("BEGIN")
        rows = [
            (space, key, np.ascontiguousarray(vector, dtype=np.float32).tobytes())
            for key, vector in zip(hashes, vectors, strict=True)
        ]
        self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)
        self._connection.execute("COMMIT")

    def embed(
        self, space: str, items: Sequence[Item], hashes: Sequence[bytes], encode: Callable[[Sequence[Item]], Vectors],
        dim: int, batch: int, step: Callable[[int, int], None],
    ) -> Vectors:  # fmt: skip
        """Vectors (len(items), dim) of items, computing and keeping only what is not known.

        `step(done, total)` is called after each batch. Batches are cut from the unknown items in
        their given order, so an interrupted run and an uninterrupted one embed the same batches.
        """
        found = self.gather(space, items, hashes, encode, batch, step)
        return np.stack(found) if found else np.zeros((0, dim), dtype=np.float32)

    def gather(
        self, space: str, items: Sequence[Item], hashes: Sequence[bytes], encode: Callable[[Sequence[Item]], Iterable[Vectors]],
        batch: int, step: Callable[[int, int], None],
    ) -> list[Vectors]:  # fmt: skip
        """As `embed`, for items that give vectors of any length each."""
        found = self.known(space, list(dict.fromkeys(hashes)))
        missing: dict[bytes, Item] = {}
        for key, item in zip(hashes, items, strict=True):
            if key not in found:
                missing.setdefault(key, item)
        done, total = len(items) - len(missing), len(items)
        step(done, total)
        for part in _batches(list(missing.items()), batch):
            vectors = list(encode([item for _, item in part]))
            self.keep(space, [key for key, _ in part], vectors)
            found.update({key: vector for (key, _), vector in zip(part, vectors, strict=True)})
            done += len(part)
            step(done, total)
        return [found[key] for key in hashes]


def text_hash(text: str) -> bytes:
    """SHA-256 of a text, 32 bytes."""
    return hashlib.sha256(text.encode()).digest()


def _batches(items: list[tuple[bytes, Item]], size: int) -> Iterator[list[tuple[bytes, Item]]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
