"""Takes the answer to an alarm with three buttons: looked and harmless, found, or could not tell.

::

    result, summary ─► resolve ─┬─ harmless ─► resolve_why ─┬─► resolve_picture ─► signed, back to the page
                                ├─ found, could not tell ───┘   (where the camera has a picture now)
                                └─ later: the alarm stays open

The answer becomes the same signed entry as that of ``ansim report resolve``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from firmware.inspection.leaving import export_of, places_left_out
from firmware.inspection.state import (
    AlarmSigned,
    Effect,
    Handler,
    InspectionState,
    Moment,
    OpenAnswer,
    Resolve,
    Stage,
    Transition,
    Visited,
    Word,
)
from firmware.records.resolutions import Resolution

AnswerRow = Literal["harmless", "found", "unclear", "later"]
ANSWERS: tuple[AnswerRow, ...] = ("harmless", "found", "unclear", "later")
HARMLESS_REASONS = (
    "resolve.why.own", "resolve.why.network", "resolve.why.appliance", "resolve.why.reflection",
    "resolve.why.fitting", "resolve.why.outside",
)  # fmt: skip
PICTURE_ROWS = ("without", "with")


def result_ok(state: InspectionState, now: Moment) -> Transition:
    """Ask what came of the alarm of the guided scan; without an open one, go to the first page."""
    if not now.alarm or now.resolution:
        return Transition(replace(state, stage="start", selected=0, said=""))
    answer = OpenAnswer(record=f"{state.inspection_id}-p", level=now.alarm, back="result")
    return Transition(replace(state, stage="resolve", answer=answer, selected=0, said=""))


def summary_ok(state: InspectionState, _: Moment) -> Transition:
    """Ask what came of the alarm of the selected place; refuse it in a sentence where there is none."""
    if not any(v.alarm for v in state.done):
        return Transition(replace(state, stage="start", selected=0, said=""))
    place = place_at(state, state.selected)
    if place is None or not place.alarm:
        return Transition(replace(state, said="resolve.no_alarm_here"))
    if place.resolution:
        return Transition(replace(state, said="resolve.done_before"))
    answer = OpenAnswer(record=place.record, level=place.alarm, back="summary")
    return Transition(replace(state, stage="resolve", answer=answer, selected=0, said=""))


def place_at(state: InspectionState, row: int) -> Visited | None:
    """Return the visited place in a row of the summary; None for a planned one that was left out."""
    return state.done[row] if 0 <= row < len(state.done) else None


def summary_row_count(state: InspectionState) -> int:
    """Return the number of rows of the summary: visited places, then those that were left out."""
    return len(state.done) + (len(places_left_out(state)) if state.plans else 0)


def _choose_answer(state: InspectionState, now: Moment) -> Transition:
    row = ANSWERS[min(state.selected, len(ANSWERS) - 1)]
    if state.answer is None or row == "later":
        return back_from_answer(state, now)
    chosen = replace(state, answer=replace(state.answer, resolution=row), selected=0)
    if row == "harmless":
        return Transition(replace(chosen, stage="resolve_why"))
    return _ask_for_picture(chosen, now)


def _choose_reason(state: InspectionState, now: Moment) -> Transition:
    if state.answer is None:
        return back_from_answer(state, now)
    reason = HARMLESS_REASONS[min(state.selected, len(HARMLESS_REASONS) - 1)]
    return _ask_for_picture(replace(state, answer=replace(state.answer, reason=reason), selected=0), now)


def _ask_for_picture(state: InspectionState, now: Moment) -> Transition:
    if now.eye:
        return Transition(replace(state, stage="resolve_picture", selected=0))
    return _signed(state, with_picture=False)


def _choose_picture(state: InspectionState, _: Moment) -> Transition:
    return _signed(state, with_picture=PICTURE_ROWS[min(state.selected, 1)] == "with")


def _signed(state: InspectionState, *, with_picture: bool) -> Transition:
    answer = state.answer
    if answer is None:
        return Transition(replace(state, stage="start", selected=0))
    resolve = Resolve(
        record=answer.record,
        resolution=answer.resolution,
        reason=answer.reason,
        with_picture=with_picture,
        live=answer.back == "result",
    )
    after = replace(state, stage=answer.back, answer=None, selected=0, said="resolve.signing")
    # The report of a site is drawn anew, with what was said.
    more: tuple[Effect, ...] = (export_of(after),) if answer.back == "summary" else ()
    return Transition(replace(after, export="working") if more else after, (resolve, *more))


def back_from_answer(state: InspectionState, _: Moment) -> Transition:
    """Go back to the page of the alarm, which stays open."""
    back: Stage = "start" if state.answer is None else state.answer.back
    return Transition(replace(state, stage=back, answer=None, selected=0))


def _back_to_answers(state: InspectionState, _: Moment) -> Transition:
    return Transition(replace(state, stage="resolve", selected=0))


def told_of_alarm(state: InspectionState, told: AlarmSigned) -> Transition:
    """Take in that an answer was signed, or why it was not: then the alarm stays open."""
    if told.trouble:
        return Transition(replace(state, trouble=told.trouble, said=""))
    done = tuple(replace(v, resolution=told.resolution) if v.record == told.record else v for v in state.done)
    return Transition(replace(state, done=done, trouble="", said=SAID[told.resolution]))


SAID: Mapping[Resolution, str] = {
    "harmless": "resolve.signed.harmless",
    "found": "resolve.signed.found",
    "unclear": "resolve.signed.unclear",
}
ANSWER_TABLE: Mapping[tuple[Stage, Word], Handler] = {
    ("result", "ok"): result_ok,
    ("summary", "ok"): summary_ok,
    ("resolve", "ok"): _choose_answer,
    ("resolve", "back"): back_from_answer,
    ("resolve_why", "ok"): _choose_reason,
    ("resolve_why", "back"): _back_to_answers,
    ("resolve_picture", "ok"): _choose_picture,
    ("resolve_picture", "back"): _back_to_answers,
}
