"""The engine: states, fading, levels that keep still, bounded memory."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from firmware.sensor import UnreadableLink, Views
from firmware.settings.sections import EngineConfig
from firmware.verdict.alarm_latch import Resolution
from firmware.verdict.commands import BeginInspection, EndInspection, Rescan, ResolveAlarm
from firmware.verdict.engine import (
    Finished,
    SensorFinished,
    SensorLost,
    SensorMissing,
    SensorStarted,
)
from firmware.verdict.evidence.likelihoods import designed_likelihoods
from firmware.verdict.model import Level
from firmware.verdict.sensor_state import SensorState
from hw.types import SENSOR_NAMES, Counts, DeviceHealth, SensorName
from tests.firmware.sensors import (
    S,
    clean_room,
    covered,
    emission,
    engine_for,
    glint,
    room,
    station,
    step,
    streamer,
)
from tests.firmware.verdict.feeding import feed, status, tick

# ------------------------------------------------------------------ what a session goes through


def test_before_anything_was_heard_the_room_is_inconclusive() -> None:
    snapshot = tick(engine_for(), 0.1)
    assert snapshot.verdict.level is Level.INCONCLUSIVE
    assert snapshot.verdict.share_caught == 0
    assert {s.state for s in snapshot.sensors} == {"starting"}


def test_a_full_clean_scan_finds_nothing_and_says_how_much_it_saw() -> None:
    snapshot = feed(engine_for(), clean_room(), t_s=30)  # type: ignore[arg-type]
    assert snapshot.verdict.level is Level.NOTHING_FOUND
    assert snapshot.verdict.share_caught > 0.7
    assert {s.state for s in snapshot.sensors} == {"running"}
    assert snapshot.findings == ()


def test_findings_come_strongest_first() -> None:
    seen = room(wifi=[streamer(score=0.9), streamer("ca:ff", score=0.99)], lens=[glint(score=0.95)])
    snapshot = feed(engine_for(), seen, t_s=30)  # type: ignore[arg-type]
    assert [e.subject for e in snapshot.findings] == ["ca:ff", "lens:1", "ca:fe"]


def test_a_room_in_which_no_sense_heard_anything_is_inconclusive_and_names_the_devices() -> None:
    engine = engine_for()
    for name in SENSOR_NAMES:
        silent = Counts(sensor=name, read=100 if name == "rf" else 0, dropped={})
        engine.handle(step(name, [], t_s=30, share=1.0, counts=silent))
    snapshot = tick(engine, 30)
    assert snapshot.verdict.level is Level.INCONCLUSIVE
    assert snapshot.verdict.rule == "rule.nothing_heard"
    assert snapshot.verdict.failed == SENSOR_NAMES
    assert snapshot.verdict.share_caught == 0
    assert {s.reason for s in snapshot.sensors} == {"status.deaf"}


def test_the_receivers_own_noise_is_not_hearing() -> None:
    engine = engine_for("rf")
    engine.handle(step("rf", [emission(kind="self-noise")], t_s=30, share=1.0))
    assert tick(engine, 30).verdict.rule == "rule.nothing_heard"


@pytest.mark.parametrize(
    ("present", "level"),
    [
        ("rf", Level.INCONCLUSIVE),
        ("ble", Level.INCONCLUSIVE),
        ("wifi", Level.NOTHING_FOUND),
        ("lens", Level.NOTHING_FOUND),
    ],
)
def test_one_sense_alone_says_no_more_than_it_can(present: SensorName, level: Level) -> None:
    engine = engine_for(present)
    engine.handle(step(present, clean_room()[present], t_s=30))
    snapshot = tick(engine, 30)
    assert snapshot.verdict.level is level
    assert 0 < snapshot.verdict.share_caught < 0.75
    assert [s.name for s in snapshot.sensors if s.state == "missing"] == [
        n for n in SENSOR_NAMES if n != present
    ]
    assert all(snapshot.verdict.coverage[n] is None for n in SENSOR_NAMES if n != present)


# ------------------------------------------------------------------ losing and finding a sensor


def test_unplugging_fades_one_coverage_within_two_seconds_and_changes_no_other() -> None:
    engine = engine_for()
    before = feed(engine, clean_room(), t_s=10)  # type: ignore[arg-type]
    engine.handle(SensorLost(sensor="wifi", t_ns=10 * S, reason="unplugged", hint="Plug it in again."))
    half, after = tick(engine, 11), tick(engine, 12)
    assert before.verdict.coverage["wifi"] == 0.9
    assert 0 < (half.verdict.coverage["wifi"] or 0) < 0.9
    assert after.verdict.coverage["wifi"] == 0
    for name in ("rf", "ble", "lens"):
        assert status(after, name) == status(before, name)  # type: ignore[arg-type]
    lost = status(after, "wifi")
    assert (lost.state, lost.reason, lost.hint) == ("lost", "unplugged", "Plug it in again.")
    assert after.verdict.level is Level.INCONCLUSIVE
    assert after.verdict.failed == ("wifi",)
    assert after.verdict.advice.step == "next.reconnect"


def test_a_sense_that_comes_back_counts_again() -> None:
    engine = engine_for()
    feed(engine, clean_room(), t_s=20)  # type: ignore[arg-type]
    engine.handle(SensorLost(sensor="wifi", t_ns=20 * S, reason="unplugged"))
    assert tick(engine, 23).verdict.level is Level.INCONCLUSIVE
    engine.handle(SensorStarted(sensor="wifi", t_ns=23 * S))
    assert tick(engine, 23.2).verdict.failed == ("wifi",)  # opened is not yet working
    engine.handle(step("wifi", clean_room()["wifi"], t_s=24))
    back = tick(engine, 24)
    assert back.verdict.level is Level.NOTHING_FOUND
    assert status(back, "wifi").state == "running"


def test_what_a_lost_sense_had_found_stays_found() -> None:
    engine = engine_for()
    feed(engine, room(wifi=[streamer()]), t_s=10)  # type: ignore[arg-type]
    engine.handle(SensorLost(sensor="wifi", t_ns=10 * S, reason="unplugged"))
    assert tick(engine, 600).verdict.level is Level.CHECK


def test_a_reopened_sense_numbers_anew_and_hides_nothing() -> None:
    engine = engine_for("lens")
    engine.handle(step("lens", [glint(1)], t_s=1))
    engine.handle(SensorLost(sensor="lens", t_ns=S, reason="unplugged"))
    engine.handle(SensorStarted(sensor="lens", t_ns=2 * S))
    engine.handle(step("lens", [glint(1, label="specular", score=0.01)], t_s=3))
    assert tick(engine, 3).verdict.level is Level.LIKELY_CAMERA


def test_a_stalled_sense_is_noticed() -> None:
    engine = engine_for(stall_s=5.0)
    feed(engine, clean_room(), t_s=1)  # type: ignore[arg-type]
    engine.handle(step("rf", [], t_s=9))
    snapshot = tick(engine, 9)
    assert {s.name for s in snapshot.sensors if s.state == "lost"} == {"wifi", "ble", "lens"}
    assert status(snapshot, "wifi").reason == "status.stalled"
    assert status(snapshot, "rf").state == "running"


def test_a_finished_recording_keeps_its_coverage() -> None:
    engine = engine_for("wifi")
    engine.handle(step("wifi", clean_room()["wifi"], t_s=20))
    engine.handle(SensorFinished(sensor="wifi", t_ns=21 * S))
    snapshot = tick(engine, 500)
    assert snapshot.verdict.coverage["wifi"] == 0.9
    assert snapshot.verdict.level is Level.NOTHING_FOUND


def test_a_missing_sense_says_why() -> None:
    engine = engine_for("wifi")
    engine.handle(SensorMissing(sensor="rf", reason="library", hint="Install it."))
    rf = status(tick(engine, 1), "rf")
    assert (rf.state, rf.reason, rf.hint, rf.coverage) == ("missing", "library", "Install it.", None)


def test_a_device_that_is_not_well_and_saw_nothing_has_failed() -> None:
    engine = engine_for()
    feed(engine, clean_room(), t_s=10)  # type: ignore[arg-type]
    dark = DeviceHealth(ok=False, reason="covered", hint="Uncover it.")
    engine.handle(step("lens", [], t_s=11, share=0.0, health=dark))
    snapshot = tick(engine, 11)
    assert snapshot.verdict.level is Level.INCONCLUSIVE
    assert snapshot.verdict.failed == ("lens",)
    assert status(snapshot, "lens").reason == "covered"


# ------------------------------------------------------------------ levels keep still


def test_a_level_does_not_flicker_around_its_threshold() -> None:
    engine = engine_for()
    words = []
    for i in range(40):
        score = 0.83 if i % 2 else 0.81  # on both sides of 1.4 nats
        words.append(feed(engine, room(wifi=[streamer(score=score)]), t_s=1 + i * 0.1).verdict.level)  # type: ignore[arg-type]
    assert sum(a is not b for a, b in pairwise(words)) <= 1


def test_an_alarm_that_was_shown_is_kept_while_its_number_falls() -> None:
    engine = engine_for()
    assert feed(engine, room(wifi=[streamer()]), t_s=1).verdict.level is Level.CHECK  # type: ignore[arg-type]
    gone = room(wifi=[streamer(score=0.05)])
    hold_s = designed_likelihoods().levels.hold_s
    assert feed(engine, gone, t_s=2).verdict.level is Level.CHECK  # type: ignore[arg-type]
    assert feed(engine, gone, t_s=1.9 + hold_s).verdict.level is Level.CHECK  # type: ignore[arg-type]
    later = feed(engine, gone, t_s=40 + hold_s).verdict  # type: ignore[arg-type]
    assert (later.level, later.live_level, later.rule) == (Level.CHECK, Level.NOTHING_FOUND, "rule.kept")
    assert later.probability < later.prior
    assert not later.number_fits
    assert later.alarm is not None
    assert [s.subject for s in later.alarm.subjects] == ["ca:fe"]


def test_a_resolved_alarm_lets_the_word_fall_and_stays_in_the_verdict() -> None:
    engine = engine_for()
    feed(engine, room(wifi=[streamer()]), t_s=1)  # type: ignore[arg-type]
    feed(engine, room(wifi=[streamer(score=0.05)]), t_s=40)  # type: ignore[arg-type]
    feed(engine, room(wifi=[streamer(score=0.05)]), t_s=50)  # type: ignore[arg-type]
    engine.obey(ResolveAlarm(resolution="harmless"))
    assert engine.snapshot().verdict.level is Level.CHECK  # harmless needs a reason
    engine.obey(ResolveAlarm(resolution="harmless", reason="the owner's baby monitor"))
    after = engine.snapshot().verdict
    assert after.level is Level.NOTHING_FOUND
    assert after.alarm is not None
    assert (after.alarm.resolution, after.alarm.reason) == ("harmless", "the owner's baby monitor")
    again = feed(engine, room(wifi=[streamer("ca:ff")]), t_s=60).verdict  # type: ignore[arg-type]
    assert again.level is Level.CHECK


@pytest.mark.parametrize("resolution", ["found", "unclear"])
def test_what_was_found_or_could_not_be_told_keeps_the_word(resolution: Resolution) -> None:
    engine = engine_for()
    feed(engine, room(wifi=[streamer()]), t_s=1)  # type: ignore[arg-type]
    feed(engine, room(wifi=[streamer(score=0.05)]), t_s=40)  # type: ignore[arg-type]
    engine.obey(ResolveAlarm(resolution=resolution))
    assert engine.snapshot().verdict.level is Level.CHECK


# ------------------------------------------------------------------ session and commands


def test_after_the_end_a_running_sensor_refreshes_its_table_and_nothing_else() -> None:
    engine = engine_for()
    feed(engine, clean_room(), t_s=30)  # type: ignore[arg-type]
    engine.obey(EndInspection(t_ns=30 * S))
    ended = tick(engine, 30.1)
    shown, views = (streamer(),), Views(unreadable=(UnreadableLink(mac="aa:00", answers=1),))
    for t_s in (31, 32):
        engine.handle(step("wifi", shown, t_s=t_s, share=1.0, table=shown, views=views))
    later = tick(engine, 32)
    assert (later.observations, later.views.unreadable, later.t_ns) == (shown, views.unreadable, 32 * S)
    assert (later.verdict, later.sensors, later.findings, later.elapsed_s) == (
        ended.verdict, ended.sensors, ended.findings, ended.elapsed_s,
    )  # fmt: skip
    engine.handle(Finished(t_ns=33 * S))
    over = engine.snapshot()
    assert replace(over, at_work=ended.at_work) == ended
    assert {work.state for work in over.at_work.values()} == {"over"}


def test_an_alarm_resolved_after_the_end_is_judged_as_of_the_end() -> None:
    engine = engine_for()
    feed(engine, room(lens=[glint()]), t_s=30)  # type: ignore[arg-type]
    engine.handle(SensorLost(sensor="wifi", t_ns=30 * S, reason="unplugged"))
    engine.obey(EndInspection(t_ns=30 * S))
    ended = engine.snapshot()
    tick(engine, 90)
    engine.obey(ResolveAlarm(resolution="unclear"))
    resolved = engine.snapshot()
    assert resolved.verdict.alarm is not None
    assert resolved.verdict.alarm.resolution == "unclear"
    assert (resolved.verdict.coverage, resolved.elapsed_s) == (ended.verdict.coverage, ended.elapsed_s)


def test_after_the_end_nothing_changes_until_a_new_inspection() -> None:
    engine = engine_for()
    feed(engine, room(lens=[glint()]), t_s=1)  # type: ignore[arg-type]
    assert engine.obey(EndInspection(t_ns=2 * S)) == "ended"
    over = engine.snapshot()
    assert over.phase == "finished"
    assert {s.state for s in over.sensors} == {"finished"}
    feed(engine, room(wifi=[streamer()]), t_s=3)  # type: ignore[arg-type]
    assert engine.snapshot() == over
    assert engine.obey(BeginInspection(t_ns=4 * S, place="WC/2")) == "begun"
    anew = engine.snapshot()
    assert (anew.phase, anew.inspection, anew.elapsed_s, anew.findings) == ("scanning", 2, 0.0, ())
    assert (anew.place, anew.observations) == ("WC/2", ())
    assert anew.verdict.level is Level.INCONCLUSIVE


def test_a_command_that_means_nothing_now_changes_nothing() -> None:
    engine = engine_for()
    assert engine.obey(BeginInspection(t_ns=S)) == "nothing"
    assert (engine.snapshot().phase, engine.inspection) == ("scanning", 1)
    assert engine.obey(EndInspection(t_ns=S)) == "ended"
    assert engine.obey(EndInspection(t_ns=S)) == "nothing"


def test_a_rescan_ends_what_runs_and_begins_anew_whatever_ran() -> None:
    engine = engine_for()
    assert engine.obey(Rescan(t_ns=S)) == "begun"
    assert (engine.snapshot().phase, engine.inspection) == ("scanning", 2)
    engine.obey(EndInspection(t_ns=2 * S))
    assert engine.obey(Rescan(t_ns=3 * S)) == "begun"
    assert engine.inspection == 3


def test_the_snapshot_shows_the_tables_of_the_steps_before_its_verdict() -> None:
    engine = engine_for()
    table = (station("aa"), station("bb"))
    engine.handle(step("wifi", table, t_s=1.0, table=table))
    engine.handle(step("rf", [emission()], t_s=1.0, table=(emission(),)))
    engine.handle(step("wifi", table[:1], t_s=1.1))  # most steps come without a table
    assert engine.snapshot().observations == ()
    assert tick(engine, 1.2).observations == (emission(), *table)
    lost = SensorLost(sensor="wifi", t_ns=2 * S, reason="unplugged", table=table[:1])
    engine.handle(lost)
    assert tick(engine, 2.1).observations == (emission(), table[0])


def test_every_sensor_adds_its_own_views() -> None:
    engine = engine_for()
    link = UnreadableLink(mac="02:00:00:00:00:09", answers=812)
    sweep = Views(pictures={"1": "picture"})  # type: ignore[dict-item]
    engine.handle(step("wifi", [], views=Views(unreadable=(link,))))
    engine.handle(step("rf", [], views=sweep))
    views = tick(engine, 2.0).views
    assert (views.unreadable, views.pictures, views.lens) == ((link,), sweep.pictures, None)
    engine.obey(Rescan(t_ns=3 * S))
    assert engine.snapshot().views == Views()


def test_memory_is_bounded_and_keeps_the_camera() -> None:
    state = SensorState("wifi", EngineConfig(subjects_most=64), designed_likelihoods())
    for i in range(2000):
        seen = [streamer(score=0.99)] if i == 3 else [station(f"00:{i}", score=0.001 + (i % 7) / 100)]
        state.step(
            seen, t_ns=i, coverage=covered("wifi", 1.0), counts=Counts(sensor="wifi", read=i, dropped={}),
            health=DeviceHealth(ok=True),
        )  # fmt: skip
        assert state.report(i).candidates <= 64
    assert "ca:fe" in {e.subject for e in state.strongest()}
