"""The `Encoder` protocol, and what its implementations share.

An encoder turns plots and posters into unit vectors of one shared space. `clip` (movies/clip.py)
uses open_clip weights from a hub or a folder; `builtin` (movies/builtin.py) needs the package
index only; `movies/encoder_choice.py` says which one serves. Does not know what the vectors are used for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from movies.errors import ModelMissing

Vectors = NDArray[np.float32]
Span = tuple[int, int]


@runtime_checkable
class Encoder(Protocol):
    """Texts and pictures → float32 unit rows of one shared space.

    `name` identifies model and weights and is written into every artefact; `dim` is the row
    length; `max_tokens` is how many tokens of a text are read. Longer texts are refused, not
    cut: callers split them into windows first (`rag/passages.py`).
    """

    name: str
    dim: int
    max_tokens: int

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes, special tokens included."""
        ...

    def texts(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dim). Raises BadInput if a text exceeds `max_tokens`."""
        ...

    def images(self, images: Sequence[Image]) -> Vectors:
        """float32 (len(images), dim) of RGB pictures."""
        ...


@runtime_checkable
class ReadsInPlace(Protocol):
    """An encoder that can give a text and parts of it in one pass, each part read with what stands around it."""

    def in_place(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> list[Vectors]:
        """As `whole_and_parts`."""
        ...


@runtime_checkable
class ShowsLayers(Protocol):
    """An encoder that also tells what the inner layers of its network make of a text; `layers`: how many of them it shows."""

    layers: int

    def layered(self, texts: Sequence[str]) -> Vectors:
        """As `layered`."""
        ...


def layered(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """float32 (len(texts), (layers + 1) · dim): a unit row of each inner layer, from the first on, and the text's own row last.

    The own row alone where an encoder shows no layers. Raises BadInput if a text exceeds `max_tokens`.
    """
    return encoder.layered(texts) if isinstance(encoder, ShowsLayers) else encoder.texts(texts)


def layers_of(encoder: Encoder) -> int:
    """How many inner layers an encoder shows."""
    return encoder.layers if isinstance(encoder, ShowsLayers) else 0


def whole_and_parts(encoder: Encoder, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> list[Vectors]:
    """For each text float32 (1 + its spans, dim): all of it, then each span (start, end in characters).

    In one pass if the encoder reads in place; with any other, each span is a text of its own. Raises BadInput if a
    text exceeds `max_tokens`.
    """
    if isinstance(encoder, ReadsInPlace):
        return encoder.in_place(texts, spans)
    pieces = [[text, *(text[start:end] for start, end in parts)] for text, parts in zip(texts, spans, strict=True)]
    vectors = encoder.texts([piece for part in pieces for piece in part])
    return np.split(vectors, np.cumsum([len(part) for part in pieces])[:-1]) if pieces else []


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_file(path: Path, expected: str, fix: str) -> None:
    """Raise ModelMissing unless the file's SHA-256 is `expected`; `fix` says how to get it anew."""
    if not path.is_file():
        raise ModelMissing(f"The model file {path.name} is missing. {fix}")
    found = file_sha256(path)
    if found != expected:
        raise ModelMissing(f"The model file {path.name} is damaged (SHA-256 {found[:12]}…, expected {expected[:12]}…). {fix}")


def unit(rows: NDArray[np.floating]) -> Vectors:
    """Rows scaled to length 1 (zero rows stay zero); float32."""
    rows = np.asarray(rows, dtype=np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12), dtype=np.float32)
