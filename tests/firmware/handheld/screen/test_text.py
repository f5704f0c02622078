"""Text fits its box, or says that it was cut, and is only ever cut between letters."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.handheld.screen.text import cut, fit, line_height, text_width, wrap
from firmware.i18n.escape import ELLIPSIS, graphemes, spell_missing

WORDS = st.text(st.sampled_from("abc WgjÁ가힣뷁 ,.%→"), max_size=80)


@settings(deadline=None)
@given(WORDS, st.integers(30, 300), st.integers(16, 60))
def test_fitted_lines_stay_in_the_box(text: str, width: int, height: int) -> None:
    fitted = fit(text, width=width, height=height, size_px=20, min_px=9, max_lines=3)
    assert 9 <= fitted.size_px <= 20
    assert len(fitted.lines) * line_height(fitted.size_px) <= max(height, line_height(9))
    assert all(text_width(line, fitted.size_px) <= width for line in fitted.lines)


@settings(deadline=None)
@given(WORDS, st.integers(30, 300))
def test_text_is_whole_or_ends_in_an_ellipsis(text: str, width: int) -> None:
    fitted = fit(text, width=width, height=18, size_px=14, min_px=10, max_lines=1)
    whole = " ".join(text.split())
    assert fitted.lines[0] == whole or fitted.lines[0].endswith(ELLIPSIS)


@settings(deadline=None)
@given(WORDS, st.integers(30, 200))
def test_wrapping_loses_no_letter(text: str, width: int) -> None:
    lines = wrap(" ".join(text.split()), width=width, size_px=12)
    assert "".join(lines).replace(" ", "") == "".join(text.split())
    assert all(text_width(line, 12) <= width for line in lines)


def test_a_short_text_keeps_its_size_and_a_long_one_shrinks_first() -> None:
    assert fit("확인", width=200, height=40, size_px=28, min_px=10, max_lines=1).size_px == 28
    shrunk = fit("Nothing found", width=120, height=40, size_px=28, min_px=10, max_lines=1)
    assert 10 < shrunk.size_px < 28
    assert shrunk.lines == ("Nothing found",)


def test_an_accent_is_never_torn_from_its_letter() -> None:
    word = spell_missing("x\u0323" * 30)
    for width in range(12, 80, 3):
        kept = cut(word, width=width, size_px=12).removesuffix(ELLIPSIS)
        assert graphemes(word)[: len(graphemes(kept))] == graphemes(kept)
