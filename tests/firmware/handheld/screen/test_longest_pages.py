"""Page × language × panel × longest real words: nothing is cut, nothing too small, nothing untranslated."""

from __future__ import annotations

import re

import pytest

from firmware.handheld.render import PAGES, paint
from firmware.handheld.screen.canvas import LEAST_PX, Canvas, Mode, TextBox
from firmware.handheld.screen.text import MORE, bind
from firmware.handheld.screen.views import Page
from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from firmware.i18n.escape import spell_missing
from firmware.verdict.model import Level
from tests.firmware.handheld.screen.layout_checks import assert_layout
from tests.firmware.handheld.screen.longest_pages import SSID, longest
from tests.firmware.handheld.screen.sample_states import PANELS

KEY = re.compile(r"^[a-z_]+(\.[a-z0-9_-]+)+$")

NUMBER = re.compile(r"^[<>-]?[\d,.:]+ ?(%|dBm?|MHz)?$")


def lines_of(box: TextBox) -> list[str]:
    return [line.removesuffix(MORE) if n < len(box.leaves) - 1 else line
            for n, leaf in enumerate(box.leaves) for line in leaf]  # fmt: skip


def cut_words(box: TextBox) -> list[str]:
    """Return the words that no line holds whole; a network's own name may be longer than any line."""
    whole = spell_missing(" ".join(box.text.split()))
    lines = [f" {line} " for line in lines_of(box)]
    return [w for w in bind(whole) if SSID not in w and not any(f" {w} " in line for line in lines)]


def check(canvas: Canvas, mode: Mode, lang: Language) -> None:
    assert_layout(canvas)
    assert not canvas.crowded_out
    catalog = catalog_for(lang)
    levels = {catalog.text(f"level.{level.value}") for level in Level}
    for box in canvas.texts:
        assert box.size_px >= LEAST_PX[mode], box
        assert not cut_words(box), box
        assert "".join("".join(lines_of(box)).split()) == "".join(spell_missing(box.text).split()), box
        assert not KEY.match(box.text), f"untranslated: {box.text}"
        assert "{" not in box.text, f"unfilled: {box.text}"
        if box.text in levels or NUMBER.match(box.text):
            assert len(box.leaves) == 1, box


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("size", "mode"), PANELS)
@pytest.mark.parametrize("page", PAGES)
def test_the_longest_real_words_stand_whole(
    page: Page, size: tuple[int, int], mode: Mode, lang: Language
) -> None:
    for state in longest(page, lang):
        check(paint(state, size=size, mode=mode), mode, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("panel", PANELS)
def test_a_cubicle_says_its_number_on_every_panel(
    panel: tuple[tuple[int, int], Mode], lang: Language
) -> None:
    number = catalog_for(lang).text("walk.cubicle_numbered", number=12, count=24)
    for state in longest("cubicle", lang):
        canvas = paint(state, size=panel[0], mode=panel[1])
        assert any(box.shown == number for box in canvas.texts), [b.shown for b in canvas.texts]
