"""The rows of numbers that the heads read, from an encoder and our own eyes, cached where a store is given.

Three families: plots (the encoder and its inner layers over whole sentences that fit it, averaged), posters as the
encoder sees them, posters as our eyes see them. Does not know labels.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
from PIL.Image import Image

from classifiers.eyes import Eyes
from movies.encoders import Encoder, Vectors, layered, layers_of, unit

Item = TypeVar("Item")
Step = Callable[[int, int], None]
_SENTENCE = re.compile(r"[^.!?…\n]*(?:[.!?…]+[\"'”’)\]]*|\n+|$)")
_LONGEST = 20_000  # characters of a plot that are read; a catalogue's plots end there too
_BATCH = 256
_POSTER_BATCH = 8


def _silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


class Store(Protocol):
    """Where vectors are kept between runs (`index_builder/cache.py`)."""

    def embed(
        self, space: str, items: Sequence[Item], hashes: Sequence[bytes], encode: Callable[[Sequence[Item]], Vectors],
        dim: int, batch: int, step: Step,
    ) -> Vectors: ...  # fmt: skip


class NoStore:
    """Computes everything anew."""

    def embed(
        self, space: str, items: Sequence[Item], hashes: Sequence[bytes], encode: Callable[[Sequence[Item]], Vectors],
        dim: int, batch: int, step: Step,
    ) -> Vectors:  # fmt: skip
        parts = []
        for start in range(0, len(items), batch):
            parts.append(encode(items[start : start + batch]))
            step(min(start + batch, len(items)), len(items))
        return np.concatenate(parts) if parts else np.zeros((0, dim), dtype=np.float32)


@dataclass
class Features:
    """Rows for the heads.

    `open_poster` turns a catalogue's poster entry into a picture (RGB). `store` keeps rows between
    runs under (space, content hash); the poster's content hash is its entry if that is one.
    """

    encoder: Encoder
    eyes: Eyes = field(default_factory=Eyes)
    store: Store = field(default_factory=NoStore)
    open_poster: Callable[[str], Image] | None = None

    def plots(self, texts: Sequence[str], step: Step = _silent) -> Vectors:
        """float32 (n, (layers + 1) · dim) as `movies.encoders.layered` gives them, of all windows of a plot; zero for one without words."""
        keys = [hashlib.sha256(b"plot" + text.encode("utf-8", "replace")).digest() for text in texts]
        blocks = layers_of(self.encoder) + 1
        space = f"{self.encoder.name}/plot" + (f"/{blocks}" if blocks > 1 else "")
        return self.store.embed(space, texts, keys, self._encode_plots, self.encoder.dim * blocks, _BATCH, step)

    def meaning(self, plots: Vectors) -> Vectors:
        """Of rows of `plots` the encoder's own (n, dim)."""
        return plots[:, -self.encoder.dim :]

    def layers(self, plots: Vectors) -> Vectors:
        """Of rows of `plots` what the inner layers say (n, layers · dim)."""
        return plots[:, : -self.encoder.dim]

    def meanings(self, posters: Sequence[str], step: Step = _silent) -> Vectors:
        """float32 (n, dim): posters as the encoder sees them (shared with the index, so usually known)."""
        return self.store.embed(
            f"{self.encoder.name}/image", posters, [_key(poster) for poster in posters],
            lambda part: self.encoder.images([self._open(poster) for poster in part]), self.encoder.dim, _POSTER_BATCH, step,
        )  # fmt: skip

    def looks(self, posters: Sequence[str], step: Step = _silent) -> Vectors:
        """float32 (n, eyes.dim): posters as our eyes see them, in standard form."""
        return self.store.embed(
            self.eyes.name, posters, [_key(poster) for poster in posters],
            lambda part: self.eyes.rows([self._open(poster) for poster in part]), self.eyes.dim, _POSTER_BATCH, step,
        )  # fmt: skip

    def _open(self, poster: str) -> Image:
        if self.open_poster is None:
            raise ValueError("these features were made without a way to open posters")
        return self.open_poster(poster)

    def _encode_plots(self, texts: Sequence[str]) -> Vectors:
        counts = self.encoder.token_counts([text[:_LONGEST].strip() for text in texts])  # at once: counting one by one is slow
        windows = [windows_of(text, self.encoder, count) for text, count in zip(texts, counts, strict=True)]
        flat = [window for part in windows for window in part]
        blocks = layers_of(self.encoder) + 1
        vectors = layered(self.encoder, flat) if flat else np.zeros((0, self.encoder.dim * blocks), dtype=np.float32)
        out = np.zeros((len(texts), self.encoder.dim * blocks), dtype=np.float32)
        start = 0
        for row, part in enumerate(windows):
            if part:
                out[row] = vectors[start : start + len(part)].mean(axis=0)
            start += len(part)
        return unit(out.reshape(len(texts), blocks, self.encoder.dim)).reshape(out.shape)


def reads(encoder: Encoder) -> bool:
    """Whether pictures reach this encoder as the words on them (the built-in one), so that encoding one takes long."""
    return encoder.name.startswith("builtin")


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, blanks trimmed, in order."""
    return [part.strip() for part in _SENTENCE.findall(text) if part.strip()]


def windows_of(text: str, encoder: Encoder, tokens: int | None = None) -> list[str]:
    """A text in as few windows of whole sentences as the encoder's limit allows; none for an empty one.

    `tokens`: how many it has, if that is known.
    """
    text = text[:_LONGEST].strip()
    if not any(char.isalnum() for char in text) and not any(ord(char) > 127 for char in text):
        return []
    if (tokens if tokens is not None else encoder.token_counts([text])[0]) <= encoder.max_tokens:
        return [text]
    pieces = [piece for sentence in sentences_of(text) for piece in _fitting(sentence, encoder)]
    counts = encoder.token_counts(pieces)
    windows: list[str] = []
    room = 0
    for piece, count in zip(pieces, counts, strict=True):
        if windows and count <= room:
            windows[-1] += f" {piece}"
            room -= count
        else:
            windows.append(piece)
            room = encoder.max_tokens - count
    return windows


def _fitting(sentence: str, encoder: Encoder) -> list[str]:
    """The sentence, or its halves (cut between words where there are any) until each fits."""
    if len(sentence) < 2 or encoder.token_counts([sentence])[0] <= encoder.max_tokens:
        return [sentence]
    middle = sentence.rfind(" ", 1, len(sentence) // 2 + 1)
    middle = middle if middle > 0 else len(sentence) // 2
    halves = (sentence[:middle].strip(), sentence[middle:].strip())
    return [piece for half in halves if half for piece in _fitting(half, encoder)]


def _key(poster: str) -> bytes:
    """A published poster is named by its SHA-256; any other entry is hashed."""
    try:
        key = bytes.fromhex(poster)
    except ValueError:
        key = b""
    return key if len(key) == 32 else hashlib.sha256(poster.encode("utf-8", "replace")).digest()


def progress_of(progress: Any, stage: str) -> Step:
    """A step function that reports under the name of a stage."""
    return lambda done, total: progress(stage, done, total)
