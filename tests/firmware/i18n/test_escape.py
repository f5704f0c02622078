"""Nothing that a stranger broadcasts moves, hides, commands or floods what is shown."""

from __future__ import annotations

import csv
import io
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.i18n.escape import (
    ACCENT_LIMIT,
    FORMULA_STARTS,
    HIDDEN_CATEGORIES,
    NAME_LIMIT,
    for_csv,
    for_html,
    graphemes,
    shorten,
    spell_missing,
    visible,
)
from firmware.i18n.font import has_glyph

HOSTILE = st.text(st.characters(), max_size=200) | st.text(
    st.sampled_from(
        "a가[]/\\=+-@<>&\"'\n\r\t\x00\x1b\u202e\u200b\u0301\u0489\u2066\ufeff\ud800\U0001f4f7\u3164 "
    ),
    max_size=200,
)


@given(HOSTILE)
def test_visible_text_holds_nothing_hidden_and_stays_short(text: str) -> None:
    shown = visible(text)
    assert not [c for c in shown if unicodedata.category(c) in HIDDEN_CATEGORIES]
    assert len(graphemes(shown)) <= NAME_LIMIT
    assert len(shown) <= NAME_LIMIT * (1 + ACCENT_LIMIT)
    shown.encode("utf-8")


@given(HOSTILE)
def test_a_spreadsheet_cell_is_never_a_formula_and_survives_the_csv_round_trip(text: str) -> None:
    cell = for_csv(text)
    assert cell.strip()[:1] not in tuple(FORMULA_STARTS) or not cell.strip()
    stream = io.StringIO()
    csv.writer(stream).writerow([cell, "next"])
    assert next(csv.reader(io.StringIO(stream.getvalue()))) == [cell, "next"]


@given(HOSTILE)
def test_html_is_text_only(text: str) -> None:
    seen: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag == "i"
            assert [name for name, _ in attrs] == ["title"]

        def handle_data(self, data: str) -> None:
            seen.append(data)

    safe = for_html(text)
    reader = Reader(convert_charrefs=True)
    reader.feed(f'<i title="{safe}">{safe}</i>')
    reader.close()
    assert "".join(seen) == visible(text)


@given(HOSTILE)
def test_the_screen_and_the_pdf_only_get_glyphs_that_exist(text: str) -> None:
    assert all(has_glyph(c) for c in spell_missing(visible(text)))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Spring Hotel Guest", "Spring Hotel Guest"),
        ("카페 손님", "카페 손님"),
        ("\u1112\u1161\u11ab", "한"),  # decomposed Hangul is put together
        ("line\nbreak", "line\\nbreak"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("back\\slash", "back\\\\slash"),
        ("\u3164", "\\u3164"),
        ("\ud800", "\\ud800"),
        ("Tiê\u0301ng", "Tiếng"),
    ],
)
def test_known_tricks_are_written_out(name: str, shown: str) -> None:
    assert visible(name) == shown


def test_a_tower_of_accents_is_cut_down() -> None:
    assert visible("z" + "\u0300\u0301\u0302" * 50) == unicodedata.normalize("NFC", "z\u0300\u0301")


def test_two_names_that_differ_in_hidden_characters_look_different() -> None:
    names = ["cam", "cam\u200b", "cam\n", "cam\\n", "cam\u00a0", "cam\\u200b"]
    assert len({visible(name) for name in names}) == len(names)


@given(st.text(max_size=60), st.integers(1, 60))
def test_shortening_cuts_between_letters_and_says_so(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(graphemes(short)) <= limit
    assert short == text or short.endswith("…")
    assert "".join(graphemes(text)) == text


def test_a_flood_is_cut_with_an_ellipsis() -> None:
    assert visible("a" * 1_000_000) == "a" * (NAME_LIMIT - 1) + "…"
    assert visible("\u0301" * 1_000_000).endswith("…")
