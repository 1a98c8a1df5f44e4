"""Pictures that strangers send: every colour mode, and every way to be none."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from movies.errors import BadImage
from movies.images import SHOWN_EVERYWHERE, content_hash, media_type, open_image


def encoded(picture: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def pixel(picture: Image.Image, x: int = 0, y: int = 0) -> tuple[int, ...]:
    found = picture.getpixel((x, y))
    assert isinstance(found, tuple)
    return tuple(int(value) for value in found)


RED = Image.new("RGB", (30, 40), (200, 30, 30))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_common_formats_open_as_rgb(format: str) -> None:
    picture = open_image(encoded(RED, format))
    assert (picture.mode, picture.size) == ("RGB", (30, 40))
    assert all(abs(a - b) < 12 for a, b in zip(pixel(picture), (200, 30, 30), strict=True))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_the_first_bytes_tell_the_kind(format: str) -> None:
    assert media_type(encoded(RED, format)[:16]) == f"image/{format.lower()}"
    for other in (b"", b"\xff\xd8", b"RIFF\0\0\0\0WAVEfmt ", b"%PDF-1.7", b"\0" * 16):
        assert media_type(other) == "application/octet-stream"


@pytest.mark.parametrize("format", ["BMP", "TIFF"])
def test_what_may_come_in_can_be_narrowed(format: str) -> None:
    with pytest.raises(BadImage, match="JPEG, PNG, WebP or GIF") as raised:
        open_image(encoded(RED, format), formats=SHOWN_EVERYWHERE)
    assert raised.value.reason == "unsupported"


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (Image.new("L", (8, 8), 128), (128, 128, 128)),
        (Image.new("1", (8, 8), 1), (255, 255, 255)),
        (Image.fromarray(np.full((8, 8), 32_896, dtype=np.uint16)), (128, 128, 128)),
        (Image.new("RGBA", (8, 8), (255, 0, 0, 0)), (255, 255, 255)),
        (Image.new("RGBA", (8, 8), (255, 0, 0, 255)), (255, 0, 0)),
        (Image.new("LA", (8, 8), (0, 0)), (255, 255, 255)),
        (RED.quantize(4), (200, 30, 30)),
    ],
    ids=["grey", "black and white", "16 bit", "transparent", "opaque", "grey and transparent", "palette"],
)
def test_every_colour_mode_becomes_what_it_looks_like_on_white(picture: Image.Image, expected: tuple[int, ...]) -> None:
    found = open_image(encoded(picture))
    assert found.mode == "RGB"
    assert all(abs(a - b) < 3 for a, b in zip(pixel(found), expected, strict=True))


def test_a_palette_with_a_transparent_colour() -> None:
    picture = Image.new("P", (8, 8), 1)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    assert pixel(open_image(encoded(picture, transparency=1))) == (255, 255, 255)


def test_cmyk_from_print_shops() -> None:
    found = open_image(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = pixel(found)
    assert red > 200 > 80 > max(green, blue)


def test_an_animation_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("blue", "red")]
    found = open_image(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert pixel(found) == (0, 0, 255)


def test_a_phones_picture_is_turned_upright() -> None:
    picture = Image.new("RGB", (40, 20), "white")
    picture.paste("black", (0, 0, 10, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    found = open_image(encoded(picture, "JPEG", exif=exif, quality=95))
    assert found.size == (20, 40)
    assert max(pixel(found, 10, 3)) < 60 < 200 < min(pixel(found, 10, 35))


def test_one_pixel_is_a_picture() -> None:
    assert open_image(encoded(Image.new("RGB", (1, 1), "red"))).size == (1, 1)


@pytest.mark.parametrize(("size", "expected"), [((3000, 1500), (1024, 512)), ((2000, 1), (1024, 1)), ((100, 50), (100, 50))])
def test_large_pictures_are_reduced_in_proportion(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert open_image(encoded(Image.new("RGB", size))).size == expected
    assert max(open_image(encoded(Image.new("RGB", size), "JPEG")).size) <= 1024


@pytest.mark.parametrize("mode", ["1", "P", "L", "RGBA", "I;16"])
def test_large_pictures_of_every_mode(mode: str) -> None:
    assert open_image(encoded(Image.new(mode, (2048, 1024)))).size == (1024, 512)


def bomb(width: int, height: int) -> bytes:
    """A PNG of any size and a few kilobytes: one row of zeros, compressed over and over."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    row = b"\0" * (width // 8 + 2)
    data = b"".join(packer.compress(row) for _ in range(min(height, 10_000))) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(10_000, 10_000), (100_000, 100_000), (2**31 - 1, 1)])
def test_a_bomb_is_refused_before_it_is_unpacked(width: int, height: int) -> None:
    data = bomb(width, min(height, 10_000)) if height > 1 else bomb(width, height)[:200]
    tracemalloc.start()
    with pytest.raises(BadImage) as raised:
        open_image(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert raised.value.reason in ("too_large", "unsupported", "unreadable")
    assert peak < 5_000_000 + 2 * len(data)


def test_the_limits_are_settings() -> None:
    data = encoded(RED)
    with pytest.raises(BadImage, match="30×40") as raised:
        open_image(data, max_pixels=1000)
    assert raised.value.reason == "too_large"
    with pytest.raises(BadImage) as raised:
        open_image(data, max_bytes=50)
    assert raised.value.reason == "too_large"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"<!doctype html><html><body>404</body></html>",
        b"%PDF-1.7",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"P6 1 1 255 \0\0\0",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encoded(RED, "JPEG")[:400],
        encoded(RED)[:60],
        encoded(RED, "WEBP")[:40],
        encoded(RED, "GIF")[:20],
        encoded(RED, "TIFF")[:100],
        bytes(range(256)) * 100,
    ],
)
def test_what_is_no_whole_picture_is_refused_in_words(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "poster.jpg"
    file.write_bytes(data)
    for source in (data, file, str(file)):
        with pytest.raises(BadImage) as raised:
            open_image(source)
        assert raised.value.reason in ("unreadable", "unsupported")
        assert raised.value.message.endswith(".")


def test_paths_that_are_no_files_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.jpg", tmp_path / ("x" * 300), Path("a\0b"), Path("\ud800")):
        with pytest.raises(BadImage) as raised:
            open_image(path)
        raised.value.message.encode()
        assert str(tmp_path) not in raised.value.message, "a message names no folder the user didn't give"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"]), st.data())
def test_damaged_bytes_never_crash(format: str, data: st.DataObject) -> None:
    content = bytearray(encoded(RED, format))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = open_image(bytes(content))
    except BadImage:
        return
    assert picture.mode == "RGB"
    assert max(picture.size) <= 1024


def test_the_content_key_is_the_sha256() -> None:
    assert content_hash(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
