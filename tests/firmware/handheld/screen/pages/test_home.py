"""The home page: nothing cut, nothing covered, nothing claimed that was not seen, always the same pixels.

The golden pictures in ``golden/`` are compared pixel by pixel. After a change that is meant, look at the new
pictures and write them with::

    ANSIM_WRITE_GOLDEN=1 python -m pytest tests/firmware/handheld/screen/pages/test_home.py -k golden
"""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from firmware.handheld.render import paint, render
from firmware.handheld.screen.canvas import Canvas, Mode, Rect
from firmware.handheld.screen.state import SensorBadge
from firmware.handheld.screen.text import MORE
from firmware.handheld.screen.theme import THEMES, ThemeName
from firmware.handheld.screen.view_model import answer_of
from firmware.i18n.catalog import LANGUAGES, Language, catalog_for, plain
from firmware.records.resolutions import Resolution
from firmware.verdict.model import Alarm, Level
from tests.firmware.handheld.screen.layout_checks import assert_layout
from tests.firmware.handheld.screen.sample_states import CONDITIONS, PANELS, ordinary, worst
from tests.firmware.handheld.screen.test_view_model import verdict

GOLDEN = Path(__file__).parent / "golden"
THEME_NAMES: tuple[ThemeName, ...] = ("dark", "bright")
GOLDEN_PAGES = [
    *[(level, "ko", PANELS[0], "dark") for level in (Level.INCONCLUSIVE, Level.LIKELY_CAMERA)],
    (Level.NOTHING_FOUND, "en", PANELS[0], "dark"),
    *[(Level.CHECK, lang, PANELS[1], "bright") for lang in LANGUAGES],
    *[(level, lang, PANELS[2], "dark") for level in (Level.INCONCLUSIVE, Level.CHECK) for lang in LANGUAGES],
]


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("size", "mode"), PANELS)
def test_the_longest_texts_neither_overlap_nor_leave_the_panel(
    size: tuple[int, int], mode: Mode, lang: Language, condition: str
) -> None:
    for level in Level:
        for theme in THEME_NAMES:
            assert_layout(paint(worst(level, lang, condition), size=size, mode=mode, theme=theme))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("size", "mode"), PANELS)
def test_level_number_and_next_step_are_always_whole(
    size: tuple[int, int], mode: Mode, lang: Language
) -> None:
    catalog = catalog_for(lang)
    for level in Level:
        state = ordinary(level, lang)
        canvas = paint(state, size=size, mode=mode)
        assert_layout(canvas)
        words = [b.shown for b in canvas.texts]
        assert catalog.text(f"level.{level}") in words
        assert catalog.text("screen.simulated" if size[0] > 300 else "screen.simulated.short") in words
        assert any(b.shown.endswith("%") and b.shown[0] in "<>0123456789" for b in canvas.texts)
        if mode == "RGB":
            assert catalog.text(state.advice.step) in words
            assert catalog.text("screen.caught", share=state.share_caught) in words
            assert catalog.text("screen.blind", kinds=catalog.list_of(state.blind_to)) in words
            running = level is Level.NOTHING_FOUND
            assert catalog.text(f"level.{level}.{'running' if running else 'meaning'}") in words
            over = [b.shown for b in paint(replace(state, scanning=False), size=size).texts]
            assert catalog.text(f"level.{level}.meaning") in over


@settings(max_examples=40, deadline=None)
@given(name=st.text(max_size=80), level=st.sampled_from(Level), panel=st.sampled_from(PANELS))
def test_no_name_from_the_air_breaks_the_layout(
    name: str, level: Level, panel: tuple[tuple[int, int], Mode]
) -> None:
    state = ordinary(level, "ko")
    sensor = replace(state.sensors[1], headline=plain(name), alert=True)
    page = replace(state, sensors=(state.sensors[0], sensor, *state.sensors[2:]), reasons=(plain(name),))
    assert_layout(paint(page, size=panel[0], mode=panel[1]))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("panel", [p for p in PANELS if p[1] == "RGB"])
@pytest.mark.parametrize("word", get_args(Resolution))
def test_what_was_said_of_the_alarm_stands_whole_beside_the_number(
    panel: tuple[tuple[int, int], Mode], lang: Language, word: Resolution
) -> None:
    kept = Alarm(level=Level.CHECK, t_ns=0, probability=0.2, rule="", subjects=(), resolution=word)
    for level in Level:
        said = answer_of(replace(verdict(level), alarm=kept))
        assert said is not None
        canvas = paint(replace(ordinary(level, lang), answer=said), size=panel[0], mode=panel[1])
        assert_layout(canvas)
        assert catalog_for(lang).say(said) in [b.shown for b in canvas.texts]
    assert answer_of(replace(verdict(Level.CHECK), alarm=replace(kept, resolution=""))) is None
    assert answer_of(verdict(Level.CHECK)) is None


def test_a_sense_that_hardly_looked_is_never_called_quiet() -> None:
    for share in (None, 0.0, 0.01):
        for condition in ("running", "finished"):
            sensor = SensorBadge(name="wifi", state=condition, coverage=share)
            assert sensor.spoken().key == "screen.not_looked"
    assert SensorBadge(name="wifi", state="finished", coverage=0.9).spoken().key == "screen.quiet"
    assert (
        SensorBadge(name="wifi", state="lost", coverage=0.9, headline=plain("x")).spoken().key == "state.lost"
    )


def test_kinds_that_do_not_fit_are_counted() -> None:
    catalog = catalog_for("en")
    canvas = paint(worst(Level.NOTHING_FOUND, "en", "finished"), size=(240, 240))
    box = next(b for b in canvas.texts if b.shown.startswith("Could not see"))
    line = " ".join(line for leaf in box.leaves for line in leaf).replace(MORE, "")
    named = sum(line.count(catalog.text(k)) for k in worst(Level.CHECK, "en", "lost").blind_to)
    assert line.endswith(f"+{7 - named}")
    assert named >= 1


def test_every_level_differs_in_shape_and_word_not_in_colour_alone() -> None:
    grey = [render(replace(ordinary(Level.CHECK, "en"), level=x)).convert("1", dither=0) for x in Level]
    for a, b in combinations(grey, 2):
        assert (
            ImageChops.difference(a.convert("L"), b.convert("L")).crop((0, 20, 60, 95)).getbbox() is not None
        )


@pytest.mark.parametrize("theme", THEME_NAMES)
def test_texts_are_readable_on_their_ground(theme: ThemeName) -> None:
    t = THEMES[theme]
    pairs = [(t.text, t.ground), (t.dim, t.ground), (t.warn, t.ground), (t.accent, t.ground)]
    pairs += [(t.level_ink[level], t.level_fill[level]) for level in Level]
    assert min(contrast(a, b) for a, b in pairs) >= 4.5  # WCAG 2.1 AA for normal text


def contrast(a: tuple[int, int, int], b: tuple[int, int, int]) -> float:
    bright, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(color: tuple[int, int, int]) -> float:
    linear = [(v / 3294.6) if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_drawing_twice_gives_the_same_pixels() -> None:
    state = ordinary(Level.CHECK, "ko")
    assert render(state).tobytes() == render(state).tobytes()


def test_odd_numbers_do_not_stop_the_screen() -> None:
    state = replace(
        ordinary(Level.CHECK, "ko"), probability=float("nan"), share_caught=float("nan"), progress=7.0
    )
    assert_layout(paint(state))


def golden_name(level: Level, lang: str, panel: tuple[tuple[int, int], str], theme: str) -> str:
    return f"home-{panel[0][0]}x{panel[0][1]}-{level}-{lang}-{theme}.png"


@pytest.mark.parametrize(("level", "lang", "panel", "theme"), GOLDEN_PAGES)
def test_golden(level: Level, lang: Language, panel: tuple[tuple[int, int], Mode], theme: ThemeName) -> None:
    picture = render(ordinary(level, lang), size=panel[0], mode=panel[1], theme=theme)
    path = GOLDEN / golden_name(level, lang, panel, theme)
    if os.environ.get("ANSIM_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        picture.save(path, optimize=True)
    with Image.open(path) as stored:
        assert stored.mode == picture.mode
        assert ImageChops.difference(stored.convert("RGB"), picture.convert("RGB")).getbbox() is None


def test_golden_pictures_are_few_and_small() -> None:
    assert sum(path.stat().st_size for path in GOLDEN.glob("*.png")) < 200_000


def test_a_text_too_long_for_its_room_is_shown_leaf_by_leaf() -> None:
    shown = []
    for turn in range(4):
        canvas = Canvas((80, 20), "RGB", THEMES["dark"], turn=turn)
        canvas.text(Rect(0, 0, 80, 20), "A very long sentence", size_px=13, color=(255, 255, 255))
        shown.append(canvas.texts[0].shown)
    first, *_ = shown
    count = len(canvas.texts[0].leaves)
    assert first.endswith(MORE)
    assert shown[count] == first
    assert " ".join(shown[:count]).replace(MORE, "") == canvas.texts[0].text


def test_a_room_without_space_for_a_letter_stays_empty_and_says_so() -> None:
    canvas = Canvas((60, 20), "RGB", THEMES["dark"])
    canvas.text(Rect(0, 0, 5, 20), "wide", size_px=13, color=(255, 255, 255))
    assert (canvas.texts, canvas.crowded_out) == ([], ["wide"])
