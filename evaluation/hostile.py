"""Pictures from hostile hands: damaged, cut off, bombs, two things at once, something else altogether.

The same number always makes the same picture. Does not know who gets them.
"""

from __future__ import annotations

import io
import random
import struct
import zlib
from functools import cache

from PIL import Image

KINDS = ("JPEG", "PNG", "WEBP", "GIF")
_OTHERS = (
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"%PDF-1.7\n%%EOF", b"MZ\x90\x00" * 50, b"<html><script>",
    b"PK\x03\x04" * 20, b"BM" + bytes(60), b"II*\x00" + bytes(60), b"\x00\x00\x01\x00" + bytes(60), b"", b"\x00", b"RIFF\xff\xff\xff\xffWEBP",
    b"\x7fELF" + bytes(60), b"8BPS" + bytes(60), b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"../../etc/passwd", b"%!PS\n(x) run",
)  # fmt: skip
_DECODABLE = 0.06  # share of pictures that may well open: each costs the models a good part of a second


def hostile(number: int) -> bytes:
    """The picture with this number."""
    chance = random.Random(number)  # noqa: S311  # no secret
    whole = _picture(KINDS[number % len(KINDS)])
    roll = chance.random()
    if roll < _DECODABLE:
        return _damaged(whole, chance) if chance.random() < 0.7 else whole + b"<script>alert(1)</script>PK\x05\x06" + bytes(18)
    if roll < 0.40:  # cut off
        return whole[: chance.randrange(1, len(whole) * 3 // 4)]
    if roll < 0.60:  # a broken beginning
        data = bytearray(whole)
        for _ in range(chance.randint(2, 10)):
            data[chance.randrange(min(30, len(data)))] = chance.randrange(256)
        return bytes(data[: len(data) * 4 // 5])
    if roll < 0.75:  # bombs: much promised, little sent
        width, height = chance.choice(
            ((60_000, 60_000), (7_000, 7_000), (2**31 - 1, 1), (1, 2**31 - 1), (0, 0), (100_000, 500))
        )
        return _png_claiming(width, height, bytes(chance.randrange(50_000)))
    if roll < 0.90:
        return chance.choice(_OTHERS) + bytes(chance.randrange(20))
    return whole[: chance.randrange(4, 40)] + chance.randbytes(chance.randrange(400))


def _damaged(whole: bytes, chance: random.Random) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.randint(1, 12)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


@cache
def _picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    noise = random.Random(kind).randbytes(40 * 60 * 3)  # noqa: S311
    Image.frombytes("RGB", (40, 60), noise).save(buffer, kind)
    return buffer.getvalue()


def _png_claiming(width: int, height: int, rows: bytes) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
