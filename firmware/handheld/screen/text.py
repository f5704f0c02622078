"""Fits text into a box: shrinks, then wraps, then cuts with an ellipsis, between whole letters."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageDraw

from firmware.i18n.escape import ELLIPSIS, graphemes
from firmware.i18n.font import load_font

KEPT = 2048  # lines measured and drawn lately; the longest mask has some 20 kB, most have 2
TALLEST = "힣뷁Adgjy"  # letters that reach as high and as low as ordinary text does


class Fitted(NamedTuple):
    """Lines that fit, and the size they fit at."""

    size_px: int
    lines: tuple[str, ...]


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

    Where it does not fit even at ``min_px``, the last line ends in an ellipsis.
    """
    clean = " ".join(text.split())
    for size in range(size_px, min_px - 1, -1):
        room = min(max_lines, height // line_height(size))
        lines = wrap(clean, width=width, size_px=size) if room > 1 else [clean]
        if len(lines) <= room and all(_fits(line, size, width, height) for line in lines):
            return Fitted(size, tuple(lines))
    room = max(1, min(max_lines, height // line_height(min_px)))
    lines = wrap(clean, width=width, size_px=min_px) if room > 1 else [clean]
    last = lines[room - 1] if len(lines) <= room else " ".join(lines[room - 1 :])
    return Fitted(min_px, (*lines[: room - 1], cut(last, width=width, size_px=min_px)))


def _fits(line: str, size_px: int, width: int, height: int) -> bool:
    _, top, _, bottom = ink_box(line, size_px)
    return text_width(line, size_px) <= width and bottom - top <= height


def wrap(text: str, *, width: int, size_px: int) -> list[str]:
    """Break at spaces; a word wider than the line is broken between letters."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
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


def cut(text: str, *, width: int, size_px: int) -> str:
    """Return the text, or as much of its start as fits with an ellipsis behind it."""
    if text_width(text, size_px) <= width:
        return text
    letters = graphemes(text)
    low, high = 0, len(letters)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width("".join(letters[:middle]).rstrip() + ELLIPSIS, size_px) <= width:
            low = middle
        else:
            high = middle - 1
    return "".join(letters[:low]).rstrip() + ELLIPSIS
