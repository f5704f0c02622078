"""The state machine of an inspection, as a table of stages and words: pure, and without any device.

::

    start ─┬─ inspection ─► site ─► operator ─► room ─► reference ─┬─ measure ─► corridor ─┐
           │                (skipped where there is one only)      └─ use, skip ───────────┤
           │   ┌────────────────────── next cubicle: ok held ──────────────────────────────┘
           │   └─► cubicle ─► [thin: coverage is too low] ─► cubicle … ─► summary
           └─ personal ─► step ─► step … ─► result

``back`` shows the readout from every working stage and comes back again; ``menu`` (back held) is the panel's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from firmware.inspection.checklists import checklist, guided_steps
from firmware.inspection.resume_point import progress_of, resumed
from firmware.inspection.state import (
    DONE_MOST,
    AskReference,
    Begin,
    CorridorKnown,
    Effect,
    Export,
    InspectionState,
    Keep,
    Leave,
    Moment,
    NotStored,
    Recalled,
    RecordStored,
    ReferenceRow,
    ReportExported,
    Save,
    Stage,
    StartRow,
    Visited,
    Word,
    WriterReply,
)
from firmware.records.compare.diff import COVERED_FROM
from firmware.records.model import CheckState, Place

NOBODY = ""
NEXT_MARK: Mapping[CheckState | None, CheckState] = {
    None: "looked",
    "looked": "found",
    "found": "unreachable",
    "unreachable": "looked",
    "skipped": "looked",
}
DONE_STEP = 1.0  # of a guided step's progress


class Transition(NamedTuple):
    """The next state, and the effects that it requests, in order."""

    walk: InspectionState
    effects: tuple[Effect, ...] = ()


Handler = Callable[[InspectionState, Moment], Transition]


class InspectionMachine:
    """The transition table, with the least coverage at which a place is left without a warning."""

    def __init__(self, least: Mapping[str, float]) -> None:
        self.least = least

    def press(self, walk: InspectionState, word: Word, now: Moment) -> Transition:
        """Return the transition of a word; words without a meaning at this stage change nothing."""
        if word in {"up", "down"}:
            return Transition(_moved(walk, -1 if word == "up" else +1))
        if word == "ok_held" and walk.stage in {"corridor", "cubicle"}:
            return self._next(walk, now)
        if (walk.stage, word) == ("cubicle", "ok") and walk.selected >= len(checklist()):
            return self._next(walk, now)
        if (walk.stage, word) == ("corridor", "ok"):
            return self._next(walk, now)
        handler = TABLE.get((walk.stage, word))
        return Transition(walk) if handler is None else handler(walk, now)

    def _next(self, walk: InspectionState, now: Moment) -> Transition:
        """Leave a place; where its coverage is low, ask once before."""
        if self.thin(walk, now):
            return Transition(replace(walk, stage="thin", leaving=walk.stage, selected=0))
        return leave_place(walk, now)

    def enough(self, stage: Stage, sense: str) -> float:
        """Return the coverage at which a place may be left without a warning.

        Parameters
        ----------
        stage : Stage
            The stage of the place. A corridor of which less than half was covered is no reference.
        sense : str
            Name of the sensor.

        Returns
        -------
        float
            Share, 0…1.
        """
        least = self.least.get(sense, 0.0)
        return max(least, COVERED_FROM) if stage == "corridor" and sense in {"rf", "wifi"} else least

    def thin(self, walk: InspectionState, now: Moment) -> tuple[str, ...]:
        """Return the sensors with too little coverage here, and ``places`` for an unfinished checklist."""
        stage = walk.leaving if walk.stage == "thin" else walk.stage
        senses = [s for s in ("rf", "wifi", "ble", "lens") if not (stage == "corridor" and s == "lens")]
        few = [s for s in senses if _short(now, s, self.enough(stage, s))]
        if stage == "cubicle" and len(walk.marks) < len(checklist()):
            few.append("places")
        return tuple(few)


def _short(now: Moment, sense: str, least: float) -> bool:
    share = now.coverage.get(sense)  # type: ignore[call-overload]
    return share is not None and share < least


def tell(walk: InspectionState, told: WriterReply) -> Transition:
    """Return the transition of a reply of the record writer."""
    match told:
        case RecordStored():
            done = tuple(told.visited if v.record == told.visited.record else v for v in walk.done)
            return Transition(replace(walk, done=done, trouble=""))
        case NotStored():
            return Transition(replace(walk, trouble=told.trouble))
        case CorridorKnown():
            return Transition(replace(walk, reference=told.reference))
        case Recalled():
            can = resumed(walk, told.progress) is not None
            return Transition(replace(walk, resume=told.progress if can else None))
        case ReportExported():
            word = "failed" if told.trouble else "whole"
            return Transition(replace(walk, export=word, exported=told.name, trouble=told.trouble))


def start_rows(walk: InspectionState) -> tuple[StartRow, ...]:
    """Return the rows of the start page."""
    rows: tuple[StartRow, ...] = ("inspection", "personal", "readout")
    return ("resume", *rows) if walk.resume is not None else rows


def reference_rows(walk: InspectionState) -> tuple[ReferenceRow, ...]:
    """Return the choices for the corridor reference: a usable one is offered first."""
    if walk.reference is not None and walk.reference.usable:
        return ("use", "measure")
    return ("measure", "skip")


def row_count(walk: InspectionState) -> int:
    """Return the number of selectable rows."""
    counts: Mapping[Stage, int] = {
        "start": len(start_rows(walk)),
        "site": len(walk.plans),
        "operator": len(walk.plan.site.operators) + 1 if walk.plans else 0,
        "room": len(walk.plan.room) if walk.plans else 0,
        "reference": len(reference_rows(walk)),
        "cubicle": len(checklist()) + 1,
        "summary": len(walk.done),
        "result": 2,
    }
    return counts.get(walk.stage, 1)


def _moved(walk: InspectionState, by: int) -> InspectionState:
    return replace(walk, selected=min(max(0, walk.selected + by), max(0, row_count(walk) - 1)))


def _begun(walk: InspectionState) -> Transition:
    """Begin at the current place, and save the progress."""
    return Transition(walk, (Begin(), Save(progress=progress_of(walk))))


def leave_place(walk: InspectionState, now: Moment) -> Transition:
    """Store this place and go to the next one; after the last one, close the inspection."""
    stage = walk.leaving if walk.stage == "thin" else walk.stage
    corridor = stage == "corridor"
    keep = _keep(walk, corridor=corridor)
    visited = Visited(
        record=keep.record,
        kind=keep.kind,
        room=keep.place.room,
        cubicle=keep.place.cubicle,
        level=now.level,
        looked=sum(m == "looked" for m in keep.checklist.values()),
        left=sum(m in {"skipped", "unreachable"} for m in keep.checklist.values()),
        found=sum(m == "found" for m in keep.checklist.values()),
    )
    after = replace(
        walk, stage="cubicle", selected=0, marks={}, visit=walk.visit + 1,
        done=(*walk.done, visited)[-DONE_MOST:],
    )  # fmt: skip
    further = after if corridor else _further(after)
    if further is None:
        return _closed(after, (keep,))
    return Transition(further, (keep, *_begun(further).effects))


def _keep(walk: InspectionState, *, corridor: bool) -> Keep:
    if corridor:
        return Keep(
            record=walk.record, kind="corridor", operator=walk.operator, place=Place(site=walk.plan.name)
        )
    marks = {p.message: walk.marks.get(p.message, "skipped") for p in checklist()}
    place = Place(site=walk.plan.name, room=walk.room_plan.name, cubicle=walk.cubicle_name)
    return Keep(record=walk.record, kind="cubicle", operator=walk.operator, place=place, checklist=marks)


def _further(walk: InspectionState) -> InspectionState | None:
    """Return the state at the next cubicle, in the next room where this one is done; None after the last."""
    if walk.cubicle + 1 < len(walk.room_plan.cubicles):
        return replace(walk, cubicle=walk.cubicle + 1)
    if walk.room + 1 < len(walk.plan.room):
        return replace(walk, room=walk.room + 1, cubicle=0)
    return None


def _closed(walk: InspectionState, before: tuple[Effect, ...] = ()) -> Transition:
    """End the inspection: remove the saved progress, and request a record of the site with its report."""
    if not walk.done:
        return Transition(replace(walk, stage="start", selected=0), (*before, Save(progress=None)))
    export = Export(
        walk=walk.walk,
        site=walk.plan.name,
        operator=walk.operator,
        done=walk.done,
        planned=walk.plan.cubicle_count,
    )
    ended = replace(walk, stage="summary", selected=0, export="working", exported="", resume=None)
    return Transition(ended, (*before, export, Save(progress=None)))


def close_walk(walk: InspectionState) -> Transition:
    """End the inspection early: the open cubicle is left out, and the summary says what is missing."""
    return _closed(walk)


def _start(walk: InspectionState, now: Moment) -> Transition:
    row = start_rows(walk)[min(walk.selected, len(start_rows(walk)) - 1)]
    if row == "resume" and walk.resume is not None:
        again = resumed(walk, walk.resume)
        return Transition(walk) if again is None else _go_on(again, behind=walk.resume.behind)
    if row == "personal":
        return Transition(replace(walk, stage="personal", step=0, selected=0, walk=now.fresh_id), (Begin(),))
    if row == "inspection" and walk.plans:
        fresh = replace(
            walk, stage="site", selected=0, walk=now.fresh_id, visit=0, marks={}, done=(), reference=None,
            operator=NOBODY, site=0, room=0, cubicle=0, export="", exported="",
        )  # fmt: skip
        return Transition(fresh) if len(walk.plans) > 1 else _site(fresh, now)
    return Transition(walk, (Leave(),) if now.scanning else (Begin(), Leave()))


def _go_on(walk: InspectionState, *, behind: bool) -> Transition:
    """Begin again at the place of the interruption, or at the next one where that is stored already."""
    if not behind:
        return _begun(walk)
    fresh = replace(walk, stage="cubicle", marks={})
    further = fresh if walk.stage == "corridor" else _further(fresh)
    return _closed(fresh) if further is None else _begun(further)


def _site(walk: InspectionState, now: Moment) -> Transition:
    chosen = replace(walk, stage="operator", site=walk.selected, selected=0)
    ask = (AskReference(site=chosen.plan.name),)
    if chosen.plan.site.operators:
        return Transition(chosen, ask)
    after = _operator(chosen, now)
    return Transition(after.walk, (*ask, *after.effects))


def _operator(walk: InspectionState, _: Moment) -> Transition:
    names = (*walk.plan.site.operators, NOBODY)
    chosen = replace(walk, stage="room", operator=names[min(walk.selected, len(names) - 1)], selected=0)
    return Transition(chosen) if len(walk.plan.room) > 1 else _room(chosen, _)


def _room(walk: InspectionState, _: Moment) -> Transition:
    chosen = replace(walk, room=walk.selected, cubicle=0, selected=0)
    if walk.done or walk.visit:  # the corridor is behind us: another room of the same site
        return _begun(replace(chosen, stage="cubicle", marks={}))
    return Transition(replace(chosen, stage="reference"))


def _reference(walk: InspectionState, _: Moment) -> Transition:
    rows = reference_rows(walk)
    if rows[min(walk.selected, len(rows) - 1)] == "measure":
        return _begun(replace(walk, stage="corridor", selected=0))
    return _begun(replace(walk, stage="cubicle", selected=0, marks={}))


def _mark(walk: InspectionState, _: Moment) -> Transition:
    """Mark the place of the row as looked at and go on; a marked one changes its mark instead."""
    key = checklist()[walk.selected].message
    before = walk.marks.get(key)
    marked = replace(walk, marks={**walk.marks, key: NEXT_MARK[before]})
    after = _moved(marked, +1) if before is None else marked
    return Transition(after, (Save(progress=progress_of(after)),))


def _stay(walk: InspectionState, _: Moment) -> Transition:
    return Transition(replace(walk, stage=walk.leaving, selected=0))


def _look_again(walk: InspectionState, _: Moment) -> Transition:
    """Go back one page without losing anything."""
    before: Mapping[Stage, Stage] = {"site": "start", "operator": "start", "room": "start"}
    stage = before.get(walk.stage, "start")
    return Transition(
        replace(walk, stage="cubicle" if walk.done and walk.stage == "room" else stage, selected=0)
    )


def _readout(walk: InspectionState, _: Moment) -> Transition:
    return Transition(walk, (Leave(),))


def _home(walk: InspectionState, _: Moment) -> Transition:
    return Transition(replace(walk, stage="start", selected=0))


def _guided(walk: InspectionState, now: Moment) -> Transition:
    """Go to the next step of the guided scan, and after the last one to its result."""
    if walk.step + 1 < len(guided_steps()):
        return Transition(replace(walk, step=walk.step + 1, selected=0))
    return finish_personal(walk, now)


def finish_personal(walk: InspectionState, _: Moment) -> Transition:
    """End the guided scan with the findings so far."""
    keep = Keep(record=f"{walk.walk}-p", kind="personal")
    return Transition(replace(walk, stage="result", selected=0), (keep,))


def _guided_moment(walk: InspectionState, now: Moment) -> Transition:
    progress = guided_steps()[walk.step].progress(now.coverage)
    return Transition(walk) if progress is None or progress < DONE_STEP else _guided(walk, now)


def leave_thin(walk: InspectionState, now: Moment) -> Transition:
    """Leave a place in spite of low coverage; its record says what was not covered."""
    return leave_place(walk, now)


TABLE: Mapping[tuple[Stage, Word], Handler] = {
    ("start", "ok"): _start,
    ("start", "back"): _readout,
    ("site", "ok"): _site,
    ("site", "back"): _look_again,
    ("operator", "ok"): _operator,
    ("operator", "back"): _look_again,
    ("room", "ok"): _room,
    ("room", "back"): _look_again,
    ("reference", "ok"): _reference,
    ("reference", "back"): _home,
    ("corridor", "back"): _readout,
    ("cubicle", "ok"): _mark,
    ("cubicle", "back"): _readout,
    ("thin", "ok"): leave_thin,
    ("thin", "ok_held"): leave_thin,
    ("thin", "back"): _stay,
    ("summary", "ok"): _home,
    ("summary", "back"): _home,
    ("personal", "ok"): _guided,
    ("personal", "back"): _readout,
    ("personal", "moment"): _guided_moment,
    ("result", "ok"): _home,
    ("result", "back"): _readout,
}
