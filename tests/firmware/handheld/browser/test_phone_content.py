"""What the phone is told: whole sentences in its language, what and where, and never a number alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest

from firmware.handheld.browser.phone_content import content_of, moment_of, page_words, rows_of
from firmware.handheld.screen.views import HomingView
from firmware.i18n.catalog import LANGUAGES, Language, Sentence, catalog_for
from firmware.inspection.state import Stage
from firmware.verdict.model import Level
from tests.firmware.handheld.browser.phone_run import MOMENT, state_at
from tests.firmware.handheld.screen.test_longest_pages import KEY
from tests.firmware.verdict.test_whereabouts import MAC


def strings(node: object) -> list[str]:
    if isinstance(node, dict):
        return [
            text
            for key, value in node.items()
            if key not in {"moment", "stage", "trend"}
            for text in strings(value)
        ]
    if isinstance(node, list):
        return [text for value in node for text in strings(value)]
    return [node] if isinstance(node, str) else []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("stage", get_args(Stage))
def test_every_stage_is_told_in_whole_translated_sentences(stage: Stage, lang: Language) -> None:
    said = content_of(MOMENT, state_at(stage, lang), silent=False, seen_at={})
    assert json.loads(json.dumps(said)) == said
    for text in strings(said):
        assert not KEY.match(text), text
        assert "{" not in text, text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_alarm_says_what_where_and_since_which_step(lang: Language) -> None:
    step = Sentence(key="step.things")
    said = content_of(MOMENT, state_at("result", lang), silent=False, seen_at={MAC: step})
    (thing,) = said["found"]
    catalog = catalog_for(lang)
    assert thing["subject"] == MAC
    assert catalog.text("where.device.channel", name="CAM", channel_mhz=2437, level=-41.0) == thing["where"]
    assert catalog.text("step.things") in thing["noticed"]
    assert any("112" in line for line in said["steps"])
    assert any("112" in line for line in said["lines"])


def test_a_number_stands_in_a_sentence_and_an_inconclusive_one_is_not_said() -> None:
    state = state_at("result")
    assert "%" in content_of(MOMENT, state, silent=False, seen_at={})["chance"]
    for quiet in (replace(state, level=Level.INCONCLUSIVE), replace(state, number_fits=False)):
        assert content_of(MOMENT, quiet, silent=False, seen_at={})["chance"] == ""


def test_a_step_says_why_it_waits_and_what_ends_the_wait() -> None:
    task = content_of(MOMENT, state_at("personal", step=0), silent=False, seen_at={})["task"]
    assert "by itself" in task["wait"]
    assert 0 < task["progress"] < 1
    assert task["onward"]


def test_another_step_is_another_moment() -> None:
    moments = {moment_of(state_at("personal", step=n)) for n in range(4)}
    assert len(moments) == 4
    assert moment_of(state_at("start")) != moment_of(state_at("result"))


def test_the_places_of_a_cubicle_are_rows_and_the_way_on_is_the_last() -> None:
    rows = rows_of(state_at("cubicle"))
    assert rows[-1].words.key == "walk.next"
    assert len(rows) == 1 + len(state_at("cubicle").inspection.checks)


def test_homing_has_a_share_of_its_range_and_words() -> None:
    view = HomingView(name="CAM", level=-60.0, trend="warmer")
    said = content_of(MOMENT, replace(state_at("result"), homing=view), silent=True, seen_at={})["homing"]
    assert said["share"] == pytest.approx(0.5)
    assert (said["says"], said["level"]) == ("Getting closer", "-60 dBm")
    glint = replace(view, sensor="lens", level=None)
    seen = content_of(MOMENT, replace(state_at("result"), homing=glint), silent=True, seen_at={})["homing"]
    assert (seen["level"], seen["says"]) == ("", "")
    lost = content_of(
        MOMENT, replace(state_at("result"), homing=replace(view, level=None)), silent=True, seen_at={}
    )
    assert lost["homing"]["share"] is None


def test_both_languages_have_the_same_words() -> None:
    ko, en = (page_words(catalog_for(lang)) for lang in LANGUAGES)
    assert set(ko) == set(en)
    assert all(len(words["card"]) == 6 and len(words["own"]) == 3 for words in (ko, en))
