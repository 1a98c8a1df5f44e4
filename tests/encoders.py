"""`HashedEncoder`: a real, deterministic encoder without weights, for tests.

Words are hashed into dimensions; a picture is its colour histogram. Both modalities carry a large
constant offset of their own, as CLIP's do: without centring, a text query finds texts whatever they
mean, so a test of centring can fail. Does not know meaning: words match only themselves.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL.Image import Image

from movies.encoders import Vectors, unit
from movies.errors import BadInput

DIM = 256
_WORD = re.compile(r"\w+")
_OFFSET = 3.0  # times the length of what is meant


class HashedEncoder:
    """Hashed words for text, a 4×4×4 colour histogram for pictures, and an offset per modality.

    Colour words ("red", "dark") share dimensions with the colours, so that text can find pictures.
    """

    name = "test:hashed"
    dim = DIM
    max_tokens = 64

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [len(_WORD.findall(text)) for text in texts]

    def texts(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), DIM), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            words = _WORD.findall(text.lower())
            if len(words) > self.max_tokens:
                raise BadInput(f"A text of {len(words)} words; {self.max_tokens} are read. Split it into passages.")
            for word in words:
                row += _direction(word)
        return unit(unit(rows) + _OFFSET * _direction("offset of texts"))

    def images(self, images: Sequence[Image]) -> Vectors:
        rows = np.zeros((len(images), DIM), dtype=np.float32)
        for row, image in zip(rows, images, strict=True):
            pixels = np.asarray(image.convert("RGB").resize((16, 16))).reshape(-1, 3) // 64
            for colour, count in zip(*np.unique(pixels, axis=0, return_counts=True), strict=True):
                row += count * _direction(_COLOURS.get(tuple(int(part) for part in colour), f"colour {colour.tolist()}"))
        return unit(unit(rows) + _OFFSET * _direction("offset of pictures"))


_COLOURS = {(3, 0, 0): "red", (0, 3, 0): "green", (0, 0, 3): "blue", (0, 0, 0): "dark", (3, 3, 3): "white", (3, 3, 0): "yellow"}


@lru_cache(maxsize=100_000)
def _direction(word: str) -> Vectors:
    """A unit vector that belongs to a word, the same in every process."""
    seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:8], "little")
    return unit(np.random.default_rng(seed).standard_normal(DIM))
