"""Loads the one font of ansim, and tells which characters it can draw."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pylopdf_fonts_ko
from PIL import ImageFont

PROBE_PX = 16
# A noncharacter: no font draws it, so it shows what "missing" looks like.
NOBODY = "\U0010ffff"


def font_path() -> Path:
    """Return the bundled Noto Sans KR (OFL): Korean and Latin, the same pixels everywhere."""
    return Path(pylopdf_fonts_ko.sans_path())


@lru_cache(maxsize=64)
def load_font(size_px: int) -> ImageFont.FreeTypeFont:
    """Load the font at one size, with the basic layout engine: no system library changes the pixels."""
    return ImageFont.truetype(str(font_path()), size_px, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=1)
def _missing() -> tuple[tuple[int, int], bytes]:
    return _picture(NOBODY)


def _picture(char: str) -> tuple[tuple[int, int], bytes]:
    mask = load_font(PROBE_PX).getmask(char)
    return mask.size, bytes(mask)


@lru_cache(maxsize=4096)
def has_glyph(char: str) -> bool:
    """Return whether the font draws this character, and not the empty box that stands for a missing one."""
    return char == " " or _picture(char) != _missing()
