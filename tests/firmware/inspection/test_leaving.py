"""Leaving a place: the reason is recorded, nothing that was shown is lost, what was left out is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware.i18n.catalog import LANGUAGES, catalog_for
from firmware.inspection.leaving import (
    EARLY_REASONS,
    close_inspection,
    early_reasons,
    finish,
    keep_alarm,
    leave_early,
    leave_place,
    places_left_out,
)
from firmware.inspection.site_plan import SitePlan
from firmware.inspection.state import Begin, Export, InspectionState, Keep, Moment
from firmware.records.model import NOT_INSPECTED_FOR, NotInspected
from firmware.verdict.model import Shortfall

PLAN = SitePlan.model_validate(
    {"site": {"name": "S"}, "room": [{"name": "A", "cubicles": 2}, {"name": "B", "cubicles": 1}]}
)
HERE = InspectionState(plans=(PLAN,), stage="cubicle", inspection_id="w-1")
QUIET, ALARM = Moment(level="inconclusive"), Moment(level="check", alarm="check")
SHORT = Shortfall(sensor="lens", what="part", part="surface", reached=0.1, needed=0.4)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_has_a_sentence(lang: str) -> None:
    assert set(EARLY_REASONS) <= catalog_for(lang).keys()  # type: ignore[arg-type]


@pytest.mark.parametrize("row", range(len(EARLY_REASONS)))
def test_the_reason_that_was_chosen_is_kept_with_the_place(row: int) -> None:
    asked = replace(HERE, stage="early", leaving="cubicle", selected=row)
    state, effects = leave_early(asked, QUIET)
    assert isinstance(effects[0], Keep)
    assert effects[0].early == state.done[0].early == early_reasons(asked)[row]
    assert state.cubicle_name == "2"


def test_a_locked_cubicle_was_not_inspected_unless_it_showed_an_alarm() -> None:
    locked = leave_place(HERE, QUIET, reason=NOT_INSPECTED_FOR).state.done[0]
    alarmed = leave_place(HERE, ALARM, reason=NOT_INSPECTED_FOR).state.done[0]
    hurried = leave_place(HERE, QUIET, reason="early.no_time").state.done[0]
    assert [v.inspected for v in (locked, alarmed, hurried)] == [False, True, True]
    assert "early.occupied" not in early_reasons(replace(HERE, stage="early", leaving="corridor"))


def test_ending_early_asks_why_and_names_every_cubicle_that_was_left_out() -> None:
    state = leave_place(HERE, QUIET).state
    asked, effects = finish(state, QUIET)
    assert (asked.stage, asked.ending, effects) == ("early", True, ())
    ended, effects = leave_early(replace(asked, selected=1), QUIET)
    export = next(e for e in effects if isinstance(e, Export))
    assert ended.stage == "summary"
    assert export.not_inspected == (
        NotInspected(room="A", cubicle="2", reason="early.no_time"),
        NotInspected(room="B", cubicle="1", reason="early.no_time"),
    )
    assert not [e for e in effects if isinstance(e, Keep)]


def test_a_site_that_is_done_asks_nothing() -> None:
    state = HERE
    for _ in range(3):
        state = leave_place(state, QUIET).state
    assert state.stage == "summary"
    assert places_left_out(state) == ()
    assert finish(replace(state, stage="cubicle"), QUIET).state.stage == "summary"


def test_an_open_cubicle_with_an_alarm_is_stored_whichever_way_it_is_left() -> None:
    _, effects = close_inspection(HERE, ALARM)
    assert [type(e) for e in effects][:2] == [Keep, Export]
    turned, effects = keep_alarm(HERE, ALARM)
    assert [type(e) for e in effects] == [Keep]
    assert (turned.visit, turned.stage, turned.cubicle) == (HERE.visit + 1, HERE.stage, HERE.cubicle)
    assert keep_alarm(HERE, QUIET) == (HERE, ())
    guided = replace(HERE, stage="personal")
    assert [e.record for e in keep_alarm(guided, ALARM).effects if isinstance(e, Keep)] == ["w-1-p"]
    assert not any(isinstance(e, Begin) for e in effects)


def test_the_guided_scan_that_is_ended_before_its_minimum_asks_why() -> None:
    guided = replace(HERE, stage="personal")
    asked, effects = finish(guided, replace(QUIET, short=(SHORT,)))
    assert (asked.stage, asked.leaving, asked.ending, effects) == ("early", "personal", False, ())
    ended, effects = leave_early(asked, QUIET)
    assert ended.stage == "result"
    assert isinstance(effects[0], Keep)
    assert (effects[0].kind, effects[0].early) == ("personal", "early.no_time")
    missing = replace(QUIET, short=(Shortfall(sensor="rf", what="missing"),))
    assert finish(guided, missing).state.stage == "result"  # no longer look brings a missing sensor back
