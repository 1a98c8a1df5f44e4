"""Closing the modality gap: subtract a mean per modality, renormalise.

In a raw CLIP space all texts lie in one cone and all pictures in another, so a text query finds
texts almost whatever they mean. GR-CLIP (arXiv 2507.19054) subtracts the mean of text queries, of
text documents and of image documents; the gain here is measured in docs/quality.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from movies.encoders import Encoder, Vectors, unit

_MOODS = ("a funny", "a dark", "a sad", "a tense", "a romantic", "a quiet", "a violent", "a feel-good")
_SUBJECTS = (
    "film about a heist that goes wrong", "story of two people who fall in love", "movie set in the war",
    "film with robots and space travel", "film about growing up in a small town", "mystery with a detective",
    "adventure with a long journey", "film about a family and its secrets",
)  # fmt: skip


@dataclass(frozen=True)
class Means:
    """Mean vectors (dim,) of text queries, text rows and poster rows; zeros mean: leave as it is."""

    text_query: Vectors
    text: Vectors
    image: Vectors

    @classmethod
    def measure(cls, encoder: Encoder, texts: Vectors, images: Vectors) -> Means:
        """Means of the rows to be indexed, and of sixty-four generic questions (nobody's real ones)."""
        questions = [f"{mood} {subject}" for mood in _MOODS for subject in _SUBJECTS]
        none = np.zeros(encoder.dim, dtype=np.float32)
        return cls(
            text_query=_mean(encoder.texts(questions)),
            text=_mean(texts) if len(texts) else none,
            image=_mean(images) if len(images) else none,
        )

    @classmethod
    def zeros(cls, dim: int) -> Means:
        """No centring: what the ablation compares with."""
        none = np.zeros(dim, dtype=np.float32)
        return cls(none, none, none)

    def as_json(self) -> dict[str, list[float]]:
        names = ("text_query", "text", "image")
        return {name: [float(value) for value in getattr(self, name)] for name in names}

    @classmethod
    def from_json(cls, data: Mapping[str, Sequence[float]]) -> Means:
        return cls(**{name: np.asarray(data[name], dtype=np.float32) for name in ("text_query", "text", "image")})


def centred(rows: Vectors, mean: Vectors) -> Vectors:
    """`rows` (…, dim) minus `mean` (dim,), scaled back to length 1."""
    return unit(rows - mean)


def _mean(rows: Vectors) -> Vectors:
    return np.asarray(rows.mean(axis=0, dtype=np.float64), dtype=np.float32)
