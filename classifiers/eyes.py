"""What a picture looks like, as numbers: three views of its standard form (`classifiers/standard.py`).

What it shows comes from a network that knows a thousand things (`movies/sight.py`); it tells genres.
How it is laid out comes from the text detector inside the RapidOCR wheel: where lettering is, in
how many lines of what size, and its inner layers; it tells posters from other printed matter. And
colours. Works without a model hub. Reads no words and knows no labels.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from classifiers.standard import standard
from movies.encoders import Vectors
from movies.errors import ModelMissing

if TYPE_CHECKING:
    from movies.sight import Tuned

NAME = "eyes:efficientnet-lite0+rapidocr-det-v6+lines+colour@2"  # of this set of numbers; part of every artefact made with it
_LAYERS = (("Add.31", 48), ("Add.63", 96), ("Add.119", 192), ("Add.151", 384))  # the backbone's four stages
_LETTERING = "Add.221"  # logits of "here is lettering", one per pixel
_SIGHT_SIZE = (160, 240)  # width and height in pixels that the network looks at
_GRID = (48, 32)  # rows and columns the lettering map is reduced to
_POOLS = 6  # mean, spread, maximum, and the means of upper, middle and lower third
_LINES = 5  # the tallest lines of lettering that are described one by one
_TALL = (0.03, 0.05, 0.08, 0.12)  # of the height: lines at least so tall are counted
_LINE_GRID = (144, 96)  # rows and columns of the map in which lines are told apart
_SPECK = 3  # cells of it; smaller spots of lettering are noise
_LETTERED = 0.3  # share of lettering above which a cell of the map counts as lettered
_SIGHT = 2 * (16 + 24 + 40 + 112 + 320) + 1280
_LAYERS_DIM = _POOLS * sum(width for _, width in _LAYERS)
_LINE_CUES = 5 * _LINES + len(_TALL) + 2 + 4 + 2
_LETTERS = _LINE_CUES + 3 + 12 + 16 + 6
_COLOURS = 12 + 24 + 72
DIM = _SIGHT + _LETTERS + _COLOURS + _LAYERS_DIM
LOOK = slice(0, _SIGHT + _LETTERS + _COLOURS)  # what a picture shows, with lettering and colours: for genres
VIEWS = {  # for the validator, from the one that carries over furthest to the one that sees most
    "lines": slice(_SIGHT, _SIGHT + _LINE_CUES),
    "layout": slice(_SIGHT, DIM),
    "all": slice(0, DIM),
}


def lettered(rows: Vectors) -> NDArray[np.bool_]:
    """Which rows (n, DIM or more) are of pictures with at least one line of lettering."""
    return np.asarray(rows[:, _SIGHT] > 0)  # the height of the tallest line


@dataclass(frozen=True)
class Seen:
    """`row`: float32 (DIM,); `lettering`: float32 (48, 32), the share of lettering in each cell, 0–1."""

    row: NDArray[np.float32]
    lettering: NDArray[np.float32]


class Eyes:
    """Turns pictures into rows of `dim` numbers. Thread-safe; the networks are loaded on first use (about a second)."""

    def __init__(self, tuned: Tuned | None = None, tuned_name: str = "") -> None:
        """`tuned`: a network fine-tuned on posters, whose logits are then appended to each row."""
        self.name = f"{NAME}+{tuned_name}" if tuned else NAME
        self.dim = DIM + (tuned.classes if tuned else 0)
        self._tuned = tuned
        self._lock = threading.Lock()
        self._detector: Any = None
        self._sight: Any = None

    def rows(self, images: Iterable[Image], details: Sequence[int] | None = None) -> Vectors:
        """float32 (n, dim) of RGB pictures in any size; `details` as in `standard`."""
        looked = [standard(image, details[place]) if details else standard(image) for place, image in enumerate(images)]
        seen = self.look(looked)
        return np.stack([one.row for one in seen]) if seen else np.zeros((0, self.dim), dtype=np.float32)

    def look(self, images: Sequence[Image]) -> list[Seen]:
        """Pictures that are in standard form already."""
        if not images:
            return []
        self._load()
        pixels = np.stack([np.asarray(image.convert("RGB")) for image in images])
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # the detector runs outside the interpreter's lock
            layouts = list(pool.map(self._layout, pixels))
        smaller = np.stack([for_sight(one) for one in pixels])
        shown = self._sight.rows(smaller)
        said = self._tuned.logits(smaller) if self._tuned else np.zeros((len(images), 0), dtype=np.float32)
        return [
            Seen(np.concatenate([sight, letters, _colour_cues(one), layers, logits]).astype(np.float32), lettering)
            for sight, one, logits, (letters, layers, lettering) in zip(shown, pixels, said, layouts, strict=True)
        ]

    def _layout(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Cues of the lettering, the detector's inner layers, and the map of lettering."""
        blob = (pixels[:, :, ::-1].astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
        outputs = self._detector.run([name for name, _ in _LAYERS] + [_LETTERING], {"x": np.ascontiguousarray(blob)})
        letters = 1 / (1 + np.exp(-np.clip(np.asarray(outputs[-1][0, 0], dtype=np.float32), -30, 30)))
        lettering = np.asarray(cv2.resize(letters, _GRID[::-1], interpolation=cv2.INTER_AREA), dtype=np.float32)
        layers = np.concatenate([_pooled(np.asarray(layer[0])) for layer in outputs[:-1]])
        lines = np.asarray(cv2.resize(letters, _LINE_GRID[::-1], interpolation=cv2.INTER_AREA), dtype=np.float32)
        return np.concatenate([_line_cues(lines), _letter_cues(lettering)]), layers, lettering

    def _load(self) -> None:
        with self._lock:
            if self._sight is None:
                from movies.sight import Sight  # torch: only where pictures are looked at

                self._detector = _load()
                self._sight = Sight()


def for_sight(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A standard picture (288, 192, 3) in the size that networks look at: (240, 160, 3)."""
    return np.asarray(cv2.resize(pixels, _SIGHT_SIZE, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _load() -> Any:
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
    options.intra_op_num_threads = 1  # pictures run side by side instead
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


def _line_cues(letters: NDArray[np.float32]) -> NDArray[np.float32]:
    """The lines of lettering as a designer would describe them: how tall, how many, how far apart.

    A poster has one title and small print; a book's author is as tall as its title, at the other end.
    """
    rows, columns = letters.shape
    count, _, found, _ = cv2.connectedComponentsWithStats((letters > _LETTERED).astype(np.uint8), connectivity=4)
    boxes = found[1:count][found[1:count, cv2.CC_STAT_AREA] >= _SPECK]
    boxes = boxes[np.argsort(-boxes[:, cv2.CC_STAT_HEIGHT], kind="stable")]
    tall = boxes[:, cv2.CC_STAT_HEIGHT] / rows
    middle = (boxes[:, cv2.CC_STAT_TOP] + boxes[:, cv2.CC_STAT_HEIGHT] / 2) / rows
    wide = boxes[:, cv2.CC_STAT_WIDTH] / columns
    across = (boxes[:, cv2.CC_STAT_LEFT] + boxes[:, cv2.CC_STAT_WIDTH] / 2) / columns
    area = boxes[:, cv2.CC_STAT_AREA] / letters.size
    tallest = np.zeros((_LINES, 5), dtype=np.float32)
    tallest[:, [1, 3]] = 0.5
    described = np.stack([tall, middle, wide, across, area], axis=1)[:_LINES]
    tallest[: len(described)] = described
    large = middle[tall >= max(_TALL[1], 0.5 * tall[0])] if len(tall) else middle
    span = [large.min(), large.max(), np.ptp(large), len(large) / 5] if len(large) else [0.5, 0.5, 0, 0]
    apart = tall[np.abs(middle - middle[0]) > 0.15] if len(tall) else tall
    second = [apart.max(), apart.max() / tall[0]] if len(apart) else [0, 0]
    counts = [(tall >= bound).sum() / 5 for bound in _TALL] + [(tall < _TALL[0]).sum() / 20, len(tall) / 20]
    return np.concatenate([tallest.ravel(), counts, span, second]).astype(np.float32)


def _colour_cues(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Hues weighted by their strength, how pale and how dark, and the colours of a 4×6 grid."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV).astype(np.float32)
    saturation, value = hsv[..., 1] / 255, hsv[..., 2] / 255
    hues = np.histogram(hsv[..., 0], 12, (0, 180), weights=saturation * value)[0]
    tones = np.histogram2d(saturation.ravel(), value.ravel(), (4, 6), ((0, 1), (0, 1)))[0].ravel() / saturation.size
    grid = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32) / 255, (4, 6), interpolation=cv2.INTER_AREA)
    return np.concatenate([hues / (hues.sum() + 1e-6), np.sqrt(tones), grid.ravel()]).astype(np.float32)
