"""A drawing surface that records the place of each text: tests prove that none is cut or covered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from PIL import Image, ImageDraw

from firmware.handheld.screen.shapes import shape_mask
from firmware.handheld.screen.text import fit, ink_box, ink_mask, line_height, line_reach, text_width
from firmware.handheld.screen.theme import Rgb, Theme
from firmware.i18n.escape import spell_missing

Mode = Literal["RGB", "1"]
Align = Literal["left", "center", "right"]
HALF = 128  # a mono pixel is lit from half cover on
# The smallest text that is read at arm's length on a 2.4 inch colour panel, and on a 0.96 inch mono one.
LEAST_PX: Mapping[Mode, int] = {"RGB": 12, "1": 10}


class Rect(NamedTuple):
    """Left, top, width and height in pixels."""

    x: int
    y: int
    w: int
    h: int

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Return the first and the last pixel, the way Pillow draws them."""
        return (self.x, self.y, self.x + self.w - 1, self.y + self.h - 1)

    def inset(self, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0) -> Rect:
        """Return the rectangle without a margin on each side."""
        return Rect(self.x + left, self.y + top, self.w - left - right, self.h - top - bottom)


class TextBox(NamedTuple):
    """One text: the room it was given, the pixels it used, and all leaves that are shown in turn."""

    text: str
    shown: str
    room: Rect
    ink: Rect
    size_px: int
    leaves: tuple[tuple[str, ...], ...]


class Canvas:
    """Drawing in theme colours. In mode ``1`` every colour but the ground is white, or black if inverted.

    ``turn`` chooses the leaf of a text that is too long for its room.
    """

    def __init__(self, size: tuple[int, int], mode: Mode, theme: Theme, *, turn: int = 0) -> None:
        self.mode: Mode = mode
        self.turn = turn
        self.theme = theme
        self.area = Rect(0, 0, *size)
        self.image = Image.new(mode, size, self.ink(theme.ground))
        self.pen = ImageDraw.Draw(self.image)
        self.texts: list[TextBox] = []
        self.crowded_out: list[str] = []  # texts whose room was smaller than a letter

    def ink(self, color: Rgb) -> Rgb | int:
        """Return a colour as this mode takes it."""
        if self.mode == "RGB":
            return color
        return 0 if color in (self.theme.ground, self.theme.card) else 1

    def fill(self, rect: Rect, color: Rgb, *, radius: int = 0) -> None:
        """Fill a rectangle, with round corners if asked."""
        if rect.w <= 0 or rect.h <= 0:
            return
        if radius == 0:
            self.image.paste(self.ink(color), (rect.x, rect.y, rect.x + rect.w, rect.y + rect.h))
        else:
            self.image.paste(self.ink(color), (rect.x, rect.y), round_mask(rect.w, rect.h, radius))

    def frame(self, rect: Rect, color: Rgb, *, radius: int = 0) -> None:
        """Draw the outline of a rectangle."""
        self.pen.rounded_rectangle(rect.corners, radius=radius, outline=self.ink(color))

    def shape(self, name: str, x: int, y: int, size_px: int, color: Rgb) -> None:
        """Draw a shape or icon."""
        mask = shape_mask(name, size_px)
        if self.mode == "1":
            mask = mask.point(lambda v: 255 * (v >= HALF)).convert("1")
        self.image.paste(self.ink(color), (x, y), mask)

    def text(
        self,
        room: Rect,
        text: str,
        *,
        size_px: int,
        color: Rgb,
        min_px: int | None = None,
        align: Align = "left",
        max_lines: int = 1,
        heavy: bool = False,
    ) -> None:
        """Write text into its room, as large as it fits; ``heavy`` thickens the strokes by a pixel.

        Nothing is written smaller than `LEAST_PX`; a room without space for one letter stays empty.
        """
        extra = 1 if heavy else 0
        least = max(min_px or size_px, LEAST_PX[self.mode])
        if room.w < least or room.h < line_height(least):
            self.crowded_out.append(text)
            return
        fitted = fit(
            spell_missing(text),
            width=room.w - extra,
            height=room.h,
            size_px=max(size_px, least),
            min_px=least,
            max_lines=max_lines,
        )
        lines = fitted.leaves[self.turn % len(fitted.leaves)]
        step = line_height(fitted.size_px)
        top = room.y + max(0, (room.h - step * len(lines)) // 2)
        inks = []
        for index, line in enumerate(lines):
            baseline = top + index * step + line_reach(fitted.size_px)[0]
            inks.append(self._line(room, baseline, line, fitted.size_px, color, align, extra))
        box = TextBox(text, " ".join(lines), room, _union(inks, room), fitted.size_px, fitted.leaves)
        self.texts.append(box)

    def _line(
        self, room: Rect, baseline: int, line: str, size_px: int, color: Rgb, align: Align, extra: int
    ) -> Rect:
        spare = room.w - text_width(line, size_px) - extra
        x = room.x + {"left": 0, "center": spare // 2, "right": spare}[align]
        left, top, right, bottom = ink_box(line, size_px)
        x -= min(0, left)
        baseline -= max(0, baseline + bottom - (room.y + room.h))  # rare letters reach farther
        baseline += max(0, room.y - (baseline + top))
        mask = ink_mask(line, size_px, self.mode)
        for shift in range(extra + 1 if mask is not None else 0):
            self.image.paste(self.ink(color), (x + shift + left, baseline + top), mask)
        return Rect(x + left, baseline + top, right - left + extra, bottom - top)


def _union(inks: list[Rect], room: Rect) -> Rect:
    drawn = [ink for ink in inks if ink.w > 0 and ink.h > 0]
    if not drawn:
        return Rect(room.x, room.y, 0, 0)
    left, top = min(i.x for i in drawn), min(i.y for i in drawn)
    return Rect(left, top, max(i.x + i.w for i in drawn) - left, max(i.y + i.h for i in drawn) - top)


@lru_cache(maxsize=256)
def round_mask(width: int, height: int, radius: int) -> Image.Image:
    """Return a rectangle with round corners as a mask."""
    mask = Image.new("1", (width, height))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), radius=radius, fill=1)
    return mask


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """Return ``a`` with a share of ``b`` in it."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return (red, green, blue)
