"""Boosted regression trees as plain arrays, walked with numpy.

All trees are walked at once, one level per step. Does not know how trees are grown (`training.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from box_office.features import Floats


@dataclass(frozen=True)
class Trees:
    """A forest whose trees add up. Per node (m,): the column it asks, the threshold ("at most" goes left), its children
    (a leaf is its own child), whether an unknown value goes left, and the mean of what training rows below it get.
    `roots` (t,): the first node of each tree; `base`: what is added to their sum; `depth`: steps to the deepest leaf."""

    column: NDArray[np.int32]
    threshold: Floats
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    unknown_left: NDArray[np.bool_]
    value: Floats
    roots: NDArray[np.int32]
    base: Floats
    depth: NDArray[np.int32]

    def predict(self, rows: Floats) -> Floats:
        """Predictions (n,) for rows (n, d)."""
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        each = np.arange(len(rows))[:, None]
        for _ in range(int(self.depth)):
            at = self._step(at, rows[each, self.column[at]])
        return np.asarray(self.base + self.value[at].sum(axis=1), dtype=np.float64)

    def explain(self, row: Floats) -> tuple[float, Floats]:
        """What a film nothing is known of gets, and how far each column moves this one (d,); together the prediction.

        Path attribution (Saabas): at each node of the paths taken, the change of the mean is put down to the column asked.
        """
        at = self.roots
        moves = np.zeros(len(row))
        for _ in range(int(self.depth)):
            after = self._step(at, row[self.column[at]])
            moves += np.bincount(self.column[at], self.value[after] - self.value[at], minlength=len(row))
            at = after
        return float(self.base + self.value[self.roots].sum()), moves

    def _step(self, at: NDArray[np.int32], values: Floats) -> NDArray[np.int32]:
        left = np.where(np.isnan(values), self.unknown_left[at], values <= self.threshold[at])
        return np.where(left, self.left[at], self.right[at])

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {f"trees.{name}": np.asarray(getattr(self, name)) for name in self.__dataclass_fields__}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Trees:
        return cls(*(arrays[f"trees.{name}"] for name in cls.__dataclass_fields__))
