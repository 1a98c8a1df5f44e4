"""What a picture looks like, as numbers, without downloaded weights.

The text detector inside the RapidOCR wheel is a convolutional network with a pretrained backbone.
One pass of it gives two things: where lettering is, and, from its inner layers, what the rest of
the picture looks like. With colours added, that is enough to tell posters from photos and to guess
genres. Looks at the standard form only (`classifiers/standard.py`). Reads no words and knows no labels.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from classifiers.standard import HEIGHT, WIDTH, standard
from movies.encoders import Vectors
from movies.errors import ModelMissing

NAME = "eyes:rapidocr-det-v6+colour@1"  # of this set of numbers; part of every artefact made with it
_LAYERS = (("Add.31", 48), ("Add.63", 96), ("Add.119", 192), ("Add.151", 384))  # the backbone's four stages
_LETTERING = "Add.221"  # logits of "here is lettering", one per pixel
_GRID = (48, 32)  # rows and columns the lettering map is reduced to
_POOLS = 6  # mean, spread, maximum, and the means of upper, middle and lower third
_LOOK = _POOLS * sum(width for _, width in _LAYERS)
_LETTERS = 3 + 12 + 16 + 6
_COLOURS = 12 + 24 + 72
DIM = _LOOK + _LETTERS + _COLOURS


@dataclass(frozen=True)
class Sight:
    """`row`: float32 (DIM,); `lettering`: float32 (48, 32), the share of lettering in each cell, 0–1."""

    row: NDArray[np.float32]
    lettering: NDArray[np.float32]


class Eyes:
    """Turns pictures into rows of `DIM` numbers. Thread-safe; the network is loaded on first use."""

    name = NAME
    dim = DIM

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._session: Any = None

    def rows(self, images: Iterable[Image], details: Sequence[int] | None = None) -> Vectors:
        """float32 (n, DIM) of RGB pictures in any size; `details` as in `standard`."""

        def row(numbered: tuple[int, Image]) -> NDArray[np.float32]:
            number, image = numbered
            return self.see(standard(image, details[number]) if details else standard(image)).row

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # the network runs outside the interpreter's lock
            made = list(pool.map(row, enumerate(images)))
        return np.stack(made) if made else np.zeros((0, DIM), dtype=np.float32)

    def see(self, image: Image) -> Sight:
        """One picture, already in standard form."""
        if image.size != (WIDTH, HEIGHT):
            image = standard(image)
        pixels = np.asarray(image.convert("RGB"))
        blob = (pixels[:, :, ::-1].astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
        outputs = self._network().run([name for name, _ in _LAYERS] + [_LETTERING], {"x": np.ascontiguousarray(blob)})
        logits = np.asarray(outputs[-1][0, 0], dtype=np.float32)
        letters = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        lettering = np.asarray(cv2.resize(letters, _GRID[::-1], interpolation=cv2.INTER_AREA), dtype=np.float32)
        parts = [_pooled(np.asarray(layer[0])) for layer in outputs[:-1]]
        row = np.concatenate([*parts, _letter_cues(lettering), _colour_cues(pixels)]).astype(np.float32)
        return Sight(row, lettering)

    def _network(self) -> Any:
        with self._lock:
            if self._session is None:
                self._session = _load(self._threads)
            return self._session


def _load(threads: int) -> Any:
    """The detector with its backbone's stages as further outputs.

    An ONNX file is a protocol buffer, and buffers that follow each other are merged by definition;
    so a few appended bytes declare the outputs, and no graph editor is needed.
    """
    import onnxruntime
    import rapidocr

    fix = "Reinstall it: pip install --force-reinstall --no-deps rapidocr"
    files = sorted((Path(rapidocr.__file__).parent / "models").glob("*det*.onnx"))
    if not files:
        raise ModelMissing(f"The text detector of RapidOCR is missing. {fix}")
    declared = b"".join(_field(12, _field(1, name.encode())) for name in [layer for layer, _ in _LAYERS] + [_LETTERING])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(
            files[0].read_bytes() + _field(7, declared), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime raises kinds of its own
        raise ModelMissing(f"The text detector of RapidOCR is of an unknown make ({type(error).__name__}). {fix}") from None


def _field(number: int, data: bytes) -> bytes:
    """A length-delimited field of a protocol buffer."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _pooled(layer: NDArray[np.float32]) -> NDArray[np.float32]:
    """A layer (channels, rows, columns) reduced to six numbers a channel."""
    flat = layer.reshape(len(layer), -1)
    height = layer.shape[1]
    thirds = [layer[:, part * height // 3 : (part + 1) * height // 3].mean(axis=(1, 2)) for part in range(3)]
    return np.concatenate([flat.mean(1), flat.std(1), flat.max(1), *thirds])


def _letter_cues(lettering: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much lettering there is, and in which bands and blocks of the picture."""
    bands = lettering.mean(axis=1).reshape(12, 4).mean(axis=1)
    blocks = lettering.reshape(4, 12, 4, 8).mean(axis=(1, 3)).ravel()
    peaks = lettering.reshape(6, 8, 32).max(axis=(1, 2))
    return np.concatenate([[lettering.mean(), lettering.max(), (lettering > 0.3).mean()], bands, blocks, peaks])


def _colour_cues(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Hues weighted by their strength, how pale and how dark, and the colours of a 4×6 grid."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV).astype(np.float32)
    saturation, value = hsv[..., 1] / 255, hsv[..., 2] / 255
    hues = np.histogram(hsv[..., 0], 12, (0, 180), weights=saturation * value)[0]
    tones = np.histogram2d(saturation.ravel(), value.ravel(), (4, 6), ((0, 1), (0, 1)))[0].ravel() / saturation.size
    grid = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32) / 255, (4, 6), interpolation=cv2.INTER_AREA)
    return np.concatenate([hues / (hues.sum() + 1e-6), np.sqrt(tones), grid.ravel()]).astype(np.float32)
