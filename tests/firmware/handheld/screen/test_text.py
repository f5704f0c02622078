"""Text fits its box, or is turned leaf by leaf; words, numbers with units and letters stay whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.handheld.screen.text import MORE, bind, fit, line_height, text_width, wrap
from firmware.i18n.escape import graphemes, spell_missing

WORDS = st.text(st.sampled_from("abc WgjÁ가힣뷁 ,.%→"), max_size=80)


@settings(deadline=None)
@given(WORDS, st.integers(40, 300), st.integers(16, 60))
def test_fitted_lines_stay_in_the_box(text: str, width: int, height: int) -> None:
    fitted = fit(text, width=width, height=height, size_px=20, min_px=9, max_lines=3)
    assert 9 <= fitted.size_px <= 20
    for leaf in fitted.leaves:
        assert len(leaf) * line_height(fitted.size_px) <= max(height, line_height(9))
        assert all(text_width(line, fitted.size_px) <= width for line in leaf)


@settings(deadline=None)
@given(WORDS, st.integers(40, 300))
def test_all_leaves_together_are_the_whole_text(text: str, width: int) -> None:
    *others, last = fit(text, width=width, height=18, size_px=14, min_px=10, max_lines=1).leaves
    assert all(leaf[-1].endswith(MORE) for leaf in others)
    letters = "".join(line for leaf in others for line in leaf).replace(MORE, "") + "".join(last)
    assert "".join(letters.split()) == "".join(text.split())


@settings(deadline=None)
@given(WORDS, st.integers(30, 200))
def test_wrapping_loses_no_letter(text: str, width: int) -> None:
    lines = wrap(bind(text), width=width, size_px=12)
    assert "".join(lines).replace(" ", "") == "".join(text.split())
    assert all(text_width(line, 12) <= width for line in lines)


def test_a_short_text_keeps_its_size_and_a_long_one_shrinks_first() -> None:
    assert fit("확인", width=200, height=40, size_px=28, min_px=10, max_lines=1).size_px == 28
    shrunk = fit("Nothing found", width=120, height=40, size_px=28, min_px=10, max_lines=1)
    assert 10 < shrunk.size_px < 28
    assert shrunk.lines == ("Nothing found",)


def test_a_word_shrinks_before_it_breaks() -> None:
    fitted = fit("Inconclusive", width=80, height=60, size_px=28, min_px=10, max_lines=2)
    assert fitted.leaves == (("Inconclusive",),)


def test_a_number_stays_with_its_unit() -> None:
    text = "채널 36에서 1258.125 MHz 폭 8 MHz, 4번 칸"
    assert bind("5,180 MHz 12 dBm 1.2 Mbit/s 30 s 30 seats") == (
        "5,180 MHz", "12 dBm", "1.2 Mbit/s", "30 s", "30", "seats",
    )  # fmt: skip
    for width in range(90, 200, 7):
        lines = wrap(bind(text), width=width, size_px=12)
        assert any("1258.125 MHz" in line for line in lines)
        assert any("8 MHz" in line for line in lines)


def test_an_accent_is_never_torn_from_its_letter() -> None:
    word = spell_missing("x\u0323" * 30)
    for width in range(20, 80, 3):
        kept = wrap((word,), width=width, size_px=12)[0]
        assert graphemes(word)[: len(graphemes(kept))] == graphemes(kept)
