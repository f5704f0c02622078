"""The languages of screens, pages and commands, in the order in which a screen turns through them."""

from __future__ import annotations

from typing import Literal, get_args

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
