"""The typefaces that pictures are lettered with.

They come from font packages that are ordinary dependencies, found through their installed metadata
and never imported. Knows files and sizes; laying out lines is the caller's business.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution

from PIL import ImageFont

_ROBOTO = ("XStatic-roboto-fontface", "xstatic/pkg/roboto_fontface/data/fonts/")
_SERIF = ("font-source-serif-pro", "font_source_serif_pro/files/SourceSerifPro-")
FACES: dict[str, tuple[str, str]] = {
    "black": (_ROBOTO[0], _ROBOTO[1] + "roboto/Roboto-Black.ttf"),
    "sans": (_ROBOTO[0], _ROBOTO[1] + "roboto/Roboto-Medium.ttf"),
    "light": (_ROBOTO[0], _ROBOTO[1] + "roboto/Roboto-Light.ttf"),
    "oblique": (_ROBOTO[0], _ROBOTO[1] + "roboto/Roboto-BlackItalic.ttf"),
    "condensed": (_ROBOTO[0], _ROBOTO[1] + "roboto-condensed/Roboto-Condensed-Bold.ttf"),
    "slab": (_ROBOTO[0], _ROBOTO[1] + "Roboto-Slab/Roboto-Slab-Bold.ttf"),
    "serif": (_SERIF[0], _SERIF[1] + "Black.otf"),
    "serif-light": (_SERIF[0], _SERIF[1] + "Regular.otf"),
    "serif-italic": (_SERIF[0], _SERIF[1] + "BlackIt.otf"),
    "italic": (_SERIF[0], _SERIF[1] + "It.otf"),
    "hand": ("font-amatic-sc", "font_amatic_sc/files/AmaticSC-Bold.ttf"),
    "round": ("font-fredoka-one", "font_fredoka_one/files/FredokaOne-Regular.ttf"),
    "icons": ("font-font-awesome", "font_font_awesome/files/FontAwesome5-Free-Solid.otf"),
}


@lru_cache(maxsize=256)
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """One face at a pixel size. RuntimeError names the package to install when it is absent."""
    package, file = FACES[face]
    try:
        path = distribution(package).locate_file(file)
    except PackageNotFoundError as missing:
        raise RuntimeError(f"lettering needs the font package {package!r}: pip install {package}") from missing
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
