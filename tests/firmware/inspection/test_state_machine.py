"""The table of stages and words: every way through, and nothing lost on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.handheld.inspection_view import PAGE_OF, menu_of, view_of
from firmware.handheld.screen.shapes import SHAPES
from firmware.i18n.catalog import LANGUAGES, catalog_for
from firmware.inspection.checklists import checklist, guided_steps
from firmware.inspection.leaving import close_inspection
from firmware.inspection.resume_point import progress_of
from firmware.inspection.site_plan import SitePlan, built_in_plan
from firmware.inspection.state import (
    AskReference,
    Begin,
    CorridorKnown,
    Export,
    InspectionState,
    Keep,
    Leave,
    Moment,
    Recalled,
    RecordStored,
    Reference,
    ReportExported,
    Save,
)
from firmware.inspection.state_machine import (
    TABLE,
    InspectionMachine,
    row_count,
    start_rows,
    tell,
)
from firmware.verdict.model import Level, Shortfall
from tests.firmware.handheld.screen.inspection_pages import LEAST, PLAN, verdict_of
from tests.firmware.handheld.screen.sample_states import ordinary

MACHINE = InspectionMachine(LEAST)
WELL = Moment(coverage={"rf": 0.9, "wifi": 0.9, "ble": 0.9, "lens": 0.9}, level="check", fresh_id="w-1")
POOR = replace(WELL, coverage={"rf": 0.9, "wifi": 0.1, "ble": 0.9, "lens": None})
ALARMED = replace(POOR, alarm="check", eye=True, short=(Shortfall(sensor="lens", what="part", needed=0.5),))
WORDS = ("up", "down", "ok", "ok_held", "back", "moment")
ONE_ROOM = SitePlan.model_validate({"site": {"name": "S"}, "room": [{"name": "R", "cubicles": 2}]})


def go(state: InspectionState, *words: str, now: Moment = WELL):  # type: ignore[no-untyped-def]
    effects = []
    for word in words:
        state, more = MACHINE.press(state, word, now)  # type: ignore[arg-type]
        effects += more
    return state, effects


def in_cubicle(plan: SitePlan = ONE_ROOM) -> InspectionState:
    state, _ = go(InspectionState(plans=(plan,)), "ok", "ok", "ok")  # inspection, measure, corridor is done
    assert state.stage == "cubicle"
    return state


def test_a_site_with_one_room_and_no_names_begins_in_two_presses() -> None:
    state, effects = go(InspectionState(plans=(ONE_ROOM,)), "ok")
    assert state.stage == "reference"
    assert effects == [AskReference(site="S")]
    state, effects = go(state, "ok")
    assert state.stage == "corridor"
    assert isinstance(effects[0], Begin)


def test_the_corridor_is_stored_before_the_first_cubicle() -> None:
    _, effects = go(InspectionState(plans=(ONE_ROOM,)), "ok", "ok", "ok")
    keep = next(e for e in effects if isinstance(e, Keep))
    assert (keep.kind, keep.place.site, keep.place.cubicle, keep.record) == ("corridor", "S", "", "w-1-000")
    assert [type(e) for e in effects[-3:]] == [Keep, Begin, Save]


def test_a_usable_reference_is_offered_first_and_an_old_one_is_not() -> None:
    asked, _ = go(InspectionState(plans=(ONE_ROOM,)), "ok")
    fresh = tell(asked, CorridorKnown(reference=Reference(record="r", age_s=60.0, health="fresh"))).state
    assert go(fresh, "ok")[0].stage == "cubicle"
    old = tell(asked, CorridorKnown(reference=Reference(record="r", age_s=9e5, health="expired"))).state
    assert go(old, "ok")[0].stage == "corridor"


def test_the_next_cubicle_is_one_press_when_enough_was_looked_at() -> None:
    state = in_cubicle()
    state, _ = go(state, *["ok"] * len(checklist()))
    assert len(state.marks) == len(checklist())
    state, effects = go(state, "ok_held")
    assert (state.stage, state.cubicle_name, state.marks) == ("cubicle", "2", {})
    keep = next(e for e in effects if isinstance(e, Keep))
    assert set(keep.checklist.values()) == {"looked"}


def test_leaving_too_early_asks_for_a_reason_and_never_holds_anybody_up() -> None:
    state = in_cubicle()
    for now in (WELL, POOR):
        warned, effects = go(state, "ok_held", now=now)
        assert (warned.stage, effects) == ("thin", [])
        assert go(warned, "back", now=now)[0].stage == "cubicle"
        asked, effects = go(warned, "ok", now=now)
        assert (asked.stage, effects) == ("early", [])
        assert go(asked, "back", now=now)[0].stage == "cubicle"
        left, effects = go(asked, "down", "ok", now=now)
        assert left.cubicle_name == "2"
        keep = next(e for e in effects if isinstance(e, Keep))
        assert keep.early == "early.no_time"
        assert set(keep.checklist.values()) == {"skipped"}  # nobody said that these were looked at
    assert MACHINE.low_coverage(state, POOR) == ("wifi", "places")  # what is not there at all is no reproach


def test_a_corridor_that_heard_too_little_is_no_reference() -> None:
    state, _ = go(InspectionState(plans=(ONE_ROOM,)), "ok", "ok")
    half = replace(WELL, coverage={"wifi": 0.45, "ble": 0.9})
    assert go(state, "ok", now=half)[0].stage == "thin"
    assert MACHINE.low_coverage(state, half) == ("wifi",)


def test_one_thumb_marks_looked_found_and_out_of_reach() -> None:
    state, effects = go(in_cubicle(), "ok")
    first = checklist()[0].message
    assert state.marks == {first: "looked"}
    assert state.selected == 1
    assert isinstance(effects[-1], Save)
    marks = []
    state, _ = go(state, "up")
    for _ in range(3):
        state, _ = go(state, "ok")
        marks.append(state.marks[first])
    assert marks == ["found", "unreachable", "looked"]
    assert state.selected == 0


def test_rooms_follow_each_other_and_the_last_cubicle_closes_the_walk() -> None:
    plan = SitePlan.model_validate(
        {"site": {"name": "S"}, "room": [{"name": "A", "cubicles": 1}, {"name": "B", "cubicles": ["x", "y"]}]}
    )
    state, _ = go(InspectionState(plans=(plan,)), "ok", "ok", "ok", "ok")
    places, effects = [], []
    while state.stage == "cubicle":
        places.append((state.room_plan.name, state.cubicle_name))
        state, effects = go(state, "ok_held", "ok", "ok")
    assert places == [("A", "1"), ("B", "x"), ("B", "y")]
    assert state.stage == "summary"
    assert [type(e) for e in effects] == [Keep, Export, Save]
    assert effects[-1] == Save(progress=None)
    assert effects[1].planned == 3


def test_ending_early_leaves_the_begun_cubicle_out_and_says_how_many_were_planned() -> None:
    state, effects = close_inspection(in_cubicle(), WELL)
    assert state.stage == "summary"
    export = effects[0]
    assert isinstance(export, Export)
    assert ([v.kind for v in export.done], export.planned) == (["corridor"], 2)


def test_progress_by_names_leads_back_to_the_same_cubicle_unless_the_plan_forgot_it() -> None:
    state, _ = go(in_cubicle(), "ok", "ok")
    progress = progress_of(state)
    back = tell(InspectionState(plans=(built_in_plan(), ONE_ROOM)), Recalled(progress=progress)).state
    assert start_rows(back)[0] == "resume"
    again, effects = go(back, "ok")
    assert (again.stage, again.cubicle_name, again.marks) == ("cubicle", "1", state.marks)
    assert effects[0] == AskReference(site=progress.site)
    assert isinstance(effects[1], Begin)
    other = tell(InspectionState(plans=(PLAN,)), Recalled(progress=progress)).state
    assert "resume" not in start_rows(other)
    stored = tell(
        InspectionState(plans=(ONE_ROOM,)), Recalled(progress=replace(progress, behind=True, visit=2))
    ).state
    assert go(stored, "ok")[0].cubicle_name == "2"


def test_the_guided_scan_waits_for_coverage_and_not_for_a_clock() -> None:
    state, effects = go(InspectionState(plans=(ONE_ROOM,)), "down", "ok")
    assert (state.stage, [type(e) for e in effects]) == ("personal", [Begin])
    nothing = replace(WELL, coverage={"rf": 0.0, "wifi": 0.0, "ble": 0.0, "lens": 0.0}, elapsed_s=9e9)
    assert go(state, *["moment"] * 50, now=nothing)[0].step == 0
    assert (
        go(state, "moment", now=replace(nothing, coverage={"rf": 1.0, "wifi": 0.6, "ble": 1.0}))[0].step == 1
    )
    blind = replace(nothing, coverage={"lens": None})
    assert go(replace(state, step=1), *["moment"] * 9, now=blind)[0].step == 1
    ended, effects = go(state, *["ok"] * len(guided_steps()))
    assert ended.stage == "result"
    assert [type(e) for e in effects] == [Keep]
    assert effects[0].kind == "personal"


def test_progress_of_a_step_is_the_mean_of_what_is_there() -> None:
    step = guided_steps()[0]
    assert step.progress({"rf": 0.9, "wifi": 0.25, "ble": None}) == pytest.approx((1.0 + 0.5) / 2)
    assert step.progress({"lens": 1.0}) is None
    assert step.progress({"rf": 1.0, "wifi": 1.0, "ble": 1.0}) == 1.0


def test_the_readout_of_a_place_that_is_over_begins_a_new_one() -> None:
    state = InspectionState(plans=(ONE_ROOM,), selected=2)
    assert go(state, "ok")[1] == [Leave()]
    assert go(state, "ok", now=replace(WELL, scanning=False))[1] == [Begin(), Leave()]


def test_what_the_clerk_says_is_kept() -> None:
    state, _ = go(in_cubicle(), "ok_held", "ok", "ok")
    stored = replace(state.done[-1], stored=True, new=2)
    assert tell(state, RecordStored(visited=stored)).state.done[-1].new == 2
    whole = tell(state, ReportExported(name="x.zip")).state
    assert (whole.export, whole.exported) == ("whole", "x.zip")
    assert tell(state, ReportExported(name="", trouble="walk.store.full")).state.export == "failed"


@given(
    st.lists(
        st.tuples(st.sampled_from(WORDS), st.sampled_from([WELL, POOR, ALARMED, Moment()])), max_size=120
    )
)
def test_no_order_of_words_loses_a_place_or_breaks_a_page(script: list[tuple[str, Moment]]) -> None:
    state, kept = InspectionState(plans=(PLAN, ONE_ROOM)), []
    for word, now in script:
        state, effects = MACHINE.press(state, word, replace(now, fresh_id=f"w-{len(kept)}"))  # type: ignore[arg-type]
        kept += [e.record for e in effects if isinstance(e, Keep) and e.kind != "personal"]
        assert 0 <= state.selected < max(1, row_count(state, alarm=bool(now.alarm)))
        view = view_of(state, now, verdict_of(ordinary(Level.CHECK, "ko")), MACHINE)
        assert PAGE_OF[state.stage]
        assert menu_of(state)
        assert view is not None
    assert len(kept) == len(set(kept))


def test_every_place_and_step_has_a_sign_words_and_a_source() -> None:
    for lang in LANGUAGES:
        catalog = catalog_for(lang)
        keys = {p.message for p in checklist()}
        keys |= {f"step.{s.key}{end}" for s in guided_steps() for end in ("", ".how")}
        assert keys <= catalog.keys()
    assert {p.shape for p in checklist()} | {s.shape for s in guided_steps()} <= SHAPES.keys()
    assert len(checklist()) >= 10
    assert set(TABLE) >= {("cubicle", "ok"), ("thin", "back"), ("personal", "moment")}
