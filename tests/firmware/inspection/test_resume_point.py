"""Killed after any step, an inspection comes back with its alarms, its answers and its reasons."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from firmware.inspection.checkpoint import FILE, load_progress, save_progress
from firmware.inspection.leaving import places_left_out
from firmware.inspection.record_writer import RecordWriter
from firmware.inspection.resume_point import progress_of, resumed
from firmware.inspection.state import AskReference, Begin, Checkpoint, Export, InspectionState, Recalled
from firmware.inspection.state_machine import InspectionMachine
from firmware.inspection.visit_records import store_site
from firmware.records.save_scan import scanned_of
from firmware.records.store import RecordStore
from firmware.settings.settings import load_settings
from firmware.verdict.commands import BeginInspection, EndInspection
from firmware.verdict.model import Alarm, Level
from tests.firmware.inspection.interrupted import FIRST, SECOND, STEPS, SUBJECT
from tests.firmware.inspection.presser import NOW, PLAN
from tests.firmware.sensors import S, clean_room, engine_for, streamer
from tests.firmware.verdict.feeding import feed, tick

ROOT = Path(__file__).parents[3]


def killed_after(step: str, folder: Path) -> None:
    """Walk up to that step in a process of its own, and kill it there."""
    command = [sys.executable, "-m", "tests.firmware.inspection.interrupted", str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for said in child.stdout:
            if said.strip() == step:
                break
            if said.strip() in STEPS:
                child.stdin.write("\n")
        child.kill()


def come_back(folder: Path) -> tuple[InspectionState, Begin, Checkpoint]:
    """Start again on the same folder, and go on where it was."""
    settings = load_settings(overrides=(f"records.folder={folder}",))
    with RecordWriter(folder, settings=settings, kit="sim:x", simulated=True, threaded=False) as writer:
        told = next(one for one in writer.take() if isinstance(one, Recalled))
    again = InspectionMachine({}).press(InspectionState(plans=(PLAN,), resume=told.progress), "ok", NOW)
    assert isinstance(again.effects[0], AskReference)  # what is known of the site counts again
    begin = next(one for one in again.effects if isinstance(one, Begin))
    return again.state, begin, told.progress


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_any_step_nothing_that_was_shown_or_said_is_gone(tmp_path: Path, step: str) -> None:
    killed_after(step, tmp_path)
    state, begin, _ = come_back(tmp_path)
    done = STEPS.index(step)
    at = {"corridor begun": ("corridor", "1"), "cubicle 2 left": ("cubicle", "3")}
    early = ("cubicle", "1" if done < STEPS.index("cubicle 1 left early") else "2")
    assert (state.stage, state.cubicle_name) == at.get(step, early)
    alarms = {"cubicle 1 shows an alarm": FIRST, "cubicle 2 shows an alarm": SECOND}
    assert begin.alarm == alarms.get(step)
    rows = {v.cubicle: v for v in state.done if v.kind == "cubicle"}
    if done >= STEPS.index("cubicle 1 left early"):
        answered = done >= STEPS.index("its alarm answered")
        assert (rows["1"].alarm, rows["1"].level, rows["1"].early) == ("check", "check", "early.no_time")
        assert rows["1"].resolution == ("harmless" if answered else "")
        assert rows["1"].stored
    if step == "cubicle 2 left":
        assert (rows["2"].alarm, rows["2"].resolution) == ("likely_camera", "")
        assert rows["2"].early == "early.occupied"


def test_the_saved_progress_tells_nobody_else_the_addresses(tmp_path: Path) -> None:
    killed_after("cubicle 1 shows an alarm", tmp_path)
    said = (tmp_path / FILE).read_text(encoding="utf-8")
    assert SUBJECT.subject not in said
    assert SUBJECT.subject.replace(":", "") not in said
    assert '"level":"check"' in said


def test_an_alarm_that_does_not_open_any_more_keeps_its_word(tmp_path: Path) -> None:
    killed_after("cubicle 2 shows an alarm", tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / FILE).write_bytes((tmp_path / FILE).read_bytes())
    progress = load_progress(other)
    assert progress is not None
    assert progress.alarm == Alarm(
        level=Level.LIKELY_CAMERA, t_ns=0, probability=0.0, rule="rule.kept", subjects=()
    )


def test_the_engine_holds_the_alarm_of_before_until_somebody_answers_it() -> None:
    engine = engine_for()
    engine.obey(EndInspection())
    before = replace(FIRST, subjects=(*FIRST.subjects, *SECOND.subjects))
    engine.obey(BeginInspection(t_ns=S, alarm=before))
    feed(engine, clean_room(), t_s=60)  # type: ignore[arg-type]
    verdict = tick(engine, 61).verdict
    assert (verdict.level, verdict.live_level) == (Level.CHECK, Level.NOTHING_FOUND)
    assert verdict.alarm is not None
    assert verdict.alarm.t_ns == 0
    # a number of the run before may be another glint now
    assert verdict.findings == {SUBJECT.subject, "lens:3.before"}
    assert scanned_of(engine.snapshot(), load_settings()).verdict.level is Level.CHECK
    feed(engine, {"wifi": [streamer("ca:fe")]}, t_s=62)
    assert {"ca:fe", SUBJECT.subject} <= tick(engine, 63).verdict.findings


def test_the_place_after_it_begins_without_that_alarm() -> None:
    engine = engine_for()
    engine.obey(EndInspection())
    engine.obey(BeginInspection(t_ns=S, alarm=FIRST))
    tick(engine, 2)
    engine.obey(EndInspection(t_ns=3 * S))
    engine.obey(BeginInspection(t_ns=3 * S))
    assert tick(engine, 4).verdict.alarm is None


def test_a_place_whose_record_was_lost_is_named_and_no_site_is_quiet_over_it(tmp_path: Path) -> None:
    """The power failed while records waited for room on the disk: they are gone, and it is said."""
    killed_after("cubicle 2 left", tmp_path)
    state, _, _ = come_back(tmp_path)
    gone = [
        replace(state.done[-1], record=f"gone-{n}", cubicle=str(7 + n), alarm=alarm, stored=False)
        for n, alarm in enumerate(("", "check"))
    ]
    done = (state.done[0], *gone)
    left = places_left_out(replace(state, done=done))
    with RecordStore(tmp_path) as store:
        job = Export(inspection_id="w", site="S", operator="", done=done, planned=200, not_inspected=left)
        name = store_site(store, job, settings=load_settings(), kit="sim:x")
        site = store.stored(name).inspection
    reasons = {place.cubicle: place.reason for place in site.not_inspected}
    assert (reasons["7"], reasons["8"]) == ("early.lost", "early.lost_alarm")
    assert len(site.not_inspected) == PLAN.cubicle_count
    assert site.level == "inconclusive"


def test_a_place_that_the_plan_no_longer_has_is_not_resumed(tmp_path: Path) -> None:
    state = InspectionState(plans=(PLAN,), stage="cubicle", inspection_id="w", alarm=FIRST)
    progress = progress_of(state)
    save_progress(tmp_path, progress)
    loaded = load_progress(tmp_path)
    assert loaded is not None
    assert loaded.alarm is not None
    assert loaded.alarm.level is Level.CHECK
    back = resumed(InspectionState(plans=(PLAN,)), progress)
    assert back is not None
    assert back.alarm == FIRST
    assert resumed(state, replace(progress, room="no such room")) is None
