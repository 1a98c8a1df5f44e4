"""Geometry of the shared space: closing the modality gap, and how much of a hub each row is.

Subtract a mean per modality, renormalise.

In a raw CLIP space all texts lie in one cone and all pictures in another, so a text query finds
texts almost whatever they mean. GR-CLIP (arXiv 2507.19054) subtracts the mean of text queries, of
text documents and of image documents. Here questions share the mean of the films' texts: one encoder reads both, and
the mean of any few made-up questions takes their themes away from real ones; docs/decisions.md has the figures.

Hubs are rows that lie near many others and so are found whatever is asked (Radovanović et al. 2010). As in CSLS (Conneau et
al. 2018, arXiv 1710.04087), what a row shares with its own neighbours is taken off its likeness to a question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from movies.encoders import Vectors, unit

_SAMPLE = 2000  # rows that neighbours are looked for among
_NEIGHBOURS = 20
_BLOCK = 4096  # rows multiplied at once


@dataclass(frozen=True)
class Means:
    """Mean vectors (dim,) of text rows, which questions share, and of poster rows; zeros where there are none."""

    text: Vectors
    image: Vectors

    @classmethod
    def measure(cls, texts: Vectors, images: Vectors) -> Means:
        """Means of the rows to be indexed, (n, dim) each."""
        return cls(*(_mean(rows) if len(rows) else np.zeros(rows.shape[1], dtype=np.float32) for rows in (texts, images)))

    def as_json(self) -> dict[str, list[float]]:
        return {name: [float(value) for value in getattr(self, name)] for name in ("text", "image")}

    @classmethod
    def from_json(cls, data: Mapping[str, Sequence[float]]) -> Means:
        return cls(**{name: np.asarray(data[name], dtype=np.float32) for name in ("text", "image")})


def centred(rows: Vectors, mean: Vectors) -> Vectors:
    """`rows` (…, dim) minus `mean` (dim,), scaled back to length 1."""
    return unit(rows - mean)


def sample(rows: Vectors) -> Vectors:
    """At most 2,000 rows, evenly spread."""
    return np.asarray(rows[:: max(1, -(-len(rows) // _SAMPLE))])


def hubness(rows: Vectors, among: Vectors) -> Vectors:
    """How near unit rows (n, dim) lie to what is around them (n,): the mean cosine with the twenty nearest of a sample.

    The nearest one doesn't count, as it may be the row itself. Zeros where there are no others.
    """
    found = np.zeros(len(rows), dtype=np.float32)
    nearest = min(_NEIGHBOURS + 1, len(among))
    if nearest > 1:
        for start in range(0, len(rows), _BLOCK):
            cosines = rows[start : start + _BLOCK] @ among.T
            highest = np.sort(np.partition(cosines, -nearest, axis=1)[:, -nearest:], axis=1)
            found[start : start + _BLOCK] = highest[:, :-1].mean(axis=1)
    return np.round(found, 4)  # the same whatever the order a processor adds in


def _mean(rows: Vectors) -> Vectors:
    return np.asarray(rows.mean(axis=0, dtype=np.float64), dtype=np.float32)
