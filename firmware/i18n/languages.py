"""The languages of screens, pages and commands, in the order in which a screen turns through them."""

from __future__ import annotations

from typing import Literal, get_args

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


def next_language(lang: Language) -> Language:
    """Return the language that a screen turns to from this one; the first again after the last."""
    return LANGUAGES[(LANGUAGES.index(lang) + 1) % len(LANGUAGES)]
