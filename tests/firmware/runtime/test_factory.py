"""The wiring: which sensors there are on a kit, how they run, and that a recording replays."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware.errors import NoSensors
from firmware.runtime.factory import OpenRun, open_sensors
from firmware.runtime.lockstep import run_lockstep
from firmware.sensor import Sensor
from firmware.settings.settings import Settings, load_settings
from firmware.verdict.engine import Snapshot
from hw.errors import BadKit, BadRecording, DeviceMissing
from hw.types import SENSOR_NAMES, SensorName

NOWHERE = Path("/nowhere/ansim.toml")
SETTINGS = load_settings(machine_file=NOWHERE)


def run(opened: OpenRun, *, until_s: float | None, settings: Settings = SETTINGS) -> Snapshot:
    engine = opened.engine(settings)
    return run_lockstep(opened.sensors, engine, clocks=opened.clocks, until_s=until_s)


def test_a_simulated_kit_has_every_sense() -> None:
    with open_sensors("sim:empty-room", SETTINGS, live=False) as opened:
        assert set(opened.sensors) == set(SENSOR_NAMES)
        assert all(isinstance(s, Sensor) for s in opened.sensors.values())
        assert all(opened.sensors[n].name == n for n in SENSOR_NAMES)
        assert len({id(c) for c in opened.clocks.values()}) == len(SENSOR_NAMES)
        assert opened.problems == {}


def test_live_senses_share_one_running_clock() -> None:
    with open_sensors("sim:empty-room", SETTINGS, live=True, only={"ble"}) as opened:
        assert {id(c) for c in opened.clocks.values()} == {id(opened.panel_clock)}


def test_only_what_was_asked_for_is_opened() -> None:
    with open_sensors("sim:empty-room", SETTINGS, live=False, only={"ble", "wifi"}) as opened:
        assert list(opened.sensors) == ["wifi", "ble"]
        last = run(opened, until_s=2.0)
    assert {s.name for s in last.sensors if s.state == "missing"} == {"rf", "lens"}


def test_a_sense_can_be_opened_again() -> None:
    with open_sensors("sim:empty-room", SETTINGS, live=False, only={"ble"}) as opened:
        first = opened.openers["ble"]()
        assert first is opened.sensors["ble"]
        assert opened.openers["ble"]() is not first


@pytest.mark.parametrize("sense", ["wifi", "ble"])
def test_an_unplugged_simulated_sense_is_lost_and_the_others_go_on(sense: SensorName) -> None:
    with open_sensors(
        f"sim:empty-room?unplug={sense}@1", SETTINGS, live=False, only={"wifi", "ble"}
    ) as opened:
        last = run(opened, until_s=4.0)
    lost = next(s for s in last.sensors if s.name == sense)
    other = next(s for s in last.sensors if s.name in {"wifi", "ble"} - {sense})
    assert (lost.state, lost.coverage) == ("lost", 0.0)
    assert (other.state, last.verdict.failed) == ("finished", (sense,))


def test_a_recorded_run_replays_to_the_same_verdict(tmp_path: Path) -> None:
    session = tmp_path / "session"
    with open_sensors(
        "sim:wifi-camera-idle", SETTINGS, live=False, only={"wifi", "ble"}, record_to=session
    ) as opened:
        lived = run(opened, until_s=8.0)
    with open_sensors(f"replay:{session}", SETTINGS, live=False, only={"wifi", "ble"}) as opened:
        replayed = run(opened, until_s=8.0)
    assert lived.verdict.share_caught > 0
    assert replayed.verdict == lived.verdict


def test_a_kit_without_the_sense_says_why(tmp_path: Path) -> None:
    session = tmp_path / "session"
    with open_sensors("sim:empty-room", SETTINGS, live=False, only={"ble"}, record_to=session) as opened:
        run(opened, until_s=1.0)
    with open_sensors(f"replay:{session}", SETTINGS, live=False) as opened:
        assert set(opened.sensors) == {"ble"}
        assert set(opened.problems) == {"rf", "wifi", "lens"}
        missing = {s.name: s.state for s in opened.engine(SETTINGS).snapshot().sensors}
    assert missing["rf"] == "missing"
    with pytest.raises(DeviceMissing):
        open_sensors(f"replay:{session}", SETTINGS, live=False, only={"rf"})
    with pytest.raises(NoSensors, match="rf"):
        open_sensors(f"replay:{session}", SETTINGS, live=False, only={"rf", "wifi"})


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadKit):
        open_sensors("sim:no-such-room", SETTINGS, live=False)
    with pytest.raises(BadKit):
        open_sensors(f"replay:{tmp_path / 'nothing'}", SETTINGS, live=False)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(BadRecording):
        open_sensors("sim:empty-room", SETTINGS, live=False, only={"ble"}, record_to=tmp_path / "full")
