"""Closing the modality gap: subtract a mean per modality, renormalise.

In a raw CLIP space all texts lie in one cone and all pictures in another, so a text query finds
texts almost whatever they mean. GR-CLIP (arXiv 2507.19054) subtracts the mean of text queries, of
text documents and of image documents. Here questions share the mean of the films' texts: one encoder reads both, and
the mean of any few made-up questions takes their themes away from real ones; docs/decisions.md has the figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from movies.encoders import Vectors, unit


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


def _mean(rows: Vectors) -> Vectors:
    return np.asarray(rows.mean(axis=0, dtype=np.float64), dtype=np.float32)
