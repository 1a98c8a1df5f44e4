"""Files as people upload them: odd modes, odd sizes, more than one frame. Does not know who reads them."""

from __future__ import annotations

import io
import zlib

import numpy as np
from PIL import Image


def odd_pictures() -> dict[str, bytes]:
    """Name → file; every one of them is a picture that must get an answer."""
    random = np.random.default_rng(0)
    colours = Image.fromarray(random.integers(0, 256, (90, 60, 3), dtype=np.uint8))
    frames = [colours, colours.transpose(Image.Transpose.FLIP_TOP_BOTTOM)]
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    deep = Image.fromarray(random.integers(0, 65536, (90, 60), dtype=np.uint16))
    return {
        "grey": _file(colours.convert("L"), "JPEG"),
        "cmyk": _file(colours.convert("CMYK"), "JPEG"),
        "16-bit": _file(deep, "PNG"),
        "transparent": _file(colours.convert("RGBA"), "PNG"),
        "animated": _file(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "exif-rotated": _file(colours, "JPEG", exif=exif),
        "1x1": _file(colours.crop((0, 0, 1, 1)), "PNG"),
    }


def hundred_megapixels() -> bytes:
    """A PNG of 10,000 × 10,000 plain pixels: a hundred kilobytes that unpack to three hundred megabytes."""
    rows = zlib.compress(bytes(10_000 * 1251), 9)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in ((b"IHDR", (10_000).to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])), (b"IDAT", rows), (b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _file(image: Image.Image, form: str, **how: object) -> bytes:
    store = io.BytesIO()
    image.save(store, form, **how)
    return store.getvalue()
