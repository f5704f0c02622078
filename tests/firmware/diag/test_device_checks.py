"""Each self-test on a device that is well, and on one with the fault that it is there to find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firmware.diag import camera_checks, panel, radio_checks, sdr_checks
from firmware.diag.model import Check, DiagBench, Result
from firmware.i18n.catalog import Catalog
from hw.clock import ManualClock
from hw.sim.panel import SimBattery, SimDisplay
from hw.types import ButtonPress
from tests.firmware.diag.benches import BenchBle, BenchButtons, BenchEye, BenchRadio, BenchSdr, bench

Run = Callable[[DiagBench], Check | None]
FM, TONE = 95.9e6, 1_000e6
CH1, CH36 = 2412e6, 5180e6
BOTH = {CH1: 30, 2437e6: 400, CH36: 20}


def sdr(run: Run, *, live: bool = True, tone: float | None = None, **faults: Any) -> Check | None:
    clock = ManualClock()
    return run(bench(BenchSdr(clock, **faults), clock, live=live, tone_hz=tone))


def radio(run: Run, **faults: Any) -> Check | None:
    clock = ManualClock()
    return run(bench(BenchRadio(clock, **({"per_s": BOTH} | faults)), clock))


def look(run: Run, **faults: Any) -> Check | None:
    clock = ManualClock()
    device = BenchEye(clock, **faults)
    check = run(bench((device, device), clock))
    assert device.lit == "off"  # no test leaves a light on
    return check


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


def test_an_adapter_that_is_well() -> None:
    for run in (radio_checks.in_monitor_mode, radio_checks.bands, radio_checks.busiest):
        assert ended(radio(run)) == WELL
    check = radio(radio_checks.busiest)
    assert check is not None
    assert (check.numbers["frames_per_s"], check.numbers["channel_mhz"]) == (400.0, 2437.0)


@pytest.mark.parametrize(
    ("run", "faults", "expected"),
    [
        (radio_checks.in_monitor_mode, {"link_type": 1}, (Result.FAIL, "check.remedy.monitor_mode")),
        (radio_checks.bands, {"per_s": {CH36: 9}}, (Result.FAIL, "check.remedy.bands")),
        (radio_checks.bands, {"per_s": {CH1: 9}}, (Result.WARN, "check.remedy.one_band")),
        (radio_checks.bands, {"newest": {"2.4 GHz": 3, "5 GHz": 3}}, (Result.FAIL, "check.remedy.older")),
        (radio_checks.busiest, {"per_s": {CH1: 0, CH36: 0}}, (Result.WARN, "check.remedy.quiet")),
        (radio_checks.busiest, {"lost_share": 0.2}, (Result.WARN, "check.remedy.usb")),
    ],
)
def test_an_adapter_with_a_fault(run: Run, faults: dict[str, Any], expected: tuple[Result, str]) -> None:
    assert ended(radio(run, **faults)) == expected


def test_the_standards_of_every_band_are_said_with_what_they_reach() -> None:
    check = radio(radio_checks.bands, newest={"2.4 GHz": 4, "5 GHz": 5})
    assert check is not None
    assert check.result is Result.PASS
    said = Catalog("en").say(check.said)
    assert "2.4 GHz 802.11n: 2, 5 GHz 802.11ac: 1" in said
    assert f"{check.numbers['decoded_share']:.0%}" in said
    assert 0.85 < check.numbers["decoded_share"] < 0.95
    assert (check.numbers["generation_2.4"], check.numbers["generation_5"]) == (4, 5)
    silent = radio(radio_checks.bands)
    assert silent is not None
    assert "802.11" not in Catalog("en").say(silent.said)


def test_bluetooth_hears_or_does_not() -> None:
    clock = ManualClock()
    check = radio_checks.adverts(bench(BenchBle(clock, adverts=20), clock))
    assert ended(check) == WELL
    assert check.numbers["adverts_per_min"] == pytest.approx(300)
    assert check.numbers["devices"] == 3
    assert ended(radio_checks.adverts(bench(BenchBle(clock), clock))) == (
        Result.WARN,
        "check.remedy.ble_quiet",
    )


def test_an_eye_that_is_well() -> None:
    for _name, run in camera_checks.PROBES:
        assert ended(look(run)) == WELL
    ring = look(camera_checks.ring)
    assert ring is not None
    assert ring.numbers["off_dn"] == pytest.approx(6, abs=1)
    assert ring.numbers["on_dn"] == pytest.approx(66, abs=1)


@pytest.mark.parametrize(
    ("run", "faults", "expected"),
    [
        (camera_checks.fresh, {"frozen": True}, (Result.FAIL, "hint.stalled")),
        (camera_checks.fresh, {"dark_dn": 1.0, "ring_dn": 0.0}, (Result.FAIL, "hint.covered")),
        (camera_checks.frame_time, {"interval_ms": 33.3}, (Result.WARN, "check.remedy.frame_time")),
        (camera_checks.frame_time, {"gap_at": 9}, (Result.WARN, "check.remedy.frame_time")),
        (camera_checks.dark_level, {"dark_dn": 170.0}, (Result.WARN, "check.remedy.bright")),
        (camera_checks.ring, {"ring_dn": 0.0}, (Result.FAIL, "check.remedy.hand")),
        (camera_checks.ring, {"ring_dn": 300.0}, (Result.WARN, "check.remedy.near")),
        (camera_checks.side, {"side_dn": 1.0}, (Result.FAIL, "check.remedy.hand")),
        (camera_checks.side, {"lights": ("off", "ring")}, (Result.WARN, "check.remedy.no_light")),
        (camera_checks.sync, {"ring_dn": 0.0}, (Result.FAIL, "check.remedy.hand")),
        (camera_checks.sync, {"late_frames": (1, 1, 6, 1)}, (Result.WARN, "check.remedy.sync")),
    ],
)
def test_an_eye_with_a_fault(run: Run, faults: dict[str, Any], expected: tuple[Result, str]) -> None:
    assert ended(look(run, **faults)) == expected


def test_the_light_is_timed() -> None:
    check = look(camera_checks.sync, late_frames=(3,))
    assert check is not None
    assert check.numbers["frames"] == 4  # the fourth picture is the first with light
    assert check.numbers["latency_ms"] == pytest.approx(3.5 * 1000 / 60, abs=1)


@pytest.mark.parametrize("mode", ["RGB", "1"])
def test_the_test_card_fits_the_screen(mode: Any) -> None:
    clock, screen = ManualClock(), SimDisplay(size=(128, 64), mode=mode)
    assert ended(panel.display(bench(screen, clock))) == WELL
    card = screen.latest
    assert card is not None
    corners = [card.convert("RGB").getpixel(at) for at in ((0, 0), (127, 0), (0, 63), (127, 63))]
    assert corners == [(255, 255, 255)] * 4


def test_buttons_are_felt_one_by_one() -> None:
    clock = ManualClock()
    presses = [
        ButtonPress(t_ns=i * 10**9, button=b)  # type: ignore[arg-type]
        for i, b in enumerate(("up", "down", "ok", "back"))
    ]
    every = panel.buttons(bench(BenchButtons(clock, presses), clock, press_s=10.0))
    assert ended(every) == WELL
    clock = ManualClock()
    three = panel.buttons(bench(BenchButtons(clock, presses[:3]), clock, press_s=10.0))
    assert ended(three) == (Result.WARN, "check.remedy.buttons")
    assert three.said.params["missing"] == "back"


@pytest.mark.parametrize(
    ("level", "expected"),
    [(0.9, WELL), (0.1, (Result.WARN, "check.remedy.charge")), (None, (Result.WARN, "check.remedy.gauge"))],
)
def test_the_battery(level: float | None, expected: tuple[Result, str]) -> None:
    assert ended(panel.battery(bench(SimBattery(level=level), ManualClock()))) == expected
