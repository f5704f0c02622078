"""Self-tests of the receiver on one that is well, and on one with the fault that each is there to find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firmware.diag import sdr_checks
from firmware.diag.model import Check, DiagBench, Result
from hw.clock import ManualClock
from tests.firmware.diag.benches import BenchSdr, bench

Run = Callable[[DiagBench], Check | None]
FM, TONE = 95.9e6, 1_000e6


def sdr(run: Run, *, live: bool = True, tone: float | None = None, **faults: Any) -> Check | None:
    clock = ManualClock()
    return run(bench(BenchSdr(clock, **faults), clock, live=live, tone_hz=tone))


def ended(check: Check | None) -> tuple[Result, str]:
    assert check is not None
    return check.result, check.remedy.key if check.remedy else ""


WELL = (Result.PASS, "")


def test_a_receiver_that_is_well() -> None:
    for run in (sdr_checks.present, sdr_checks.gain, sdr_checks.clipping, sdr_checks.drops):
        assert ended(sdr(run)) == WELL
    for run in (sdr_checks.carrier, sdr_checks.crystal):
        assert ended(sdr(run, tone_hz=FM)) == WELL
        assert ended(sdr(run, tone_hz=TONE, tone=TONE)) == WELL


def test_a_receiver_that_tunes_above_2_ghz_is_heard_there_and_an_rtl_sdr_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sdr(sdr_checks.high) is None
    wide = ((1e6, 6e9),)
    monkeypatch.setattr(BenchSdr, "reach_hz", lambda _self: wide, raising=False)
    assert ended(sdr(sdr_checks.high)) == WELL
    assert ended(sdr(sdr_checks.high, dead=True)) == (Result.FAIL, "hint.stalled")
    wide = ((24e6, 3e9),)
    assert ended(sdr(sdr_checks.high)) == (Result.WARN, "check.remedy.sdr.high")
    assert sdr(sdr_checks.high, live=False) is None


def test_a_dead_converter_is_no_quiet_room() -> None:
    assert ended(sdr(sdr_checks.present, dead=True)) == (Result.FAIL, "hint.stalled")


def test_a_gain_that_changes_nothing() -> None:
    assert ended(sdr(sdr_checks.gain, gain_works=False)) == (Result.FAIL, "check.remedy.gain_dead")
    check = sdr(sdr_checks.gain)
    assert check is not None
    assert check.numbers["rise_db"] > 10


def test_nothing_on_the_air_is_an_antenna_to_look_at() -> None:
    assert ended(sdr(sdr_checks.carrier)) == (Result.WARN, "check.remedy.antenna")
    assert ended(sdr(sdr_checks.crystal)) == (Result.WARN, "check.remedy.antenna")


def test_a_fed_tone_that_is_not_heard_fails() -> None:
    assert ended(sdr(sdr_checks.carrier, tone=TONE)) == (Result.FAIL, "check.remedy.tone")
    assert ended(sdr(sdr_checks.carrier, tone=TONE, tone_hz=TONE + 900e3))[0] is Result.FAIL


@pytest.mark.parametrize("ppm", [-60.0, 0.0, 35.0])
def test_the_crystal_is_measured(ppm: float) -> None:
    station, tone = (
        sdr(sdr_checks.crystal, tone_hz=FM, ppm=ppm),
        sdr(sdr_checks.crystal, tone_hz=TONE, ppm=ppm, tone=TONE),
    )
    assert station is not None
    assert tone is not None
    assert station.numbers["ppm"] == pytest.approx(ppm, abs=1.0)
    assert tone.numbers["ppm"] == pytest.approx(ppm, abs=1.0)


def test_a_crystal_that_is_far_off() -> None:
    assert ended(sdr(sdr_checks.crystal, tone_hz=TONE, ppm=150, tone=TONE)) == (
        Result.WARN, "check.remedy.ppm",
    )  # fmt: skip


def test_a_strong_station_that_overloads() -> None:
    check = sdr(sdr_checks.clipping, tone_hz=FM, tone_rms=1.5)
    assert ended(check) == (Result.WARN, "check.remedy.overload")


def test_samples_that_get_lost() -> None:
    assert ended(sdr(sdr_checks.drops, kept_share=0.9)) == (Result.WARN, "check.remedy.usb")


def test_a_recording_is_only_looked_at_for_what_it_can_say() -> None:
    assert ended(sdr(sdr_checks.present, live=False)) == WELL
    for run in (sdr_checks.gain, sdr_checks.carrier, sdr_checks.drops, sdr_checks.crystal):
        assert sdr(run, live=False) is None
