"""How the page looks: a Gradio theme, a style sheet, fonts. Nothing is fetched from elsewhere.

The text face comes with Gradio (of its fonts, this is one of the few that hold the whole Latin
alphabet), the headings' from the package `font-source-serif-pro`; without it Georgia stands in.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import gradio as gr
from gradio.themes.utils import colors, fonts, sizes

# Curtain red, and greys as warm as an old projection booth.
_VELVET = colors.Color(
    c50="#fbf0ef", c100="#f5dad8", c200="#eab5b2", c300="#da8a87", c400="#c65f5f", c500="#a93a40",
    c600="#8f2a33", c700="#75212a", c800="#5c1b23", c900="#47171d", c950="#2c0d12", name="velvet",
)  # fmt: skip
_BOOTH = colors.Color(
    c50="#faf8f4", c100="#f3efe8", c200="#e6e0d6", c300="#d2cabd", c400="#a49b8d", c500="#7d7568",
    c600="#5d564b", c700="#443f37", c800="#2a2622", c900="#1b1815", c950="#12100e", name="booth",
)  # fmt: skip


def theme() -> gr.themes.Base:
    """The theme, light and dark."""
    return gr.themes.Base(
        primary_hue=_VELVET,
        secondary_hue=_VELVET,
        neutral_hue=_BOOTH,
        radius_size=sizes.radius_md,
        text_size=sizes.text_md,
        font=(fonts.LocalFont("Source Sans Pro", weights=(400, 700)), "system-ui", "sans-serif"),
        font_mono=("ui-monospace", "monospace"),
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="#efe9df",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        background_fill_primary="*neutral_50",
        background_fill_primary_dark="*neutral_950",
        background_fill_secondary="*neutral_100",
        background_fill_secondary_dark="*neutral_900",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_800",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_shadow_dark="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        input_background_fill="#ffffff",
        input_background_fill_dark="*neutral_900",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_700",
        input_border_color_focus="*primary_500",
        input_border_color_focus_dark="*primary_400",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_500",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="*neutral_100",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover="*neutral_200",
        button_secondary_background_fill_hover_dark="*neutral_700",
        link_text_color="*primary_600",
        link_text_color_dark="*primary_300",
        color_accent="*primary_600",
        color_accent_soft="*primary_50",
        color_accent_soft_dark="*neutral_900",
    )  # fmt: skip


TYPEFACES = ("SourceSerifPro-Semibold.ttf", "SourceSerifPro-It.ttf")


def typeface(name: str) -> Path | None:
    """The file of one of `TYPEFACES`, if its package is installed."""
    package = find_spec("font_source_serif_pro")
    if name not in TYPEFACES or package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "files" / name


def stylesheet() -> Path:
    return Path(__file__).with_name("page.css")


def script(name: str) -> str:
    """A script of the page, as text."""
    return Path(__file__).with_name(name).read_text("utf-8")
