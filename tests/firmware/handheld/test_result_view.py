"""The result names what was found and where, and what came of it, on its first page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware.handheld.result_view import early_view, result_view
from firmware.i18n.catalog import LANGUAGES, catalog_for
from firmware.inspection.state import InspectionState, Moment
from firmware.verdict.model import Alarm, Level, Verdict
from firmware.verdict.whereabouts import Whereabouts
from tests.firmware.handheld.screen.inspection_pages import PLAN
from tests.firmware.verdict.test_whereabouts import CHECK, MAC, SUSPECT

HERE = Whereabouts(sensor="wifi", subject=MAC, name="CAM", channel_mhz=2437, level_dbm=-41.0)
WALK = InspectionState(plans=(PLAN,), stage="result", inspection_id="w")
NAMED = replace(SUSPECT, reason="reason.wifi.streaming", params={"mbps": 1.2})
KEPT = Alarm(level=Level.CHECK, t_ns=0, probability=0.2, rule="", subjects=(NAMED,))
ALARM = replace(CHECK, subjects=(NAMED,), alarm=KEPT)
QUIET = replace(CHECK, level=Level.NOTHING_FOUND, subjects=())


def keys(verdict: Verdict, **more: object) -> list[str]:
    view = result_view(replace(WALK, **more), verdict, (HERE,))  # type: ignore[arg-type]
    return [line.key for line in view.lines]


def test_an_alarm_names_what_and_where_before_anything_else() -> None:
    assert keys(ALARM)[:3] == ["brief.wifi.streaming", "where.device.channel", "where.follow"]
    assert keys(ALARM, selected=1)[0] == "result.do.check.1"
    assert keys(ALARM, selected=2)[0] == "screen.caught"
    assert keys(QUIET)[0] == "result.do.quiet.1"
    assert keys(QUIET, selected=1)[0] == "screen.caught"


def test_an_alarm_whose_sensors_fell_silent_still_names_it() -> None:
    silent = replace(ALARM, subjects=(), live_level=Level.NOTHING_FOUND)
    assert keys(silent)[0] == "brief.wifi.streaming"
    view = result_view(WALK, silent, ())
    assert view.lines[1].key == "where.device.lost"
    assert view.named == "wifi"


def test_what_came_of_it_stands_below_until_the_end() -> None:
    assert result_view(WALK, ALARM, ()).notice is None
    resolved = replace(ALARM, alarm=replace(KEPT, resolution="harmless", reason="resolve.why.own"))
    notice = result_view(WALK, resolved, ()).notice
    assert notice is not None
    for lang in LANGUAGES:
        said = catalog_for(lang).say(notice)
        assert catalog_for(lang).text("resolved.harmless") in said
    fallen = replace(resolved, level=Level.NOTHING_FOUND)
    assert result_view(WALK, fallen, ()).notice == notice


@pytest.mark.parametrize("leaving", ["cubicle", "corridor", "personal"])
def test_the_reasons_of_leaving_are_sentences(leaving: str) -> None:
    state = InspectionState(plans=(PLAN,), stage="early", leaving=leaving)  # type: ignore[arg-type]
    for choice in early_view(state, Moment()).choices:
        assert choice.words.key in catalog_for("ko")
