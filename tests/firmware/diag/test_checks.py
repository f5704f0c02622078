"""All self-tests of a kit in a row: every fault shows with its reason and hint, and spoils no other test."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.diag import checks
from firmware.diag.checks import Check, Result, Unit, run_checks
from firmware.diag.machine import machine_checks
from firmware.i18n.catalog import Catalog
from firmware.runtime.session import inspect
from firmware.settings.settings import Settings
from hw.config import CameraConfig, HwConfig
from hw.errors import (
    BadKit,
    DeviceBusy,
    DeviceDenied,
    DeviceLost,
    DeviceMissing,
    HwError,
    MissingComponent,
    Reason,
)
from hw.sim.panel import SimBattery
from hw.types import DeviceHealth
from tests.firmware.diag.test_machine import SetClock

SMALL = HwConfig(camera=CameraConfig(width_px=320, height_px=180))  # the picture's size changes no result
SENSES = ("sdr", "monitor", "ble", "camera")


def checks_of(kit: str, tmp_path: Path, **more: object) -> dict[str, Check]:
    unit = Unit(disk=tmp_path, clock=SetClock())
    listed = list(run_checks(kit, SMALL, unit=unit, **more))  # type: ignore[arg-type]
    names = [check.name for check in listed]
    assert len(names) == len(set(names))
    return {check.name: check for check in listed}


def test_a_unit_that_is_well_passes_every_test(tmp_path: Path) -> None:
    begun: list[str] = []
    over = "sim:empty-room?unplug=wifi@50-60"  # a fault that is over, or not yet there, is none
    found = checks_of(over, tmp_path, on_begin=begun.append)
    assert [n for n, c in found.items() if c.result is Result.FAIL] == []
    assert set(found) >= {
        "sdr", "sdr.gain", "sdr.carrier", "sdr.clipping", "sdr.drops", "sdr.ppm", "monitor", "monitor.bands",
        "monitor.frames", "ble", "camera", "camera.frame_time", "camera.dark", "leds.ring", "leds.side",
        "leds.sync", "display", "buttons", "buzzer", "battery", "senses", "disk", "clock",
    }  # fmt: skip
    assert set(found) - {"senses", "disk", "clock"} <= set(begun)  # progress named each before it ran
    assert found["senses"].numbers["senses"] == 4


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("rf@0", "sdr"),
        ("wifi@0", "monitor"),
        ("ble@0", "ble"),
        ("lens@0", "camera"),
        ("rf@0.3", "sdr.carrier"),
    ],
)
def test_an_unplugged_device_fails_with_reason_and_hint(fault: str, name: str, tmp_path: Path) -> None:
    found = checks_of(f"sim:empty-room?unplug={fault}", tmp_path)
    assert found[name].result is Result.FAIL
    assert found[name].reason == "unplugged"
    assert found[name].hint
    assert [c.name for c in found.values() if c.result is Result.FAIL] == [name]
    assert found["senses"].numbers["senses"] == 3
    assert found["senses"].result is Result.WARN
    for other in set(SENSES) - {name.split(".")[0]}:
        assert found[other].result is Result.PASS


FAULTS = (
    (DeviceBusy("held", hint="Stop the other program."), "busy", Result.FAIL),
    (DeviceDenied("closed", hint="Add the user to plugdev."), "denied", Result.FAIL),
    (DeviceLost("silent", hint="Unplug it.", reason=Reason.STALLED), "stalled", Result.FAIL),
    (DeviceLost("rubbish", hint="Replace it.", reason=Reason.GARBAGE), "garbage", Result.FAIL),
    (MissingComponent("no pyrtlsdr", hint="Install [pi]."), "library", Result.WARN),
    (DeviceMissing("nothing there", hint="Plug it in."), "not_found", Result.WARN),
)


@pytest.mark.parametrize(("error", "reason", "on_auto"), FAULTS)
@pytest.mark.parametrize("kit", ["auto", "pi"])
def test_every_fault_shows_its_reason_and_its_own_hint(
    kit: str, error: HwError, reason: str, on_auto: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise error

    monkeypatch.setattr(checks, "open_device", refuse)
    found = checks_of(kit, tmp_path)
    for role in SENSES:
        told = found[role].as_json(Catalog("en"))
        assert told["reason"] == reason
        assert error.hint in told["remedy"]
        assert told["detail"] == error.what
        assert found[role].result is (on_auto if kit == "auto" else Result.FAIL)
    assert found["senses"].result is Result.FAIL


def test_a_device_that_says_it_is_unwell_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unwell = DeviceHealth(ok=False, reason="under_voltage", hint="Use a stronger supply.")
    monkeypatch.setattr(SimBattery, "health", lambda _self: unwell)
    found = checks_of("sim:empty-room?unplug=rf@0&unplug=lens@0", tmp_path)
    told = found["battery.health"].as_json(Catalog("en"))
    assert (told["result"], told["reason"]) == ("warn", "under_voltage")
    assert "stronger supply" in told["remedy"]
    assert told["proves"]


def test_where_nothing_works_the_unit_fails(tmp_path: Path) -> None:
    faults = "&".join(f"unplug={n}@0" for n in ("rf", "wifi", "ble", "lens"))
    found = checks_of(f"sim:empty-room?{faults}", tmp_path)
    assert found["senses"].result is Result.FAIL
    assert found["display"].result is Result.PASS


def test_a_kit_that_is_not_there_is_an_error_and_no_result(tmp_path: Path) -> None:
    with pytest.raises(BadKit):
        checks_of("sim:no-such-room", tmp_path)


def test_a_recording_is_tested_for_what_it_holds(tmp_path: Path) -> None:
    settings = Settings(hw=SMALL)
    inspect("sim:empty-room", settings, only={"rf", "ble"}, until_s=5.0, record_to=tmp_path / "session")
    found = checks_of(f"replay:{tmp_path / 'session'}", tmp_path)
    assert found["sdr"].result is Result.PASS
    assert found["ble"].result is Result.PASS
    assert found["monitor"].result is Result.WARN  # the recording lacks it: no fault of the unit
    assert found["camera"].result is Result.WARN
    assert not {"sdr.gain", "leds.ring", "leds.sync"} & set(found)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_sentence_is_whole_in_both_languages(lang: str, tmp_path: Path) -> None:
    catalog = Catalog(lang)  # type: ignore[arg-type]
    listed = [
        *checks_of("sim:empty-room?unplug=rf@0.3&unplug=wifi@0", tmp_path).values(),
        *machine_checks(
            Unit(disk=tmp_path, is_pi=True, clock=SetClock(), supply=lambda: {"temperature_c": 91.0})
        ),
    ]
    for check in listed:
        told = check.as_json(catalog)
        for field in ("proves", "detail", "remedy"):
            assert "{" not in told[field], told
            assert not told[field].startswith("check."), told
        assert told["remedy"] or check.result is Result.PASS
