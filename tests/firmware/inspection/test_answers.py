"""An alarm is answered with three buttons, and the picture is kept only where a person asked for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware.handheld.inspection_view import view_of
from firmware.i18n.catalog import LANGUAGES, Sentence, catalog_for
from firmware.inspection.answers import ANSWERS, HARMLESS_REASONS, SAID, told_of_alarm
from firmware.inspection.state import AlarmSigned, Effect, Export, InspectionState, Moment, Resolve, Visited
from firmware.inspection.state_machine import InspectionMachine
from firmware.verdict.model import Level
from tests.firmware.handheld.screen.inspection_pages import PLAN, verdict_of
from tests.firmware.handheld.screen.sample_states import ordinary

MACHINE = InspectionMachine({})
ALARM = Moment(level="check", alarm="check")
WITH_EYE = replace(ALARM, eye=True)
RESULT = InspectionState(plans=(PLAN,), stage="result", inspection_id="w")
PLACES = tuple(
    Visited(record=f"w-{n}", kind="cubicle", room="2층 여자 화장실", cubicle=str(n + 1), level=level,
            stored=True, alarm=alarm)
    for n, (level, alarm) in enumerate([("check", "check"), ("nothing_found", "")])
)  # fmt: skip
SUMMARY = InspectionState(plans=(PLAN,), stage="summary", inspection_id="w", done=PLACES)


def go(state: InspectionState, *words: str, now: Moment = ALARM) -> tuple[InspectionState, list[Effect]]:
    effects: list[Effect] = []
    for word in words:
        state, more = MACHINE.press(state, word, now)  # type: ignore[arg-type]
        effects += more
    return state, effects


def test_harmless_asks_for_a_reason_and_the_others_do_not() -> None:
    state, effects = go(RESULT, "ok", "ok", "down", "down", "ok")
    assert state.stage == "result"
    assert effects == [Resolve(record="w-p", resolution="harmless", reason=HARMLESS_REASONS[2], live=True)]
    for row, word in ((1, "found"), (2, "unclear")):
        state, effects = go(RESULT, "ok", *["down"] * row, "ok")
        assert effects == [Resolve(record="w-p", resolution=word, live=True)]  # type: ignore[arg-type]


def test_the_picture_is_kept_only_by_an_explicit_choice_and_only_where_there_is_one() -> None:
    without, first = go(RESULT, "ok", "down", "ok", "ok", now=WITH_EYE)
    with_it, second = go(RESULT, "ok", "down", "ok", "down", "ok", now=WITH_EYE)
    assert [e.with_picture for e in (*first, *second) if isinstance(e, Resolve)] == [False, True]
    assert (without.stage, with_it.stage) == ("result", "result")
    assert go(RESULT, "ok", "down", "ok", now=WITH_EYE)[0].stage == "resolve_picture"


def test_later_and_back_leave_the_alarm_open() -> None:
    assert go(RESULT, "ok", "down", "down", "down", "ok") == (replace(RESULT, selected=0), [])
    assert go(RESULT, "ok", "back")[0].stage == "result"
    assert go(RESULT, "ok", "ok", "back")[0].stage == "resolve"


@pytest.mark.parametrize("now", [Moment(level="nothing_found"), replace(ALARM, resolution="found")])
def test_a_result_without_an_open_alarm_leads_to_the_first_page(now: Moment) -> None:
    assert go(RESULT, "ok", now=now)[0].stage == "start"


def test_a_cubicle_is_answered_from_the_summary_and_the_report_is_drawn_anew() -> None:
    state, effects = go(SUMMARY, "ok", "down", "ok")
    assert [type(e) for e in effects] == [Resolve, Export]
    assert effects[0] == Resolve(record="w-0", resolution="found")
    signed = told_of_alarm(state, AlarmSigned(record="w-0", resolution="found")).state
    assert (signed.done[0].resolution, signed.done[1].resolution) == ("found", "")
    again, effects = go(signed, "ok")
    assert (again.stage, again.said, effects) == ("summary", "resolve.done_before", [])


def test_a_place_without_an_alarm_refuses_in_a_sentence() -> None:
    refused, effects = go(SUMMARY, "down", "ok")
    assert (refused.stage, refused.said, effects) == ("summary", "resolve.no_alarm_here", [])
    shown = view_of(refused, ALARM, verdict_of(ordinary(Level.CHECK, "ko")), MACHINE).notice
    assert shown == Sentence(key="resolve.no_alarm_here")
    quiet = replace(SUMMARY, done=PLACES[1:])
    assert go(quiet, "ok")[0].stage == "start"


def test_what_could_not_be_signed_stays_open_and_says_why() -> None:
    state, _ = go(SUMMARY, "ok", "down", "ok")
    told = AlarmSigned(record="w-0", resolution="found", trouble="state.store.full")
    failed = told_of_alarm(state, told).state
    assert (failed.done[0].resolution, failed.trouble) == ("", "state.store.full")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_row_and_answer_has_a_sentence(lang: str) -> None:
    keys = {f"resolve.{row}" for row in ANSWERS} | {*HARMLESS_REASONS, *SAID.values()}
    assert keys <= catalog_for(lang).keys()  # type: ignore[arg-type]
