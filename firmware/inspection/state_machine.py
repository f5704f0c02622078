"""The state machine of an inspection, as a table of stages and words: pure, and without any device.

::

    start ─┬─ inspection ─► site ─► operator ─► room ─► reference ─┬─ measure ─► corridor ─┐
           │                (skipped where there is one only)      └─ use, skip ───────────┤
           │   ┌────────────────────── next cubicle: ok held ──────────────────────────────┘
           │   └─► cubicle ─► [thin: coverage is too low ─► early: why] ─► cubicle … ─► summary
           └─ personal ─► step ─► step … ─► [what is still short] ─► result ─► [what came of the alarm]

``back`` shows the readout from every working stage and comes back again; ``menu`` (back held) is the panel's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from firmware.inspection.answers import (
    ANSWER_TABLE,
    ANSWERS,
    HARMLESS_REASONS,
    PICTURE_ROWS,
    summary_row_count,
    told_of_alarm,
)
from firmware.inspection.checklists import checklist
from firmware.inspection.guided import guided_moment, guided_ok
from firmware.inspection.leaving import (
    ask_why,
    begun,
    closed,
    early_reasons,
    further_place,
    leave_early,
    leave_place,
    note_alarm,
    stage_left,
    stay,
)
from firmware.inspection.resume_point import progress_of, resumed
from firmware.inspection.state import (
    AlarmSigned,
    AskReference,
    Begin,
    CorridorKnown,
    Handler,
    InspectionState,
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
    Transition,
    Word,
    WriterReply,
)
from firmware.records.compare.diff import COVERED_FROM
from firmware.records.model import CheckState

NOBODY = ""
NEXT_MARK: Mapping[CheckState | None, CheckState] = {
    None: "looked",
    "looked": "found",
    "found": "unreachable",
    "unreachable": "looked",
    "skipped": "looked",
}


class InspectionMachine:
    """The transition table, with the least coverage at which a place is left without a warning."""

    def __init__(self, least: Mapping[str, float]) -> None:
        self.least = least

    def press(self, state: InspectionState, word: Word, now: Moment) -> Transition:
        """Return the transition of a word; words without a meaning at this stage change nothing."""
        if word in {"up", "down"}:
            return Transition(_moved(state, -1 if word == "up" else +1, alarm=bool(now.alarm)))
        if word == "ok_held" and state.stage in {"corridor", "cubicle"}:
            return self._next(state, now)
        if (state.stage, word) == ("cubicle", "ok") and state.selected >= len(checklist()):
            return self._next(state, now)
        if (state.stage, word) == ("corridor", "ok"):
            return self._next(state, now)
        handler = TABLE.get((state.stage, word))
        return Transition(state) if handler is None else handler(state, now)

    def _next(self, state: InspectionState, now: Moment) -> Transition:
        """Leave a place; where its coverage is low, ask once before."""
        if self.low_coverage(state, now):
            return Transition(replace(state, stage="thin", leaving=state.stage, selected=0))
        return leave_place(state, now)

    def enough(self, stage: Stage, sensor: str) -> float:
        """Return the coverage at which a place may be left without a warning.

        Parameters
        ----------
        stage : Stage
            The stage of the place. A corridor of which less than half was covered is no reference.
        sensor : str
            Name of the sensor.

        Returns
        -------
        float
            Share, 0…1.
        """
        least = self.least.get(sensor, 0.0)
        return max(least, COVERED_FROM) if stage == "corridor" and sensor in {"rf", "wifi"} else least

    def low_coverage(self, state: InspectionState, now: Moment) -> tuple[str, ...]:
        """Return the sensors with too little coverage here, and ``places`` for an unfinished checklist."""
        stage = stage_left(state)
        sensors = [s for s in ("rf", "wifi", "ble", "lens") if not (stage == "corridor" and s == "lens")]
        few = [s for s in sensors if _short(now, s, self.enough(stage, s))]
        if stage == "cubicle" and len(state.marks) < len(checklist()):
            few.append("places")
        return tuple(few)


def _short(now: Moment, sensor: str, least: float) -> bool:
    share = now.coverage.get(sensor)  # type: ignore[call-overload]
    return share is not None and share < least


def tell(state: InspectionState, told: WriterReply) -> Transition:
    """Return the transition of a reply of the record writer."""
    match told:
        case RecordStored():
            done = tuple(told.visited if v.record == told.visited.record else v for v in state.done)
            return Transition(replace(state, done=done, trouble=""))
        case NotStored():
            return Transition(replace(state, trouble=told.trouble))
        case CorridorKnown():
            return Transition(replace(state, reference=told.reference))
        case Recalled():
            can = resumed(state, told.progress) is not None
            return Transition(replace(state, resume=told.progress if can else None))
        case ReportExported():
            word = "failed" if told.trouble else "whole"
            return Transition(replace(state, export=word, exported=told.name, trouble=told.trouble))
        case AlarmSigned():
            return told_of_alarm(state, told)


def start_rows(state: InspectionState) -> tuple[StartRow, ...]:
    """Return the rows of the start page."""
    rows: tuple[StartRow, ...] = ("inspection", "personal", "readout")
    return ("resume", *rows) if state.resume is not None else rows


def reference_rows(state: InspectionState) -> tuple[ReferenceRow, ...]:
    """Return the choices for the corridor reference: a usable one is offered first."""
    if state.reference is not None and state.reference.usable:
        return ("use", "measure")
    return ("measure", "skip")


def row_count(state: InspectionState, *, alarm: bool = False) -> int:
    """Return the number of selectable rows; the result of an alarm has a page more."""
    counts: Mapping[Stage, int] = {
        "start": len(start_rows(state)),
        "site": len(state.plans),
        "operator": len(state.plan.site.operators) + 1 if state.plans else 0,
        "room": len(state.plan.room) if state.plans else 0,
        "reference": len(reference_rows(state)),
        "cubicle": len(checklist()) + 1,
        "early": len(early_reasons(state)),
        "summary": summary_row_count(state),
        "result": 3 if alarm else 2,
        "resolve": len(ANSWERS),
        "resolve_why": len(HARMLESS_REASONS),
        "resolve_picture": len(PICTURE_ROWS),
    }
    return counts.get(state.stage, 1)


def _moved(state: InspectionState, by: int, *, alarm: bool = False) -> InspectionState:
    most = max(0, row_count(state, alarm=alarm) - 1)
    return replace(state, selected=min(max(0, state.selected + by), most), said="")


def _start(state: InspectionState, now: Moment) -> Transition:
    row = start_rows(state)[min(state.selected, len(start_rows(state)) - 1)]
    if row == "resume" and state.resume is not None:
        again = resumed(state, state.resume)
        return Transition(state) if again is None else _go_on(again, behind=state.resume.behind)
    if row == "personal":
        guided = replace(state, stage="personal", step=0, selected=0, inspection_id=now.fresh_id, said="")
        return Transition(guided, (Begin(),))
    if row == "inspection" and state.plans:
        fresh = replace(
            state, stage="site", selected=0, inspection_id=now.fresh_id, visit=0, marks={}, done=(),
            reference=None, operator=NOBODY, site=0, room=0, cubicle=0, export="", exported="", why_ended="",
            said="",
        )  # fmt: skip
        return Transition(fresh) if len(state.plans) > 1 else _site(fresh, now)
    return Transition(state, (Leave(),) if now.scanning else (Begin(), Leave()))


def _go_on(state: InspectionState, *, behind: bool) -> Transition:
    """Begin again at the place of the interruption, or at the next one where that is stored already.

    What is known of the site is loaded again as well.
    """
    ask = (AskReference(site=state.plan.name),)
    if not behind:
        again = begun(state, alarm=state.alarm)
        return Transition(again.state, (*ask, *again.effects))
    fresh = replace(state, stage="cubicle", marks={})
    further = fresh if state.stage == "corridor" else further_place(fresh)
    if further is None:
        return closed(fresh)
    after = begun(further)
    return Transition(after.state, (*ask, *after.effects))


def _site(state: InspectionState, now: Moment) -> Transition:
    chosen = replace(state, stage="operator", site=state.selected, selected=0)
    ask = (AskReference(site=chosen.plan.name),)
    if chosen.plan.site.operators:
        return Transition(chosen, ask)
    after = _operator(chosen, now)
    return Transition(after.state, (*ask, *after.effects))


def _operator(state: InspectionState, _: Moment) -> Transition:
    names = (*state.plan.site.operators, NOBODY)
    chosen = replace(state, stage="room", operator=names[min(state.selected, len(names) - 1)], selected=0)
    return Transition(chosen) if len(state.plan.room) > 1 else _room(chosen, _)


def _room(state: InspectionState, _: Moment) -> Transition:
    chosen = replace(state, room=state.selected, cubicle=0, selected=0)
    if state.done or state.visit:  # the corridor is behind us: another room of the same site
        return begun(replace(chosen, stage="cubicle", marks={}))
    return Transition(replace(chosen, stage="reference"))


def _reference(state: InspectionState, _: Moment) -> Transition:
    rows = reference_rows(state)
    if rows[min(state.selected, len(rows) - 1)] == "measure":
        return begun(replace(state, stage="corridor", selected=0))
    return begun(replace(state, stage="cubicle", selected=0, marks={}))


def _mark(state: InspectionState, _: Moment) -> Transition:
    """Mark the place of the row as looked at and go on; a marked one changes its mark instead."""
    key = checklist()[state.selected].message
    before = state.marks.get(key)
    marked = replace(state, marks={**state.marks, key: NEXT_MARK[before]})
    after = _moved(marked, +1) if before is None else marked
    return Transition(after, (Save(progress=progress_of(after)),))


def _look_again(state: InspectionState, now: Moment) -> Transition:
    """Go back one page without losing anything."""
    if state.done and state.stage == "room":
        back = replace(state, stage="cubicle", selected=0)
        return Transition(back) if now.scanning else begun(back)
    before: Mapping[Stage, Stage] = {"site": "start", "operator": "start", "room": "start"}
    stage = before.get(state.stage, "start")
    return Transition(replace(state, stage=stage, selected=0))


def _readout(state: InspectionState, _: Moment) -> Transition:
    return Transition(state, (Leave(),))


def _home(state: InspectionState, _: Moment) -> Transition:
    return Transition(replace(state, stage="start", selected=0))


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
    ("corridor", "moment"): note_alarm,
    ("cubicle", "moment"): note_alarm,
    ("thin", "moment"): note_alarm,
    ("early", "moment"): note_alarm,
    ("cubicle", "ok"): _mark,
    ("cubicle", "back"): _readout,
    ("thin", "ok"): ask_why,
    ("thin", "ok_held"): ask_why,
    ("thin", "back"): stay,
    ("early", "ok"): leave_early,
    ("early", "back"): stay,
    ("summary", "back"): _home,
    ("personal", "ok"): guided_ok,
    ("personal", "back"): _readout,
    ("personal", "moment"): guided_moment,
    **ANSWER_TABLE,
    ("result", "back"): _readout,
}
