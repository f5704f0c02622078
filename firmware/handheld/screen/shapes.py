"""Draws a shape for each level and an icon for each sensor, large and scaled down for smooth edges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import cos, pi, sin

from PIL import Image, ImageDraw

from firmware.handheld.screen.pictograms import PICTOGRAMS
from firmware.i18n.font import load_font

OVERSAMPLE = 8
GRID = 64  # shapes are drawn in a square of 64 units


def _box(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    return (x - radius, y - radius, x + radius, y + radius)


class _Sheet:
    """A drawing in units of `GRID`, enlarged."""

    def __init__(self, size_px: int) -> None:
        self.scale = size_px * OVERSAMPLE / GRID
        self.image = Image.new("L", (size_px * OVERSAMPLE, size_px * OVERSAMPLE), 0)
        self.pen = ImageDraw.Draw(self.image)

    def at(self, *values: float) -> list[float]:
        return [v * self.scale for v in values]

    def disc(self, x: float, y: float, radius: float, *, ink: int = 255) -> None:
        self.pen.ellipse(self.at(*_box(x, y, radius)), fill=ink)

    def ring(self, x: float, y: float, radius: float, width: float) -> None:
        self.pen.ellipse(self.at(*_box(x, y, radius)), outline=255, width=round(width * self.scale))

    def arc(self, x: float, y: float, radius: float, start: float, end: float, width: float) -> None:
        self.pen.arc(self.at(*_box(x, y, radius)), start, end, fill=255, width=round(width * self.scale))

    def line(self, *points: float, width: float, ink: int = 255) -> None:
        self.pen.line(self.at(*points), fill=ink, width=round(width * self.scale), joint="curve")

    def polygon(self, *points: float, ink: int = 255) -> None:
        self.pen.polygon(self.at(*points), fill=ink)

    def sign(self, char: str, y: float, size: float) -> None:
        font = load_font(round(size * self.scale))
        stroke = round(2.5 * self.scale)
        place = (GRID / 2 * self.scale, y * self.scale)
        self.pen.text(place, char, font=font, anchor="ms", fill=0, stroke_width=stroke)


def _inconclusive(s: _Sheet) -> None:
    s.pen.rounded_rectangle(s.at(5, 5, 59, 59), radius=12 * s.scale, fill=255)
    s.sign("?", 49, 46)


def _nothing_found(s: _Sheet) -> None:
    s.ring(32, 32, 28, 9)
    s.line(21, 32, 43, 32, width=7)


def _check(s: _Sheet) -> None:
    s.polygon(32, 4, 62, 58, 2, 58)
    s.polygon(28, 22, 36, 22, 34.5, 42, 29.5, 42, ink=0)
    s.disc(32, 49.5, 4.4, ink=0)


def _likely_camera(s: _Sheet) -> None:
    corners = [(32 + 31 * sin(pi / 8 + i * pi / 4), 32 + 31 * cos(pi / 8 + i * pi / 4)) for i in range(8)]
    s.polygon(*(v for point in corners for v in point))
    s.disc(32, 32, 19, ink=0)
    s.disc(32, 32, 13)
    s.disc(36.5, 27.5, 4, ink=0)


def _rf(s: _Sheet) -> None:
    s.line(32, 30, 20, 60, width=6)
    s.line(32, 30, 44, 60, width=6)
    s.disc(32, 24, 7)
    for radius in (17, 27):
        s.arc(32, 24, radius, -50, 50, 6)
        s.arc(32, 24, radius, 130, 230, 6)


def _wifi(s: _Sheet) -> None:
    s.disc(32, 51, 6)
    for radius in (18, 31, 44):
        s.arc(32, 53, radius, 225, 315, 7)


def _ble(s: _Sheet) -> None:
    s.line(17, 19, 47, 45, 32, 58, 32, 6, 47, 19, 17, 45, width=6)


def _lens(s: _Sheet) -> None:
    s.ring(32, 32, 28, 6)
    s.disc(32, 32, 15)
    s.disc(37, 27, 4.5, ink=0)


def _arrow(s: _Sheet) -> None:
    s.polygon(14, 8, 54, 32, 14, 56)


def _cross(s: _Sheet) -> None:
    s.line(14, 14, 50, 50, width=9)
    s.line(50, 14, 14, 50, width=9)


def _up(s: _Sheet) -> None:
    s.polygon(32, 4, 60, 34, 42, 34, 42, 60, 22, 60, 22, 34, 4, 34)


def _down(s: _Sheet) -> None:
    s.polygon(32, 60, 60, 30, 42, 30, 42, 4, 22, 4, 22, 30, 4, 30)


def _level(s: _Sheet) -> None:
    s.line(8, 22, 56, 22, width=12)
    s.line(8, 44, 56, 44, width=12)


def _disc(s: _Sheet) -> None:
    s.disc(32, 32, 32)


SHAPES: Mapping[str, Callable[[_Sheet], None]] = {
    "inconclusive": _inconclusive,
    "nothing_found": _nothing_found,
    "check": _check,
    "likely_camera": _likely_camera,
    "rf": _rf,
    "wifi": _wifi,
    "ble": _ble,
    "lens": _lens,
    "arrow": _arrow,
    "cross": _cross,
    "up": _up,
    "down": _down,
    "level": _level,
    "disc": _disc,
    **PICTOGRAMS,
}


@lru_cache(maxsize=128)
def shape_mask(name: str, size_px: int) -> Image.Image:
    """Return a shape as a grey mask of ``size_px`` squared; 255 is ink."""
    sheet = _Sheet(size_px)
    SHAPES[name](sheet)
    return sheet.image.resize((size_px, size_px), Image.Resampling.BOX)
