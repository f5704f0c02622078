"""Fits text into a box: shrinks to the least legible size, wraps at spaces, and turns leaves for the rest.

Nothing is left out: a text that is too long for its room is split into leaves of whole words, which the
screen shows in turn. A number stays on the line of its unit.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageDraw

from firmware.i18n.escape import ELLIPSIS, graphemes
from firmware.i18n.font import load_font

# A number and its unit are one word; so are a cubicle's number and what it counts.
UNIT = r"(?:[kMG]?Hz|[kMG]?bit/s|dBm?|dBFS|cm|mm|m|ms|s|nm|°C?|%|번 칸|cubicles?)(?![^\W_])"
NUMBER_WITH_UNIT = re.compile(rf"(?<=[\d–]) (?={UNIT})")
GLUE = "\N{NO-BREAK SPACE}"
KEPT = 2048  # lines measured and drawn lately; the longest mask has some 20 kB, most have 2
MORE = f" {ELLIPSIS}"  # ends a leaf that another one follows
WORTH_A_SIGN = 2  # rooms narrower than this many signs keep their width for letters
TALLEST = "힣뷁Adgjy"  # letters that reach as high and as low as ordinary text does


class Fitted(NamedTuple):
    """The size a text fits at, and its lines: all of them on one leaf where they fit."""

    size_px: int
    leaves: tuple[tuple[str, ...], ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Lines of the first leaf."""
        return self.leaves[0]


@lru_cache(maxsize=KEPT)
def ink_box(text: str, size_px: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the ink of one line, from its start on the baseline."""
    left, top, right, bottom = load_font(size_px).getbbox(text, anchor="ls")
    return int(left), int(top), int(right), int(bottom)


@lru_cache(maxsize=KEPT)
def ink_mask(text: str, size_px: int, mode: str) -> Image.Image | None:
    """Return the ink of one line, as large as its `ink_box`; smooth in colour, hard in mode ``1``."""
    left, top, right, bottom = ink_box(text, size_px)
    if right <= left or bottom <= top:
        return None
    mask = Image.new("1" if mode == "1" else "L", (right - left, bottom - top))
    ink = 1 if mode == "1" else 255
    ImageDraw.Draw(mask).text((-left, -top), text, font=load_font(size_px), fill=ink, anchor="ls")
    return mask


@lru_cache(maxsize=KEPT)
def text_width(text: str, size_px: int) -> int:
    """Return the width of one line in pixels, rounded up, overhang included."""
    left, _, right, _ = ink_box(text, size_px)
    return max(int(-(-load_font(size_px).getlength(text) // 1)), right) - min(0, left)


@lru_cache(maxsize=64)
def line_reach(size_px: int) -> tuple[int, int]:
    """Return how far ordinary letters reach above and below the baseline, in pixels."""
    _, top, _, bottom = load_font(size_px).getbbox(TALLEST, anchor="ls")
    return -int(top), int(bottom)


def line_height(size_px: int) -> int:
    """Return the height of one line in pixels."""
    return sum(line_reach(size_px))


@lru_cache(maxsize=1024)
def fit(text: str, *, width: int, height: int, size_px: int, min_px: int, max_lines: int) -> Fitted:
    """Return the text at the largest size from ``size_px`` down to ``min_px`` at which it fits whole.

    Where it does not fit even at ``min_px``, it is split into leaves of whole words; the last line of every
    leaf but the last ends in an ellipsis. Only a single word wider than its room is broken, between letters.
    """
    words = bind(text)
    for size in range(size_px, min_px - 1, -1):
        room = min(max_lines, height // line_height(size))
        if any(text_width(word, size) > width for word in words):
            continue
        lines = wrap(words, width=width, size_px=size)
        if len(lines) <= room and all(_fits(line, size, width, height) for line in lines):
            return Fitted(size, (tuple(lines),))
    room = max(1, min(max_lines, height // line_height(min_px)))
    lines = wrap(words, width=width, size_px=min_px)
    if len(lines) <= room:
        return Fitted(min_px, (tuple(lines),))
    return Fitted(min_px, _leaves(words, room, width, min_px))


def bind(text: str) -> tuple[str, ...]:
    """Return the words of a text, a number with its unit as one of them."""
    glued = NUMBER_WITH_UNIT.sub(GLUE, " ".join(text.replace(GLUE, " ").split()))
    return tuple(word.replace(GLUE, " ") for word in glued.split(" "))


def _leaves(words: tuple[str, ...], room: int, width: int, size_px: int) -> tuple[tuple[str, ...], ...]:
    """Split the text into leaves of ``room`` lines; every line has room for an ellipsis behind it."""
    more = MORE if width > WORTH_A_SIGN * text_width(MORE, size_px) else ""
    lines = wrap(words, width=width - text_width(more, size_px), size_px=size_px)
    leaves = [lines[n : n + room] for n in range(0, len(lines), room)]
    for leaf in leaves[:-1]:
        leaf[-1] += more
    return tuple(tuple(leaf) for leaf in leaves)


def _fits(line: str, size_px: int, width: int, height: int) -> bool:
    _, top, _, bottom = ink_box(line, size_px)
    return text_width(line, size_px) <= width and bottom - top <= height


def wrap(words: tuple[str, ...], *, width: int, size_px: int) -> list[str]:
    """Break between words; a word wider than the line is broken between letters."""
    lines: list[str] = []
    line = ""
    for word in words:
        joined = f"{line} {word}" if line else word
        if text_width(joined, size_px) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _break_word(word, width, size_px)
        lines.extend(full)
    return [*lines, line] if line or not lines else lines


def _break_word(word: str, width: int, size_px: int) -> list[str]:
    pieces = [""]
    for letter in graphemes(word):
        if pieces[-1] and text_width(pieces[-1] + letter, size_px) > width:
            pieces.append(letter)
        else:
            pieces[-1] += letter
    return pieces
