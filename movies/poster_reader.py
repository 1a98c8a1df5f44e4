"""Reading posters: the words on them (RapidOCR, whose models come inside its wheel), their palette
and composition.

Knows pixels and letters. Does not know films: matching what was read to titles is `rag/identify.py`.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage
from PIL.Image import Image

_READING_EDGE = 480  # the longer side, in pixels, at which letters are looked for; measured in docs/decisions.md
_MOST_LETTERING = 45.0  # length of all lines that are read, each in its own height, the tallest first: time goes with it, and
# nine of ten real posters have less
_SMALLEST = 0.015  # of the picture's height; smaller letters can't be read at this size
_CONFIDENT = 0.6


@dataclass(frozen=True)
class Line:
    """One line of lettering. `height` and `top` are fractions of the picture's height."""

    text: str
    confidence: float
    height: float
    top: float
    width: float = 0.0
    left: float = 0.0


@dataclass(frozen=True)
class Reading:
    """What was read on a picture: lines from the largest lettering to the smallest, and how it looks."""

    lines: tuple[Line, ...]
    look: str  # such as "dark red poster, muted"

    @property
    def words(self) -> str:
        return " ".join(line.text for line in self.lines)

    def as_text(self) -> str:
        """The reading as one text for an encoder; never empty."""
        return ". ".join([line.text for line in self.lines] + [self.look])


class PosterReader:
    """Reads pictures, one engine per thread that reads, the last readings remembered.

    Thread-safe. The engines are loaded on first use (about a second).
    """

    def __init__(self, workers: int | None = None, remember: int = 64) -> None:
        self.workers = workers or max(1, os.cpu_count() or 1)
        self._idle: list[Any] = []
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(self.workers)
        self._remembered: OrderedDict[str, Reading] = OrderedDict()
        self._remember = remember

    def read(self, image: Image) -> Reading:
        """Lines and look of one RGB picture."""
        key = hashlib.blake2b(image.tobytes() + repr(image.size).encode(), digest_size=16).hexdigest()
        with self._lock:
            known = self._remembered.get(key)
            if known is not None:
                self._remembered.move_to_end(key)
                return known
        with self._slots:
            engine = self._take_engine()
            try:
                lines = _read_lines(engine, image)
            finally:
                with self._lock:
                    self._idle.append(engine)
        reading = Reading(lines, look_of(image))
        with self._lock:
            self._remembered[key] = reading
            while len(self._remembered) > self._remember:
                self._remembered.popitem(last=False)
        return reading

    def read_all(self, images: Iterable[Image]) -> Iterator[Reading]:
        """Readings in order, `workers` at a time."""
        with ThreadPoolExecutor(self.workers) as pool:
            yield from pool.map(self.read, images)

    def _take_engine(self) -> Any:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        from rapidocr import RapidOCR

        return RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,  # posters are upright
                "EngineConfig.onnxruntime.intra_op_num_threads": 1 if self.workers > 1 else -1,
                "Rec.rec_batch_num": 1,  # lines read together are padded to the longest: slower, and worse at word gaps
                "Det.limit_side_len": _READING_EDGE,
                "Det.limit_type": "max",
            }
        )


def _read_lines(engine: Any, image: Image) -> tuple[Line, ...]:
    scale = _READING_EDGE / max(image.size)
    size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
    pixels = np.asarray(image.convert("RGB").resize(size, PILImage.Resampling.BICUBIC))
    pixels = np.ascontiguousarray(pixels[:, :, ::-1])
    boxes = engine(pixels, use_det=True, use_cls=False, use_rec=False).boxes
    if boxes is None or not len(boxes):
        return ()
    corners = np.asarray(boxes, dtype=float)
    height = np.minimum(
        np.linalg.norm(corners[:, 0] - corners[:, 3], axis=1), np.linalg.norm(corners[:, 1] - corners[:, 2], axis=1)
    )
    length = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1) / np.maximum(height, 1.0)
    order = np.argsort(-height, kind="stable")
    before = np.cumsum(length[order]) - length[order]
    tallest = [
        row for row, read in zip(order, before, strict=True) if read < _MOST_LETTERING and height[row] >= _SMALLEST * size[1]
    ]
    if not tallest:
        return ()
    crops = engine.crop_text_regions(pixels, np.asarray(boxes)[tallest])
    result = engine.recognize_txt(crops)
    lines = []
    for row, text, score in zip(tallest, result.txts, result.scores, strict=True):
        cleaned = re.sub(r"\s+", " ", text).strip()
        if score < _CONFIDENT or not any(char.isalnum() for char in cleaned):
            continue
        box = corners[row]
        width = float(np.linalg.norm(box[0] - box[1]) / size[0])
        lines.append(
            Line(
                cleaned,
                float(score),
                float(height[row] / size[1]),
                float(box[:, 1].min() / size[1]),
                width,
                float(box[:, 0].min() / size[0]),
            )
        )
    return tuple(sorted(lines, key=lambda line: (-round(line.height, 2), line.top)))


_HUES = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "red")
_HUE_EDGES = (8, 25, 45, 85, 120, 175, 205, 240, 256)  # of 0–255


def look_of(image: Image) -> str:
    """Palette and composition in a few words, such as "dark blue poster, crowded"."""
    small = np.asarray(image.convert("RGB").resize((48, 72), PILImage.Resampling.BOX))
    hsv = np.asarray(PILImage.fromarray(small).convert("HSV"), dtype=float)
    light = hsv[..., 2].mean() / 255
    saturation = hsv[..., 1].mean() / 255
    tone = "dark" if light < 0.33 else "bright" if light > 0.68 else ""
    colour = "black and white" if saturation < 0.12 else _hue_name(hsv)
    edges = np.abs(np.diff(small.astype(float).mean(2), axis=1)).mean()
    layout = "crowded" if edges > 22 else "minimalist" if edges < 7 else ""
    parts = " ".join(part for part in (tone, colour, "poster") if part)
    return f"{parts}, {layout}" if layout else parts


def _hue_name(hsv: NDArray[np.floating]) -> str:
    weight = hsv[..., 1] * hsv[..., 2]
    bins = np.digitize(hsv[..., 0], _HUE_EDGES)
    totals = np.bincount(bins.ravel(), weights=weight.ravel(), minlength=len(_HUES))
    return _HUES[int(totals.argmax())]
