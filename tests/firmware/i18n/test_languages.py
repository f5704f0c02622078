"""A screen turns through every language and comes back to the first."""

from __future__ import annotations

from firmware.i18n.languages import LANGUAGES, next_language


def test_a_screen_turns_through_every_language_once() -> None:
    turned = [LANGUAGES[0]]
    while (following := next_language(turned[-1])) != LANGUAGES[0]:
        turned.append(following)
    assert tuple(turned) == LANGUAGES
