"""The guided scan ends by the minimum of its place, and asks for what is short until then."""

from __future__ import annotations

from dataclasses import replace

from firmware.handheld.inspection_view import view_of
from firmware.i18n.catalog import LANGUAGES, catalog_for
from firmware.inspection.checklists import guided_steps
from firmware.inspection.guided import guided_moment, guided_ok, is_beyond_steps
from firmware.inspection.state import InspectionState, Keep, Moment
from firmware.inspection.state_machine import InspectionMachine
from firmware.verdict.model import Level, Shortfall
from hw.types import SENSOR_NAMES
from tests.firmware.handheld.screen.inspection_pages import verdict_of
from tests.firmware.handheld.screen.sample_states import ordinary

FULL = Moment(coverage=dict.fromkeys(SENSOR_NAMES, 1.0))
WALL = Shortfall(sensor="lens", what="part", part="surface", reached=0.1, needed=0.5)
TIME = Shortfall(sensor="wifi", what="time", reached=10.0, needed=40.0)
SHORT = replace(FULL, short=(WALL, TIME))
LAST = InspectionState(stage="personal", inspection_id="w", step=len(guided_steps()) - 1)
BEYOND = replace(LAST, step=len(guided_steps()))


def test_the_last_step_ends_the_scan_only_where_nothing_is_short() -> None:
    assert guided_moment(LAST, FULL).state.stage == "result"
    waiting, effects = guided_moment(LAST, SHORT)
    assert (waiting.stage, is_beyond_steps(waiting), effects) == ("personal", True, ())
    assert guided_ok(LAST, SHORT).state == waiting


def test_it_goes_on_asking_until_nothing_is_short() -> None:
    for _ in range(100):
        assert guided_moment(BEYOND, SHORT).state == BEYOND
    ended, effects = guided_moment(BEYOND, FULL)
    assert ended.stage == "result"
    assert isinstance(effects[0], Keep)
    lacking = replace(FULL, short=(Shortfall(sensor="rf", what="missing"),))
    assert guided_moment(BEYOND, lacking).state.stage == "result"


def test_ending_it_before_that_asks_for_a_reason() -> None:
    asked, effects = guided_ok(BEYOND, SHORT)
    assert (asked.stage, asked.leaving, effects) == ("early", "personal", ())


def test_the_page_names_what_is_short_and_how_far_it_is() -> None:
    view = view_of(BEYOND, SHORT, verdict_of(ordinary(Level.INCONCLUSIVE, "en")), InspectionMachine({}))
    assert view.progress == 0.2
    assert view.detail is not None
    assert view.lead is not None
    for lang in LANGUAGES:
        assert {view.detail.key, view.lead.key} <= catalog_for(lang).keys()
        assert {f"step.short.{name}" for name in SENSOR_NAMES} <= catalog_for(lang).keys()
