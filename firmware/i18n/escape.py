"""Escapes names from the air for each medium: text that a stranger broadcasts is shown, but never obeyed.

`visible` makes every trick visible (control characters, direction overrides, zero-width characters,
towers of accents) and cuts what is too long. The others add what one medium needs on top.
"""

from __future__ import annotations

import html
import unicodedata
from functools import lru_cache

from firmware.i18n.font import has_glyph

NAME_LIMIT = 48  # graphemes shown of one name; the longest SSID has 32 bytes
PDF_LIMIT = 120
# Marks on one letter: Vietnamese needs two, nothing honest on the air needs more.
ACCENT_LIMIT = 2
ELLIPSIS = "…"
FORMULA_STARTS = "=+-@＝＋－＠|%"
SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
# Letters by category, blank to the eye: Hangul fillers, the Braille blank, the combining grapheme joiner.
BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
JOINED_CATEGORIES = frozenset({"Mn", "Mc", "Me"})
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
HANGUL_JAMO = range(0x1160, 0x1200)  # vowels and tails that join the letter before them


def visible(text: str, *, limit: int = NAME_LIMIT) -> str:
    """Return the text with everything invisible or misleading written out, at most ``limit`` graphemes.

    Backslashes are doubled, so that an escape in the result always stands for a real hidden character.
    """
    head = text[: limit * 8]  # enough raw characters for the limit, and no work on floods
    shown = "".join(_shown(c) for c in _thin_accents(unicodedata.normalize("NFC", head)))
    return shorten(shown, limit if len(head) == len(text) else min(limit, len(graphemes(shown)) - 1))


@lru_cache(maxsize=2048)
def spell_missing(text: str) -> str:
    """Return text with every character that the font cannot draw written as its code."""
    return "".join(c if has_glyph(c) else _code(c) for c in text)


def for_csv(text: str, *, limit: int = NAME_LIMIT) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    shown = visible(text, limit=limit)
    return f"'{shown}" if shown.lstrip(" '\u00a0\u3000")[:1] in tuple(FORMULA_STARTS) else shown


def for_html(text: str, *, limit: int = NAME_LIMIT) -> str:
    """Return text for an HTML element or a quoted attribute."""
    return html.escape(visible(text, limit=limit), quote=True)


def shorten(text: str, limit: int) -> str:
    """Return at most ``limit`` graphemes, the last one an ellipsis where something was cut."""
    parts = graphemes(text)
    return text if len(parts) <= limit else "".join(parts[: max(0, limit - 1)]) + ELLIPSIS


def graphemes(text: str) -> list[str]:
    """Split text where a reader sees one letter end; never between a letter and what hangs on it."""
    parts: list[str] = []
    for char in text:
        if parts and (unicodedata.category(char) in JOINED_CATEGORIES or ord(char) in HANGUL_JAMO):
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def _thin_accents(text: str) -> str:
    kept: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char) in JOINED_CATEGORIES else 0
        if run <= ACCENT_LIMIT:
            kept.append(char)
    return "".join(kept)


def _shown(char: str) -> str:
    if char in SHORT_ESCAPES:
        return SHORT_ESCAPES[char]
    hidden = unicodedata.category(char) in HIDDEN_CATEGORIES or char in BLANK_LETTERS
    odd_space = unicodedata.category(char) == "Zs" and char != " "
    variation = 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF
    return _code(char) if hidden or odd_space or variation else char


def _code(char: str) -> str:
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
