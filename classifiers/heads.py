"""Small linear models as plain arrays, and the folder they lie in.

Everything a head needs is in one `.npz` without pickles and one `manifest.json`; serving multiplies
with numpy and imports no learning library. Does not know how heads are fitted (`classifiers/fitting.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movies.arrays import load_arrays, save_arrays
from movies.errors import IndexMismatch

Floats = NDArray[np.float32]
FORMAT = 1


@dataclass(frozen=True)
class Linear:
    """`k` linear scores over rows of `d` numbers: weights (d, k), bias (k,), shift and scale (d,)."""

    weights: Floats
    bias: Floats
    shift: Floats
    scale: Floats

    def __call__(self, rows: Floats) -> Floats:
        """Logits (n, k) of rows (n, d). Values far outside what training saw are held back at six spreads."""
        scaled = np.clip((rows - self.shift) * self.scale, -6, 6)
        return np.asarray(scaled @ self.weights + self.bias, dtype=np.float32)

    def arrays(self, name: str) -> dict[str, Floats]:
        return {f"{name}.{part}": getattr(self, part) for part in ("weights", "bias", "shift", "scale")}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> Linear:
        return cls(*(np.asarray(arrays[f"{name}.{part}"], dtype=np.float32) for part in ("weights", "bias", "shift", "scale")))


@dataclass(frozen=True)
class Blend:
    """Several scores of the same `k` labels weighed into one: weights and centre (s, k), bias (k,)."""

    weights: Floats
    centre: Floats
    bias: Floats

    def __call__(self, *parts: Floats) -> Floats:
        """Log-odds (n, k) from `s` scores (n, k)."""
        return np.asarray(sum(self.moves(*parts)) + self.bias, dtype=np.float32)

    def moves(self, *parts: Floats) -> list[Floats]:
        """How far each score moves each label from its usual log-odds: `s` arrays (n, k)."""
        return [(part - self.centre[place]) * self.weights[place] for place, part in enumerate(parts)]

    def arrays(self, name: str) -> dict[str, Floats]:
        return {f"{name}.{part}": getattr(self, part) for part in ("weights", "centre", "bias")}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> Blend:
        return cls(*(np.asarray(arrays[f"{name}.{part}"], dtype=np.float32) for part in ("weights", "centre", "bias")))


def sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)


def softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def save_heads(folder: Path, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a head; its manifest names the encoder it was made with."""
    save_arrays(folder, {"format": FORMAT, **manifest}, arrays)


def load_heads(folder: Path, encoder_name: str, train_command: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Manifest and arrays of a folder.

    Raises ModelMissing if there are none, IndexMismatch if they are damaged, of another format or
    made with another encoder; both say the command that makes them anew.
    """
    manifest, arrays = load_arrays(folder, FORMAT, train_command)
    made_with = manifest.get("encoder")
    if made_with != encoder_name:
        raise IndexMismatch(f"The heads were trained with the encoder {made_with}, not {encoder_name}. Run: {train_command}")
    return manifest, arrays
