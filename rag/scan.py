"""`Scan`: the cosines of one large matrix with vectors of many callers, who share each pass over it.

A pass is bound by memory, not arithmetic: on 51,564 rows of 384 numbers sixteen vectors take four
times as long as one, not sixteen times. A caller who is alone waits for nobody; those who come
during a pass are served together by the next one, which the first of them makes. Does not know what
the rows are of.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from movies.encoders import Vectors
from movies.turns import COMPUTING

_SMALL = 10_000  # rows: fewer are multiplied sooner than shared
_FEW = 6  # vectors; a product packs the whole matrix anew for its kernel, which is worth it only for more of them
_MOST = 32  # vectors in a pass, unless one caller alone brings more: each costs memory for a number per row


def products(rows: Vectors, vectors: Vectors) -> Vectors:
    """Inner products (n, m) of rows (n, dim) with vectors (m, dim), each row read once: one vector in half a product's time."""
    return np.vecdot(rows[:, None], vectors[None]) if len(vectors) <= _FEW else rows @ vectors.T


@dataclass
class _Call:
    vectors: Vectors
    turn: threading.Event = field(default_factory=threading.Event)  # set: it was served, or has to make the next pass
    found: Vectors | None = None
    error: Exception | None = None


class Scan:
    """Thread-safe. `rows` (n, dim) as given, which may be a read-only map of a file."""

    def __init__(self, rows: Vectors) -> None:
        self.rows = rows
        self._lock = threading.Lock()
        self._waiting: list[_Call] = []
        self._passing = False

    def __len__(self) -> int:
        return len(self.rows)

    def cosines(self, vectors: Vectors) -> Vectors:
        """Cosines (n, m) of all rows with unit vectors (m, dim)."""
        if len(self.rows) < _SMALL:
            return products(self.rows, vectors)
        call = _Call(vectors)
        with COMPUTING.aside():
            with self._lock:
                self._waiting.append(call)
                first = not self._passing
                self._passing = True
            if not first:
                call.turn.wait()
            if call.found is None and call.error is None:
                self._pass()
        if call.error is not None:
            raise call.error
        assert call.found is not None
        return call.found

    def _pass(self) -> None:
        """Serve those who wait, in their order, and let the first who is left make the next pass."""
        calls = self._next()
        try:
            found = products(self.rows, np.concatenate([call.vectors for call in calls]))
            start = 0
            for call in calls:
                end = start + len(call.vectors)
                call.found = (
                    found if len(calls) == 1 else np.ascontiguousarray(found[:, start:end])
                )  # lets go of the others' share
                start = end
        except Exception as error:  # whatever it is, it belongs to the callers
            for call in calls:
                call.error = error
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._passing = following is not None
            for call in calls:
                call.turn.set()
            if following is not None:
                following.turn.set()

    def _next(self) -> list[_Call]:
        with self._lock:
            size = count = 0
            for call in self._waiting:
                if count and size + len(call.vectors) > _MOST:
                    break
                size, count = size + len(call.vectors), count + 1
            calls, self._waiting = self._waiting[:count], self._waiting[count:]
            return calls
