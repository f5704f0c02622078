"""Converts the state of an inspection to the content of its pages: pure, and independent of the language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from firmware.handheld.result_view import answer_view, early_view, result_view
from firmware.handheld.screen.inspection_views import Bar, CheckRow, Choice, InspectionView, VisitRow
from firmware.handheld.screen.views import MenuItem, Page
from firmware.i18n.catalog import Param, Sentence, plain
from firmware.inspection.checklists import checklist, guided_steps
from firmware.inspection.guided import is_beyond_steps
from firmware.inspection.leaving import places_left_out
from firmware.inspection.state import InspectionState, Moment, Reference, Stage, StartRow, Visited
from firmware.inspection.state_machine import InspectionMachine, reference_rows, start_rows
from firmware.records.model import NOT_INSPECTED_FOR, NotInspected
from firmware.verdict.explain import shortfall_sentence
from firmware.verdict.model import Level, Verdict
from firmware.verdict.whereabouts import Whereabouts
from hw.types import SensorName

PAGE_OF: Mapping[Stage, Page] = {
    "start": "start",
    "site": "choose",
    "operator": "choose",
    "room": "choose",
    "reference": "choose",
    "corridor": "corridor",
    "cubicle": "cubicle",
    "thin": "thin",
    "early": "choose",
    "summary": "summary",
    "personal": "personal",
    "result": "result",
    "resolve": "choose",
    "resolve_why": "choose",
    "resolve_picture": "choose",
}
LOOKS: tuple[MenuItem, ...] = ("theme", "language", "sound")
START_SHAPES: Mapping[StartRow, str] = {
    "resume": "turn",
    "inspection": "site",
    "personal": "bed",
    "readout": "lens",
}
LEVEL_ORDER = (Level.LIKELY_CAMERA, Level.CHECK, Level.INCONCLUSIVE, Level.NOTHING_FOUND)
OUTSIDE: tuple[SensorName, ...] = ("rf", "wifi", "ble")  # sensors of a corridor: there is no wall to light
STAMP = 15  # characters of an inspection's id that say its day and time
NOTES_MOST = 4  # of one visited place, in its row
HOUR_S, DAY_S = 3600.0, 86_400.0


def menu_of(state: InspectionState) -> tuple[MenuItem, ...]:
    """Return the menu entries of this stage."""
    if state.stage in {"corridor", "cubicle", "thin"}:
        rooms: tuple[MenuItem, ...] = ("rooms",) if len(state.plan.room) > 1 else ()
        return ("finish", *rooms, "start", *LOOKS)
    if state.stage == "personal":
        return ("finish", "start", *LOOKS)
    return LOOKS if state.stage == "start" else ("start", *LOOKS)


def view_of(
    state: InspectionState,
    now: Moment,
    verdict: Verdict,
    machine: InspectionMachine,
    whereabouts: Sequence[Whereabouts] = (),
) -> InspectionView:
    """Return the content of the page of this stage."""
    views: Mapping[Stage, Callable[[], InspectionView]] = {
        "start": lambda: _start(state),
        "site": lambda: _choice("walk.site", tuple(_site(p.name, p.cubicle_count) for p in state.plans)),
        "operator": lambda: _choice("walk.operator", _operators(state)),
        "room": lambda: _choice("walk.room", tuple(_site(r.name, len(r.cubicles)) for r in state.plan.room)),
        "reference": lambda: _reference(state),
        "corridor": lambda: _corridor(state, now, machine),
        "cubicle": lambda: _cubicle(state),
        "thin": lambda: _low_coverage(state, now, machine),
        "summary": lambda: _summary(state),
        "personal": lambda: _personal(state, now),
        "early": lambda: early_view(state, now),
        "result": lambda: result_view(state, verdict, whereabouts),
        "resolve": lambda: answer_view(state),
        "resolve_why": lambda: answer_view(state),
        "resolve_picture": lambda: answer_view(state),
    }
    view = replace(views[state.stage](), page=PAGE_OF[state.stage])
    if state.trouble:
        view = replace(view, notice=Sentence(key=state.trouble), alarm=True)
    return view


def _start(state: InspectionState) -> InspectionView:
    choices = tuple(_start_row(row, state) for row in start_rows(state))
    return InspectionView(choices=choices, keys=Sentence(key="keys.start"))


def _start_row(row: StartRow, state: InspectionState) -> Choice:
    detail = Sentence(key=f"start.{row}.how")
    if row == "resume" and state.resume is not None:
        at = state.resume
        if at.stage == "cubicle":
            params = {"room": at.room, "cubicle": at.cubicle}
            detail = Sentence(key="walk.place", params=params)
        else:
            detail = Sentence(key="walk.at_corridor", params={"site": at.site})
    return Choice(words=Sentence(key=f"start.{row}"), detail=detail, shape=START_SHAPES[row])


def _choice(key: str, choices: tuple[Choice, ...]) -> InspectionView:
    return InspectionView(title=Sentence(key=key), choices=choices, keys=Sentence(key="keys.choose"))


def _site(name: str, cubicles: int) -> Choice:
    return Choice(
        words=plain(name), detail=Sentence(key="walk.cubicles", params={"count": cubicles}), shape="site"
    )


def _operators(state: InspectionState) -> tuple[Choice, ...]:
    named = tuple(Choice(words=plain(name), shape="person") for name in state.plan.site.operators)
    return (*named, Choice(words=Sentence(key="walk.nobody"), shape="person"))


def _reference(state: InspectionState) -> InspectionView:
    shapes = {"use": "tick", "measure": "rf", "skip": "arrow"}
    choices = tuple(
        Choice(
            words=Sentence(key=f"walk.ref.{row}"),
            detail=Sentence(key=f"walk.ref.{row}.how"),
            shape=shapes[row],
        )
        for row in reference_rows(state)
    )
    return InspectionView(
        title=Sentence(key="walk.ref"),
        lead=_reference_words(state.reference),
        choices=choices,
        keys=Sentence(key="keys.choose"),
    )


def _reference_words(reference: Reference | None) -> Sentence:
    if reference is None:
        return Sentence(key="walk.ref.none")
    if reference.health == "unusable":
        return Sentence(key="walk.ref.unusable")
    unit, size_s = ("minutes", 60.0)
    if reference.age_s >= HOUR_S:
        unit, size_s = ("hours", HOUR_S) if reference.age_s < DAY_S else ("days", DAY_S)
    count = max(0, int(reference.age_s // size_s))
    return Sentence(key=f"walk.ref.{reference.health}.{unit}", params={"count": count})


def _corridor(state: InspectionState, now: Moment, machine: InspectionMachine) -> InspectionView:
    word = "measuring" if machine.low_coverage(state, now) else "done"
    if not any(now.coverage.get(s) is not None for s in OUTSIDE):
        word = "none"
    return InspectionView(
        title=plain(state.plan.name),
        lead=Sentence(key=f"walk.corridor.{word}"),
        bars=tuple(_bar(s, now, machine.enough("corridor", s)) for s in OUTSIDE),
        keys=Sentence(key="keys.corridor"),
    )


def _bar(sensor: str, now: Moment, enough: float) -> Bar:
    shares: Mapping[str, float | None] = {str(k): v for k, v in now.coverage.items()}
    return Bar(
        words=Sentence(key=f"sense.{sensor}"),
        share=shares.get(sensor),
        enough=enough,
        shape=sensor,
    )


def _cubicle(state: InspectionState) -> InspectionView:
    rows = tuple(
        CheckRow(words=Sentence(key=p.message), shape=p.shape, mark=_shown(state.marks.get(p.message, "")))
        for p in checklist()
    )
    last = next((v for v in reversed(state.done) if v.kind == "cubicle"), None)
    params: dict[str, Param] = {
        "cubicle": state.cubicle_name,
        "number": state.cubicle + 1,
        "count": len(state.room_plan.cubicles),
    }
    numbered = state.cubicle_name == str(state.cubicle + 1)
    return InspectionView(
        title=Sentence(key=f"walk.cubicle_{'numbered' if numbered else 'of'}", params=params),
        detail=plain(state.room_plan.name),
        checks=rows,
        keys=Sentence(key="keys.cubicle"),
        notice=None if last is None or state.marks else _came_of(last),
    )


def _shown(mark: str) -> str:
    return "unreachable" if mark == "skipped" else mark


def _came_of(last: Visited) -> Sentence:
    """Return the result of the cubicle before; it is shown until the first mark of this one."""
    if not last.stored:
        return Sentence(key="walk.storing", params={"cubicle": last.cubicle})
    if not last.compared:
        return Sentence(key="walk.stored", params={"cubicle": last.cubicle})
    params: dict[str, Param] = {
        "cubicle": last.cubicle,
        "new": last.new,
        "missing": last.missing,
        "louder": last.louder,
    }
    return Sentence(key="walk.stored_compared", params=params)


def _low_coverage(state: InspectionState, now: Moment, machine: InspectionMachine) -> InspectionView:
    few = machine.low_coverage(state, now)
    left = len(checklist()) - len(state.marks)
    places = (Sentence(key="walk.thin.places", params={"count": left}),) if "places" in few else ()
    return InspectionView(
        lead=Sentence(key="walk.thin"),
        lines=places,
        bars=tuple(_bar(s, now, machine.enough(state.leaving, s)) for s in few if s != "places"),
        keys=Sentence(key="keys.thin"),
    )


def _summary(state: InspectionState) -> InspectionView:
    cubicles = [v for v in state.done if v.kind == "cubicle"]
    counts = Counter(v.level for v in cubicles if v.inspected)
    seen = len({(v.room, v.cubicle) for v in cubicles if v.inspected})
    planned = state.plan.cubicle_count
    key = "walk.summary.all" if seen >= planned else "walk.summary.some"
    left_out = places_left_out(state)
    lines = [Sentence(key=key, params={"count": seen, "planned": planned})]
    counted = len({(v.room, v.cubicle) for v in cubicles if v.enough})
    if counted < planned:
        numbers: dict[str, Param] = {"counted": counted, "planned": planned}
        lines.append(Sentence(key="walk.summary.counted", params=numbers))
    alarms = sum(bool(v.alarm) and not v.resolution for v in cubicles)
    if alarms:
        lines.append(Sentence(key="walk.summary.alarms", params={"count": alarms}))
    left = sum(v.left for v in cubicles)
    if left:
        lines.append(Sentence(key="walk.summary.left", params={"count": left}))
    notice = {
        "working": Sentence(key="walk.export.working"),
        "whole": Sentence(
            key="walk.export.whole", params={"name": state.exported.removeprefix("ansim-")[:STAMP]}
        ),
    }.get(state.export)
    notice = Sentence(key=state.said) if state.said else notice
    asking = any(v.alarm for v in cubicles)
    return InspectionView(
        title=plain(state.plan.name),
        counts=tuple((level.value, counts[level.value]) for level in LEVEL_ORDER),
        lines=tuple(lines),
        visits=(*(_visit(v) for v in state.done), *(_left_out(one) for one in left_out)),
        notice=notice,
        keys=Sentence(key="keys.summary_alarm" if asking else "keys.summary"),
    )


def _left_out(place: NotInspected) -> VisitRow:
    words = Sentence(key="walk.place", params={"room": place.room, "cubicle": place.cubicle})
    return VisitRow(words=words, level="", notes=_not_inspected(place.reason))


def _not_inspected(reason: str) -> tuple[Sentence, ...]:
    why = (Sentence(key=reason),) if reason and reason != NOT_INSPECTED_FOR else ()
    return (Sentence(key="walk.note.not_inspected"), *why)


def _visit(visit: Visited) -> VisitRow:
    words = Sentence(key="walk.place", params={"room": visit.room, "cubicle": visit.cubicle})
    resolved = visit.alarm and visit.resolution
    notes = [Sentence(key=f"resolved.{visit.resolution}")] if resolved else []
    notes.append(Sentence(key="walk.note.caught", params={"share": visit.share_caught}))
    if visit.stored and visit.kind == "cubicle" and not visit.enough:
        notes.append(Sentence(key="walk.note.not_enough"))
    if visit.early:
        notes.append(Sentence(key=visit.early))
    if not visit.inspected:
        notes = [*_not_inspected(visit.early)]
    if visit.found:
        notes.append(Sentence(key="walk.note.found", params={"count": visit.found}))
    if visit.compared and (visit.new or visit.louder or visit.missing):
        params = {"new": visit.new, "missing": visit.missing, "louder": visit.louder}
        notes.append(Sentence(key="walk.note.changed", params=params))
    if not visit.stored:
        notes = [Sentence(key="walk.note.not_stored")]
    if visit.kind == "corridor":
        words = Sentence(key="walk.ref")
    level = visit.level if visit.inspected else ""
    return VisitRow(words=words, level=level, notes=tuple(notes[:NOTES_MOST]), stored=visit.stored)


def _personal(state: InspectionState, now: Moment) -> InspectionView:
    if is_beyond_steps(state):
        return _still_short(now)
    steps = guided_steps()
    step = steps[state.step]
    progress = step.progress(now.coverage)
    alone = "step.by_eye" if "lens" in step.until else "step.no_radio"
    detail = f"step.{step.key}.how" if progress is not None else alone
    return InspectionView(
        lead=Sentence(key=f"step.{step.key}"),
        detail=Sentence(key=detail),
        shape=step.shape,
        progress=progress,
        step=(state.step + 1, len(steps)),
        keys=Sentence(key="keys.personal"),
    )


def _still_short(now: Moment) -> InspectionView:
    """Return the page after the last step: what is missing before the scan may say anything."""
    if not now.still_short:
        return InspectionView(lead=Sentence(key="step.short.done"), keys=Sentence(key="keys.personal"))
    short = now.still_short[0]
    key, params = shortfall_sentence(short)
    return InspectionView(
        lead=Sentence(key=f"step.short.{short.sensor}"),
        detail=Sentence(key=key, params=params),
        shape=short.sensor,
        progress=min(1.0, short.reached / short.needed) if short.needed else None,
        step=(len(guided_steps()) + 1, len(guided_steps()) + 1),
        keys=Sentence(key="keys.personal_short"),
    )
