"""Every page, filled, empty and overfull, on every panel, in both languages and themes.

``golden/pages.json`` holds the SHA-256 of the pixels of every page × panel × language; a few pages are kept
as pictures as well. After a change that is meant, look at the pictures and write both with::

    ANSIM_WRITE_GOLDEN=1 python -m pytest tests/firmware/handheld/test_render.py -k golden
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image, ImageChops

from firmware.handheld.render import PAGES, layout_size, paint, render
from firmware.handheld.screen.canvas import Mode
from firmware.handheld.screen.pages.devices import ranked as ranked_devices
from firmware.handheld.screen.pages.spectrum import ranked as ranked_lines
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.theme import THEMES
from firmware.handheld.screen.views import MENU, FindingView, LensPageView, Page
from firmware.i18n.catalog import LANGUAGES, Catalog, Language, catalog_for
from firmware.i18n.help_lines import COUNTRIES, help_lines, number_of
from firmware.verdict.advice import Advice
from firmware.verdict.model import Level
from tests.firmware.handheld.screen.layout_checks import assert_layout
from tests.firmware.handheld.screen.sample_pages import (
    DEVICES,
    FINDINGS,
    LENS,
    SPECTRUM,
    empty,
    filled,
    overfull,
)
from tests.firmware.handheld.screen.sample_states import PANELS

GOLDEN = Path(__file__).parent / "screen" / "golden"
KEPT_PICTURES = ("finding-240x240-ko", "spectrum-320x240-en", "devices-128x64-ko")
EVERY_PICTURE = [(page, panel, lang) for page in PAGES for panel in PANELS for lang in LANGUAGES]


def test_every_page_is_drawn_by_somebody() -> None:
    assert set(PAGES) == set(get_args(Page))


def words_of(state: ScreenState, size: tuple[int, int] = (320, 240), mode: Mode = "RGB") -> list[str]:
    return [box.shown for box in paint(state, size=size, mode=mode).texts]


@pytest.mark.parametrize("fill", [filled, empty, overfull], ids=["filled", "empty", "overfull"])
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_cut_or_covered(page: Page, fill) -> None:  # type: ignore[no-untyped-def]
    for size, mode in PANELS:
        for lang in LANGUAGES:
            for theme in THEMES:
                assert_layout(paint(fill(page, lang), size=size, mode=mode, theme=theme))


@pytest.mark.parametrize(("size", "mode"), PANELS)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_that_it_is_a_simulation(page: Page, size: tuple[int, int], mode: Mode) -> None:
    for lang in LANGUAGES:
        word = catalog_for(lang).text("screen.simulated" if size[0] > 300 else "screen.simulated.short")
        assert word in words_of(filled(page, lang), size, mode)
        assert word not in words_of(replace(filled(page, lang), simulated=False), size, mode)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_titles_and_menu_are_whole(lang: Language) -> None:
    catalog = catalog_for(lang)
    for page in PAGES:
        for size, mode in PANELS[:2]:
            title = catalog.text("screen.title" if page == "home" else f"page.{page}")
            state = filled(page, lang)
            if state.inspection.title is not None:
                title = catalog.say(state.inspection.title)
            shown = words_of(state, size, mode)
            assert title in shown or (page == "cubicle" and size == (240, 240))  # the room's name is cut
    for size, mode in PANELS[:2]:
        assert {catalog.text(f"menu.{item}") for item in MENU} <= set(
            words_of(filled("menu", lang), size, mode)
        )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("level", Level)
def test_a_finding_says_in_whole_sentences_what_to_do(level: Level, lang: Language) -> None:
    catalog = catalog_for(lang)
    kind = "likely" if level is Level.LIKELY_CAMERA else "check"
    steps = {catalog.text(f"todo.{kind}.{n}") for n in (1, 2, 3)}
    for size, mode in PANELS[:2]:
        words = words_of(replace(filled("finding", lang), level=level), size, mode)
        assert steps <= set(words)
        assert any("112" in word for word in words)
        assert any("1366" in word for word in words)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("country", COUNTRIES)
def test_whom_to_call_is_whole_on_every_panel_in_every_country(country: str, lang: Language) -> None:
    lines = help_lines(country)
    for size, mode in PANELS:
        state = replace(filled("finding", lang), help_lines=lines)
        painted = paint(state, size=size, mode=mode)
        assert_layout(painted)
        assert any(lines[0].number in box.shown for box in painted.texts), (country, size)
        support = number_of(lines, "support")
        assert mode == "1" or any(support in box.shown for box in painted.texts), (country, size)
        home = replace(filled("home", lang), advice=Advice.of("next.police"), help_lines=lines)
        if mode == "RGB":
            assert any(lines[0].number in word for word in words_of(home, size, mode))


def test_the_selected_finding_is_the_one_shown() -> None:
    state = replace(filled("finding", "en"), selected=1)
    assert FINDINGS[1].subject in words_of(state)
    assert FINDINGS[0].subject not in words_of(state)


def test_strength_is_said_without_pretending_to_be_exact() -> None:
    def strength(log_lr: float) -> str:
        finding = FindingView(sensor="rf", subject="x", reason=FINDINGS[0].reason, log_lr=log_lr)
        words = words_of(replace(filled("finding", "en"), findings=(finding,)))
        return next(w for w in words if "as common" in w)

    assert strength(4.1) == "60× as common with a camera"
    assert strength(50.0) == "Over 400× as common with a camera"


def test_suspicious_devices_and_lines_come_first() -> None:
    assert ranked_devices(DEVICES)[0].name == "CAM-4F21"
    lines = ranked_lines(SPECTRUM.lines)
    assert lines[0].alert
    assert [line.known for line in lines] == sorted(line.known for line in lines)
    assert len(ranked_lines(SPECTRUM.lines * 100)) <= 64


def test_the_selected_device_is_in_view_in_a_long_list() -> None:
    many = tuple(replace(DEVICES[0], name=f"net{n:02d}", score=0.0, rssi_dbm=-50.0) for n in range(40))
    for selected in (0, 1, 20, 39):
        state = replace(filled("devices", "en"), devices=many, selected=selected)
        for size, mode in PANELS:
            assert f"net{selected:02d}" in words_of(state, size, mode)


def test_the_lens_page_counts_candidates_and_says_how_to_move() -> None:
    words = words_of(filled("lens", "en"))
    assert "1 lens-like" in words
    assert Catalog("en").text("guide.sweep") in words
    assert "61%" in words


def test_a_candidate_is_drawn_where_it_is() -> None:
    with_mark = render(filled("lens", "en"))
    without = render(replace(filled("lens", "en"), lens=LensPageView(picture=LENS.picture, cells=LENS.cells)))
    changed = ImageChops.difference(with_mark, without).crop((0, 0, 236, 200)).getbbox()
    assert changed is not None


def test_a_device_that_is_not_well_says_what_to_do() -> None:
    assert Catalog("ko").text("hint.unplugged") in words_of(filled("sensors", "ko"))
    mono = words_of(filled("sensors", "ko"), (128, 64), "1")
    assert any(Catalog("ko").text("state.lost") in line for line in mono)


@pytest.mark.parametrize("size", [(480, 320), (240, 320), (640, 480), (800, 480), (160, 128), (128, 128)])
def test_other_colour_panels_get_their_own_size_and_the_same_layout_rules(size: tuple[int, int]) -> None:
    for page in PAGES:
        assert render(filled(page, "ko"), size=size).size == size
        assert_layout(paint(overfull(page, "en"), size=layout_size(size, "RGB")))


@pytest.mark.parametrize("size", [(128, 32), (256, 128), (128, 64)])
def test_other_mono_panels_get_their_own_size(size: tuple[int, int]) -> None:
    picture = render(filled("home", "ko"), size=size, mode="1")
    assert (picture.size, picture.mode) == (size, "1")


def picture_name(page: Page, panel: tuple[tuple[int, int], str], lang: Language) -> str:
    return f"{page}-{panel[0][0]}x{panel[0][1]}-{lang}"


def digest(image: Image.Image) -> str:
    return hashlib.sha256(image.mode.encode() + image.tobytes()).hexdigest()


def drawn() -> dict[str, Image.Image]:
    return {
        picture_name(page, panel, lang): render(filled(page, lang), size=panel[0], mode=panel[1])
        for page, panel, lang in EVERY_PICTURE
    }


def test_golden_pages() -> None:
    pictures = drawn()
    path = GOLDEN / "pages.json"
    if os.environ.get("ANSIM_WRITE_GOLDEN"):
        digests = {name: digest(image) for name, image in sorted(pictures.items())}
        path.write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
        for name in KEPT_PICTURES:
            pictures[name].save(GOLDEN / f"page-{name}.png", optimize=True)
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert {name: digest(image) for name, image in pictures.items()} == stored
    assert len(set(stored.values())) == len(stored)
    for name in KEPT_PICTURES:
        with Image.open(GOLDEN / f"page-{name}.png") as kept:
            assert digest(kept.convert(pictures[name].mode)) == stored[name]
