"""Opening pictures that strangers send: size checked before decoding, one colour mode after.

Returns plain RGB Pillow images, and knows the kinds of files by their first bytes. Does not know what is on them.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from movies.errors import BadImage

MAX_BYTES = 12_000_000
MAX_PIXELS = 40_000_000
_WORKING_EDGE = 1024  # no encoder and no reader of ours profits from more
SHOWN_EVERYWHERE = ("JPEG", "PNG", "WEBP", "GIF")  # what every browser shows; Pillow opens MPO as JPEG
_FORMATS = (*SHOWN_EVERYWHERE, "BMP", "TIFF")
_MEDIA_TYPES = {format: f"image/{format.lower()}" for format in _FORMATS}


def open_image(
    source: bytes | str | Path,
    *,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
    edge: int = _WORKING_EDGE,
    formats: tuple[str, ...] = _FORMATS,
) -> Image.Image:
    """Decode a picture to RGB, upright (EXIF), transparency on white, first frame, at most `edge` pixels a side.

    Refuses before decoding what is over `max_bytes` or `max_pixels`. Raises BadImage with a
    reason (`unreadable`, `too_large`, `unsupported`) and a sentence for the user.
    """
    data = _read(source, max_bytes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata; the checks below decide
        try:
            with Image.open(io.BytesIO(data), formats=formats) as picture:
                width, height = picture.size
                if width * height > max_pixels:
                    limit = f"{max_pixels // 1_000_000} megapixels are the limit"
                    raise BadImage(f"The picture has {width}×{height} pixels; {limit}. Send a smaller one.", "too_large")
                if picture.format in ("JPEG", "MPO"):
                    picture.draft("RGB", (edge, edge))  # decode large JPEGs at a fraction of the cost
                picture.load()
                image = ImageOps.exif_transpose(picture)
                return _as_rgb(_fit(image, edge))
        except BadImage:
            raise
        except UnidentifiedImageError:
            raise BadImage("This file is not a picture we can read. Send a JPEG, PNG, WebP or GIF.", "unsupported") from None
        except Image.DecompressionBombError:
            raise BadImage("The picture has too many pixels. Send a smaller one.", "too_large") from None
        except Exception:  # decoders raise many kinds (OSError, SyntaxError, struct.error, ValueError …)
            raise BadImage("The picture is damaged or cut off and can't be decoded. Send it again or another file.") from None


def media_type(head: bytes) -> str:
    """The content type of a picture by its first 16 bytes; `application/octet-stream` where they are of none we open."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _MEDIA_TYPES["WEBP"]
    for start, format in _STARTS:
        if head.startswith(start):
            return _MEDIA_TYPES[format]
    return "application/octet-stream"


_STARTS = (
    (b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"GIF8", "GIF"), (b"BM", "BMP"),
    (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"),
)  # fmt: skip


def as_shown(data: bytes, image: Image.Image) -> bytes:
    """A picture as every browser shows it: its own bytes, or where those are a BMP or TIFF, `image` (what they opened to) as PNG."""
    if media_type(data[:16]) in {_MEDIA_TYPES[format] for format in SHOWN_EVERYWHERE}:
        return data
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def content_hash(data: bytes) -> str:
    """The key of a picture in stores and caches: SHA-256 of its bytes, hex."""
    return hashlib.sha256(data).hexdigest()


def _read(source: bytes | str | Path, max_bytes: int) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        path = Path(source)
        try:
            size = path.stat().st_size
            if not path.is_file():
                raise BadImage(f"{path.name} is not a file.")
            if size > max_bytes:
                raise BadImage(f"The file has {size / 1e6:.0f} MB; {max_bytes / 1e6:.0f} MB are the limit.", "too_large")
            data = path.read_bytes()
        except (OSError, ValueError) as error:  # ValueError: NUL or a lone surrogate in the name
            reason = getattr(error, "strerror", None) or "the name can't be used"
            raise BadImage(f"{path.name[:80]!r} can't be read ({reason}). Check the file.") from None
    if len(data) > max_bytes:
        raise BadImage(f"The file has {len(data) / 1e6:.0f} MB; {max_bytes / 1e6:.0f} MB are the limit.", "too_large")
    if not data:
        raise BadImage("The file is empty.")
    return data


def _fit(image: Image.Image, edge: int) -> Image.Image:
    if max(image.size) <= edge:
        return image
    if image.mode in ("P", "1"):
        image = image.convert("RGBA")
    scale = edge / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = image.convert("F").point(lambda value: value / 257).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        image = Image.alpha_composite(white, layered)
    return image.convert("RGB")
