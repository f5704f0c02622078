"""Leaves a place and closes an inspection: what is stored, what is left out, and for which reason.

A place that is left before its minimum is reached asks for a reason of a short list, which its record keeps.
A place that showed an alarm is never left without a record.
"""

from __future__ import annotations

from dataclasses import replace

from firmware.inspection.checklists import checklist
from firmware.inspection.resume_point import progress_of
from firmware.inspection.state import (
    DONE_MOST,
    Begin,
    Effect,
    Export,
    InspectionState,
    Keep,
    Moment,
    Save,
    Stage,
    Transition,
    Visited,
)
from firmware.records.model import NOT_INSPECTED_FOR, NotInspected, Place
from firmware.verdict.model import Alarm

EARLY_REASONS = (NOT_INSPECTED_FOR, "early.no_time", "early.no_access", "early.device", "early.other")


def early_reasons(state: InspectionState) -> tuple[str, ...]:
    """Return the reasons that may be chosen here: only a cubicle can be occupied."""
    return EARLY_REASONS if stage_left(state) == "cubicle" else EARLY_REASONS[1:]


def stage_left(state: InspectionState) -> Stage:
    """Return the stage of the place that is left, also while a page asks about it."""
    return state.leaving if state.stage in {"thin", "early"} else state.stage


def ask_why(state: InspectionState, _: Moment) -> Transition:
    """Ask for the reason of leaving a place early."""
    return Transition(replace(state, stage="early", selected=0))


def leave_early(state: InspectionState, now: Moment) -> Transition:
    """Leave with the reason that was chosen: the place, the guided scan, or the whole inspection."""
    reasons = early_reasons(state)
    reason = reasons[min(state.selected, len(reasons) - 1)]
    if state.ending:
        return close_inspection(replace(state, stage=state.leaving, why_ended=reason, ending=False), now)
    if state.leaving == "personal":
        return finish_personal(replace(state, stage="personal"), now, reason=reason)
    return leave_place(state, now, reason=reason)


def stay(state: InspectionState, _: Moment) -> Transition:
    """Go back to the place that was not left."""
    return Transition(replace(state, stage=state.leaving, selected=0, ending=False))


def leave_place(state: InspectionState, now: Moment, *, reason: str = "") -> Transition:
    """Store this place and go to the next one; after the last one, close the inspection."""
    corridor = stage_left(state) == "corridor"
    left, keep = _stored(state, now, reason=reason)
    further = left if corridor else further_place(left)
    if further is None:
        return closed(left, (keep,))
    after = begun(further)
    return Transition(after.state, (keep, *after.effects))


def _stored(state: InspectionState, now: Moment, *, reason: str = "") -> tuple[InspectionState, Keep]:
    """Return the state after this place, still at its name, and the effect that stores it."""
    keep = _keep(state, reason)
    visited = Visited(
        record=keep.record,
        kind=keep.kind,
        room=keep.place.room,
        cubicle=keep.place.cubicle,
        level=now.level,
        looked=sum(m == "looked" for m in keep.checklist.values()),
        left=sum(m in {"skipped", "unreachable"} for m in keep.checklist.values()),
        found=sum(m == "found" for m in keep.checklist.values()),
        alarm=now.alarm,
        early=reason,
    )
    after = replace(
        state, stage="cubicle", selected=0, marks={}, visit=state.visit + 1,
        done=(*state.done, visited)[-DONE_MOST:],
    )  # fmt: skip
    return after, keep


def _keep(state: InspectionState, reason: str) -> Keep:
    if stage_left(state) == "corridor":
        place = Place(site=state.plan.name)
        return Keep(record=state.record, kind="corridor", operator=state.operator, place=place, early=reason)
    marks = {p.message: state.marks.get(p.message, "skipped") for p in checklist()}
    place = Place(site=state.plan.name, room=state.room_plan.name, cubicle=state.cubicle_name)
    return Keep(
        record=state.record,
        kind="cubicle",
        operator=state.operator,
        place=place,
        checklist=marks,
        early=reason,
    )


def keep_alarm(state: InspectionState, now: Moment) -> Transition:
    """Store the open place where it showed an alarm: turning away from it loses nothing."""
    if not now.alarm:
        return Transition(state)
    if stage_left(state) == "personal":
        return Transition(state, (Keep(record=f"{state.inspection_id}-p", kind="personal"),))
    if stage_left(state) not in {"corridor", "cubicle"}:
        return Transition(state)
    after, keep = _stored(state, now)
    return Transition(replace(after, stage=stage_left(state)), (keep,))


def further_place(state: InspectionState) -> InspectionState | None:
    """Return the state at the next cubicle, in the next room where this one is done; None after the last."""
    if state.cubicle + 1 < len(state.room_plan.cubicles):
        return replace(state, cubicle=state.cubicle + 1)
    if state.room + 1 < len(state.plan.room):
        return replace(state, room=state.room + 1, cubicle=0)
    return None


def places_left_out(state: InspectionState) -> tuple[NotInspected, ...]:
    """Return the planned cubicles without a record, in the order of the plan, with the reason if any."""
    seen = {(v.room, v.cubicle) for v in state.done if v.kind == "cubicle"}
    return tuple(
        NotInspected(room=room.name, cubicle=cubicle, reason=state.why_ended)
        for room in state.plan.room
        for cubicle in room.cubicles
        if (room.name, cubicle) not in seen
    )


def begun(state: InspectionState, *, alarm: Alarm | None = None) -> Transition:
    """Begin at the current place, perhaps with the alarm that it had shown, and save the progress."""
    at = replace(state, alarm=alarm)
    return Transition(at, (Begin(alarm=alarm), Save(progress=progress_of(at))))


def note_alarm(state: InspectionState, now: Moment) -> Transition:
    """Save the progress as soon as the open place shows an alarm, or one of more: no power loss ends it."""
    kept, saved = now.kept, state.alarm
    if kept is None or (saved is not None and _summary_of(saved) == _summary_of(kept)):
        return Transition(state)
    after = replace(state, alarm=kept)
    return Transition(after, (Save(progress=progress_of(replace(after, stage=stage_left(after)))),))


def _summary_of(alarm: Alarm) -> tuple[object, ...]:
    """Return what is worth a write: not the number, which rises many times."""
    return (alarm.level, alarm.resolution, frozenset(s.subject for s in alarm.subjects))


def closed(state: InspectionState, before: tuple[Effect, ...] = ()) -> Transition:
    """End the inspection: remove the saved progress, and request a record of the site with its report."""
    if not state.done:
        return Transition(replace(state, stage="start", selected=0), (*before, Save(progress=None)))
    ended = replace(state, stage="summary", selected=0, export="working", exported="", resume=None)
    return Transition(ended, (*before, export_of(state), Save(progress=None)))


def export_of(state: InspectionState) -> Export:
    """Return the effect that writes the record of the site and its report."""
    return Export(
        inspection_id=state.inspection_id,
        site=state.plan.name,
        operator=state.operator,
        done=state.done,
        planned=state.plan.cubicle_count,
        not_inspected=places_left_out(state),
    )


def finish(state: InspectionState, now: Moment) -> Transition:
    """End the inspection or the guided scan early; where something is left out, ask for the reason first."""
    stage = stage_left(state)
    if stage == "personal":
        asking = bool(now.still_short)
    else:
        asking = bool(state.done or now.alarm) and bool(places_left_out(state))
    if asking:
        ending = stage != "personal"
        return Transition(replace(state, stage="early", leaving=stage, ending=ending, selected=0))
    return finish_personal(state, now) if stage == "personal" else close_inspection(state, now)


def close_inspection(state: InspectionState, now: Moment) -> Transition:
    """End the inspection: an open cubicle without an alarm is left out, one with an alarm is stored."""
    kept = keep_alarm(state, now)
    return closed(kept.state, kept.effects)


def finish_personal(state: InspectionState, _: Moment, *, reason: str = "") -> Transition:
    """End the guided scan with the findings so far."""
    keep = Keep(record=f"{state.inspection_id}-p", kind="personal", early=reason)
    return Transition(replace(state, stage="result", selected=0), (keep,))
