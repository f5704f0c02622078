"""Draws the places to look as signs that are told apart at arm's length, as large as other shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol


class PictogramCanvas(Protocol):
    """Drawing operations of a sign, in a square of 64 units."""

    def disc(self, x: float, y: float, radius: float, *, ink: int = 255) -> None:
        """Fill a circle."""

    def ring(self, x: float, y: float, radius: float, width: float) -> None:
        """Draw a circle."""

    def arc(self, x: float, y: float, radius: float, start: float, end: float, width: float) -> None:
        """Draw a part of a circle, in degrees."""

    def line(self, *points: float, width: float, ink: int = 255) -> None:
        """Draw a line through points."""

    def polygon(self, *points: float, ink: int = 255) -> None:
        """Fill a polygon."""


def _frame(
    s: PictogramCanvas, left: float, top: float, right: float, bottom: float, width: float = 5
) -> None:
    s.line(left, top, right, top, right, bottom, left, bottom, left, top, right, top, width=width)


def _hinge(s: PictogramCanvas) -> None:
    s.polygon(6, 10, 28, 10, 28, 54, 6, 54)
    s.polygon(36, 10, 58, 10, 58, 54, 36, 54)
    for y in (20, 44):
        s.disc(17, y, 4, ink=0)
        s.disc(47, y, 4, ink=0)
    s.line(32, 6, 32, 58, width=5)


def _hook(s: PictogramCanvas) -> None:
    s.polygon(24, 4, 40, 4, 40, 22, 24, 22)
    s.disc(32, 13, 3.5, ink=0)
    s.line(32, 20, 32, 40, width=7)
    s.arc(42, 40, 13, 20, 180, 7)
    s.disc(54, 46, 5)


def _gap(s: PictogramCanvas) -> None:
    s.polygon(4, 6, 26, 6, 26, 50, 4, 50)
    s.polygon(38, 6, 60, 6, 60, 50, 38, 50)
    s.line(4, 58, 60, 58, width=4)


def _holes(s: PictogramCanvas) -> None:
    s.polygon(4, 6, 60, 6, 60, 58, 4, 58)
    for x, y in ((18, 20), (46, 20), (18, 44), (46, 44)):
        s.disc(x, y, 6, ink=0)
        s.line(x - 4, y - 4, x + 4, y + 4, width=3)
    s.disc(32, 32, 4, ink=0)


def _holder(s: PictogramCanvas) -> None:
    s.disc(28, 28, 22)
    s.disc(28, 28, 8, ink=0)
    s.polygon(42, 28, 50, 28, 50, 60, 34, 60, 34, 50, 42, 48)


def _bin(s: PictogramCanvas) -> None:
    s.polygon(12, 22, 52, 22, 47, 60, 17, 60)
    s.line(8, 15, 56, 15, width=6)
    s.line(24, 8, 40, 8, width=5)
    for x in (25, 32, 39):
        s.line(x, 30, x, 53, width=3, ink=0)


def _toilet(s: PictogramCanvas) -> None:
    s.polygon(10, 4, 24, 4, 24, 32, 10, 32)
    s.polygon(10, 32, 56, 32, 48, 46, 36, 50, 40, 60, 18, 60, 20, 48, 10, 40)
    s.line(26, 26, 56, 26, width=5)


def _socket(s: PictogramCanvas) -> None:
    _frame(s, 6, 6, 58, 58)
    s.ring(32, 32, 19, 4)
    s.disc(25, 32, 4)
    s.disc(39, 32, 4)


def _mirror(s: PictogramCanvas) -> None:
    _frame(s, 12, 4, 52, 50)
    s.line(22, 30, 38, 12, width=4)
    s.line(28, 38, 44, 20, width=4)
    s.line(8, 58, 56, 58, width=5)


def _freshener(s: PictogramCanvas) -> None:
    s.polygon(20, 26, 44, 26, 48, 60, 16, 60)
    s.polygon(26, 16, 38, 16, 38, 24, 26, 24)
    s.disc(32, 44, 5, ink=0)
    for x, y in ((46, 10), (54, 4), (54, 16)):
        s.disc(x, y, 3)


def _vent(s: PictogramCanvas) -> None:
    _frame(s, 5, 5, 59, 59)
    for y in (18, 29, 40, 51):
        s.line(12, y, 52, y - 4, width=5)


def _smoke(s: PictogramCanvas) -> None:
    s.ring(32, 32, 28, 5)
    s.ring(32, 32, 15, 4)
    s.disc(32, 32, 5)
    for x, y in ((32, 10), (32, 54), (10, 32), (54, 32)):
        s.disc(x, y, 2.5)


def _person(s: PictogramCanvas) -> None:
    s.disc(32, 12, 9)
    s.polygon(20, 24, 44, 24, 42, 44, 38, 60, 26, 60, 22, 44)
    for radius in (22, 30):
        s.arc(32, 32, radius, 150, 210, 4)
        s.arc(32, 32, radius, -30, 30, 4)


def _bed(s: PictogramCanvas) -> None:
    s.line(6, 14, 6, 58, width=6)
    s.line(58, 36, 58, 58, width=6)
    s.polygon(6, 36, 60, 36, 60, 50, 6, 50)
    s.disc(18, 28, 7)
    s.polygon(28, 24, 52, 24, 58, 34, 28, 34)


def _clock(s: PictogramCanvas) -> None:
    s.ring(32, 32, 28, 6)
    s.line(32, 32, 32, 14, width=5)
    s.line(32, 32, 45, 39, width=5)
    s.disc(32, 32, 4)


def _tick(s: PictogramCanvas) -> None:
    s.line(8, 34, 25, 52, 57, 12, width=10)


def _site(s: PictogramCanvas) -> None:
    s.polygon(6, 58, 6, 20, 32, 4, 58, 20, 58, 58)
    for x in (14, 28, 42):
        s.polygon(x, 30, x + 9, 30, x + 9, 58, x, 58, ink=0)


def _turn(s: PictogramCanvas) -> None:
    s.arc(32, 32, 22, 40, 340, 7)
    s.polygon(60, 22, 42, 30, 58, 42)


PICTOGRAMS: Mapping[str, Callable[[PictogramCanvas], None]] = {
    "hinge": _hinge,
    "hook": _hook,
    "gap": _gap,
    "holes": _holes,
    "holder": _holder,
    "bin": _bin,
    "toilet": _toilet,
    "socket": _socket,
    "mirror": _mirror,
    "freshener": _freshener,
    "vent": _vent,
    "smoke": _smoke,
    "person": _person,
    "bed": _bed,
    "clock": _clock,
    "tick": _tick,
    "site": _site,
    "turn": _turn,
}
