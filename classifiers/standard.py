"""The one form in which pictures are compared: same shape, same size, same compression.

Files betray what they are by how they were saved: posters come tall, photos wide, screenshots
uncompressed. A classifier that may look at that learns the files, not the pictures. So every
picture is freed of plain bars, cropped to two by three, resampled and compressed alike before
anything is measured, in training and in service. Does not know what is measured afterwards.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image as PILImage
from PIL.Image import Image

WIDTH, HEIGHT = 192, 288
DETAIL = (150, HEIGHT)  # heights in pixels that training copies are reduced to, alike for every class
_QUALITY = 80
_BAR_SPREAD = 4.0  # grey levels (standard deviation) below which a row or column is a plain bar


def standard(image: Image, detail: int = HEIGHT, place: float = 0.5) -> Image:
    """The picture as 192×288 RGB: bars trimmed, cropped to 2:3, resampled, JPEG-compressed.

    `detail` (pixels) is the height it passes through on the way, so that training copies can be
    blurred alike whatever resolution they came in; `place` (0–1) where along the longer side the
    crop lies, 0.5 being the middle.
    """
    image = _crop(_without_bars(image.convert("RGB")), place)
    detail = max(8, min(detail, HEIGHT))
    image = image.resize((max(6, round(detail * WIDTH / HEIGHT)), detail), PILImage.Resampling.LANCZOS, reducing_gap=3.0)
    image = image.resize((WIDTH, HEIGHT), PILImage.Resampling.BICUBIC)
    store = io.BytesIO()
    image.save(store, "JPEG", quality=_QUALITY)
    return PILImage.open(io.BytesIO(store.getvalue())).convert("RGB")


def _crop(image: Image, place: float) -> Image:
    width, height = image.size
    wanted = min(width, max(1, round(height * WIDTH / HEIGHT)))
    tall = min(height, max(1, round(width * HEIGHT / WIDTH)))
    left, top = round((width - wanted) * place), round((height - tall) * place)
    return image.crop((left, top, left + wanted, top + tall))


def _without_bars(image: Image) -> Image:
    """Cut plain bars (letterboxing, scanner margins), if more than 40 % of each side is left."""
    grey = np.asarray(image.convert("L"), dtype=np.float32)
    top, bottom = _span(grey.std(axis=1))
    left, right = _span(grey.std(axis=0))
    if bottom - top < 0.4 * image.height:
        top, bottom = 0, image.height
    if right - left < 0.4 * image.width:
        left, right = 0, image.width
    return image.crop((left, top, right, bottom))


def _span(spread: np.ndarray) -> tuple[int, int]:
    busy = np.flatnonzero(spread > _BAR_SPREAD)
    return (int(busy[0]), int(busy[-1]) + 1) if len(busy) else (0, len(spread))
