"""Draws a picture in a terminal: two pixels a character, upper half block over background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.segment import Segment, Segments
from rich.style import Style

UPPER_HALF = "▀"
TELEVISION_PX = (768, 576)


def upright(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return a camera's picture as a television shows it, 4:3: a slice has few picture elements on a line."""
    return Image.fromarray(pixels).resize(TELEVISION_PX, Image.Resampling.BICUBIC)


def terminal_picture(image: Image.Image, *, columns: int) -> Segments:
    """Return the picture, ``columns`` characters wide, in 24-bit colour."""
    width = max(1, min(columns, image.width))
    height = max(2, round(image.height * width / image.width / 2) * 2)
    small = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    raw = small.tobytes()
    segments: list[Segment] = []
    for y in range(0, height, 2):
        for x in range(width):
            top, bottom = _rgb(raw, width, x, y), _rgb(raw, width, x, y + 1)
            segments.append(Segment(UPPER_HALF, Style(color=top, bgcolor=bottom)))
        segments.append(Segment.line())
    return Segments(segments)


def _rgb(raw: bytes, width: int, x: int, y: int) -> str:
    at = 3 * (y * width + x)
    return f"#{raw[at]:02x}{raw[at + 1]:02x}{raw[at + 2]:02x}"
