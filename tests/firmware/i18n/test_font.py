"""The bundled font holds every glyph that a sentence needs."""

from __future__ import annotations

import pytest
from fontTools.ttLib import TTFont

from firmware.i18n.catalog import LANGUAGES, Catalog, Language
from firmware.i18n.font import font_path, has_glyph


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_glyph_of_every_sentence_is_in_the_font(lang: Language) -> None:
    glyphs = set(TTFont(font_path()).getBestCmap())
    catalog = Catalog(lang)
    missing = {k: c for k in catalog for c in catalog.template(k) if ord(c) not in glyphs}
    assert not missing


def test_the_glyph_probe_agrees_with_the_font_file() -> None:
    glyphs = set(TTFont(font_path()).getBestCmap())
    probes = "aA0가힣漢語→▲✓%\u00b5\U0001f4f7\u0e01\u05d0\uffff\u1fff"
    assert {c: has_glyph(c) for c in probes} == {c: ord(c) in glyphs for c in probes}
