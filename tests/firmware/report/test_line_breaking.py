"""Text of any kind is cut and broken in one pass, and never leaves its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.i18n.escape import ELLIPSIS, graphemes
from firmware.report.line_breaking import TEXT_MOST, bounded, break_lines, cut_to_width

LONG = 65_536
BOMBS = {
    "one letter": "W" * LONG,
    "accents on one letter": "x" + "\u0301" * LONG,
    "accents on every letter": "x\u0301\u0301" * (LONG // 3),
    "accents alone": "\u0301" * LONG,
    "jamo": "\u1100" + "\u1161" * LONG,
    "joined emoji": "\U0001f468\u200d" * (LONG // 2),
    "line feeds": "\n" * LONG,
    "spaces": " " * LONG,
}


class CountingMeasure:
    """Every character is one wide, marks are none; counts the characters that were looked at."""

    def __init__(self) -> None:
        self.looked_at = 0

    def __call__(self, text: str) -> float:
        self.looked_at += len(text)
        return float(sum(c != "\u0301" for c in text))


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("width", [0.5, 3.0, 80.0])
def test_a_bomb_costs_as_much_as_honest_text_of_its_length(name: str, width: float) -> None:
    measure = CountingMeasure()
    shown = cut_to_width(BOMBS[name], width, measure)
    assert measure(shown) <= width
    lines = break_lines(BOMBS[name], width, measure)
    assert measure.looked_at <= 8 * TEXT_MOST
    assert max(map(measure, lines)) <= max(width, 1.0)


@given(st.text(max_size=120), st.floats(1.0, 60.0))
def test_no_line_is_wider_than_its_place_and_nothing_is_lost(text: str, width: float) -> None:
    lines = break_lines(text, width, len)
    assert all(len(line) <= width for line in lines)
    if ELLIPSIS not in "".join(lines):
        assert "".join(lines).replace(" ", "") == text.replace("\n", "").replace(" ", "")


@given(st.text(max_size=120), st.floats(1.0, 60.0))
def test_what_fits_stays_and_what_does_not_ends_in_an_ellipsis_between_graphemes(
    text: str, width: float
) -> None:
    shown = cut_to_width(text, width, len)
    assert len(shown) <= width
    if max(map(len, graphemes(text)), default=0) <= 16:
        assert shown == text if len(text) <= width else shown.endswith(ELLIPSIS)
        assert graphemes(text)[: len(graphemes(shown)) - 1] == graphemes(shown)[:-1]


def test_words_stay_whole_where_they_can() -> None:
    assert break_lines("one two three", 7.0, len) == ["one two", "three"]
    assert break_lines("a\nb", 7.0, len) == ["a", "b"]
    assert break_lines("abcdefgh ij", 3.0, len) == ["abc", "def", "gh", "ij"]


def test_a_note_of_full_length_is_not_cut() -> None:
    assert bounded("x" * 4000) == "x" * 4000
    assert len(bounded("x" * LONG)) == TEXT_MOST
